"""Where a configured address really leads: refuses this machine and the networks behind it.

Whoever may edit the endpoint must not be able to make the hub talk to a database or a cloud's metadata service. The
connection goes to the very address that was checked, so that a name cannot change its mind in between.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from typing import Any

from hub.contracts.errors import Rejected, Unavailable

NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address
Resolve = Callable[..., list[tuple[Any, Any, Any, Any, tuple[Any, ...]]]]


def is_public(address: str) -> bool:
    """Whether an IP address, and the IPv4 address inside it if there is one, is reachable on the public internet."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        inside = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF) if ip in NAT64 else ip.ipv4_mapped
        if inside:
            return is_public(str(inside))
        if ip.sixtofour or ip.teredo:  # tunnels to an IPv4 address; no endpoint of today lives there
            return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


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
