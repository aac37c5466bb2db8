"""The running hub: opens the store, starts the line and everything around it, and stops it gracefully."""

from __future__ import annotations

import asyncio
import shutil
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any

import structlog

from hub.contracts.channel import HasTemplates, polls
from hub.engine import mappings
from hub.engine.backup import Backups
from hub.engine.clock import Clock
from hub.engine.control import Control
from hub.engine.crm.drift import Sweeps
from hub.engine.crm.sync import CrmSync
from hub.engine.effects.media import WAKE as WAKE_FILES
from hub.engine.gaps import NOTE_EVERY, Gap, name_gaps, note_alive
from hub.engine.health import Health
from hub.engine.http import Outside
from hub.engine.keep_going import keep_going
from hub.engine.line import Line, now_ms
from hub.engine.loader import Plugins
from hub.engine.media import Files
from hub.engine.news import News
from hub.engine.notices import Notices
from hub.engine.plugin_workers import PluginWorkers
from hub.engine.poller import Poller
from hub.engine.pulse import LOOP, Pulse
from hub.engine.retention import Retention
from hub.engine.sender import Sender
from hub.engine.settings import Config
from hub.engine.templates import Templates, woken_by
from hub.engine.ticks import clock_was_set, tick
from hub.engine.writer import Writer
from hub.store import Store, open_store
from hub.store.blobs import blobs_of
from hub.store.copying import restored_at
from hub.store.media import link_key

log = structlog.get_logger("hub")
TICK = 0.25
BEAT = 0.5
CALM = 5.0
"""Seconds without trouble after which the store is well again: one try that went well is no proof."""


class Hub:
    """One hub process. `start`, then `failed` ends only when something vital died; `stop` whatever happens."""

    def __init__(self, config: Config, plugins: Plugins, pulse: Pulse | None = None) -> None:
        self.config, self.plugins, self.pulse = config, plugins, pulse or Pulse()
        self.notices = Notices()
        self.stopping = False
        self.disk_low = False
        self.began = now_ms()
        self.file_answers: Counter[int] = Counter()
        """Answers to those who opened a link to a file, by status."""
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Open the store and begin. Raises ConfigError when the store cannot be had."""
        config = self.config
        self.store: Store = open_store(Path(config.hub.data), patience=1.0)
        now = now_ms()
        self._tell_gaps(name_gaps(self.store, config, now))
        version = self.store.activate(config.version, config.file.read_text("utf-8"), now)
        listeners: dict[str, tuple[str, ...]] = {}
        for plugin, kinds in self.plugins.handlers.items():
            if plugin in config.plugins:
                for kind in kinds:
                    listeners[kind] = (*listeners.get(kind, ()), plugin)
        self.line = Line(
            config,
            self.store.identity(),
            version,
            listeners,
            self.pulse,
            restored_at(self.store.db),
            link_key(self.store) if config.roles else b"",
        )
        for subject, what in mappings.start(self.store, self.line, now).items():
            self.notices.raise_once(subject, what)
        doubtful = self.store.recover(now, {name: now + self._evidence_wait(name) for name in config.inboxes})
        if doubtful:
            log.info("commands were under way when the hub last ended", rows=doubtful)
        self.writer = Writer(
            self.store,
            self.line,
            self._woken,
            limit=config.hub.accept_queue,
            budget=config.hub.step_budget,
            pulse=self.pulse,
        )
        self.outside = Outside(pulse=self.pulse)
        self.blobs = blobs_of(Path(config.hub.data))
        self.blobs.sweep()
        self.senders = {
            name: Sender(name, self.line, self.writer, self.outside, self.notices) for name in config.inboxes
        }
        self.crms = {name: CrmSync(name, self.line, self.writer, self.notices) for name in config.crms}
        self.files = Files(self.line, self.writer, self.outside, self.notices, self.blobs)
        self.news = News(self.writer, self.notices)
        self.templates = {
            woken_by(name): Templates(name, connection.channel, self.line, self.writer, self.outside, self.notices)
            for name, connection in config.connections.items()
            if isinstance(connection.channel, HasTemplates)
        }
        self.workers = PluginWorkers(self)
        self.backups, self.retention = Backups(self), Retention(self)
        self.control = Control(self)
        self.writer.start()
        await self.control.start()
        for name, sender in self.senders.items():
            self._tend(f"sending of inbox {name}", sender.run)
        for name, crm in self.crms.items():
            self._tend(f"crm {name} at large", crm.run)
            self._tend(f"comparing of crm {name}", Sweeps(name, self.line, self.writer).run)
        for name, connection in config.connections.items():
            if polls(connection.channel):
                poller = Poller(name, connection.channel, self.line, self.writer, self.outside, self.notices)
                self._tend(f"polling of {name}", poller.run)
        if config.hub.media_fetch:
            self._tend("fetching of files", self.files.run)
        self._tend("news", self.news.run)
        for name, templates in self.templates.items():
            self._tend(name, templates.run)
        self._tend("telling of plugins", self.workers.run)
        self._tend("health of connections", Health(self.line, self.outside, self.notices).run)
        self._tend("backups", self.backups.run)
        self._tend("retention", self.retention.run)
        self._tend("watch over the disk", self._guard)
        self._go(self._clock())
        self._go(self._beat())

    def _evidence_wait(self, inbox: str) -> int:
        channel = self.config.connections[self.config.inboxes[inbox].connection].channel
        return int(self.config.hub.evidence_wait * 1000) if channel.capabilities.proof == "evidence" else 0

    def _go(self, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.append(asyncio.create_task(work))

    def _tend(self, part: str, work: Callable[[], Awaitable[None]]) -> None:
        """A part without which the hub still takes in and keeps what comes."""
        self._go(keep_going(part, work, self.notices))

    def _woken(self, targets: set[str]) -> None:
        for target in targets:
            if target in self.senders:
                self.senders[target].wake()
            if target in self.templates:
                self.templates[target].wake()
            if target in self.crms:
                self.crms[target].wake()
            if target.startswith("plugin:"):
                self.workers.wake()
            if target.startswith(mappings.LIVE):
                crm = target.removeprefix(mappings.LIVE)
                self.notices.clear(f"mapping of {crm}")
                self.crms[crm].fit()
            if target.startswith("news:"):
                self.news.wake()
            if target == WAKE_FILES:
                self.files.wake()

    @property
    def accepting(self) -> bool:
        """Whether a webhook may be taken: else the platform is asked to come again."""
        return not (self.stopping or self.disk_low or self.writer.trouble) and self.writer.alive

    async def _clock(self) -> None:
        noted, away, clock = now_ms(), False, Clock()
        while True:
            if (by := clock.jumped()) < 0:  # forward it makes tries early, which harms nobody
                log.warning("the machine's clock was set back", ms=-by)
                await self.writer.call(lambda store, by=by: clock_was_set(store, by))  # type: ignore[misc]
                self._woken({*self.senders, *self.crms, WAKE_FILES, "plugin:"})  # some sleep until a time that moved
            await self.writer.call(lambda store: tick(store, now_ms()))
            if self.line.trials:
                self._tell_trials(await self.writer.call(lambda store: mappings.judge(store, self.line, now_ms())))
            if not self.accepting:
                away = True
            elif away:  # platforms were sent away for a while: perhaps for longer than they keep what they have
                away, noted = False, now_ms()
                self._tell_gaps(await self.writer.call(lambda store: name_gaps(store, self.config, now_ms())))
            elif abs(now_ms() - noted) >= NOTE_EVERY:
                noted = now_ms()
                await self.writer.call(lambda store: note_alive(store, self.config, now_ms()))
            await asyncio.sleep(TICK)

    def _tell_trials(self, told: Mapping[str, str]) -> None:
        for subject, what in told.items():
            if what:
                self.notices.raise_once(subject, what)
            else:
                self.notices.clear(subject)
        for crm in self.crms.values() if told else ():
            crm.fit()
            crm.wake()

    def _tell_gaps(self, gaps: Sequence[Gap]) -> None:
        for gap in gaps:
            self.notices.raise_once(f"gap of {gap.connection}", gap.text)

    async def _guard(self) -> None:
        """Look whether there is room on the disk, and whether the store works."""
        quiet = 0.0
        while True:
            self._look_at_the_disk()
            if self.writer.trouble:
                quiet = 0.0
                self.notices.raise_once("store", f"the store cannot work, callers get 503: {self.writer.trouble}")
            elif (quiet := quiet + TICK) > CALM:
                self.notices.clear("store")
            await asyncio.sleep(TICK)

    def _look_at_the_disk(self) -> None:
        try:
            free = shutil.disk_usage(self.config.hub.data).free
        except OSError as error:  # whether the store works nevertheless, the writer knows
            self.notices.raise_once("disk", f"the data folder cannot be looked at: {error.strerror or error}")
            return
        low = free < self.config.hub.disk_min_mb * 1_000_000
        if low and not self.disk_low:
            self.notices.raise_once("disk", f"only {free // 1_000_000} MB are free: nothing is taken in")
        elif not low:
            self.notices.clear("disk")
        self.disk_low = low

    async def _beat(self) -> None:
        while True:
            self.pulse.beat(LOOP)
            await asyncio.sleep(BEAT)

    async def failed(self) -> None:
        """Ends when a task that must live for ever died; its error is raised."""
        done, _ = await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()

    async def stop(self) -> None:
        """Take no more, finish what is under way (within the grace time), close the store."""
        self.stopping = True
        grace, loop = self.config.hub.stop_grace, asyncio.get_running_loop()
        until = loop.time() + grace
        self.writer.give_up()
        for task in self._tasks:
            task.add_done_callback(lambda ended: ended.cancelled() or ended.exception())  # nobody asks any more
            task.cancel()
        await asyncio.wait(self._tasks, timeout=grace)
        try:
            async with asyncio.timeout_at(until):
                sending = [sender.finish() for sender in self.senders.values()]
                await asyncio.gather(*sending, *(crm.finish() for crm in self.crms.values()))
        except TimeoutError:
            log.warning("not everything under way had an answer when the hub ended")
        await self.workers.stop()
        await self.control.stop()
        for crm in self.crms.values():
            crm.close()
        await self.outside.close()
        await self.writer.stop()
        self.store.close()
