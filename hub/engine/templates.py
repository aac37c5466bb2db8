"""Reads the templates a platform approved: at start, hourly, and after news. An unchanged list leaves no trace."""

from __future__ import annotations

import asyncio

import structlog

from hub.contracts.channel import HasTemplates
from hub.contracts.errors import HubError
from hub.engine.effects.approvals import cursor, digest
from hub.engine.http import Outside
from hub.engine.line import Line, now_ms
from hub.engine.notices import Notices
from hub.engine.waiting import backoff, woken
from hub.engine.writer import Writer
from hub.model.events import TemplatesRead

log = structlog.get_logger("hub.templates")

EVERY = 3600.0
"""Seconds between two looks at a platform's list."""


def woken_by(connection: str) -> str:
    """The name under which effects wake the reader of a connection."""
    return f"templates:{connection}"


class Templates:
    """One per connection whose platform approves templates. `wake` when they may be others; `run` until cancelled."""

    def __init__(
        self, connection: str, channel: HasTemplates, line: Line, writer: Writer, outside: Outside, notices: Notices
    ) -> None:
        self.connection, self._channel, self._number = connection, channel, line.numbers[connection]
        self._writer, self._outside, self._notices = writer, outside, notices
        self._awake = asyncio.Event()

    def wake(self) -> None:
        """Read again soon."""
        self._awake.set()

    async def run(self) -> None:
        """Read, wait, read again; trouble is said once and tried again with growing pauses."""
        notice, failures = f"templates of {self.connection}", 0
        while True:
            self._awake.clear()
            pause = EVERY
            try:
                await self._read()
            except Exception as error:
                failures += 1
                what = str(error) if isinstance(error, HubError) else f"the channel failed: {type(error).__name__}"
                self._notices.raise_once(notice, f"templates cannot be read: {what}")
                pause = min(EVERY, 60 * backoff(failures, getattr(error, "retry_after", 0)) / 1000)
            else:
                failures = 0
                self._notices.clear(notice)
            await woken(self._awake, pause)

    async def _read(self) -> None:
        found = await self._outside.converse(self._channel.templates(), self._number)
        at = now_ms()
        rows = tuple(info._asdict() for info in found)
        event = TemplatesRead(key="", at=at, connection=self.connection, templates=rows)
        now = digest(event)
        known = await self._writer.call(lambda store: store.cursor(cursor(self.connection)))
        if known == now or not (known or rows):
            return
        await self._writer.keep(
            TemplatesRead(key=f"{self.connection}.{now}.{at}", at=at, connection=self.connection, templates=rows)
        )
        log.info("templates were read", connection=self.connection, templates=len(rows))
