"""How commands ended: sends by receipt, status or silence; CRM writes row by row."""

from __future__ import annotations

from hub.engine.effects.people import order_person
from hub.engine.effects.sends import log_message
from hub.engine.line import Line
from hub.model.events import CrmSettled, RowOutcome, SendSettled, StatusReported
from hub.sending import climbs
from hub.store.journal import Claimed
from hub.store.rows import MessageRow, OutboxRow
from hub.store.workspace import Needs, Workspace

PROOF = ("sent", "delivered", "read")
RELINKS = 8
"""Tries of one command after which a record that is always gone is a human's matter."""
ARRIVED = ("delivered", "read")


def look_send(event: SendSettled, row: Claimed, line: Line, needs: Needs) -> None:
    """The send and its message."""
    needs.outbox.add(event.outbox)


def look_status(event: StatusReported, row: Claimed, line: Line, needs: Needs) -> None:
    """The send it names, else the message with that id."""
    named = line.outbox_id(event.callback)
    if named:
        needs.outbox.add(named)
    else:
        needs.providers.add(event.provider_id)


def look_crm(event: CrmSettled, row: Claimed, line: Line, needs: Needs) -> None:
    """The commands of the batch."""
    needs.outbox.update(outcome.outbox for outcome in event.rows)


def sent(command: OutboxRow, message: MessageRow, provider_id: str, line: Line, work: Workspace) -> None:
    """The platform has it: the command is done and the message goes into the CRM."""
    was = command.state
    command.end("done")
    if provider_id:
        message.provider_id = provider_id
        work.by_provider[provider_id], work.outbox_of[message.id] = message, command
    if climbs(message.status, "accepted"):
        message.status, message.status_at, message.reason = "accepted", work.now, ""
    if was == "uncertain":
        work.settle_dead("uncertain", [command.id], "settled")
    log_message(message, line, work)
    work.woken.add(command.target)


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
            work.bury("send", command.id, event.reason, command.lane)


def status(event: StatusReported, row: Claimed, line: Line, work: Workspace) -> None:
    """A platform's word about a message: proof of an open send, and a step up for the message."""
    command = work.outbox.get(line.outbox_id(event.callback))
    message = work.messages.get(command.message) if command else work.by_provider.get(event.provider_id)
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
            work.bury("send", command.id, event.error or "the platform reports it failed", command.lane)
            work.woken.add(command.target)
    elif command is not None and event.status == "failed" and command.state == "done":
        work.bury("send", command.id, event.error or "the platform reports it failed", command.lane)
    elif command is not None and event.status in ARRIVED:  # also after a "failed": nobody needs to send it again
        if command.state == "dead":
            sent(command, message, event.provider_id, line, work)
        work.settle_dead("send", [command.id], "settled")
    work.report(message.id, event.status, at, event.error)
    if climbs(message.status, event.status):
        message.status, message.status_at, message.reason = event.status, at, event.error
        if not message.provider_id:
            message.provider_id = event.provider_id


def crm(event: CrmSettled, row: Claimed, line: Line, work: Workspace) -> None:
    """A batch of CRM writes ended."""
    work.woken.add(event.crm)
    for outcome in event.rows:
        command = work.outbox.get(outcome.outbox)
        if command is None or not command.open:
            continue
        match outcome.outcome:
            case "done":
                command.record = outcome.record
                command.end("done")
                if command.kind == "person":
                    _linked(command, event.crm, outcome, work)
            case "retry":
                command.wait(outcome.due, outcome.reason)
            case "doubt":
                command.wait(outcome.due, outcome.reason)
                command.doubt = 1
            case "relink":
                _relink(command, event.crm, row.seq, outcome, work)
            case "dead":
                command.end("dead", outcome.reason)
                work.bury(command.kind, command.id, outcome.reason, command.lane)
                if command.kind == "person":
                    link = work.link_of.get((command.lane, event.crm))
                    if link is not None and not link.ready:
                        link.reason = outcome.reason
                        work.hold(
                            event.crm,
                            command.lane,
                            f"waits for the link of person {command.lane} in {event.crm}: {outcome.reason}",
                        )


def _linked(command: OutboxRow, crm_name: str, outcome: RowOutcome, work: Workspace) -> None:
    link = work.link_of.get((command.lane, crm_name))
    if link is None:
        return
    if not link.ready:
        link.state, link.record, link.since, link.reason = "linked", outcome.record, work.now, ""
        link.made = work.now if outcome.new else link.made
        work.file_link(link)
    work.release(crm_name, command.lane)


def _relink(command: OutboxRow, crm_name: str, seq: int, outcome: RowOutcome, work: Workspace) -> None:
    """The record is gone: the person gets a record again, and what was to be logged waits for it."""
    work.bring(command.lane)
    link = work.link_of.get((command.lane, crm_name))
    person = work.people.get(command.lane)
    if link is None or person is None or command.attempts >= RELINKS:
        command.end("dead", outcome.reason)
        work.bury(command.kind, command.id, outcome.reason, command.lane)
        return
    again = work.now + (1000 << command.attempts if command.attempts > 1 else 0)
    if link.ready or link.state == "gone":
        link.state, link.record, link.reason = "creating", "", f"its record is gone: {outcome.reason}"
        if command.kind != "person":
            order_person(person, crm_name, seq, work)
    if command.kind == "person":
        command.wait(again, outcome.reason)
    else:
        command.state, command.due, command.record = "held", again, ""
        work.hold(crm_name, command.lane, f"waits for the link of person {command.lane} in {crm_name}")
