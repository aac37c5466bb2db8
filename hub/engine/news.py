"""Tells the admin what platforms say about his accounts: bad news is a notice until better news of the same comes."""

from __future__ import annotations

import asyncio

from hub.engine.line import now_ms
from hub.engine.notices import Notices
from hub.engine.writer import Writer
from hub.store import health


class News:
    """One for the hub. `wake` when there is news; `run` until cancelled, beginning with what still stands."""

    def __init__(self, writer: Writer, notices: Notices) -> None:
        self._writer, self._notices = writer, notices
        self._awake = asyncio.Event()

    def wake(self) -> None:
        """A platform told something."""
        self._awake.set()

    async def run(self) -> None:
        """Raise and clear notices, for ever."""
        while True:
            self._awake.clear()
            for word in await self._writer.call(lambda store: health.news(store.db, now_ms())):
                subject = f"{word.topic} of {word.connection} {word.subject}".strip()
                if word.bad and word.topic != "gap":  # a gap is told when it is found
                    self._notices.raise_once(subject, word.text)
                else:
                    self._notices.clear(subject)
            await self._awake.wait()
