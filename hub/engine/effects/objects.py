"""Records beside the contacts: what the CRM has of them, and those the hub is asked to make."""

from __future__ import annotations

import json

from hub.contracts.crm import WritesObjects
from hub.engine.effects.people import add_outbox
from hub.engine.line import Line
from hub.model.commands import MakeRecord
from hub.model.events import RecordsRead
from hub.model.records import Ref
from hub.store import crm as shelves
from hub.store.rows import ObjectRow, PersonRow
from hub.store.workspace import Workspace


def order(command: MakeRecord, seq: int, person: PersonRow, line: Line, work: Workspace) -> None:
    """Make this record in every CRM under the person's contact; it waits for the link where there is none yet."""
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
        if not isinstance(crm.adapter, WritesObjects):
            work.decide(seq, line.version, person.id, 0, f"rule {command.rule}: {name} makes no {command.type}")
            continue
        link = work.link_of.get((person.id, name))
        ready = link is not None and link.ready
        add_outbox(
            work,
            kind="object",
            target=name,
            lane=person.id,
            event=seq,
            rule=command.rule,
            slot=f"{person.id}.{command.slot}",
            state="waiting" if ready else "held",
            reason="" if ready else f"waits for the link of person {person.id} in {name}",
            body=json.dumps({key: value for key, value in body.items() if value}, ensure_ascii=False),
        )


def read(event: RecordsRead, work: Workspace) -> None:
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
        row = rows.get(ref)
        if row is None:
            row = work.objects.add(ObjectRow(work.objects.next_id(), event.crm, *ref, "", "", 0, "", "", 0, 0, "{}"))
        row.title, row.stage, row.closed, row.owner = one.title, one.stage, int(one.closed), one.owner
        row.amount, row.due, row.modified = one.amount, one.due, one.modified
        row.fields = json.dumps(dict(one.fields), ensure_ascii=False)
        contacts[row.id] = one.contacts
    shelves.set_contacts(work, event.crm, contacts)
