"""Who may see what is behind a link: a role's name and key by HTTP Basic (RFC 7617), with a limit on guessing."""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
import secrets
from collections.abc import Mapping
from typing import Literal

from hub.engine.roles import RoleConfig

TRIES = 10
"""Wrong keys from one address in a minute; then the address waits for the next one."""
CROWD = 100
"""The same for all callers of a proxy together: a proxy may pass on what callers claim to be."""
ADDRESSES = 10_000
"""Addresses with wrong keys that are told apart in one minute; all further ones count as one."""
PROXY = "proxy"
MINUTE = 60_000  # ms

Verdict = Literal[200, 401, 403, 429]


class Viewers:
    """The roles, and the wrong tries of this minute. Times in ms."""

    def __init__(self, roles: Mapping[str, RoleConfig]) -> None:
        self._salt, self._nobody = secrets.token_bytes(32), secrets.token_bytes(32)
        self._keys = {name: self._hash(role.key.get_secret_value().encode()) for name, role in roles.items()}
        self._may = {name: role.may for name, role in roles.items()}
        self._minute, self._wrong = 0, dict[str, int]()

    def any_may(self, permission: str) -> bool:
        """Whether somebody may do that at all."""
        return any(permission in may for may in self._may.values())

    def ask(self, authorization: str, address: str, behind: str, permission: str, now: int) -> Verdict:
        """What to answer to this `Authorization` header ("" = none, which is no try) from this address; `behind` is the
        caller that a proxy there names ("" = it is no proxy).

        Unknown role, wrong key and nonsense are one path: the same work, the same answer.
        """
        if self._minute != now // MINUTE:
            self._minute, self._wrong = now // MINUTE, {}
        limits = {self._source(behind): TRIES, PROXY: CROWD} if behind else {self._source(address): TRIES}
        if any(self._wrong.get(source, 0) >= limit for source, limit in limits.items()):
            return 429
        if not authorization:
            return 401
        name, key = _basic(authorization)
        if not hmac.compare_digest(self._hash(key), self._keys.get(name, self._nobody)):
            for source in limits:
                self._wrong[source] = self._wrong.get(source, 0) + 1
            return 401
        return 200 if permission in self._may[name] else 403

    def _hash(self, key: bytes) -> bytes:
        """All keys become equally long, so that a comparison tells nothing of their length either."""
        return hashlib.blake2b(key, key=self._salt, digest_size=32).digest()

    def _source(self, address: str) -> str:
        source = _network(address)
        return source if source in self._wrong or len(self._wrong) < ADDRESSES else ""


def _basic(authorization: str) -> tuple[str, bytes]:
    """Name and key; both empty for what is no Basic header."""
    scheme, _, rest = authorization.partition(" ")
    if scheme.lower() != "basic":
        return "", b""
    try:
        name, _, key = base64.b64decode(rest.strip(), validate=True).partition(b":")
        return name.decode(), key
    except ValueError:
        return "", b""


def _network(address: str) -> str:
    """An IPv4 address, or the /64 of an IPv6 one: a caller commonly owns all of that."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return f"named {address[:64]}"
    if isinstance(ip, ipaddress.IPv4Address):
        return str(ip)
    return str(ip.ipv4_mapped or ipaddress.IPv6Network((int(ip) >> 64 << 64, 64)).network_address)
