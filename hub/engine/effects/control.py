"""Humans over automation: hand-off, notices, pauses by rules, ratings, and questions that wait for an answer."""

from __future__ import annotations

from collections.abc import Mapping

from hub.engine.effects import asking, inquiries, objects
from hub.engine.effects.cause import Cause, follow
from hub.engine.effects.machine import say
from hub.engine.effects.notices import around, owner, tell
from hub.engine.effects.timers import arm
from hub.engine.line import Line
from hub.model.commands import Assign, HandOff, MakeRecord, Notify, Pause, Rate, Send
from hub.model.happened import MessageSent, Rated
from hub.store.rows import ConversationRow, OutboxRow, PersonRow
from hub.store.workspace import Workspace
from hub.texts.variables import standing

HAND_OFF = "hand_off"
"""The rule of what the hub itself does when a human takes over."""
UNTIL_RELEASED = 253_370_764_800_000
"""The year 9999 in ms: a pause that ends when a human ends it."""


def expected(talk: ConversationRow, line: Line) -> Mapping[str, str]:
    """Answers that the hub's last question in this conversation waits for; empty = none, or too late for them."""
    return asking.expected(talk)


def carry_out(command: HandOff | Notify | Pause | Rate, cause: Cause, line: Line, work: Workspace) -> None:
    """A rule hands over, tells somebody, pauses, or keeps a rating."""
    match command:
        case HandOff():
            hand_over(command, cause, line, work)
        case Notify():
            tell(command.to, command.text, cause, line, work)
        case Pause():
            _pause(command, cause, line, work)
        case Rate():
            _rate(command, cause, line, work)


def hand_over(command: HandOff, cause: Cause, line: Line, work: Workspace) -> None:
    """A human takes over, once: until he has it, asking again changes nothing.

    The automation of the conversation pauses until it is released; somebody becomes the owner and is told with the
    context; where a CRM makes tasks, one waits there; and the person hears that somebody will come.
    """
    person, talk = cause.person, cause.talk
    if talk is None:
        _decide(f"not handed over ({command.because}): the person never wrote", cause, line, work)
        return
    if talk.claimed or talk.paused_until >= UNTIL_RELEASED:
        by = talk.claimed or "a human"
        _decide(f"handed over already ({command.because}): {by} has it", cause, line, work)
        return
    talk.paused_until, talk.expects = UNTIL_RELEASED, ""
    arm(work, "conversation", talk.id, "pause", 0)
    _decide(f"handed over to a human until released: {command.because}", cause, line, work)
    inquiries.carry_out(Assign(rule=command.rule, slot=command.slot, team=command.team), cause, line, work)
    _acknowledge(command, cause, line, work)
    if any("task" in crm.adapter.makes() for crm in line.config.crms.values()):
        title = f"Answer {person.name or 'a customer'}: {command.because}"
        task = MakeRecord(
            rule=HAND_OFF, slot=command.slot, type="task", title=title, body=around(cause, work), priority="high"
        )
        objects.order(task, cause.seq, person, line, work, cause.message)
    text = f"{person.name or f'p{person.id}'} needs a human: {command.because}"
    tell(owner(cause, work) or command.team, text, cause, line, work)


def take_over(row: OutboxRow, person: PersonRow, talk: ConversationRow, why: str, line: Line, work: Workspace) -> None:
    """The gate holds an automatic text back because of what it is about: a human says it, or something else."""
    event = MessageSent(
        key=f"g{row.id}", at=work.now, person=person.id, conversation=talk.id, message=row.message, by=row.rule,
        cls=row.cls, origin=row.event,
    )  # fmt: skip
    work.standing.bring_inquiries([person.id])
    work.standing.bring_tags([person.id])
    origin = row.event if row.cls == "reply" else 0
    cause = Cause(row.event, event, person, talk, origin=origin)
    hand_over(HandOff(rule=row.rule, slot=f"g{row.id}", because=f"{why[:1].lower()}{why[1:-1]}"), cause, line, work)


def _acknowledge(command: HandOff, cause: Cause, line: Line, work: Workspace) -> None:
    """The text `hand_off`, where there is one and the person's own message is what it answers."""
    text, person, talk = line.config.rules.book.policy.hand_off, cause.person, cause.talk
    answers = cause.origin or (cause.seq if cause.message is not None else 0)
    if text is None or talk is None or not answers:
        return
    channel = line.config.connections[line.config.inboxes[talk.inbox].connection].channel
    values = standing(talk.inbox, person.language, person.name, line.config.rules.book.company)
    said = text.render(person.language, values, channel.name)
    if said:
        send = Send(rule=HAND_OFF, slot=command.slot, text=said, purpose="acknowledge")
        say(send, answers, talk, person, channel, line, work)


def _pause(command: Pause, cause: Cause, line: Line, work: Workspace) -> None:
    talk = cause.talk
    if talk is not None and command.until > talk.paused_until:
        talk.paused_until = command.until
        arm(work, "conversation", talk.id, "pause", command.until)
        _decide(f"automation pauses: rule {command.rule}", cause, line, work)


def _rate(command: Rate, cause: Cause, line: Line, work: Workspace) -> None:
    talk = cause.talk.id if cause.talk is not None else 0
    work.rated(cause.person.id, talk, command.of, command.score, cause.seq)
    _decide(f"'{command.of}' is rated {command.score} of 100", cause, line, work)
    follow(Rated, f"{command.of}.{command.slot}", cause, line, work, score=command.score, of=command.of)


def _decide(because: str, cause: Cause, line: Line, work: Workspace) -> None:
    talk = cause.talk.id if cause.talk is not None else 0
    work.decide(cause.seq, line.version, cause.person.id, talk, because)
