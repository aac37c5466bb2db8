"""The same weeks under other rules: who writes, answers and changes the CRM does as he did, the hub does not.

What the hub itself did live is played only where it does it now, too. Sends that never went out count as done at once;
what would be written into a CRM is not, and nothing comes back of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from operator import itemgetter

from hub.engine.lease import lease_sends
from hub.engine.line import HUB, incoming
from hub.engine.replay.diff import Diff, compare
from hub.engine.replay.driver import Busy, Progress, Replay
from hub.engine.replay.names import Renamed, done_at_once
from hub.engine.replay.surroundings import once_read
from hub.engine.settings import Config
from hub.engine.step import step_these
from hub.engine.ticks import tick
from hub.model.events import TimerDue
from hub.model.happened import CampaignDue, Happened
from hub.model.packing import HUB_EVENTS
from hub.rules import RuleSet
from hub.store import compared, trail
from hub.store.belonging import NAME
from hub.store.journal import Claimed
from hub.store.trail import Entry

DERIVED = {cls.kind for cls in HUB_EVENTS.values() if issubclass(cls, (Happened, TimerDue))} - {CampaignDue.kind}
"""Kinds of events that follow from what the hub decided before."""
LATE = 1_000
"""ms after which a timer fires that no live tick fires at the same time."""
ROUNDS = 100
"""Times that something follows from itself, at most."""


class WhatIf(Replay):
    """One replay with other `rules` from a time on; before it everything is as it was."""

    line: Renamed

    def _make_line(self, config: Config) -> Renamed:
        line = Renamed(once_read(config), trail.name_of(self.source, NAME), 0)
        line.tell(self.source, self.db)
        return line

    def run_with(self, rules: RuleSet, since: int, progress: Progress = lambda done, total: None) -> Diff:
        """What would have been otherwise since then (ms). Raises CannotReplay."""
        self._rules, self._since = rules, since
        self._live: dict[str, int] = {}
        self._waits: dict[int, Claimed] = {}  # live event -> the same one, raised here
        self._free: set[int] = set()  # sends that waited when they went live
        self._later: dict[str, int] = {}  # inbox -> when its next send is due
        self._seen = 0
        result = self.run(1 << 62, progress)
        return compare(self.source, self.db, since, result.upto)

    def _turn(self) -> None:
        """From here on the other rules count."""
        self.line.on = True
        self.line.config = replace(self.line.config, rules=self._rules)
        self._live = compared.own_events(self.source, sorted(DERIVED))
        for row in compared.raised(self.db, 0):  # some of them were not worked off yet
            self._seen = row.seq
            if live := self._live.get(row.key):
                self._waits[live] = row._replace(seq=live)

    def use_version(self, number: int) -> None:
        """The other rules stay, whatever ran."""
        if not self.line.on:
            super().use_version(number)

    def play(self, entry: Entry, events: Mapping[int, Claimed]) -> None:
        """One row of the trail: what the world did as it was, what the hub did by the other rules."""
        if not self.line.on and entry.at >= self._since:
            if "version" in entry.what and entry.kind != trail.MAPPING:
                self.use_version(entry.what["version"])
            self._turn()
        if not self.line.on:
            super().play(entry, events)
            return
        self._pass_until(entry.at)
        what, at = entry.what, entry.at
        match entry.kind:
            case trail.STEP:
                self._events(entry, events)
            case trail.LEASE:
                here = self.line.commands(trail.numbers(what["rows"]))
                rows = [number for number, _ in here.values()]
                self.db.give(what.get("ids", {}))
                self._lease(what["inbox"], rows, at, what["busy"])
                self._free |= {number for number, state in compared.states(self.db, rows).items() if state == "waiting"}
            case trail.CRM:
                if here := self.line.commands(trail.numbers(what["rows"])):
                    self.db.give(what.get("ids", {}))
                    self.lease_crm(what["crm"], what["kind"], [number for number, _ in here.values()], at)
            case trail.TICK:
                self._tick(at, at)
            case trail.REMOVED:
                pass
            case _:
                super().play(entry, events)
                self._follow(at)

    def _events(self, entry: Entry, events: Mapping[int, Claimed]) -> None:
        """Live events one by one, each with the numbers it took; what was raised live goes only if it is raised now."""
        for seq, ids in trail.ids_by_event(entry).items():
            row: Claimed | None = events[seq]
            if row is not None and _derived(row):
                row = self._waits.pop(seq, None)
            if row is not None and (row.body or row.key):
                self.result.events += 1
                self._step(row, entry.at, ids)

    def _step(self, row: Claimed, now: int, ids: Mapping[str, list[int]]) -> None:
        self.db.give(ids)
        done = step_these(self.store, self.line, now, [row])
        self._follow(now)
        for inbox in sorted(done.woken & self.line.config.inboxes.keys()):
            self._send_own(inbox, now)

    def _follow(self, now: int) -> None:
        """What was raised: at its live time where it was raised live too, else at once."""
        for _ in range(ROUNDS):
            fresh = compared.raised(self.db, self._seen)
            if not fresh:
                return
            self._seen = fresh[-1].seq
            for row in fresh:
                live = self._live.get(row.key)
                if live is not None:
                    self._waits[live] = row._replace(seq=live)
                else:
                    self._step(row, now, {})

    def _pass_until(self, now: int) -> None:
        """What came due since: timers that did not fire live, and sends that had to wait."""
        while True:
            timer = compared.next_timer(self.db) or now
            inbox, due = min(self._later.items(), key=itemgetter(1), default=("", now))
            if timer <= min(due, now - LATE):
                self._tick(timer, timer)
            elif inbox and due <= now:
                self._send_own(inbox, due)
            else:
                break
        self._tick(now - LATE, now)

    def _tick(self, due: int, now: int) -> None:
        self.db.give({})
        if tick(self.store, due):
            self._follow(now)

    def _send_own(self, inbox: str, now: int) -> None:
        """Sends that were never live, or went when they have to wait now, are looked at as soon as they can be."""
        for _ in range(ROUNDS):
            due = compared.waiting_sends(self.db, inbox, now)
            live = compared.commands(self.source, [key for _, key in due])
            own = [number for number, key in due if key not in live or number in self._free]
            if not own:
                break
            self.db.give({})
            self._lease(inbox, own, now, {})
        self._later.pop(inbox, None)
        if due_at := compared.next_waiting(self.db, inbox, now):
            self._later[inbox] = due_at

    def _lease(self, inbox: str, rows: list[int], now: int, busy: Mapping[str, int]) -> None:
        self.store.only = rows
        try:
            leased, _ = lease_sends(self.store, self.line, inbox, now, len(rows), Busy(busy))
        finally:
            self.store.only = None
        tries = compared.tries(self.source, compared.keys_of(self.db, [send.outbox for send in leased]))
        ended = [
            send for send in leased if tries[send.outbox] < send.attempts
        ]  # no live event tells how this try ended
        self.store.accept([incoming(done_at_once(send.outbox, send.attempts, now)) for send in ended])
        self._follow(now)


def _derived(row: Claimed) -> bool:
    """Whether the hub raised it in a step or by its clock."""
    return row.source == HUB and row.key.partition(":")[0] in DERIVED
