"""The running hub's own backups: made when they are due, in a thread of low priority, and told when they fail."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING

import structlog

from hub.backup.keys import read_key
from hub.backup.schedule import due_at
from hub.backup.settings import BackupSettings
from hub.contracts.errors import HubError
from hub.engine.line import now_ms
from hub.engine.settings import Config
from hub.store import open_reader
from hub.store.copying import Backup, last_backup, record_backup

if TYPE_CHECKING:
    from hub.backup.making import Made, Source
    from hub.engine.hub import Hub

log = structlog.get_logger("hub.backup")
LOOK = 30.0  # seconds between two looks at the clock
WORK, REST = 0.02, 0.002  # seconds of work, then of rest, so that the line goes first
NICE = 10
NOTICE = "backup"


class Stopped(HubError):
    """The hub ends: the backup is made after its next start."""


def key_of(settings: BackupSettings) -> bytes | None:
    """The key to seal with, None where the admin wants none."""
    return read_key(settings.key.get_secret_value()) if settings.encrypt and settings.key else None


def source_of(config: Config) -> Source:
    """What is backed up of this hub."""
    from hub.backup.making import Source

    mappings = tuple(crm.mapping_file for crm in config.crms.values() if crm.mapping_file is not None)
    return Source(config.hub.place, config.hub.files, config.file, mappings)


class Backups:
    """Lives with the hub; `run` makes them on schedule, `make` makes one now."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._ending = threading.Event()
        self._failed = 0
        self._rested = 0.0

    async def run(self) -> None:
        """Make every backup that is due, for ever."""
        schedule = self._hub.config.backup.schedule
        while schedule is not None:
            try:
                last = await asyncio.to_thread(self._last)
                now = now_ms()
                due = due_at(schedule, last.at if last else 0, self._failed, self._hub.began, now)
                if due <= now:
                    await self.make()
                else:
                    await asyncio.sleep(min(LOOK, (due - now) / 1000))
            except Exception as error:  # the hub goes on without
                log.error("the backups rest", error=f"{type(error).__name__}: {error}")
                await asyncio.sleep(LOOK)
        await asyncio.Event().wait()

    def _last(self) -> Backup | None:
        with closing(open_reader(self._hub.config.hub.place)) as db:
            return last_backup(db)

    async def make(self) -> Backup:
        """Make one now and record what came of it; a failure is a notice."""
        began = now_ms()
        self._ending.clear()  # it may have been another process's duty meanwhile
        thread = ThreadPoolExecutor(1, thread_name_prefix="hub-backup")
        work = asyncio.get_running_loop().run_in_executor(thread, self._make)
        try:
            made = (await asyncio.shield(work)).backup
        except asyncio.CancelledError:
            self._ending.set()
            await asyncio.wait({work}, timeout=self._hub.config.hub.stop_grace)
            if work.done():
                work.exception()
            raise
        except Exception as error:
            what = str(error) if isinstance(error, HubError) else f"{type(error).__name__}"
            made = Backup("", self._hub.config.backup.to, began, 0, 0, what)
        finally:
            thread.shutdown(wait=False)
        await self._hub.writer.call(lambda store: record_backup(store, made))
        if made.verified:
            self._failed = 0
            self._hub.notices.clear(NOTICE)
            log.info("a backup was made and verified", name=made.name, bytes=made.size)
        else:
            self._failed = now_ms()
            self._hub.notices.raise_once(
                NOTICE, f"no backup could be made: {made.reason}; tried again in an hour, or now: dragoman backup"
            )
        return made

    def _make(self) -> Made:
        from hub.backup.making import make
        from hub.backup.places import open_place

        lower_priority()
        settings = self._hub.config.backup
        place = open_place(settings.to, settings)
        return make(source_of(self._hub.config), place, key_of(settings), settings.keep, now_ms, self._between)

    def _between(self) -> None:
        if self._ending.is_set():
            raise Stopped("the hub ends")
        if time.monotonic() - self._rested > WORK:
            time.sleep(REST)
            self._rested = time.monotonic()


def lower_priority() -> None:
    """This thread goes after all others, where the system knows priorities of threads (Linux)."""
    try:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)
    except (OSError, AttributeError):
        pass
