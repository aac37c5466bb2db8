"""How commands ended: sends by receipt, status or silence; CRM writes row by row."""

from __future__ import annotations

from hub.engine.effects import answers, fallback, people
from hub.engine.effects.relog import relog
from hub.engine.effects.sends import log_message
from hub.engine.line import Line, incoming, lane
from hub.model.events import SendSettled, StatusReported
from hub.model.happened import MessageRead, MessageSent
from hub.sending import climbs
from hub.store.journal import Claimed
from hub.store.rows import MessageRow, OutboxRow
from hub.store.workspace import Needs, Workspace

PROOF = ("sent", "delivered", "read")
ARRIVED = ("delivered", "read")
STOPPED = "OptedOut"
"""The error's name in events."""
TELLING = (fallback.CLOSED, STOPPED)
"""Errors that say something about the person or the conversation."""


def look_send(event: SendSettled, row: Claimed, line: Line, needs: Needs) -> None:
    """The send and its message; a closed window, or a person who stopped us, asks for all around it."""
    needs.outbox.add(event.outbox)
    needs.around |= event.error in TELLING


def look_status(event: StatusReported, row: Claimed, line: Line, needs: Needs) -> None:
    """The send it names, else the message with that id."""
    named = line.outbox_id(event.callback)
    if named:
        needs.outbox.add(named)
    else:
        needs.providers.add(event.provider_id)
    needs.around |= event.code in TELLING


def sent(command: OutboxRow, message: MessageRow, provider_id: str, line: Line, work: Workspace) -> None:
    """The platform has it: the command is done and the message goes into the CRM."""
    was = command.state
    command.end("done")
    if provider_id:
        message.provider_id = provider_id
        work.by_provider[command.target, provider_id], work.outbox_of[message.id] = message, command
    if climbs(message.status, "accepted"):
        message.status, message.status_at, message.reason = "accepted", work.now, ""
    if was == "uncertain":
        work.settle_dead("uncertain", [command.id], "settled")
    log_message(message, line, work)
    work.woken.add(command.target)
    _tell(MessageSent, command, message, line, work)


def _tell(
    cls: type[MessageSent] | type[MessageRead], command: OutboxRow, message: MessageRow, line: Line, work: Workspace
) -> None:
    """What became of a message, for the rules; once for each of what they can ask for."""
    if line.listens(cls.kind):
        event = cls(
            key=f"m{message.id}",
            at=work.now,
            person=message.person,
            conversation=message.conversation,
            message=message.id,
            by=message.agent or command.rule,
            cls=command.cls,
            origin=command.event,
        )
        work.raised[f"{cls.kind}:{event.key}"] = incoming(event, lane(cls.kind, message.person))


def send(event: SendSettled, row: Claimed, line: Line, work: Workspace) -> None:
    """A started send has an outcome. What was settled by a status in the meantime stays as it is."""
    command = work.outbox.get(event.outbox)
    message = work.messages.get(command.message) if command else None
    if command is None or message is None or command.state in ("done", "dropped"):
        if message is not None and event.outcome == "done" and event.provider_id:
            message.provider_id = event.provider_id
        return
    work.woken.add(command.target)
    match event.outcome:
        case "done":
            sent(command, message, event.provider_id, line, work)
        case "retry":
            command.wait(event.due, event.reason)
        case "evidence":
            command.state, command.due, command.reason = "evidence", event.due, event.reason
        case "uncertain" if command.state in ("started", "evidence"):  # else its outcome came before the silence did
            command.end("uncertain", event.reason)
            message.status, message.status_at, message.reason = "uncertain", work.now, event.reason
            work.bury("uncertain", command.id, event.reason, command.lane)
        case "dead":
            command.end("dead", event.reason)
            message.status, message.status_at, message.reason = "failed", work.now, event.reason
            _bury(command, message, event.reason, event.error, row.seq, line, work)
    answers.ended(command, message, line, work)


def status(event: StatusReported, row: Claimed, line: Line, work: Workspace) -> None:
    """A platform's word about a message: proof of an open send, and a step up for the message."""
    command = work.outbox.get(line.outbox_id(event.callback))
    if command is not None:
        message = work.messages.get(command.message)
    else:
        inbox = line.inbox(row.source, event.account)
        message = work.by_provider.get((inbox.name, event.provider_id)) if inbox else None
    if message is None:
        work.decide(row.seq, line.version, 0, 0, f"status {event.status} of a message the hub does not know")
        return
    command = command or work.outbox_of.get(message.id)
    at = event.at or row.received
    if command is not None and command.state not in ("done", "dead", "dropped"):
        if event.status in PROOF:
            sent(command, message, event.provider_id, line, work)
        elif command.state in ("started", "evidence"):
            command.end("dead", event.error)
            _bury(command, message, event.error, event.code, row.seq, line, work)
            work.woken.add(command.target)
    elif command is not None and event.status == "failed" and command.state == "done":
        _bury(command, message, event.error, event.code, row.seq, line, work)
    elif command is not None and event.status in ARRIVED:  # also after a "failed": nobody needs to send it again
        if command.state == "dead":
            sent(command, message, event.provider_id, line, work)
        work.settle_dead("send", [command.id], "settled")
    work.report(message.id, event.status, at, event.error)
    if event.status == "read" and command is not None and message.status != "read":
        _tell(MessageRead, command, message, line, work)
    if climbs(message.status, event.status):
        shown = "failed" in (message.status, event.status)  # it did not arrive, or did after all: the CRM tells
        message.status, message.status_at, message.reason = event.status, at, event.error
        if not message.provider_id:
            message.provider_id = event.provider_id
        if shown:
            work.bring(message.person)  # rare: worth queries of its own
            work.outbox.fetch_by("message", [message.id], "AND message > 0")
            person = work.people.get(message.person)
            if person is not None and not person.erased:
                relog(message, row.seq, line, work)
    if command is not None:
        answers.ended(command, message, line, work)


def _bury(
    command: OutboxRow, message: MessageRow, reason: str, error: str, seq: int, line: Line, work: Workspace
) -> None:
    """It did not arrive: a dead letter; where the window was closed, the inbox's template goes in its place. Whoever
    stopped the business has opted out, as if he had used the platform's switch."""
    person = people.current(work, command.lane) if error == STOPPED else None
    if person is not None and not person.opted_out:
        person.opted_out = 1
        work.decide(seq, line.version, person.id, command.conversation, "opted out: the platform says he stopped us")
    instead = fallback.refused(command, message, line, work) if error == fallback.CLOSED else ""
    reason = reason or "the platform reports it failed"
    work.bury("send", command.id, f"{reason}; {instead}" if instead else reason, command.lane)
