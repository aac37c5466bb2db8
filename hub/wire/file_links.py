"""Signed names of the hub's files: nobody can make one up or change one, and each has an end.

`<number of the file>.<end, ms since 1970 UTC in base 36>.<HMAC-SHA256 of both in hex, the first 160 bits>`
"""

from __future__ import annotations

import re

from hub.contracts.errors import BadSignature
from hub.wire.signatures import hmac_sha256_hex, same

_TOKEN = re.compile(r"(([1-9][0-9]{0,17})\.([0-9a-z]{1,11}))\.([0-9a-f]{40})", re.ASCII)
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def mint(key: bytes, file: int, until: int) -> str:
    """The name of a file (`file` >= 1) that is good before `until` (ms)."""
    named = f"{file}.{_base36(until)}"
    return f"{named}.{_signature(key, named)}"


def address(base: str, key: bytes, file: int, until: int) -> str:
    """Where a browser opens the file; `base` is the hub's public address."""
    return f"{base}/media/{mint(key, file, until)}"


def opened(key: bytes, token: str) -> tuple[int, int]:
    """The file's number and the end (ms) in a token, which may lie in the past. Raises BadSignature for any token
    that was not minted with this key."""
    found = _TOKEN.fullmatch(token)
    if found is None or not same(_signature(key, found[1]), found[4]):
        raise BadSignature("no link of this hub")
    return int(found[2]), int(found[3], 36)


def _signature(key: bytes, named: str) -> str:
    return hmac_sha256_hex(key, f"file {named}".encode())[:40]


def _base36(number: int) -> str:
    text = ""
    while number > 0:
        number, digit = divmod(number, 36)
        text = _DIGITS[digit] + text
    return text or "0"
