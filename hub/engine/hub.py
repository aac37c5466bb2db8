"""The running hub: opens the store, starts the line and everything around it, and stops it gracefully."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Coroutine, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import structlog

from hub.contracts.channel import HasTemplates, polls
from hub.engine import campaigns, configurations, mappings
from hub.engine.aside import Aside
from hub.engine.backup import Backups
from hub.engine.clock import watch
from hub.engine.control import Control
from hub.engine.crm.drift import Sweeps
from hub.engine.crm.sync import CrmSync
from hub.engine.disk import Disk
from hub.engine.duties import Duties, Duty
from hub.engine.effects.media import WAKE as WAKE_FILES
from hub.engine.gaps import Presence, name_gaps, tell
from hub.engine.generations import Generations
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
from hub.engine.process import Process
from hub.engine.pulse import LOOP, Pulse
from hub.engine.retention import Retention
from hub.engine.sender import Sender
from hub.engine.settings import Config
from hub.engine.signals import Signals
from hub.engine.templates import Templates, woken_by
from hub.engine.ticks import Ticks, clock_was_set
from hub.engine.writer import Writer
from hub.store import Store, open_store
from hub.store.copying import restored_at
from hub.store.files import open_files
from hub.store.media import link_key

log = structlog.get_logger("hub")
BEAT = 0.5


class Hub:
    """One hub process. `start`, then `failed` ends only when something vital died; `stop` whatever happens."""

    def __init__(self, config: Config, plugins: Plugins, pulse: Pulse | None = None) -> None:
        self.config, self.plugins, self.pulse = config, plugins, pulse or Pulse()
        self.notices = Notices()
        self.stopping = False
        self.began = now_ms()
        self.file_answers: Counter[int] = Counter()
        """Answers to those who opened a link to a file, by status."""
        self._tasks: list[asyncio.Task[None]] = []
        self._last: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Open the store and begin. Raises ConfigError when the store cannot be had."""
        config = self.config
        place, now = config.hub.place, now_ms()
        self.store: Store = open_store(place, patience=1.0)
        shared = self.store.db.shared
        self.process = Process(Path(config.hub.data) if shared else None)
        tell(name_gaps(self.store, config, now), self.notices)
        config, version, told = configurations.start(self.store, config, now)
        self.config = config
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
        for subject, what in (told | mappings.start(self.store, self.line, now)).items():
            self.notices.raise_once(subject, what)
        if shared:
            self.store.fences = {}
        else:
            self._recover(now)
        self.writer = Writer(
            self.store,
            self.line,
            self._woken,
            limit=config.hub.accept_queue,
            budget=config.hub.step_budget,
            pulse=self.pulse,
        )
        self.outside = Outside(pulse=self.pulse)
        self.blobs = open_files(config.hub.files, self.store)
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
        self.disk = Disk(self.line, self.writer, self.notices)
        self.aside = Aside(place) if shared else None
        self.duties = Duties(self._duties(), self.writer, self.notices, self.process, self.aside)
        self.signals = Signals(self.process.name, place, self.aside, self._wake) if self.aside else None
        if shared:
            self.store.look = partial(self._look, Generations(self.store, self.line), asyncio.get_running_loop())
        self.writer.start()
        await self.control.start()
        self._last = [asyncio.create_task(self.duties.run())]
        self._go(keep_going("watch over the disk", self.disk.run, self.notices))
        self._go(Presence(self.line, self.writer, self.notices, lambda: self.accepting).run())
        self._go(watch(self._set_back))
        self._go(self._beat())
        if self.signals is not None:
            self._last.append(asyncio.create_task(keep_going("signals", self.signals.run, self.notices)))

    def _duties(self) -> list[Duty]:
        """What one process of the hub does at a time; every process takes in events and steps."""
        line, writer, outside, notices, config = self.line, self.writer, self.outside, self.notices, self.config
        duties = [Duty("clock", {"clock": Ticks(line, writer, self._tell_trials).run}, vital=True)]
        for name, sender in self.senders.items():
            parts, wait = {f"sending of inbox {name}": sender.run}, self._evidence_wait(name)
            duties.append(Duty(f"inbox:{name}", parts, sender.finish, carries_out=True, evidence=wait))
        for name, crm in self.crms.items():
            crm.asks(partial(self._may_call, f"crm:{name}"))
            parts = {f"crm {name} at large": crm.run, f"comparing of crm {name}": Sweeps(name, line, writer).run}
            duties.append(Duty(f"crm:{name}", parts, crm.finish, carries_out=True))
        for name, connection in config.connections.items():
            if polls(connection.channel):
                poller = Poller(name, connection.channel, line, writer, outside, notices)
                duties.append(Duty(f"poll:{name}", {f"polling of {name}": poller.run}))
        if config.hub.media_fetch:
            duties.append(Duty("files", {"fetching of files": self.files.run}))
        duties += [Duty(name, {name: templates.run}) for name, templates in self.templates.items()]
        health = Health(line, outside, notices)
        return [
            *duties,
            Duty("news", {"news": self.news.run}),
            Duty("plugins", {"telling of plugins": self.workers.run}, self.workers.stop),
            Duty("health", {"health of connections": health.run}),
            Duty("backups", {"backups": self.backups.run}),
            Duty("retention", {"retention": self.retention.run}),
            Duty(campaigns.DUTY, {"campaigns": campaigns.Campaigns(line, writer).run}),
        ]

    def _look(self, generations: Generations, loop: asyncio.AbstractEventLoop) -> None:
        """In the writer's thread, inside a transaction: what other processes changed counts from here on."""
        if (renewed := generations.look()) is not None:
            self.writer.woke(renewed.woken)
            loop.call_soon_threadsafe(self.notices.tell, renewed.told)

    def _may_call(self, duty: str) -> bool:
        return self.duties.may_call(duty)

    def _recover(self, now: int) -> None:
        doubtful = self.store.recover(now, {name: now + self._evidence_wait(name) for name in self.config.inboxes})
        if doubtful:
            log.info("commands were under way when the hub last ended", rows=doubtful)

    def _evidence_wait(self, inbox: str) -> int:
        channel = self.config.connections[self.config.inboxes[inbox].connection].channel
        return int(self.config.hub.evidence_wait * 1000) if channel.capabilities.proof == "evidence" else 0

    def _go(self, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.append(asyncio.create_task(work))

    def _woken(self, targets: set[str]) -> None:
        """These have new work: here, or in the process that has the duty."""
        self._wake(targets)
        if self.signals is not None and (others := {target for target in targets if not self._ours(target)}):
            self.signals.tell(others)

    def _ours(self, target: str) -> bool:
        """Whether all that a target names is this process's duty; a mapping is every process's own matter."""
        kinds = {"plugin": "plugins", "news": "news", WAKE_FILES: "files"}
        named = {kinds.get(target.partition(":")[0], target), f"inbox:{target}", f"crm:{target}"}
        return self.duties.ours(named) or target.startswith(mappings.LIVE)

    def _wake(self, targets: set[str] | None) -> None:
        """The parts of these targets may have something to do; None = all parts."""
        if targets is None:
            targets = {*self.senders, *self.crms, *self.templates, WAKE_FILES, "plugin:", "news:"}
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

    @property
    def disk_low(self) -> bool:
        """Whether there is too little room to take events in."""
        return self.disk.low

    async def _set_back(self, by: int) -> None:
        await self.writer.call(lambda store: clock_was_set(store, by))
        self._woken({*self.senders, *self.crms, WAKE_FILES, "plugin:"})  # some sleep until a time that moved

    def _tell_trials(self, told: Mapping[str, str]) -> None:
        for subject, what in told.items():
            if what:
                self.notices.raise_once(subject, what)
            else:
                self.notices.clear(subject)
        for crm in self.crms.values() if told else ():
            crm.fit()
            crm.wake()

    async def _beat(self) -> None:
        while True:
            self.pulse.beat(LOOP)
            await asyncio.sleep(BEAT)

    async def failed(self) -> None:
        """Ends when a task that must live for ever died; its error is raised."""
        done, _ = await asyncio.wait([*self._tasks, *self._last], return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()

    async def stop(self) -> None:
        """Take no more, finish what is under way (within the grace time), give back the duties, close the store."""
        self.stopping = True
        until = time.monotonic() + self.config.hub.stop_grace
        self.writer.give_up()
        await self._end(self._tasks, until)
        await self.duties.stop(until - time.monotonic())
        await self.workers.stop()
        await self.control.stop()
        for crm in self.crms.values():
            crm.close()
        await self.outside.close()
        await self.writer.stop()
        await self._end(self._last, until)
        if self.aside is not None:
            await self.duties.leave()
            await self.aside.close()
        self.store.close()
        self.process.end()

    @staticmethod
    async def _end(tasks: list[asyncio.Task[None]], until: float) -> None:
        for task in tasks:
            task.add_done_callback(lambda ended: ended.cancelled() or ended.exception())  # nobody asks any more
            task.cancel()
        await asyncio.wait(tasks, timeout=max(0.1, until - time.monotonic()))
