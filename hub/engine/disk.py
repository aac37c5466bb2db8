"""Watches whether there is room on the disk and whether the store works: else nothing is taken in."""

from __future__ import annotations

import asyncio
import shutil

from hub.engine.line import Line
from hub.engine.notices import Notices
from hub.engine.writer import Writer

LOOK = 0.25
"""Seconds between two looks."""
CALM = 5.0
"""Seconds without trouble after which the store is well again: one try that went well is no proof."""


class Disk:
    """One for each process. `low` while nothing may be taken in; `run` until cancelled."""

    def __init__(self, line: Line, writer: Writer, notices: Notices) -> None:
        self._line, self._writer, self._notices = line, writer, notices
        self.low = False

    async def run(self) -> None:
        """Look, for ever."""
        quiet = 0.0
        while True:
            self._look()
            if self._writer.trouble:
                quiet = 0.0
                self._notices.raise_once("store", f"the store cannot work, callers get 503: {self._writer.trouble}")
            elif (quiet := quiet + LOOK) > CALM:
                self._notices.clear("store")
            await asyncio.sleep(LOOK)

    def _look(self) -> None:
        hub = self._line.config.hub
        try:
            free = shutil.disk_usage(hub.data).free
        except OSError as error:  # whether the store works nevertheless, the writer knows
            self._notices.raise_once("disk", f"the data folder cannot be looked at: {error.strerror or error}")
            return
        low = free < hub.disk_min_mb * 1_000_000
        if low and not self.low:
            self._notices.raise_once("disk", f"only {free // 1_000_000} MB are free: nothing is taken in")
        elif not low:
            self._notices.clear("disk")
        self.low = low
