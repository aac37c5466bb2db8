"""The clock of the line: due timers and evidence that did not come become events, and trials of mappings end."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping

from hub.engine import mappings
from hub.engine.line import Line, incoming, lane, now_ms
from hub.engine.writer import Writer
from hub.model.events import FactsCounted, SendSettled, TimerDue
from hub.store import Store, inquiries, trail
from hub.store.clock import shift
from hub.store.timers import any_due, fire

TICK = 0.25
"""Seconds between two looks at what is due."""
COUNT = 60_000
"""ms between two counts of what is true of the whole company."""


class Ticks:
    """One for the hub: `run` until cancelled. `told` is called with how trials ended, by subject of a notice."""

    def __init__(self, line: Line, writer: Writer, told: Callable[[Mapping[str, str]], None]) -> None:
        self._line, self._writer, self._told = line, writer, told
        self._count_at = 0

    async def run(self) -> None:
        """Look what is due, for ever."""
        while True:
            await self._writer.call(lambda store: tick(store, now_ms()))
            if self._line.trials:
                self._told(await self._writer.call(lambda store: mappings.judge(store, self._line, now_ms())))
            if "facts" in self._line.config.rules.looks and now_ms() >= self._count_at:
                self._count_at = now_ms() + COUNT
                await self._writer.call(lambda store: count(store, now_ms()))
            await asyncio.sleep(TICK)


def clock_was_set(store: Store, by: int) -> None:
    """The machine's clock jumped back by `by` ms (below 0): what waits to be tried again waits no longer for it."""
    with store.transaction():
        shift(store.db, by)
        trail.note(store.db, trail.CLOCK, now_ms(), by=by)


def count(store: Store, now: int) -> bool:
    """Count how long people wait for an answer; an event where that is another figure than before."""
    answers = inquiries.answers(store.db, limit=inquiries.ANSWERED)
    if not answers:
        return False
    minutes = round(sum(answer.worked for answer in answers) / len(answers) / 60_000)
    values = {"mean_reply": str(max(1, minutes))}
    if json.loads(inquiries.facts(store.db)) == values:
        return False
    with store.transaction():
        store.append([incoming(FactsCounted(key=str(now), at=now, values=values))])
    return True


def tick(store: Store, now: int) -> int:
    """Turn what is due into events, in one transaction. Returns how many."""
    if not (any_due(store.db, now) or store.expired_evidence(now)):
        return 0
    events = []
    with store.transaction():
        for row in fire(store.db, now, 1000):
            key = f"{row.subject}.{row.subject_id}.{row.rule}.{row.slot}.{row.generation}"
            events.append(
                incoming(
                    TimerDue(
                        key=key,
                        at=row.due,
                        subject=row.subject,
                        subject_id=row.subject_id,
                        rule=row.rule,
                        slot=row.slot,
                        generation=row.generation,
                    )
                )
            )
        for outbox, attempts, restored in store.expired_evidence(now):
            reason = restored or "no answer, and no status came in time: it may or may not have arrived"
            key = f"{outbox}.{attempts}.silence"
            settled = SendSettled(key=key, at=now, outbox=outbox, outcome="uncertain", reason=reason)
            events.append(incoming(settled, lane(settled.kind, outbox)))
        if events:
            store.append(events)
            trail.note(store.db, trail.TICK, now)
    return len(events)
