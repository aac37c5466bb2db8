"""Files of the hub on their way to a platform: given to it before the message that names them leaves."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial

from hub.contracts.channel import Uploads
from hub.contracts.errors import Rejected
from hub.engine.http import Outside
from hub.engine.line import Line, now_ms
from hub.engine.writer import Writer
from hub.model.content import Media
from hub.model.messages import Outgoing
from hub.store import Store
from hub.store.blobs import Blobs
from hub.store.templates import keep_upload, uploaded

KEPT = 20 * 86_400_000
"""ms for which an uploaded file is sent by its reference; platforms keep it longer (WhatsApp: 30 days)."""


class Uploading:
    """The uploads of one inbox. A file goes up once and is named by its reference as long as the platform keeps it."""

    def __init__(self, inbox: str, line: Line, writer: Writer, outside: Outside, blobs: Blobs) -> None:
        config = line.config.inboxes[inbox]
        self._connection, self._account = config.connection, config.account
        self._channel = line.config.connections[config.connection].channel
        self._number = line.numbers[config.connection]
        self._writer, self._outside, self._blobs = writer, outside, blobs

    async def done(self, message: Outgoing) -> Outgoing:
        """The message with references in place of the hub's own files. Raises what the upload raises, and Rejected."""
        content = message.content
        template = content.template
        if content.media is not None and content.media.blob:
            content = replace(content, media=await self._given(content.media))
        if template is not None and template.media is not None and template.media.blob:
            content = replace(content, template=replace(template, media=await self._given(template.media)))
        return message if content is message.content else replace(message, content=content)

    async def _given(self, media: Media) -> Media:
        now = now_ms()
        find = partial(_find, self._connection, self._account, media.blob, now - KEPT)
        ref = await self._writer.call(find)
        if not ref:
            if not isinstance(self._channel, Uploads):
                raise Rejected("this channel takes no files of the hub")
            data = await asyncio.to_thread(self._read, media.blob)
            ref = await self._outside.converse(self._channel.upload(self._account, media, data), self._number)
            keep = partial(_keep, self._connection, self._account, media.blob, ref, now)
            await self._writer.call(keep)
        return replace(media, ref=ref, blob="")

    def _read(self, blob: str) -> bytes:
        try:
            with self._blobs.open(blob) as file:
                return file.read()
        except (OSError, ValueError):
            raise Rejected("the file is no longer in the hub") from None


def _find(connection: str, account: str, blob: str, since: int, store: Store) -> str:
    return uploaded(store.db, connection, account, blob, since)


def _keep(connection: str, account: str, blob: str, ref: str, now: int, store: Store) -> None:
    keep_upload(store.db, connection, account, blob, ref, now, now - KEPT)
