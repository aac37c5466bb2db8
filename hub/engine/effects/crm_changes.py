"""A value changed in a CRM: what the rules do about it."""

from __future__ import annotations

import json
from dataclasses import replace

from hub.engine.effects import objects, people
from hub.engine.effects.sends import queue_send
from hub.engine.line import Line
from hub.model.commands import MakeRecord, MoveDeal, Send
from hub.model.events import CrmChange
from hub.model.packing import pack
from hub.model.people import Person, PersonId
from hub.model.view import ConversationView, View
from hub.rules import decide_change
from hub.store.journal import Claimed
from hub.store.rows import ConversationRow, PersonRow
from hub.store.workspace import Needs, Workspace


def look(event: CrmChange, row: Claimed, line: Line, needs: Needs) -> None:
    """The person, his conversations, and what the CRMs have of him."""
    needs.talks_of.add(event.person)
    needs.beside = needs.beside or line.config.rules.looks_beside


def changed(event: CrmChange, row: Claimed, line: Line, work: Workspace) -> None:
    """Rules that name this kind of event act; what they say goes into the conversation used last."""
    person = people.current(work, event.person)
    if person is None or person.erased:
        return
    for plugin in line.listeners.get(event.kind, ()):
        work.plugin_work(plugin, row.seq, json.dumps(pack(event), ensure_ascii=False))
    talks = [t for t in work.conversations.rows.values() if t.person == person.id and t.inbox in line.config.inboxes]
    talk = max(talks, key=lambda t: (t.last_in, t.id), default=None)
    decision = decide_change(event, _view(event, person, talk, row, line, work), line.config.rules)
    if decision.because:
        work.decide(row.seq, line.version, person.id, talk.id if talk else 0, "\n".join(decision.because))
    for command in decision.commands:
        match command:
            case Send() if talk is not None:
                channel = line.config.connections[line.config.inboxes[talk.inbox].connection].channel
                queue_send(replace(command, slot=f"c.{command.slot}"), row.seq, talk, person, channel, work)
            case MakeRecord():
                objects.order(replace(command, slot=f"c.{command.slot}"), row.seq, person, line, work)
            case MoveDeal():
                objects.move(replace(command, slot=f"c.{command.slot}"), row.seq, person, line, work)
        if talk is not None and isinstance(command, Send | MakeRecord | MoveDeal) and command.once:
            fired = json.loads(talk.fired) if talk.fired else {}
            talk.fired = json.dumps(fired | {command.rule: work.now})


def _view(
    event: CrmChange, person: PersonRow, talk: ConversationRow | None, row: Claimed, line: Line, work: Workspace
) -> View:
    owner, deals, tickets = objects.seen(person, line, work) if line.config.rules.looks_beside else ("", (), 0)
    inbox = line.config.inboxes[talk.inbox] if talk is not None else None
    return View(
        person=Person(PersonId(person.id), person.name, person.language, bool(person.opted_out)),
        conversation=ConversationView(
            id=talk.id if talk else 0,
            inbox=talk.inbox if talk else "",
            channel=line.config.connections[inbox.connection].channel.name if inbox else "",
            last_inbound=talk.last_in if talk else 0,
            last_human=talk.last_human if talk else 0,
            paused_until=talk.paused_until if talk else 0,
            fired=json.loads(talk.fired) if talk and talk.fired else None,
        ),
        received=row.received,
        version=line.version,
        owner=owner,
        deals=deals,
        tickets=tickets,
    )
