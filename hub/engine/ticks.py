"""The clock of the line: due timers and evidence that did not come become events."""

from __future__ import annotations

from hub.engine.line import incoming
from hub.model.events import SendSettled, TimerDue
from hub.store import Store
from hub.store.clock import shift
from hub.store.timers import fire


def clock_was_set(store: Store, by: int) -> None:
    """The machine's clock jumped back by `by` ms (below 0): what waits to be tried again waits no longer for it."""
    with store.transaction():
        shift(store.db, by)


def tick(store: Store, now: int) -> int:
    """Turn what is due into events, in one transaction. Returns how many."""
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
            events.append(incoming(SendSettled(key=key, at=now, outbox=outbox, outcome="uncertain", reason=reason)))
        if events:
            store.append(events)
    return len(events)
