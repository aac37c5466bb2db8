"""Links compared with what stands in the CRM: what would the hub do, if it read all of them again now?

Nothing is changed here. Each record is put through the reconciliation on rows that are never saved, so that what is
shown as a difference is just what a reading would act on. The calls it may take are counted beforehand.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, get_args

import structlog

from hub.contracts.crm import Page, Reads
from hub.contracts.errors import HubError, PluginError
from hub.engine.effects import fields, people, synced
from hub.engine.effects.compare import Reading
from hub.engine.effects.compare import compare as compare_record
from hub.engine.effects.drift import place
from hub.engine.line import Line, now_ms
from hub.engine.writer import Writer
from hub.model.by_hand import DriftSwept
from hub.model.records import Record, Ref
from hub.store import crm as shelves
from hub.store import open_reader
from hub.store.dialects.database import Database
from hub.store.reading import cursor, cursor_at
from hub.store.rows import LinkRow, PersonRow
from hub.store.workspace import Needs, Workspace

Kind = Literal["gone", "merged", "key", "value", "owner"]
"""`gone` the record is not there · `merged` it went into another one · `key` it does not carry the hub's key · `value`
a field that is to be taken, written or asked about · `owner` the hub knows another one."""
KINDS: frozenset[str] = frozenset(get_args(Kind))
log = structlog.get_logger("hub.crm")
EVERY = 1800.0
"""Seconds between two looks whether it is time."""
SHARE = 0.1
"""The share of the calls that the CRM still allows today, that a sweep may take."""
PART = 500
"""Records that one event names to be repaired."""


class Difference(NamedTuple):
    """One thing that is not as the mapping says. `hub` and `there` are the two values, `remedy` what a reading does."""

    kind: Kind
    person: int
    record: str
    field: str
    hub: str
    there: str
    remedy: str


@dataclass(slots=True)
class Swept:
    """How far a sweep came: links looked at, calls made, and the last link; `whole` when none is left. `stopped`: why
    the CRM answered no more, "" = it did."""

    links: int = 0
    calls: int = 0
    after: int = 0
    whole: bool = False
    stopped: str = ""
    found: list[Difference] = field(default_factory=list)


def sweep(db: Database, line: Line, crm: str, now: int, *, after: int = 0, share: float = SHARE) -> Iterator[Swept]:
    """Compare the links behind `after`, a call's worth at a time; yields after each the state so far.

    Ends where all were looked at, where the calls it may take are used up, or where the CRM answers no more. `db` may
    be read-only. Raises HubError when the CRM does not answer at all, PluginError where its records cannot be read
    again.
    """
    adapter = line.config.crms[crm].adapter
    if not isinstance(adapter, Reads):
        raise PluginError(f"{crm}: records of this CRM cannot be read again")
    state, allowed = Swept(after=after), 0  # the first answer tells how many calls there are
    while not state.whole:
        if allowed and state.calls >= allowed:
            return
        links = shelves.linked(db, crm, state.after, adapter.capabilities.read_batch)
        if links:
            refs = [Ref("contact", record) for record in dict.fromkeys(record for _, record in links)]
            try:
                page = adapter.get(refs)
            except HubError as error:
                if not state.links:
                    raise
                state.stopped = str(error)
                yield state
                return
            state.calls += 1 + len(page.gone)  # at most one more for each record that is not there
            state.found += compare(db, line, crm, [number for number, _ in links], page, now)
            state.links += len(links)
            state.after = links[-1][0]
        state.whole = len(links) < adapter.capabilities.read_batch
        yield state
        if not allowed and (left := adapter.budget().get("day")) is not None:
            allowed = max(1, int(left * share))


def compare(db: Database, line: Line, crm: str, links: Sequence[int], page: Page, now: int) -> list[Difference]:
    """What of these links differs from the page that was read of their records."""
    work = Workspace(db, now)
    rows = [row for row in work.links.fetch_by("id", links) if row.ready]
    work.load(Needs(people={row.person for row in rows}))
    there = {record.id: record for record in page.records}
    gone = {one.record: one for one in page.gone}
    found: list[Difference] = []
    for link in rows:
        person = people.current(work, link.person)
        if person is None:
            continue
        lost = gone.get(link.record)
        record = there.get(lost.into) if lost is not None and lost.into else there.get(link.record)
        if lost is not None and not lost.into:
            remedy = "nothing is written until it is restored, or the person writes again"
            found.append(Difference("gone", person.id, link.record, "", "linked", "deleted", remedy))
        elif lost is not None:
            found.append(Difference("merged", person.id, link.record, "", link.record, lost.into, "the link follows"))
        if record is not None and lost is None:
            found += _values(record, link, person, line, work, now)
    return found


def _values(
    record: Record, link: LinkRow, person: PersonRow, line: Line, work: Workspace, now: int
) -> Iterator[Difference]:
    wrote = link.mapping > 0  # whoever was only read has no key there
    if wrote and link.key and record.key != link.key and len(work.links_at(link.crm, link.record)) == 1:
        yield Difference("key", person.id, record.id, "", link.key, record.key or "none", "the hub's key is written")
    if link.owner != record.owner:
        yield Difference("owner", person.id, record.id, "", link.owner, record.owner, "the CRM's is taken")
    before, active = synced.load(link.synced), fields.active_for(link, line)
    had = {name: one.theirs for name, one in before.items() if one.known}
    pending = {name for name, one in before.items() if one.ordered is not None or one.writing is not None or one.asked}
    compare_record(record, link, person, Reading(link.crm, 0, now), line, work)
    for name, one in synced.load(link.synced).items():
        rule = next((rule for rule in active.mapping.person if rule.field == name), None)
        value = record.fields.get(name)
        if rule is None or value is None:
            continue
        if one.ordered is not None and name not in pending:
            yield Difference("value", person.id, record.id, name, one.ordered, value, "the hub's is written")
        elif one.asked and name not in pending:
            yield Difference("value", person.id, record.id, name, one.ours, value, "a human is asked")
        elif name in had and not fields.equal(rule, had[name], value, active):
            yield Difference("value", person.id, record.id, name, had[name], value, "the CRM's counts from now on")


def events(swept: Swept, crm: str, key: str, at: int, *, repair: bool, agent: str = "hub") -> list[DriftSwept]:
    """What the line is told of a sweep; what is to be repaired in parts, the counts with the last one."""
    again = dict.fromkeys(one.record for one in swept.found if one.kind != "key") if repair else {}
    own = dict.fromkeys(one.record for one in swept.found if one.kind == "key") if repair else {}
    named = [*((record, False) for record in again), *((record, True) for record in own)]
    parts = [named[start : start + PART] for start in range(0, len(named), PART)] or [[]]
    counts: dict[str, int] = dict(Counter(one.kind for one in swept.found))
    return [
        DriftSwept(
            key=key if last else f"{key}.{number}",
            at=at,
            crm=crm,
            links=swept.links,
            after=swept.after,
            whole=swept.whole,
            counts=counts if last else {},
            repair=tuple(record for record, is_own in part if not is_own),
            keys=tuple(record for record, is_own in part if is_own),
            more=not last,
            agent=agent,
        )
        for number, part in enumerate(parts, start=1)
        for last in (number == len(parts),)
    ]


class Sweeps:
    """The sweeps of one CRM while the hub runs: each `hub.crm_sweep` hours, with a share of what calls are left."""

    def __init__(self, crm: str, line: Line, writer: Writer) -> None:
        self.crm, self._line, self._writer = crm, line, writer

    async def run(self) -> None:
        """For ever. A CRM that does not answer is asked again with the next hour."""
        if not self._line.config.hub.crm_sweep or not isinstance(self._line.config.crms[self.crm].adapter, Reads):
            return
        while True:
            await asyncio.sleep(EVERY)
            last = await self._writer.call(lambda store: cursor_at(store.db, place(self.crm)))
            if now_ms() - last < self._line.config.hub.crm_sweep * 3_600_000:
                continue
            try:
                swept = await asyncio.to_thread(self._sweep)
            except HubError as error:
                log.info("links could not be compared", crm=self.crm, reason=str(error))
                continue
            at = now_ms()
            if swept.stopped:
                log.info("not all links could be compared", crm=self.crm, reason=swept.stopped)
            for event in events(swept, self.crm, f"{self.crm}.{at}", at, repair=self._line.config.hub.crm_repair):
                await self._writer.keep(event)

    def _sweep(self) -> Swept:
        swept = Swept()
        with closing(open_reader(self._line.config.hub.place)) as db:
            after = int(cursor(db, place(self.crm)) or 0)
            for swept in sweep(db, self._line, self.crm, now_ms(), after=after):  # noqa: B007 - the last one counts
                pass
        return swept
