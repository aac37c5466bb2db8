"""Both sides of linked people, for commands that only look: what the hub knows, and what their records say."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from hub.cli.mapping_files import Bench, told_by_name
from hub.contracts.crm import Reads
from hub.contracts.errors import HubError
from hub.engine.effects import fields, synced
from hub.engine.line import Line
from hub.mapping import Mapping as FieldMapping
from hub.mapping.facts import PersonFacts, facts_of
from hub.mapping.values import Shape
from hub.mapping.weigh import Weighed, weigh
from hub.model.records import Record, Ref
from hub.store import inboxes
from hub.store.dialects.database import Database
from hub.store.rows import LinkRow, PersonRow
from hub.store.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Sides:
    """A person and his record. `record` None: he has none, or it was not read. `link` None: he is to get one."""

    person: PersonRow
    facts: PersonFacts
    link: LinkRow | None
    record: Record | None


class Sight:
    """Reads both sides, a number of people at a time; writes nothing anywhere. `line` knows which CRM leads a value."""

    def __init__(self, desk: Bench, db: Database) -> None:
        self.desk, self.db = desk, db
        self.line = Line(desk.config, "", 0)
        self.work = Workspace(db, time.time_ns() // 1_000_000)
        self.seconds = 0.0
        """Spent in calls of the CRM."""

    def people(self, numbers: Sequence[int], mapping: FieldMapping, *, ask: bool = True) -> Iterator[Sides]:
        """These people, in order; with `ask` their records are read from the CRM, `read_batch` to a call.

        Raises whatever the adapter raises for a call.
        """
        self.work = Workspace(self.db, self.work.now)
        self.work.people.fetch(numbers)
        for row in self.work.links.fetch_by("person", numbers):
            self.work.file_link(row)
        crm, adapter = self.desk.crm.name, self.desk.crm.adapter
        links = {number: self.work.link_of.get((number, crm)) for number in numbers}
        wanted = list(dict.fromkeys(link.record for link in links.values() if link is not None and link.record))
        records: dict[str, Record] = {}
        size = adapter.capabilities.read_batch
        if ask and isinstance(adapter, Reads):
            adapter.reads = adapter.reads | mapping.fields
            for start in range(0, len(wanted), size):
                began = time.perf_counter()
                with told_by_name():
                    page = adapter.get([Ref("contact", record) for record in wanted[start : start + size]])
                self.seconds += time.perf_counter() - began
                for record in page.records:
                    records |= dict.fromkeys((record.id, *record.merged), record)
        for number in numbers:
            if (person := self.work.people.get(number)) is not None and not person.erased:
                link = links[number]
                facts = facts_of(person, inboxes.used(self.work, number))
                yield Sides(person, facts, link, records.get(link.record) if link is not None else None)

    def weighed(self, sides: Sides, mapping: FieldMapping, shape: Shape) -> list[Weighed]:
        """What the mapping would do about one of them; pure, a fraction of a millisecond."""
        link, record = sides.link, sides.record
        known = synced.load(link.synced) if link is not None else {}
        bases = {name: base for name, one in known.items() if (base := one.base) is not None}
        creating = link is None or not link.record or link.state == "creating"
        return weigh(
            mapping,
            sides.facts,
            shape,
            lambda line: fields.their_value(line, record, sides.facts) if record is not None else None,
            bases,
            creating=creating,
            rule_for=lambda line: fields.rule_for(line, link, self.line, self.work) if link is not None else line,
            newer=lambda name: name in known and record is not None and known[name].changed > record.modified,
        )


def reach(sight: Sight, numbers: Sequence[int], mapping: FieldMapping) -> tuple[list[Sides], str]:
    """Both sides, and why the CRM's could not be read ("" = it was)."""
    if not isinstance(sight.desk.crm.adapter, Reads):
        return list(sight.people(numbers, mapping, ask=False)), "this CRM's records cannot be read one by one"
    try:
        return list(sight.people(numbers, mapping)), ""
    except HubError as error:
        return list(sight.people(numbers, mapping, ask=False)), str(error)


def remembered(sides: Sides) -> Mapping[str, str]:
    """What the record had in each field when it was read last."""
    known = synced.load(sides.link.synced) if sides.link is not None else {}
    return {name: one.theirs for name, one in known.items() if one.known}
