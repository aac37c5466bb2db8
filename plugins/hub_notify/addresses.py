"""Where a configured address really leads: refuses this machine and the networks behind it.

Whoever may edit the endpoint must not be able to make the hub talk to a database or a cloud's metadata service. The
connection goes to the very address that was checked, so that a name cannot change its mind in between.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

from hub.contracts.errors import Rejected, Unavailable
from hub.wire.addresses import is_public

Resolve = Callable[..., list[tuple[Any, Any, Any, Any, tuple[Any, ...]]]]


def lead_to(host: str, port: int, *, allow_private: bool, resolve: Resolve = socket.getaddrinfo) -> list[str]:
    """The IP addresses to connect to, best first.

    Raises Rejected if any address of `host` is private, Unavailable if it has none.
    """
    try:
        found = [str(entry[4][0]) for entry in resolve(host, port, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError):
        found = []
    if not found:
        raise Unavailable("the endpoint's name has no address")
    if not allow_private and not all(is_public(address) for address in found):
        raise Rejected(
            "the endpoint is on this machine or in a private network (set allow_private = true to permit it)"
        )
    return found
