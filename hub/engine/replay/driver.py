"""Goes through the trail on an empty store: the same steps and leases, by the same code, each at its own time.

Nothing leaves the process: there are no senders and no CRM. How their calls ended, and what plugins answered, is in
the journal. Row by row the store gets the numbers that it got when it happened.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from hub.contracts.crm import FieldSchema, Schema
from hub.contracts.errors import ConfigError
from hub.engine import mappings
from hub.engine.configurations import at_start
from hub.engine.crm.lease import lease_crm
from hub.engine.effects import again
from hub.engine.lease import lease_sends
from hub.engine.line import Line
from hub.engine.replay.result import Replayed
from hub.engine.replay.surroundings import once_read
from hub.engine.settings import Config
from hub.engine.step import Stepped, step_these
from hub.engine.ticks import tick
from hub.model.records import Owner
from hub.sending import PairRate
from hub.store import campaigns, clock, configurations, copying, retention, trail
from hub.store import mappings as versions
from hub.store.belonging import NAME
from hub.store.dialects.database import Database
from hub.store.journal import Claimed
from hub.store.scratch import STRAY, Scratch, ScratchStore
from hub.store.trail import Entry

CHUNK = 500
"""Rows of the trail that are read at once, with their events."""
EVERYTHING = retention.Keep(1, 1, 1, 1, 1, 1, 1)
Progress = Callable[[int, int], object]
"""Told how many rows of the trail are done, and how many there are."""


class CannotReplay(ConfigError):
    """Something that is needed to do it all again is kept no more, or was never kept."""


class Replay:
    """One replay of the store that `source` reads, in a new file in `folder`. `config` is its alone.

    `base`: a copy of the store, made at some time, from which it goes on; else it begins with an empty one. With
    `without_erased` what was removed of erased people is left out.
    """

    def __init__(
        self, source: Database, config: Config, folder: Path, *, base: Path | None = None, without_erased: bool = False
    ) -> None:
        self.source, self.without_erased = source, without_erased
        self.db = Scratch(folder / "replay.sqlite3", base)
        self.store = ScratchStore(self.db)
        begun = trail.ends(self.db) if base is not None else None
        self._after = begun[1].id if begun else 0
        self.line = self._make_line(config)
        self.result = Replayed()
        self.erased: set[int] = set()

    def _make_line(self, config: Config) -> Line:
        return Line(once_read(config), trail.name_of(self.source, NAME), 0)

    def close(self) -> None:
        """The scratch is closed; its file is the caller's."""
        self.db.close()

    def run(self, since: int = 0, progress: Progress = lambda done, total: None) -> Replayed:
        """Do it all again, and compare the decisions since then (ms). Raises CannotReplay."""
        upto = self._check()
        self.result.since = since
        if self._after:
            self._begin_from_copy()
        gc.freeze()  # what it makes is in no circles: looking for them costs a tenth of the time
        gc.disable()
        try:
            self._go(since, upto, progress)
        finally:
            gc.enable()
            gc.unfreeze()
        return self.result

    def _go(self, since: int, upto: int, progress: Progress) -> None:
        first, after, chunk = self._after, self._after, trail.entries(self.source, self._after, upto, CHUNK)
        while chunk:
            events = self._bodies(chunk)
            with self.db.chunk():
                for entry in chunk:
                    self.play(entry, events)
            self.compare([entry for entry in chunk if entry.at >= since])
            after, self.result.upto = chunk[-1].id, chunk[-1].at
            progress(after - first, upto - first)
            chunk = trail.entries(self.source, after, upto, CHUNK)

    # -- may it go? ----------------------------------------------------------------------------------------------------

    def _check(self) -> int:
        """The last row of the trail. Raises CannotReplay where it cannot be gone through from the beginning."""
        ends = trail.ends(self.source)
        if ends is None:
            raise CannotReplay("nothing is written down of what the hub did", remedy="start it once with dragoman run")
        first, last = ends
        if first.id > self._after + 1 and not (first.what.get("first") and not self._after):
            day = _day(first.at)
            what = f"the journal is kept from {day} on: what came before is gone, and later decisions build on it"
            remedy = f"replay from a copy of the store made on {day} or later: --from FOLDER"
            raise CannotReplay(what, remedy=remedy)
        many, since, until = trail.blanked(self.source)
        if many and not self.without_erased:
            what = f"{many} events from {_day(since)} to {_day(until)} are blank, as their people were erased"
            raise CannotReplay(what, remedy="--without-erased replays what is left, and says so")
        self.erased = trail.erased_people(self.source) | {0} if self.without_erased else set()
        return last.id

    def _bodies(self, chunk: Iterable[Entry]) -> dict[int, Claimed]:
        seqs = {seq for entry in chunk for seq in trail.numbers(entry.what.get("events", ()))}
        found = trail.bodies(self.source, sorted(seqs))
        if len(found) < len(seqs):
            lost = next(entry for entry in chunk if not found.keys() >= {*trail.numbers(entry.what.get("events", ()))})
            what = f"an event that was worked off at {_day(lost.at)} is kept no more, and later decisions build on it"
            raise CannotReplay(what, remedy="replay from a copy of the store that is younger: --from FOLDER")
        return found

    def _begin_from_copy(self) -> None:
        self.line.restored = copying.restored_at(self.db)
        for name in self.line.config.crms:
            mappings.refresh(self.db, self.line, name)

    # -- one transaction after the other -------------------------------------------------------------------------------

    def play(self, entry: Entry, events: Mapping[int, Claimed]) -> None:
        """One row of the trail."""
        what, at = entry.what, entry.at
        self.db.give(what.get("ids", {}))
        match entry.kind:
            case trail.STEP:
                self.use_version(what["version"])
                self.step(self._left(entry, [events[seq] for seq in trail.numbers(what["events"])]), at)
            case trail.LEASE:
                self.use_version(what["version"])
                self.lease(what["inbox"], trail.numbers(what["rows"]), at, what["busy"])
            case trail.CRM:
                self.use_version(what["version"])
                self.lease_crm(what["crm"], what["kind"], trail.numbers(what["rows"]), at)
            case trail.TICK:
                tick(self.store, at)
            case _:
                self._seldom(entry, events)

    def step(self, claimed: list[Claimed], now: int) -> Stepped:
        """These events are worked off together."""
        self.result.events += len(claimed)
        return step_these(self.store, self.line, now, claimed)

    def _left(self, entry: Entry, claimed: list[Claimed]) -> list[Claimed]:
        """What is left of the events of a step: those of erased people are blank."""
        if not self.without_erased:
            return claimed
        left = [row for row in claimed if row.body or row.key]
        if len(left) < len(claimed):
            self.result.blank += len(claimed) - len(left)
            self._remark("some events are blank, as their people were erased: what builds on them may differ")
        pages = {row.seq for row in left if row.key.startswith("records.read:")}
        if pages or len(left) < len(claimed):
            self.db.give(trail.ids_left(self.source, entry, {row.seq for row in left}, pages, self.erased))
        return left

    def lease(self, inbox: str, rows: list[int], now: int, busy: Mapping[str, int]) -> None:
        """The gate looks at these sends."""
        self.store.only = rows
        try:
            lease_sends(self.store, self.line, inbox, now, len(rows), Busy(busy))
        finally:
            self.store.only = None

    def lease_crm(self, crm: str, kind: str, rows: list[int], now: int) -> None:
        """These commands for a CRM begin."""
        self.store.only = rows
        try:
            lease_crm(self.store, self.line, crm, kind, now, len(rows), 0)
        finally:
            self.store.only = None

    def _seldom(self, entry: Entry, events: Mapping[int, Claimed]) -> None:
        what, at, db, line = entry.what, entry.at, self.db, self.line
        match entry.kind:
            case trail.START:
                for name in line.config.crms:
                    mappings.refresh(db, line, name)
            case trail.BURIED:
                with self.store.transaction():
                    work = self.store.workspace(at)
                    for seq in trail.numbers(what["events"]):
                        work.bury("event", seq, what["cause"])
                    work.save()
            case trail.MAPPING:
                row = versions.numbered(self.source, what["version"])
                if row is not None:
                    with self.store.transaction():
                        versions.begin(db, row.crm, row.text, row.hash, at)
                    mappings.refresh(db, line, row.crm)
            case trail.JUDGED:
                mappings.judge(self.store, line, at)
            case trail.SHAPE:
                fields = [FieldSchema(**{**one, "options": tuple(one.get("options", ()))}) for one in what["fields"]]
                owners = tuple(Owner(**one) for one in what["owners"])
                schema = Schema(fields={field.name: field for field in fields})
                with self.store.transaction():
                    versions.keep_shape(db, what["crm"], schema, owners, at)
                line.learn(what["crm"], schema, owners)
            case trail.AGAIN:
                with self.store.transaction():
                    work = self.store.workspace(at)
                    again.try_again(what["crm"], what["names"], 0, line, work, second=what["second"])
                    work.save()
            case trail.RECOVERED:
                self.store.recover(at, what["evidence"], what["duty"], what["ended"])
            case trail.CLOCK:
                with self.store.transaction():
                    clock.shift(db, what["by"])
            case trail.RESTORED:
                copying.mark_restored(self.store, what["made"], at, what["reason"])
                line.restored = at
            case trail.CAMPAIGN:
                with self.store.transaction():
                    campaigns.set_state(db, what["run"], what["state"], what["ended"])
            case trail.REMOVED:
                with self.store.transaction():
                    retention.take_away(db, self._retention[what["table"]], trail.numbers(what["rows"]))
            case _:
                what_is = f"the trail holds '{entry.kind}', which this version of the hub does not know"
                raise CannotReplay(what_is, remedy="replay with the version of the hub that runs")

    @cached_property
    def _retention(self) -> dict[str, retention.Rule]:
        return {rule.table: rule for rule in retention.rules(EVERYTHING)}

    # -- configurations ------------------------------------------------------------------------------------------------

    def use_version(self, number: int) -> None:
        """This version of the configuration ran."""
        if number == self.line.version:
            return
        if not configurations.copy_until(self.source, self.db, number):
            raise CannotReplay(f"version {number} of the configuration is kept no more")
        version = configurations.numbered(self.source, number)
        assert version is not None
        try:
            rules = self.line.config.read_rules(version.body, f"version {number}")
        except ConfigError as error:
            raise CannotReplay(f"version {number} of the configuration cannot be read here: {error}") from error
        self.line.config = replace(self.line.config, rules=rules, version=version.hash)
        self.line.version = number
        if other := at_start(self.line.config.text, version.body):
            self._remark(f"version {number} had another {', '.join(other)}: those of now are used")

    def _remark(self, text: str) -> None:
        if text not in self.result.remarks:
            self.result.remarks.append(text)

    # -- compare -------------------------------------------------------------------------------------------------------

    def compare(self, chunk: Iterable[Entry]) -> None:
        """The decisions of these transactions, as they were and as they are now."""
        ids = [n for entry in chunk for n in trail.numbers(entry.what.get("ids", {}).get("decisions", ()))]
        live = trail.decisions(self.source, ids)
        made = trail.decisions(self.db, ids)
        strays = trail.decisions_from(self.db, self._stray)
        self._stray = max((self._stray, *(number + 1 for number in strays)))
        if self.erased:  # what is about nobody may be about them
            live, strays = ({n: row for n, row in some.items() if row[3] not in self.erased} for some in (live, strays))
        self.result.compare(live, {number: made[number] for number in live if number in made} | strays)

    _stray = STRAY


class Busy(PairRate):
    """Conversations that had to wait, as the pace of one pair said then: conversation -> until when."""

    def __init__(self, busy: Mapping[str, int]) -> None:
        super().__init__(0, 0.0)
        self._busy = {int(talk): until for talk, until in busy.items()}

    def ready(self, conversation: int, now: int) -> int:
        return self._busy.get(conversation, now)

    def spend(self, conversation: int, now: int) -> None:
        """Who leaves when is known."""


def _day(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
