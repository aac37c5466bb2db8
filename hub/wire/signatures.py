"""Signatures shared by plugins: the HMAC-SHA256 family and Standard Webhooks (standardwebhooks.com).

All run over the exact bytes on the wire; a body that was parsed and written again does not verify.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from functools import lru_cache

from hub.contracts.errors import BadSignature

TOLERANCE = 300
"""How many seconds a Standard Webhooks timestamp may be off, as the standard recommends."""


@lru_cache(maxsize=64)
def _keyed(secret: bytes) -> hmac.HMAC:
    return hmac.new(secret, digestmod="sha256")


def hmac_sha256_hex(secret: bytes, body: bytes) -> str:
    """HMAC-SHA256 of `body` as lower-case hex.

    A copy of a keyed object, not `hmac.digest`: that one lets other threads in at every call, and a thread that works
    in a database keeps the interpreter for milliseconds then (seen).
    """
    signed = _keyed(secret).copy()
    signed.update(body)
    return signed.hexdigest()


def same(a: str, b: str) -> bool:
    """Whether two strings are equal, in constant time; any characters a header can carry are welcome."""
    return hmac.compare_digest(a.encode(errors="surrogatepass"), b.encode(errors="surrogatepass"))


def webhook_key(secret: str) -> bytes:
    """The key behind a Standard Webhooks secret, `whsec_` and base64. Raises ValueError, without quoting it."""
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not key:
        raise ValueError("a webhook secret is written whsec_ and base64")
    return key


def sign_webhook(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """The `webhook-signature` header: `v1,<base64>` over `id.timestamp.body`; `timestamp` in seconds.

    Raises ValueError for a secret that is none.
    """
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(webhook_key(secret), signed, "sha256")).decode()


def verify_webhook(secret: str, message_id: str, timestamp: str, body: bytes, header: str, *, now: int) -> None:
    """Check a Standard Webhooks delivery; `timestamp` and `header` as received, `now` in seconds.

    The header may list several signatures, separated by spaces, while a secret is being replaced: one that fits is
    enough. Raises BadSignature for a wrong signature and for a timestamp more than `TOLERANCE` away.
    """
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        raise BadSignature("the webhook's timestamp is not a number of seconds")
    if abs(now - int(timestamp)) > TOLERANCE:
        raise BadSignature("the webhook's timestamp is too far from this machine's clock")
    expected = sign_webhook(secret, message_id, int(timestamp), body)
    fits = [same(expected, given) for given in header.split(" ")]
    if not any(fits):
        raise BadSignature("the webhook's signature does not fit its body")
