"""The double's store of files: what people send can be fetched for a while, what the hub sends is uploaded first."""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from dataclasses import dataclass
from itertools import count
from typing import Any

from aiohttp import BodyPartReader, web

from hub_meta.simulator_replies import refused

SIZE_MAX = 100_000_000
TYPES = ("audio/", "image/", "video/", "application/", "text/")


@dataclass(slots=True)
class File:
    """A stored file; `sha256` as the platform writes it, base64."""

    data: bytes
    mime: str
    name: str = ""

    @property
    def sha256(self) -> str:
        return base64.b64encode(hashlib.sha256(self.data).digest()).decode()


class MediaStore:
    """`lifetime` seconds after it was told an address is a 404; `files` by id."""

    def __init__(self) -> None:
        self.files: dict[str, File] = {}
        self.lifetime = 300.0
        self.base_url = ""
        self._addresses: dict[str, tuple[str, float]] = {}
        self._ids = count(700_000_000_000_001)

    def keep(self, data: bytes, mime: str, name: str = "") -> str:
        """Store a file; its id."""
        media = str(next(self._ids))
        self.files[media] = File(data, mime, name)
        return media

    def forget(self, media: str) -> None:
        """The platform deletes a file: 30 days are over."""
        self.files.pop(media, None)

    def part(self, media: str, **more: Any) -> dict[str, Any]:
        """A file as a webhook tells of it."""
        file = self.files[media]
        return {"mime_type": file.mime, "sha256": file.sha256, "id": media, **more}

    async def locate(self, request: web.Request) -> web.StreamResponse:
        """GET /{version}/{media id}: where the file is, for a while."""
        media = request.match_info["media"]
        if (file := self.files.get(media)) is None:
            return refused(400, 100, "Unsupported get request.", error_subcode=33)
        word = secrets.token_hex(8)
        self._addresses[word] = media, time.monotonic()
        facts = {"mime_type": file.mime, "sha256": hashlib.sha256(file.data).hexdigest(), "id": media}
        url = f"{self.base_url}/attachments/?mid={media}&hash={word}"
        return web.json_response({"messaging_product": "whatsapp", "url": url, "file_size": len(file.data), **facts})

    async def download(self, request: web.Request) -> web.StreamResponse:
        """GET the address."""
        media, told = self._addresses.get(request.query.get("hash", ""), ("", 0.0))
        file = self.files.get(media)
        if file is None or media != request.query.get("mid") or time.monotonic() - told >= self.lifetime:
            return web.Response(status=404)
        return web.Response(body=file.data, content_type=file.mime.partition(";")[0])

    async def upload(self, request: web.Request) -> web.StreamResponse:
        """POST /{version}/{number}/media: multipart with messaging_product, type and file, nothing else."""
        if not request.content_type.startswith("multipart/form-data"):
            return refused(400, 100, "(#100) The parameter messaging_product is required.")
        fields: dict[str, bytes] = {}
        mime = name = ""
        reader = await request.multipart()
        while (part := await reader.next()) is not None:
            if not isinstance(part, BodyPartReader) or not part.name or part.name in fields:
                return refused(400, 100, "(#100) Invalid parameter")
            fields[part.name] = bytes(await part.read())
            if part.name == "file":
                mime, name = part.headers.get("Content-Type", ""), part.filename or ""
        if set(fields) != {"messaging_product", "type", "file"} or fields["messaging_product"] != b"whatsapp":
            return refused(400, 100, "(#100) The parameter messaging_product is required.")
        if fields["type"].decode() != mime or not mime.startswith(TYPES) or not name:
            return refused(400, 100, "(#100) Param file must be a file with one of the following types")
        if not 0 < len(fields["file"]) <= SIZE_MAX:
            return refused(400, 131053, "Media upload error")
        return web.json_response({"id": self.keep(fields["file"], mime, name)})
