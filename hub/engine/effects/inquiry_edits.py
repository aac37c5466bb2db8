"""Inquiries changed by agents: closed, snoozed, given to somebody, planned."""

from __future__ import annotations

from hub.engine.effects import automation, cases, inquiries, naming, people
from hub.engine.effects.cause import Cause
from hub.engine.line import Line
from hub.inquiries.inquiry import Step
from hub.model.by_hand import InquiryEdited
from hub.store.journal import Claimed
from hub.store.workspace import Needs, Workspace


def look(event: InquiryEdited, row: Claimed, line: Line, needs: Needs) -> None:
    """The person with his conversations."""
    naming.look(event, row, line, needs)
    automation.want(line, needs)


def edited(event: InquiryEdited, row: Claimed, line: Line, work: Workspace) -> None:
    """An agent changes the inquiry of a person."""
    person = naming.named(event.person, work)
    if person is None or person.erased:
        work.bury("event", row.seq, f"no inquiry to change: {event.person} is unknown")
        return
    work.standing.bring_inquiries([person.id])
    found = work.standing.inquiry(person.id)
    if found is None:
        work.bury("event", row.seq, f"no inquiry to change: person {person.id} never asked anything", person.id)
        return
    cause = Cause(row.seq, event, person, people.last_used(person, line, work))
    step = Step("own", event.until, event.next_step) if event.next_step else None
    until = 0 if step is not None and event.state != "snoozed" else event.until
    wrong = inquiries.change(found, event.state, until, event.reason or event.agent, step, cause, line, work)
    if wrong:
        work.bury("event", row.seq, f"inquiry {found.id} stays as it is: {wrong}", person.id)
        return
    if event.priority:
        inquiries.set_priority(found, event.priority, cause, line, work, named=True)
    if event.owner:
        cases.give(found, event.owner, cause, line, work)
    if event.hold:
        inquiries.hold(found, event.hold, event.until, cause, line, work)
    work.decide(row.seq, line.version, person.id, found.conversation, f"inquiry {found.id}: changed by {event.agent}")
