"""What humans change of a person in the hub: values, and which one of two stays."""

from __future__ import annotations

from collections.abc import Mapping

from hub.engine.effects import attributes, fields, naming, people, synced
from hub.engine.line import Line
from hub.identity import email_key, phone_keys
from hub.mapping.facts import SOURCES, applied, facts_of, put
from hub.mapping.values import back
from hub.model.by_hand import ConflictDecided, PersonEdited
from hub.store.journal import Claimed
from hub.store.rows import PersonRow
from hub.store.workspace import Needs, Workspace


def look_edited(event: PersonEdited, row: Claimed, line: Line, needs: Needs) -> None:
    """The person."""
    naming.look(event, row, line, needs)


def edited(event: PersonEdited, row: Claimed, line: Line, work: Workspace) -> None:
    """A human gives a person other values: they go to every CRM whose mapping keeps them up to date."""
    person = naming.named(event.person, work)
    if person is None or person.erased:
        work.bury("event", row.seq, f"nobody to change: {event.person} is unknown")
        return
    if wrong := give(person, event.values, row.seq, event.agent, line, work):
        work.bury("event", row.seq, wrong, person.id)


def give(person: PersonRow, values: Mapping[str, str], seq: int, by: str, line: Line, work: Workspace) -> str:
    """Give a person these values; "" empties one. Returns why it cannot be, "" = it was done or a human is asked."""
    changes: dict[str, str] = {}
    facts = facts_of(person)
    for name, given in values.items():
        value = given.strip()
        if value and name in attributes.ADDRESSES:
            keys = phone_keys(value, line.config.hub.region)[:1] if name == "phone" else (email_key(value),)
            if not keys or not keys[0]:
                return f"'{value}' is no {name}"
            value = keys[0]
        source = name if name in SOURCES else f"attr.{name}"
        value = value.lower() if name == "owner" else value
        part = put(facts, source, value)
        if name == "name.last" and "name" in values and facts.name.endswith(f" {value}"):
            part = {"name.last": value}  # the whole name says it already
        facts = applied(facts, part)
        changes |= part
    if whose := attributes.owned_by_another(person, changes, work):
        remedy = f"if it is one person: dragoman people move {whose.replace(' ', '::')} p{person.id}"
        work.bury("review", person.id, f"{by} gives person {person.id} {whose}, which is another's; {remedy}")
        return ""
    attributes.change(person, changes, seq, f"by {by}", work)
    told = ", ".join(f"{name} {'is emptied' if not value else 'is changed'}" for name, value in values.items())
    work.decide(seq, line.version, person.id, 0, f"{told}: {by}")
    fields.changed(person, seq, line, work)
    return ""


def look_decided(event: ConflictDecided, row: Claimed, line: Line, needs: Needs) -> None:
    """The conflict and its person are fetched when acting: humans decide few."""


def decided(event: ConflictDecided, row: Claimed, line: Line, work: Workspace) -> None:
    """A human says which value stays: the hub gets it, and every CRM that has another one."""
    work.conflicts.fetch([event.conflict])
    conflict = work.conflicts.get(event.conflict)
    if conflict is None:
        work.bury("event", row.seq, f"there is no conflict {event.conflict}")
        return
    work.bring(conflict.person)
    person = people.current(work, conflict.person)
    link = work.link_of.get((conflict.person, conflict.crm))
    if person is None or link is None or not link.ready or conflict.crm not in line.config.crms:
        work.bury("event", row.seq, f"conflict {conflict.id}: its person has no record in {conflict.crm} now")
        return
    active = fields.active_for(link, line)
    facts = attributes.facts(person, active, work)
    rule = active.mapping.lines(facts).get(conflict.field)
    if rule is None:
        work.bury("event", row.seq, f"conflict {conflict.id}: the mapping has no line for {conflict.field} now")
        return
    value = conflict.ours if event.keep == "hub" else conflict.theirs
    changes = back(rule, value, facts, active.shape) if value else None
    if changes and (whose := attributes.owned_by_another(person, changes, work)):
        work.bury("event", row.seq, f"conflict {conflict.id}: {whose} belongs to somebody else")
        return
    again = conflict.state != "asked"
    conflict.state, conflict.kept = ("restored" if again else "settled"), event.keep
    because = f"conflict {conflict.id}: the value of {'the hub' if event.keep == 'hub' else conflict.crm} stays"
    work.decide(row.seq, line.version, person.id, 0, f"{because}: {event.agent}")
    if changes:
        attributes.change(person, changes, row.seq, f"by {event.agent}", work)
    known = synced.load(link.synced)
    one = known.get(conflict.field)
    if one is None:
        one = known[conflict.field] = synced.Synced(known=False)
    there = one.theirs if one.known and again else conflict.theirs
    one.settle(there, there, "hub" if event.keep == "hub" else "crm", active.version, row.seq, work.now)
    one.ordered = None
    if value == there:
        link.synced = synced.dump(known)
    else:
        one.changed, one.ordered = work.now, value
        link.synced = synced.dump(known)
        fields.write(person, link, [conflict.field], row.seq, work, decided=True)
    fields.changed(person, row.seq, line, work)
