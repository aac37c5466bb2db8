"""Humans over automation: conversations claimed and given back; people, conversations, rules, everything paused."""

from __future__ import annotations

from hub.engine.effects import cases, naming, people
from hub.engine.effects.cause import Cause
from hub.engine.effects.timers import arm
from hub.engine.line import Line
from hub.model.by_hand import ConversationClaimed, PauseChanged
from hub.store.journal import Claimed
from hub.store.rows import ConversationRow, PersonRow
from hub.store.standing import EVERYTHING
from hub.store.workspace import Needs, Workspace

CAMPAIGN = "campaign:"
"""What the rule of a campaign's sends begins with, and what it is paused by."""


def look(event: PauseChanged, row: Claimed, line: Line, needs: Needs) -> None:
    """The person with his conversations, or the conversation."""
    if event.person:
        naming.look(event, row, line, needs)
    elif event.conversation:
        needs.conversation_ids.add(event.conversation)


def paused(event: PauseChanged, row: Claimed, line: Line, work: Workspace) -> None:
    """A human pauses automation, or lets it go on: of a person, of one conversation, of one rule, or all of it.

    A pause of a rule, or of everything, is of nobody: its transaction is alone, so that no send that began beside it
    can have missed it.
    """
    what = f"{'pauses' if event.until else 'goes on'}: {event.agent}"
    if event.person:
        person = naming.named(event.person, work)
        if person is None:
            work.bury("event", row.seq, f"nobody to pause: {event.person} is unknown")
            return
        person.paused_until = event.until
        for talk in _talks(person, work):
            _pause(talk, event.until, work)
        work.decide(row.seq, line.version, person.id, 0, f"automation {what}")
    elif event.conversation:
        found = work.conversations.get(event.conversation)
        if found is None:
            work.bury("event", row.seq, f"nothing to pause: there is no conversation {event.conversation}")
            return
        _pause(found, event.until, work)
        work.decide(row.seq, line.version, found.person, found.id, f"automation of this conversation {what}")
    else:
        name = event.rule or EVERYTHING
        if event.rule and not event.rule.startswith(CAMPAIGN):
            name = f"rule:{event.rule}"
        work.standing.pause(name, event.until, event.agent, work.now)
        work.decide(row.seq, line.version, 0, 0, f"{f'rule {event.rule}' if event.rule else 'all automation'} {what}")


def look_claimed(event: ConversationClaimed, row: Claimed, line: Line, needs: Needs) -> None:
    """The person with his conversations and inquiry."""
    naming.look(event, row, line, needs)
    needs.inquiries = True


def claimed(event: ConversationClaimed, row: Claimed, line: Line, work: Workspace) -> None:
    """An agent takes a person's conversations, for himself or for another one, or gives them back to the automation."""
    person = naming.named(event.person, work)
    talks = _talks(person, work) if person is not None else []
    if person is None or not (talks or event.release):
        work.bury("event", row.seq, f"nothing to claim: {event.person} is unknown or never wrote")
        return
    if event.release:
        person.paused_until = 0
        for talk in talks:
            talk.claimed = ""
            _pause(talk, 0, work)
        work.decide(row.seq, line.version, person.id, 0, f"given back to the automation: {event.agent}")
        return
    agent, staff = event.to or event.agent, line.config.rules.book.staff
    if event.to and staff.agents and event.to not in staff.agents:
        work.bury("event", row.seq, f"nothing is claimed: there is no agent {event.to}", person.id)
        return
    before = sorted({talk.claimed for talk in talks} - {"", agent})
    for talk in talks:
        talk.claimed, talk.expects = agent, ""
    taken = f" from {', '.join(before)}" if before else ""
    by = f" by {event.agent}" if event.to and event.to != event.agent else ""
    work.decide(row.seq, line.version, person.id, 0, f"{agent} has the case now{taken}{by}: automation pauses")
    work.standing.bring_inquiries([person.id])
    inquiry = work.standing.inquiry(person.id)
    if inquiry is not None and inquiry.state != "closed" and inquiry.owner != agent:
        cases.give(inquiry, agent, Cause(row.seq, event, person, people.last_used(person, line, work)), line, work)


def _talks(person: PersonRow, work: Workspace) -> list[ConversationRow]:
    return [talk for talk in work.conversations.rows.values() if talk.person == person.id]


def _pause(talk: ConversationRow, until: int, work: Workspace) -> None:
    talk.paused_until = until
    arm(work, "conversation", talk.id, "pause", until)
