"""A hub beside one CRM and the model of both: its writes are judged at once, both sides when all is quiet."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from hub.contracts.crm import Page
from hub.contracts.errors import HubError
from hub.model.by_hand import ConflictDecided, PersonEdited
from hub.model.events import RowOutcome
from hub.model.records import PersonWrite
from hub.testing import model
from hub.testing.model import Line, Person, Seen, State, States
from hub.testing.model_office import CUSTOM, OPTIONS, SIZES, Try, WatchedOffice, lines, mine_of
from hub.testing.model_sides import SIDES
from hub.testing.office import Clock

BEGIN = 1_900_000_000_000


class Difference(AssertionError):
    """The hub did what the model does not allow."""


class World:
    """See module. Steps are methods; each raises Difference where the hub does what it may not."""

    def __init__(self, folder: Path, simulator: Any, clock: Clock, *, leads: bool = False) -> None:
        self.side = SIDES[simulator.name](simulator)
        self.crm, self.clock = simulator.name, clock
        for name in CUSTOM:
            self.side.add_field(name)
        self.side.add_field("size", OPTIONS)
        self.lines = lines(self.side)
        sizes = "".join(f'{mine} = "{theirs}"\n' for mine, theirs in SIZES.items())
        text = "[person]\n" + "".join(line.toml() for line in self.lines.values()) + "[table.sizes]\n" + sizes
        self.people: dict[str, Person] = {}
        self.aliases: dict[str, str] = {}
        self.leaders: dict[str, str] = {}
        self.changed: dict[tuple[str, str], int] = {}
        self.seen: dict[str, Mapping[str, str]] = {}
        self.removed: list[str] = []
        self.history: dict[tuple[str, str], list[tuple[str, str]]] = {}
        self.told: list[Any] = []
        self.side.listen(self.told_of)
        self.log: list[str] = []
        self._tries: list[Try] = []
        self._guard: dict[str, Mapping[str, str]] = {}
        self._pushing = self._losing = False
        self._edits = 0
        self._learnt = True
        self._differences: list[str] = []
        if leads:
            settings = simulator.config
            simulator.config = lambda: {**settings(), "new_person_as": "lead"}
        self.office = WatchedOffice(folder, {self.crm: simulator}, {self.crm: text}, clock)
        self.office.on_read, self.office.on_get = self._heard, self._guarded
        self.office.on_write, self.office.on_end = self._called, self._ended
        self.office.begin()

    def told_of(self, change: Any) -> None:
        """The CRM would call about this."""
        if change.kind == "contacts":
            self.told.append(change)

    def close(self) -> None:
        """The hub stops."""
        self.office.close()

    # -- steps ---------------------------------------------------------------------------------------------------------

    def say(self, phone: str) -> None:
        """A person writes."""
        person = self.people.get(phone)
        text = f"text {sum(len(p.said) for p in self.people.values())} of {phone}"
        name = f"Given{phone[-2:]} Family{phone[-2:]}"
        if person is None:
            person = self.people[phone] = self._person(phone)
            for line in self.lines.values():
                mine = {"name.first": name.split()[0], "name.last": name.split()[1], "phone": phone}.get(
                    line.source, ""
                )
                person.fields[line.field] = frozenset([State(mine=mine, at=self.clock.ms)])
        person.said.append(text)
        self.office.say(phone, text, name)

    def hub_edits(self, phone: str, values: Mapping[str, str]) -> None:
        """Somebody changes a person in the hub: `values` by source."""
        person = self.people[phone]
        plain: dict[str, str] = {}
        for line in self.lines.values():
            if line.source in values:
                person.fields[line.field] = model.edited(person.fields[line.field], values[line.source], self.clock.ms)
        first, last = values.get("name.first"), values.get("name.last")
        plain = {k.removeprefix("attr."): v for k, v in values.items() if not k.startswith("name.")}
        if first is not None and last is not None:
            plain["name"] = f"{first} {last}"
        self._edits += 1
        event = PersonEdited(key=f"edit.{self._edits}", at=self.clock.ms, person=f"phone::{phone}", values=plain)
        self.office.human(event)

    def crm_edits(self, record: str, values: Mapping[str, str]) -> None:
        """Somebody changes a record in the CRM: `values` by field."""
        try:
            self.side.sim.edit(record, values)
        except ValueError:
            return  # the CRM refuses
        for name, value in values.items():
            self.changed[record, name] = self.clock.ms
            self.history.setdefault((record, name), []).append((value, "somebody"))

    def unseen(self) -> set[str]:
        """Phones that stand in the CRM and were not shown to the hub yet: whoever writes now is made a second time, as
        nothing searches while a message is on its way."""
        return {p.phone for p in self.people.values() if p.record and self.record(p) not in self.seen}

    def crm_makes(self, phone: str, values: Mapping[str, str]) -> str:
        """Somebody makes a contact in the CRM."""
        (record,) = self.side.sim.fill([{self.side.sim.words["phone"]: phone, **values}])
        for name in values:
            self.changed[record, name] = self.clock.ms
        person = self.people[phone] = self._person(phone)
        person.record = record
        return str(record)

    def crm_converts(self, lead: str) -> None:
        """Somebody converts a lead."""
        contact, first = self.side.sim.convert(lead), self.leader(lead)
        self.leaders |= {contact: first.phone} if first else {}  # the contact is whose the lead was
        self.aliases[lead] = contact
        for name in self.lines:
            self.changed[contact, name] = self.clock.ms

    def hears(self, rng: random.Random) -> int:
        """The CRM calls the hub about what happened: some calls are lost, some come twice, none in order."""
        told, self.told = self.told, []
        calls = [one for one in told for _ in range(rng.choice([0, 1, 1, 2]))]
        rng.shuffle(calls)
        for one in calls:
            self.office.heard(self.crm, self.side.call(one, self.clock.ms))
        return len(calls)

    def decides(self, rng: random.Random) -> str:
        """Somebody decides an open conflict, where what it shows is what both sides have."""
        rows = self.office.rows("SELECT id, person, field, ours, theirs FROM conflicts WHERE state='asked' ORDER BY id")
        for number, owner, name, ours, theirs in rows:
            person = self._by_id(owner)
            line = self.lines[name]
            shown = self.seen.get(self.record(person), {}).get(name, "")
            states = person.fields[name]
            if theirs != shown or any(line.forward(state.mine) != ours for state in states):
                continue
            keep: Literal["hub", "crm"] = "hub" if rng.random() < 0.5 else "crm"
            person.fields[name] = model.decided(line, states, theirs, keep)
            self._edits += 1
            key = f"decide.{self._edits}"
            self.office.human(ConflictDecided(key=key, at=self.clock.ms, conflict=number, keep=keep))
            return f"{name} of {person.phone}: {keep}"
        return ""

    def _by_id(self, number: int) -> Person:
        rows = self.office.rows("SELECT id FROM identities WHERE person=?", number)
        phones = [row[0].removeprefix("phone::") for row in rows]
        return next(self.people[phone] for phone in phones if phone in self.people)

    def crm_removes(self, record: str) -> None:
        """Somebody deletes a record."""
        stand = {one.text for one in self.side.sim.logged()}
        for person in self._of(record):
            person.left |= stand.intersection(person.said)
        self.side.sim.remove(record)
        self.removed.append(record)

    def crm_restores(self, record: str) -> None:
        """Somebody takes a deleted record out of the recycle bin, where the CRM lets him."""
        self.side.restore(record)
        if self.side.values(record) is not None:
            self.removed.remove(record)

    def owner_waits(self, record: str) -> bool:
        """Whether whose number it shows has this record and no other, nor gets one just now as he wrote again."""
        sql = "SELECT 1 FROM links JOIN identities USING (person) WHERE identities.id=? AND links.state='creating'"
        people = self._of(record)
        shown = self.people.get(self.seen.get(record, {}).get(self.side.sim.words["phone"], ""))
        unmade = not any(self.office.rows(sql, f"phone::{one.phone}") for one in people)
        return bool(people) and unmade and shown in [None, *people]

    def crm_merges(self, winner: str, loser: str) -> None:
        """Somebody merges two records."""
        key = self.side.sim.words["key"]
        keys = {(self.side.values(one) or {}).get(key, ""): self.leader(one) for one in (loser, winner)}
        first = self.leader(winner) or self.leader(loser)
        left = self.side.sim.merge(winner, loser)
        # HubSpot fills what the winner has not, the hub's key too: whose key it is has the record
        stands = (self.side.values(left) or {}).get(key, "")
        first = (keys.get(stands) if stands else None) or first
        if first:
            self.leaders[left] = first.phone
        for old in {winner, loser} - {left}:
            self.aliases[old] = left
        for name in self.lines:
            self.changed[left, name] = self.clock.ms

    def learn(self) -> None:
        """The hub reads the CRM's fields and users again, if it can."""
        try:
            self.office.learn(self.crm)
            self._learnt = True
        except HubError as error:
            self.office.failures.append(error)

    def restart(self) -> None:
        """The hub's process dies; the next one reads fields and users as soon as it can."""
        self.office.restart()
        self._learnt = False

    def look(self) -> None:
        """The hub reads what changed."""
        if not self._learnt:
            self.learn()
        self.office.look(self.crm)

    def push(self, dies: Any = "") -> None:
        """The hub writes what is due."""
        self._guard, self._tries, self._pushing, self._losing = {}, [], True, bool(dies)
        if not self._learnt:
            self.learn()
        self.office.push(self.crm, dies=dies)
        if dies:
            self._learnt = False
        self._pushing = False
        if self._differences:
            raise Difference("; ".join(self._differences))

    # -- what is seen --------------------------------------------------------------------------------------------------

    def record(self, person: Person) -> str:
        """The record that a person has by now, "" = none."""
        return self._now(person.record)

    def _now(self, record: str) -> str:
        while record in self.aliases:
            record = self.aliases[record]
        return record

    def leader(self, record: str) -> Person | None:
        """Whose values a record has. After a merge the people stay two, and only the survivor's own is compared."""
        people = self._of(record)
        return next((p for p in people if p.phone == self.leaders.get(record)), people[0] if people else None)

    def _person(self, phone: str) -> Person:
        return Person(phone, fields={name: frozenset([State()]) for name in self.lines})

    def _of(self, record: str) -> list[Person]:
        return [person for person in self.people.values() if self.record(person) == record]

    def _seen(self, record: str, name: str, value: str, modified: int) -> Seen:
        return Seen(value, modified, self.changed.get((record, name), 0))

    def _heard(self, page: Page) -> None:
        for record in page.records:
            self.log.append(f"read {record.id} {record.modified} {dict(record.fields)}")
            self.seen[record.id] = record.fields
            for person in self._of(record.id):
                for name, line in self.lines.items():
                    if name in record.fields:
                        seen = self._seen(record.id, name, record.fields[name], record.modified)
                        before = person.fields[name]
                        states = self._shown(line, record.id, before, seen)
                        # whether somebody follows a record that became another's is not told, and what was changed of
                        # him in the hub is never written there: either is right
                        if person is not self.leader(record.id) or self._anothers(person, line, seen.value):
                            states |= model.left(line, before, seen.value)
                        person.fields[name] = states

    def _anothers(self, person: Person, line: Line, value: str) -> bool:
        """Whether this is an address of somebody else, which stays where it is: merged people share a record."""
        sql = "SELECT 1 FROM identities AS a JOIN identities AS b USING (person) WHERE a.id=? AND b.id=?"
        known = self.office.rows("SELECT 1 FROM identities WHERE id=?", f"{line.source}::{value}")
        return bool(known) and not self.office.rows(sql, f"{line.source}::{value}", f"phone::{person.phone}")

    def _shown(self, line: Line, record: str, states: States, seen: Seen) -> States:
        history = self.history.get((record, line.field), [])
        truth = (self.side.values(record) or {}).get(line.field, "")
        if seen.value == truth:
            return model.shown(line, states, seen)
        # a late row: nobody may take what the hub itself wrote over, what else it shows may count already or not
        own = max((n for n, (_, by) in enumerate(history) if by == "hub"), default=-1)
        stood = max((n for n, (value, _) in enumerate(history) if value == seen.value), default=-1)
        return states if stood < own else states | model.shown(line, states, seen)

    def _guarded(self, page: Page) -> None:
        if self._pushing:
            for record in page.records:
                self._guard[record.id] = record.fields
                for person in self._of(record.id):
                    for name, line in self.lines.items():
                        person.fields[name] = model.glanced(line, person.fields[name], record.fields.get(name, ""))

    def _called(self, batch: Sequence[PersonWrite]) -> None:
        for row in batch:
            self.log.append(f"write {row.record or row.key} {dict(row.fields)} expecting {dict(row.expected)}")
            record = self._written_to(row)
            shown = dict(self._guard.get(record, self.seen.get(record, {})))
            self._tries.append(Try(row, dict(self.side.values(record) or {}), shown))
            if record and self.side.values(record) is not None:
                self._judge(row, record)

    def _written_to(self, row: PersonWrite) -> str:
        """The record that a write reaches: HubSpot takes the ids of merged contacts too."""
        return self._now(row.record) if self.side.follows else row.record

    def _judge(self, row: PersonWrite, record: str) -> None:
        shown = self._guard.get(record, self.seen.get(record, {}))
        people = self._of(record)
        modified = self.side.modified(record)
        for name, value in row.fields.items():
            line = self.lines[name]
            seen = self._seen(record, name, shown.get(name, ""), modified)
            if value == seen.value:
                self._wrong(f"an echo: {name} of {record} is written as it was shown: {value!r}")
            if not any(model.may_write(line, person.fields[name], seen, value) for person in people):
                states = [person.fields[name] for person in people]
                self._wrong(f"{name} of {record} is written {value!r} over {seen}, states {states}")

    def _wrong(self, what: str) -> None:
        """Not raised here: what is raised inside an adapter's method is taken for its failure."""
        self._differences.append(what)

    def _ended(self, outcomes: Sequence[RowOutcome]) -> None:
        self.log += [f"-> {one.outbox} {one.outcome} {one.reason}" for one in outcomes]
        told = {outcome.outbox: outcome for outcome in outcomes}
        for tried in self._tries:
            outcome = told.get(tried.row.outbox)
            known = outcome is not None and outcome.outcome == "done" and not self._losing
            self._settle(tried, outcome.record if outcome else "", known=known)
        self._tries = []

    def _settle(self, tried: Try, record: str, *, known: bool) -> None:
        row = tried.row
        maker: Person | None = None
        key = self.side.sim.words["key"]
        if not row.record:
            values_of = {one: self.side.values(one) or {} for one in self.side.live()}
            record = record or next((one for one, values in values_of.items() if values.get(key) == row.key), "")
            if record:
                maker = person = self._by_id(self.office.rows("SELECT lane FROM outbox WHERE id=?", row.outbox)[0][0])
                if self.side.values(self.record(person)) is None:
                    person.record, self.leaders[record] = record, person.phone
        record = self._written_to(row) or record
        after = self.side.values(record)
        if not record or after is None:
            return
        for name, value in row.fields.items():
            if after.get(name, "") != value:
                continue
            self.history.setdefault((record, name), []).append((value, "hub"))
            line = self.lines[name]
            for person in [maker] if maker else self._of(record):
                states = person.fields[name]
                if row.record:
                    seen = self._seen(record, name, tried.shown.get(name, ""), self.side.modified(record))
                    states = model.may_write(line, states, seen, value)
                    if not states:
                        continue
                else:
                    fitting = frozenset(state for state in states if line.forward(state.mine) == value)
                    if not fitting:
                        raise Difference(f"{name} of the new {record} is {value!r}, states {states}")
                    states = fitting
                person.fields[name] = model.written(states, value, known=known)
        own = {name: after.get(name, "") for name in row.fields} if known else {}
        self.seen[record] = {**self.seen.get(record, {}), **own}

    # -- the end -------------------------------------------------------------------------------------------------------

    def settle(self) -> None:
        """Everything is well again and has time: then both sides are compared with the model. Raises Difference."""
        faults = self.side.sim.faults
        self.side.late(0)
        self.side.whole()
        faults.down, faults.error, faults.lose_after, faults.lose_before = False, 0.0, 0.0, 0.0
        self._losing = False
        self._learnt = False
        while not self._learnt:
            self.office.pass_time(120)
            self.learn()
        self._quiet()
        self.office.look_around(self.crm)
        self._quiet()
        self._compare()
        self._echo()

    def _quiet(self) -> None:
        self._guard, self._tries, self._pushing = {}, [], False
        for _ in range(40):
            before = len(self.office.failures)
            self.push()
            work = self.office.look(self.crm)
            self.push()
            if not work and not self._waits() and before == len(self.office.failures):
                return
            self.office.pass_time(60)
        raise Difference(f"never quiet: {self.office.waiting()}")

    def _waits(self) -> bool:
        """Whether something is still to be done, but for what waits for a deleted record to be restored."""
        waiting = self.office.rows("SELECT DISTINCT lane FROM outbox WHERE open=1")
        people = (self._by_id(row[0]) for row in waiting)
        return any(self.side.values(self.record(person)) is not None for person in people)

    def _echo(self) -> None:
        calls, before = self.office.writes, self.side.sim.contacts()
        for _ in range(3):
            self.office.pass_time(3600)
            self.push()
            self.look()
            self.push()
        if self.office.writes != calls or self.side.sim.contacts() != before:
            raise Difference("written although nothing happened")

    def _compare(self) -> None:
        rows = self.office.rows(
            "SELECT identities.id, people.* FROM identities JOIN people ON people.id=identities.person"
        )
        names = [row[1] for row in self.office.rows("PRAGMA table_info(people)")]
        hub = {row[0]: dict(zip(names, row[1:], strict=True)) for row in rows}
        for person in self.people.values():
            self._compare_person(person, hub.get(f"phone::{person.phone}"))
        self._compare_records()
        self._compare_messages()

    def _compare_person(self, person: Person, row: Mapping[str, Any] | None) -> None:
        record = self.record(person)
        values = self.side.values(record) if record else None
        if row is None:
            if values is None and record not in self.seen:
                return  # made and deleted before the hub looked
            raise Difference(f"the hub does not know {person.phone}")
        if values is None:
            return
        if person is not self.leader(record):
            self._compare_other(person, row)
            return
        for name, line in self.lines.items():
            mine = mine_of(row, line.source)
            seen = self._seen(record, name, values.get(name, ""), self.side.modified(record))
            states = model.settled(line, person.fields[name], mine, seen)
            if not states:
                told = f"hub {mine!r}, CRM {seen}, allowed {sorted(person.fields[name], key=repr)}"
                raise Difference(f"{line} of {person.phone} ({record}): {told}")
            rows = self.office.rows(
                "SELECT ours, theirs, state FROM conflicts WHERE field=? AND person=?", name, row["id"]
            )
            kept = {("hub", r[0]) for r in rows} | {("crm", r[1]) for r in rows}
            found = frozenset(state for state in states if state.lost <= kept)
            if not found:
                raise Difference(f"{line} of {person.phone}: a lost value of {states} is not among {rows}")
            asked = any(r[2] == "asked" for r in rows)
            if asked != model.asks(line, found, seen):
                raise Difference(f"{line} of {person.phone}: asked {asked}, {found}, CRM {seen}")
            person.fields[name] = found

    def _compare_other(self, person: Person, row: Mapping[str, Any]) -> None:
        """Somebody whose record was merged into another's keeps his values."""
        for name, line in self.lines.items():
            mine = mine_of(row, line.source)
            if not any(state.mine == mine for state in person.fields[name]):
                raise Difference(f"{line} of {person.phone}, merged away: hub {mine!r}, allowed {person.fields[name]}")

    def _compare_records(self) -> None:
        by_phone: dict[str, list[str]] = {}
        for record in self.side.live():
            by_phone.setdefault((self.side.values(record) or {}).get(self.side.sim.words["phone"], ""), []).append(
                record
            )
        for phone, records in by_phone.items():
            if phone and len(records) > 1:
                raise Difference(f"{phone} stands in {records}")

    def _compare_messages(self) -> None:
        logged = self.side.sim.logged()
        where: dict[str, list[Any]] = {}
        for one in logged:
            where.setdefault(one.text, []).append(one)
        for person in self.people.values():
            record = self.record(person)
            if self.side.values(record) is None:
                continue
            found = []
            for text in person.said:
                there = where.get(text, [])
                if len(there) != 1 or (there[0].contact != record and text not in person.left):
                    raise Difference(f"{text!r} should stand once under {record}: {there}")
                found.append(there[0])
            if [one.at for one in found] != sorted(one.at for one in found):
                raise Difference(f"messages of {person.phone} are out of order: {found}")
