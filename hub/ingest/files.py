"""`/media/{token}`: a file of a message, for agents who open the link that stands in the CRM.

Statuses: 200 (206 a part) the file · 401 name and key of a role, please · 403 the role may not · 404 no such link, or
with Retry-After: not fetched yet · 410 the link has expired, or the file is gone · 429 too many wrong keys.
The signature is verified before anything is looked up, and no link is ever logged.
"""

from __future__ import annotations

import asyncio
import mimetypes
import re
import unicodedata
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from aiohttp import web

from hub.contracts.errors import BadSignature
from hub.engine.hub import Hub
from hub.engine.line import now_ms
from hub.engine.tables import is_loopback
from hub.ingest.viewers import Viewers
from hub.store import open_reader
from hub.store.media import KeptFile, kept_file
from hub.wire.file_links import opened

CHALLENGE = {"WWW-Authenticate": 'Basic realm="dragoman", charset="UTF-8"'}
CAREFUL = {
    "Cache-Control": "private, no-store",
    "Content-Security-Policy": "sandbox",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""What a person sent is strangers' content: it is saved, never shown as a page of the hub's address."""
NAME_MAX = 150  # characters of a file's name

_TYPE = re.compile(r"(?:image|audio|video)/[a-z0-9][a-z0-9.+-]{0,60}|application/pdf", re.ASCII)
_SCRIPTED = ("svg", "xml", "html")
_UNSAFE = re.compile(r'[\\/:*?"<>|\s]+')


class FileDoor:
    """The handler, bound to a running hub."""

    def __init__(self, hub: Hub) -> None:
        self._hub, self._viewers = hub, Viewers(hub.config.roles)

    async def file(self, request: web.Request) -> web.StreamResponse:
        """Somebody opens a link."""
        response = await self._answer(request)
        self._hub.file_answers[response.status] += 1
        return response

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        key = self._hub.line.link_key
        if not key or not self._viewers.any_may("media"):
            return _said(404, "No such link.")
        try:
            number, until = opened(key, request.match_info["token"])
        except BadSignature:
            return _said(404, "No such link.")
        now = now_ms()
        if until <= now:
            return _said(410, "This link has expired: ask whoever runs the hub for a fresh one.")
        match self._viewers.ask(request.headers.get("Authorization", ""), *_caller(request), "media", now):
            case 401:
                return _said(401, "Name and key of a role are needed.", CHALLENGE)
            case 403:
                return _said(403, "This role may not open files.")
            case 429:
                return _said(429, "Too many wrong keys: wait a minute.", {"Retry-After": "60"})
        file, path = await asyncio.to_thread(self._look, number)
        if file is not None and file.state == "pending":
            return _said(404, "The file was not fetched from the platform yet: try again soon.", {"Retry-After": "30"})
        if file is None or path is None:
            return _said(410, "This file is not kept: it could not be fetched, was taken back, or its time is over.")
        kind = served_as(file.mime)
        about = {**CAREFUL, "Content-Type": kind, "Content-Disposition": disposition(file.name or _named(number, file))}
        return web.FileResponse(path, headers=about)

    def _look(self, number: int) -> tuple[KeptFile | None, Path | None]:
        """The file, and where its content lies if it is here. In a thread."""
        with closing(open_reader(self._hub.config.hub.place)) as db:
            file = kept_file(db, number)
        if file is None or file.state != "stored" or not self._hub.blobs.exists(file.blob):
            return file, None
        return file, self._hub.blobs.path(file.blob)


def _caller(request: web.Request) -> tuple[str, str]:
    """The address that calls, and the one behind it: what a proxy on this machine says last in X-Forwarded-For."""
    remote = request.remote or ""
    named = request.headers.getall("X-Forwarded-For", [""])[-1].rpartition(",")[2].strip()
    return remote, named if is_loopback(remote) else ""


def served_as(mime: str) -> str:
    """The content type to answer with: the file's own if no browser runs such a thing, else plain bytes."""
    kind = mime.partition(";")[0].strip().lower()
    harmless = _TYPE.fullmatch(kind) and not any(word in kind for word in _SCRIPTED)
    return kind if harmless else "application/octet-stream"


def disposition(name: str) -> str:
    """`Content-Disposition` that saves under this name, whoever chose it (RFC 6266, RFC 8187).

    Folders, control and direction characters are taken out of it, and it begins with no dot.
    """
    shown = "".join(sign for sign in name if unicodedata.category(sign) not in ("Cc", "Cf", "Cs", "Co", "Cn"))
    safe = _UNSAFE.sub(" ", shown).strip(" .") or "file"
    if len(safe) > NAME_MAX:
        stem, dot, ending = safe.rpartition(".")
        short = dot and len(ending) <= 10
        safe = f"{stem[: NAME_MAX - 11]}.{ending}" if short else safe[:NAME_MAX]
    plain = "".join(sign if sign.isascii() and sign not in "%'" else "_" for sign in safe)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(safe, safe='')}"


def _named(number: int, file: KeptFile) -> str:
    return f"{file.kind}-{number}{mimetypes.guess_extension(served_as(file.mime)) or ''}"


def _said(status: int, text: str, more: dict[str, str] | None = None) -> web.Response:
    return web.Response(status=status, text=text, headers={**CAREFUL, **(more or {})})
