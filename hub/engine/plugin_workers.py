"""Tells plugins what happened, each in its own process, after the commit; what they answer comes back as an event.

A plugin that raises, hangs or floods costs itself: the event is tried again and then becomes a dead letter, the
process is killed, and after three kills in a row the plugin is left alone until the hub starts again.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import structlog

from hub.engine.keep_going import keep_going
from hub.engine.line import incoming, now_ms
from hub.engine.plugin_process import ChildDied, PluginProcess
from hub.engine.waiting import backoff, until, woken
from hub.model.events import PluginAnswered
from hub.model.happened import MessageToClassify
from hub.store import Store, plugin_work
from hub.store.plugin_work import NEVER, PluginWork

if TYPE_CHECKING:
    from hub.engine.hub import Hub

log = structlog.get_logger("hub.plugin")

BATCH = 64
TRIES = 3
"""Failures of one event until it becomes a dead letter."""
KILLS = 3
"""Kills in a row until the plugin is quarantined."""
SETTLE = 0.2
"""Seconds for which answers are gathered before they are kept."""


class PluginWorkers:
    """All plugins that listen and have a table [plugin.NAME]. `wake` when there may be work; `run` until cancelled."""

    def __init__(self, hub: Hub) -> None:
        entries = {info.name: info.module for info in hub.plugins.infos if info.state == "loaded"}
        names = [name for name in hub.plugins.handlers if name in hub.config.plugins]
        self._notices = hub.notices
        self._workers = {name: PluginWorker(hub, name, entries[name]) for name in names}

    @property
    def quarantined(self) -> dict[str, str]:
        """Plugins that are left alone, and why."""
        return {name: worker.quarantine for name, worker in self._workers.items() if worker.quarantine}

    @property
    def seconds(self) -> dict[str, float]:
        """Plugin -> time in which its event hook worked, since the start."""
        return {name: worker.seconds for name, worker in self._workers.items()}

    def wake(self) -> None:
        """There may be something to tell."""
        for worker in self._workers.values():
            worker.awake.set()

    async def run(self) -> None:
        """Tell them, for ever."""
        async with asyncio.TaskGroup() as tasks:
            for worker in self._workers.values():
                tasks.create_task(keep_going(f"telling {worker.name}", worker.run, self._notices))
            await asyncio.Event().wait()

    async def stop(self) -> None:
        """End the processes."""
        await asyncio.gather(*(worker.stop() for worker in self._workers.values()))


class PluginWorker:
    """One plugin's work, in order of events; a failed event waits and lets the others go first."""

    def __init__(self, hub: Hub, name: str, entry: str) -> None:
        self.name, self.awake, self.quarantine = name, asyncio.Event(), ""
        self._hub, self._entry = hub, entry
        self._child: PluginProcess | None = None
        self._kills = 0
        self.seconds = 0.0

    async def run(self) -> None:
        """Work until cancelled or quarantined."""
        while not self.quarantine:
            self.awake.clear()
            now = now_ms()
            rows = await self._hub.writer.call(lambda store, now=now: plugin_work.due(store.db, self.name, now, BATCH))  # type: ignore[misc]
            if rows:
                await self._tell(rows)
            else:
                await self._sleep(now)

    async def stop(self) -> None:
        """End the process; an event it is busy with is told again at the next start."""
        if self._child is not None:
            await self._child.close()
            self._child = None

    async def _sleep(self, now: int) -> None:
        due = await self._hub.writer.call(lambda store: plugin_work.next_due(store.db, self.name, now))
        await woken(self.awake, until(due, now))

    async def _tell(self, rows: Sequence[PluginWork]) -> None:
        loop = asyncio.get_running_loop()
        answered: list[tuple[PluginWork, tuple[dict[str, Any], ...]]] = []
        since = loop.time()
        try:
            for row in rows:
                answer = await self._ask(row)
                if answer is None:
                    break
                if not answer["ok"]:
                    await self._failed(row, str(answer.get("reason", "")))
                    continue
                answered.append((row, tuple(answer["notes"])))
                if loop.time() - since > SETTLE:
                    ready, answered, since = answered, [], loop.time()
                    await self._keep(ready)
        finally:
            if answered:
                await self._keep(answered)

    async def _ask(self, row: PluginWork) -> dict[str, Any] | None:
        """The plugin's answer; None when its process had to be given up."""
        try:
            if self._child is None:
                settings = self._hub.config.plugins[self.name].settings
                self._child = await PluginProcess.start(self.name, self._entry, settings, self._hub.config.hub.learned)
        except (ChildDied, OSError) as error:
            await self._killed(str(error))
            return None
        event = {**json.loads(row.body), "id": f"{self._hub.line.tag}.{row.event}"}
        began = asyncio.get_running_loop().time()
        try:
            answer = await self._child.ask(event, self._hub.config.hub.hook_deadline)
        except ChildDied as error:
            self._child = None
            await self._failed(row, str(error))
            await self._killed(str(error))
            return None
        finally:
            self.seconds += asyncio.get_running_loop().time() - began
        self._kills = 0
        return answer

    async def _killed(self, why: str) -> None:
        self._kills += 1
        log.warning("a plugin's process was ended", plugin=self.name, reason=why, in_a_row=self._kills)
        if self._kills >= KILLS:
            self.quarantine = f"its process was ended {KILLS} times in a row, the last time: {why}"
            self._hub.notices.raise_once(
                f"plugin {self.name}", f"quarantined, its work is kept until the hub starts again: {self.quarantine}"
            )
        else:
            await asyncio.sleep(0.1 * self._kills)

    async def _failed(self, row: PluginWork, why: str) -> None:
        """Try the event again later, or leave it to a human."""
        attempts, now = row.attempts + 1, now_ms()
        if attempts < TRIES:
            again, event = now + backoff(attempts), None
        else:
            again = NEVER
            event = PluginAnswered(
                key=f"{self.name}.{row.event}.failed.{now}",
                at=now,
                plugin=self.name,
                event=row.event,
                ok=False,
                reason=f"{why} (tried {attempts} times)",
            )

        def work(store: Store) -> None:
            with store.transaction():
                plugin_work.failed(store.db, row.id, attempts, again)
                if event is not None:
                    store.append([incoming(event)])

        await self._hub.writer.call(work)

    async def _keep(self, answered: Sequence[tuple[PluginWork, tuple[dict[str, Any], ...]]]) -> None:
        """Accept the answers and end the work, together."""
        now = now_ms()
        events = [
            incoming(
                PluginAnswered(
                    key=f"{self.name}.{row.event}", at=now, plugin=self.name, event=row.event, ok=True, commands=notes
                )
            )
            for row, notes in answered
        ]

        def work(store: Store) -> None:
            with store.transaction():
                store.append(events)
                plugin_work.done(store.db, [row.id for row, _ in answered if not _classifies(row)])
                for row, _ in answered:
                    if _classifies(row):  # the step looks up what was asked, then ends it
                        plugin_work.failed(store.db, row.id, row.attempts, NEVER)

        await self._hub.writer.call(work)


def _classifies(row: PluginWork) -> bool:
    return bool(json.loads(row.body)["kind"] == MessageToClassify.kind)
