"""Records beside the contacts: what the CRM has of them, and those the hub is asked to make or to change."""

from __future__ import annotations

import json
from collections.abc import Mapping

from hub.contracts.crm import WritesObjects
from hub.engine.effects import crm_events
from hub.engine.effects.people import add_beside, add_outbox
from hub.engine.line import Line
from hub.model.by_hand import RecordEdited
from hub.model.commands import MakeRecord, MoveDeal
from hub.model.events import RecordsRead
from hub.model.records import Ref
from hub.model.view import DealView
from hub.store import crm as shelves
from hub.store.journal import Claimed
from hub.store.rows import LinkRow, MessageRow, ObjectRow, PersonRow
from hub.store.workspace import Needs, Workspace


def order(
    command: MakeRecord, seq: int, person: PersonRow, line: Line, work: Workspace, message: MessageRow | None = None
) -> None:
    """Make this record in every CRM under the person's contact; it waits for the link where there is none yet.

    `message` is what it was made of: if its writer takes it back before that, its words are left out.
    """
    body = {
        "type": command.type,
        "title": command.title,
        "body": command.body,
        "stage": command.stage,
        "priority": command.priority,
        "owner": command.owner,
        "due": command.due,
    }
    for name, crm in line.config.crms.items():
        if command.type not in crm.adapter.makes():
            work.decide(seq, line.version, person.id, 0, f"rule {command.rule}: {name} makes no {command.type}")
            continue
        add_beside(
            work,
            kind="object",
            crm=name,
            person=person.id,
            message=message,
            event=seq,
            rule=command.rule,
            slot=f"{person.id}.{command.slot}",
            body=json.dumps({key: value for key, value in body.items() if value}, ensure_ascii=False),
        )


def seen(person: PersonRow, line: Line, work: Workspace) -> tuple[str, tuple[DealView, ...], int]:
    """What a rule may know of the person's CRM records: owner of the contact, deals, how many tickets are open."""
    links, rows = _under(person, line, work)
    deals = tuple(
        DealView(stage=row.stage, closed=bool(row.closed), owner=row.owner, label=_label(row))
        for row in rows
        if row.type == "deal"
    )
    owner = next((link.owner for link in links if link.owner), "")
    return owner, deals, sum(row.type == "ticket" and not row.closed for row in rows)


def _under(person: PersonRow, line: Line, work: Workspace) -> tuple[list[LinkRow], list[ObjectRow]]:
    """The links of the person that are ready, and what stands under their contacts."""
    found = [work.link_of.get((person.id, crm)) for crm in line.config.crms]
    links = [link for link in found if link is not None and link.ready]
    return links, [row for link in links for row in shelves.under(work, link.crm, link.record)]


def _label(row: ObjectRow) -> str:
    return str(json.loads(row.fields).get("stage_label", ""))


def move(command: MoveDeal, seq: int, person: PersonRow, line: Line, work: Workspace) -> None:
    """Put the person's newest open deal on another stage; where there is none, or it stands there, nothing is done."""
    _, rows = _under(person, line, work)
    deals = [row for row in rows if row.type == "deal" and not row.closed]
    why = f"rule {command.rule}: "
    if not deals:
        work.decide(seq, line.version, person.id, 0, f"{why}the person has no open deal to move")
        return
    deal = max(deals, key=lambda row: row.id)
    if command.stage.casefold() in (deal.stage.casefold(), _label(deal).casefold()):
        work.decide(seq, line.version, person.id, 0, f"{why}deal {deal.record} is at '{command.stage}' already")
        return
    values = {"stage": command.stage}
    _change(deal, values, person.id, seq, command.rule, f"{person.id}.{command.slot}", why, line, work)


def look_edited(event: RecordEdited, row: Claimed, line: Line, needs: Needs) -> None:
    """The record is fetched when acting: humans change few."""


def edited(event: RecordEdited, row: Claimed, line: Line, work: Workspace) -> None:
    """A human changes a record that the hub knows."""
    ref = Ref(event.type, event.record)
    known = shelves.objects(work, event.crm, [ref]).get(ref)
    if known is None or event.crm not in line.config.crms:
        work.bury("event", row.seq, f"no {event.type} {event.record} is known in {event.crm}")
        return
    values = {"stage": event.stage, "owner": event.owner, "done": event.done}
    person = shelves.person_of(work, event.crm, known.id)
    _change(known, values, person, row.seq, "human", f"{ref.type}.{ref.id}", f"{event.agent}: ", line, work)


def _change(
    row: ObjectRow,
    values: Mapping[str, object],
    person: int,
    seq: int,
    rule: str,
    slot: str,
    why: str,
    line: Line,
    work: Workspace,
) -> None:
    """Write these values into the record; what is empty stays as it is."""
    if not isinstance(line.config.crms[row.crm].adapter, WritesObjects):
        work.decide(seq, line.version, person, 0, f"{why}{row.crm} changes no {row.type}")
        return
    values = {name: value for name, value in values.items() if value}
    told = ", ".join(name if value is True else f"{name} '{value}'" for name, value in values.items())
    work.decide(seq, line.version, person, 0, f"{why}{row.type} {row.record} in {row.crm} becomes {told}")
    body = json.dumps({"type": row.type, "record": row.record, **values}, ensure_ascii=False)
    command = add_outbox(work, kind="object", target=row.crm, lane=person, event=seq, rule=rule, slot=slot, body=body)
    command.record = row.record
    crm_events.ordered(row, str(values.get("stage", "")), str(values.get("owner", "")), bool(values.get("done")))


def read(event: RecordsRead, seq: int, line: Line, work: Workspace) -> None:
    """Deals, tickets, tasks and companies as they stand there now."""
    if not event.objects:
        return
    latest = {Ref(one.type, one.id): one for one in event.objects}
    rows = shelves.objects(work, event.crm, latest.keys())
    shelves.remove_objects(work, [rows[ref].id for ref, one in latest.items() if one.archived and ref in rows])
    contacts = {}
    for ref, one in latest.items():
        if one.archived:
            continue
        row, own = rows.get(ref), dict[str, object]()
        if row is not None:
            own = crm_events.object_read(row, one, seq, event.at, line, work)
        else:
            row = work.objects.add(ObjectRow(work.objects.next_id(), event.crm, *ref, "", "", 0, "", "", 0, 0, "{}"))
        row.title, row.stage, row.closed, row.owner = one.title, one.stage, int(one.closed), one.owner
        row.amount, row.due, row.modified = one.amount, one.due, one.modified
        row.fields = json.dumps(dict(one.fields) | ({crm_events.OWN: own} if own else {}), ensure_ascii=False)
        contacts[row.id] = one.contacts
    shelves.set_contacts(work, event.crm, contacts)
