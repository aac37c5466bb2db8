"""The upload of a file, before a message names it: `POST /{version}/{phone number id}/media` (Cloud API, "Media").

multipart/form-data as RFC 7578 defines it. Sizes and types are Meta's "Supported media types".
"""

from __future__ import annotations

import secrets
from typing import NamedTuple

from hub import Media
from hub.contracts.errors import Rejected


class Limit(NamedTuple):
    """The largest size in bytes, and the types that are taken; empty = Meta decides."""

    size: int
    types: frozenset[str]


AUDIO = frozenset({"audio/aac", "audio/amr", "audio/mp4", "audio/mpeg", "audio/ogg"})
LIMITS = {
    "image": Limit(5_000_000, frozenset({"image/jpeg", "image/png"})),
    "video": Limit(16_000_000, frozenset({"video/mp4", "video/3gpp"})),
    "audio": Limit(16_000_000, AUDIO),
    "voice": Limit(16_000_000, frozenset({"audio/ogg"})),
    "sticker": Limit(500_000, frozenset({"image/webp"})),
    "document": Limit(100_000_000, frozenset()),
}


def multipart(media: Media, data: bytes) -> tuple[str, bytes]:
    """Content type and body of the upload. Raises Rejected for a file that WhatsApp does not take."""
    limit, kind = LIMITS[media.kind], media.mime.partition(";")[0].strip().lower()
    if not data:
        raise Rejected("the file is empty")
    if len(data) > limit.size:
        raise Rejected(f"the {media.kind} has {len(data):,} bytes, WhatsApp takes {limit.size:,}: send a smaller one")
    if not kind.isascii() or "/" not in kind or any(c.isspace() for c in kind):
        raise Rejected("the file's type (image/png, application/pdf, ...) is not known")
    if limit.types and kind not in limit.types:
        remedy = "send it as a document" if media.kind != "voice" else "send it as audio"
        raise Rejected(f"WhatsApp takes no {media.kind} of the type {kind[:60]}: {remedy}")
    boundary = secrets.token_hex(16)
    while boundary.encode() in data:
        boundary = secrets.token_hex(16)
    name = _quoted(media.name or media.kind)
    parts = (
        ("messaging_product", "", b"whatsapp"),
        ("type", "", kind.encode()),
        ("file", f'; filename="{name}"\r\nContent-Type: {kind}', data),
    )
    body = b"".join(
        b'--%s\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n'
        % (boundary.encode(), field.encode(), more.encode(), value)
        for field, more, value in parts
    )
    return f"multipart/form-data; boundary={boundary}", body + f"--{boundary}--\r\n".encode()


def _quoted(name: str) -> str:
    """A file name that stays within its quotes (as browsers escape it), without half emojis."""
    escaped = name[-200:].replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A").replace("\0", "")
    return escaped.encode(errors="replace").decode()
