"""Where a received file can be had: `GET /{version}/{media id}` (Cloud API, "Media"), then a second GET by the hub.

The address that Meta tells lives five minutes and wants the access token too. The token goes to Meta alone: an address
at any other host is refused, whoever wrote it into the answer.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any
from urllib.parse import SplitResult, quote, urlsplit

from hub import Calls, HttpCall, HttpReply, Media, MediaSource
from hub.contracts.errors import NotFound, Rejected, Unavailable
from hub_meta.envelope import mapping, word
from hub_meta.errors import error_for
from hub_meta.what import sha256_hex, size_of

DOWNLOAD_TIMEOUT = 60.0
"""Seconds for the whole file."""
GONE = "WhatsApp no longer has the file"
NOT_HANDED_OVER = 131052
"""Code: Meta itself could not get the file from the person's phone."""
META = "lookaside.fbsbx.com"
META_DOMAINS = (".fbcdn.net", ".facebook.com", ".whatsapp.net")


def locate(base_url: str, graph: str, bearer: Mapping[str, str], account: str, media: Media) -> Calls[MediaSource]:
    """Ask where `media` is. `graph` is the address of the Graph API with its version and a slash, `bearer` the header.

    Raises NotFound when the file is gone, Rejected for an address that may not have the token, Unavailable for an
    answer without one, and whatever else the reply means.
    """
    if media.ref in ("", ".", ".."):
        raise NotFound(GONE)
    query = f"?phone_number_id={quote(account, safe='')}" if account else ""
    reply = yield HttpCall("GET", f"{graph}{quote(media.ref, safe='')}{query}", bearer, repeatable=True)
    answer = reply.json()
    if not 200 <= reply.status < 300 or (isinstance(answer, dict) and "error" in answer):
        raise NotFound(GONE) if _gone(reply, answer) else error_for(reply.status, reply.headers, answer)
    url = mapping(answer).get("url")
    if type(url) is not str or not url:
        raise Unavailable("WhatsApp did not say where the file is")
    if not trusted(url, base_url):
        raise Rejected("WhatsApp named an address for the file that is not Meta's: the access token does not go there")
    call = HttpCall("GET", url, bearer, repeatable=True, timeout=DOWNLOAD_TIMEOUT)
    return MediaSource(
        call, word(answer.get("mime_type")), size_of(answer.get("file_size")), sha256_hex(answer.get("sha256"))
    )


def _gone(reply: HttpReply, answer: Any) -> bool:
    error = mapping(mapping(answer).get("error"))
    code = error.get("code")
    return reply.status == 404 or code == NOT_HANDED_OVER or (code == 100 and error.get("error_subcode") == 33)


def trusted(url: str, base_url: str) -> bool:
    """Whether the access token may go to `url`: https and Meta's, or the host of `base_url` itself.

    Plain http only where `base_url` is plain http on this machine (a simulator).
    """
    there, base = _parts(url), _parts(base_url)
    if there is None or base is None:
        return False
    host = there.hostname or ""
    if there.scheme == "http":
        return base.scheme == "http" and host == base.hostname and _loopback(host)
    if there.scheme != "https":
        return False
    if host == base.hostname:
        return True
    return there.port in (None, 443) and (host == META or host.endswith(META_DOMAINS))


def _parts(url: str) -> SplitResult | None:
    """The parts of an address; None for one that programs may read in different ways."""
    if not url.isascii() or not url.isprintable() or any(sign in url for sign in ("\\", " ")):
        return None
    try:
        parts = urlsplit(url)
        return parts if parts.hostname and parts.port != 0 and "@" not in parts.netloc else None
    except ValueError:
        return None


def _loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
