"""The reply clock of an inquiry: how long the person may still wait, in working time, with its pauses. Immutable."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

from hub.clocks.hours import Hours
from hub.clocks.working import add_working, worked_between

Pause = Literal["waits_for_customer", "agent", "snoozed"]
"""Why a clock stands still: the person is asked something, an agent said so, or the inquiry sleeps. Time outside
business hours is no pause: the calendar leaves it out."""

PAUSES: tuple[Pause, ...] = ("waits_for_customer", "agent", "snoozed")
"""All of them."""
NOTE_MAX = 200
"""Characters of an agent's own reason; what is longer is cut."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyClock:
    """A running, paused or answered clock. Times in ms, 0 = never; spans in ms of working time.

    `priority` it was started for · `hours` the name of its calendar, "" = around the clock · `span` within which the
    person is to be answered · `started` when he began to wait · `used` worked before `since`, the start of the
    stretch that runs now (0 = paused) · `paused` since when, with `reason`, the agent's `note` and `until` ·
    `missed` the due time it had missed before a pause · `answered` when somebody answered.
    """

    priority: str
    span: int
    started: int
    hours: str = ""
    used: int = 0
    since: int = 0
    paused: int = 0
    reason: str = ""
    note: str = ""
    until: int = 0
    missed: int = 0
    answered: int = 0

    @property
    def running(self) -> bool:
        """Whether time counts: neither paused nor answered."""
        return not self.paused and not self.answered


_SHORT = {
    "priority": "p",
    "span": "n",
    "started": "s",
    "hours": "h",
    "used": "u",
    "since": "f",
    "paused": "z",
    "reason": "r",
    "note": "w",
    "until": "t",
    "missed": "m",
    "answered": "a",
}


def start(priority: str, span: int, now: int, hours: str = "") -> ReplyClock:
    """A clock that runs from `now` for `span` ms of working time under the calendar named `hours`."""
    return ReplyClock(priority=priority, span=span, started=now, since=now, hours=hours)


def pause(
    clock: ReplyClock, calendar: Hours | None, reason: Pause, now: int, *, note: str = "", until: int = 0
) -> ReplyClock:
    """The clock standing still from `now` on. One that is paused or answered stays as it is.

    A clock that is over its due time keeps that time: pausing does not mend what was missed.
    """
    if not clock.running:
        return clock
    over = due(clock, calendar)
    return replace(
        clock,
        used=clock.used + worked_between(calendar, clock.since, now),
        since=0,
        paused=now,
        reason=reason,
        note=note[:NOTE_MAX],
        until=until,
        missed=over if over < now else 0,
    )


def resume(clock: ReplyClock, now: int) -> ReplyClock:
    """The clock running again from `now`. One that is not paused stays as it is."""
    if not clock.paused or clock.answered:
        return clock
    return replace(clock, since=max(now, clock.paused), paused=0, reason="", note="", until=0)


def answer(clock: ReplyClock, now: int) -> ReplyClock:
    """The clock stopped for good: the person was answered at `now`. The first answer counts."""
    return clock if clock.answered else replace(clock, answered=now)


def change(clock: ReplyClock, calendar: Hours | None, priority: str, span: int, hours: str, now: int) -> ReplyClock:
    """The clock of an inquiry whose priority changed at `now`: the person waits since `started`, whatever it is called.

    `calendar` is the one that counted so far. Under another calendar a clock that never paused is counted anew; of
    one that did, what it used stays used.
    """
    if clock.answered:
        return clock
    changed = replace(clock, priority=priority, span=span, hours=hours)
    if clock.missed and span > clock.span:
        changed = replace(changed, missed=0)
    if hours == clock.hours or clock.since == clock.started or not clock.since:
        return changed
    return replace(changed, used=clock.used + worked_between(calendar, clock.since, now), since=now)


def due(clock: ReplyClock, calendar: Hours | None) -> int:
    """When the person is to be answered (ms); 0 while the clock is paused or after the answer."""
    if not clock.running:
        return 0
    return clock.missed or add_working(calendar, clock.since, max(0, clock.span - clock.used))


def left(clock: ReplyClock, calendar: Hours | None, now: int) -> int:
    """Working time (ms) until the due time, as it stands at `now`; below 0 once it is over."""
    used = clock.used + (worked_between(calendar, clock.since, now) if clock.running else 0)
    return clock.span - used


def pack(clock: ReplyClock) -> str:
    """The clock as short JSON for one column."""
    given = {_SHORT[field.name]: getattr(clock, field.name) for field in fields(clock)}
    return json.dumps({key: value for key, value in given.items() if value}, separators=(",", ":"))


def unpack(text: str) -> ReplyClock | None:
    """Inverse of `pack`; None for ""."""
    if not text:
        return None
    found: Mapping[str, Any] = json.loads(text)
    given = {name: found[key] for name, key in _SHORT.items() if key in found}
    return ReplyClock(**{"priority": "", "span": 0, "started": 0, **given})
