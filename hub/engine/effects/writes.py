"""How writes into a CRM ended, row by row."""

from __future__ import annotations

import json

from hub.engine.effects import answers
from hub.engine.effects.people import order_person
from hub.engine.effects.relog import relog
from hub.engine.line import Line
from hub.model.events import CrmSettled, RowOutcome
from hub.store.journal import Claimed
from hub.store.rows import OutboxRow
from hub.store.workspace import Needs, Workspace

RELINKS = 8
"""Tries of one command after which a record that is always gone is a human's matter."""


def look(event: CrmSettled, row: Claimed, line: Line, needs: Needs) -> None:
    """The commands of the batch."""
    needs.outbox.update(outcome.outbox for outcome in event.rows)


def settled(event: CrmSettled, row: Claimed, line: Line, work: Workspace) -> None:
    """A batch of CRM writes ended."""
    work.woken.add(event.crm)
    commands = [work.outbox.get(outcome.outbox) for outcome in event.rows]
    _bring(event, [command for command in commands if command is not None], work)
    for outcome, command in zip(event.rows, commands, strict=True):
        if command is None or not command.open:
            continue
        match outcome.outcome:
            case "done":
                _done(command, event.crm, outcome, row.seq, line, work)
            case "retry":
                command.wait(outcome.due, outcome.reason)
            case "doubt":
                command.wait(outcome.due, outcome.reason)
                command.doubt = 1
            case "relink":
                _relink(command, event.crm, row.seq, outcome, work)
            case "dropped":
                _removed(command, event.crm, row.seq, line, work)
            case "dead":
                _dead(command, event.crm, outcome, work)


def _bring(event: CrmSettled, commands: list[OutboxRow], work: Workspace) -> None:
    """What the outcomes will want to see: the messages of files, the answers told, records that were removed."""
    files = [command.message for command in commands if command.kind == "file" and command.message]
    work.messages.fetch(files)
    work.outbox.fetch_by("message", files, "AND message>0")
    answered = (json.loads(c.body).get("answer", 0) for c in commands if c.kind == "object" and c.rule == answers.RULE)
    work.answers.fetch(answered)
    removed = {outcome.outbox for outcome in event.rows if outcome.outcome == "dropped"}
    parts = {str(_part(c).get("logged", "")) for c in commands if c.id in removed} - {""}
    work.outbox.fetch_by("record", parts, "AND record<>'' AND kind='log' AND target=?", (event.crm,))


def _part(command: OutboxRow) -> dict[str, object]:
    """The part of a session that a log writes; empty for a log of a single message."""
    return dict(json.loads(command.body)) if command.kind == "log" and command.body else {}


def _done(command: OutboxRow, crm: str, outcome: RowOutcome, seq: int, line: Line, work: Workspace) -> None:
    command.record = outcome.record
    command.end("done")
    match command.kind:
        case "person":
            _linked(command, crm, outcome, work)
        case "file":
            message = work.messages.get(command.message)
            if message is not None:
                relog(message, seq, line, work)
        case "object":
            body = json.loads(command.body)
            if command.rule == answers.RULE:
                answers.told(int(body["answer"]), str(body["status"]), work)
            else:
                command.body = json.dumps({"type": body["type"]})  # its contents stand in the CRM now


def _removed(command: OutboxRow, crm: str, seq: int, line: Line, work: Workspace) -> None:
    """A person removed in the CRM what was to be changed: it is never made again."""
    part = _part(command)
    if part:  # the session goes on in a record of its own, with what that one had not
        for row in work.outbox.rows.values():
            if row.kind == "log" and row.record == part["logged"] and row.state == "done":
                row.end("dropped", "a person deleted it in the CRM")
        command.wait(work.now, "a person deleted the session's record")
        command.body = command.record = ""
        return
    command.end("dropped", "a person deleted it in the CRM")
    work.decide(seq, line.version, command.lane, command.conversation, f"not written again in {crm}: {command.reason}")


def _dead(command: OutboxRow, crm: str, outcome: RowOutcome, work: Workspace) -> None:
    command.end("dead", outcome.reason)
    work.bury(command.kind, command.id, outcome.reason, command.lane)
    link = work.link_of.get((command.lane, crm)) if command.kind == "person" else None
    if link is not None and not link.ready:
        link.reason = outcome.reason
        work.hold(crm, command.lane, f"waits for the link of person {command.lane} in {crm}: {outcome.reason}")


def _linked(command: OutboxRow, crm: str, outcome: RowOutcome, work: Workspace) -> None:
    link = work.link_of.get((command.lane, crm))
    if link is None or link.state == "gone":  # deleted while the write was under way
        return
    if not link.ready:
        link.state, link.record, link.since, link.reason = "linked", outcome.record, work.now, ""
        link.made = work.now if outcome.new else link.made
        work.file_link(link)
    work.release(crm, command.lane)


def _relink(command: OutboxRow, crm: str, seq: int, outcome: RowOutcome, work: Workspace) -> None:
    """The record is gone: the person gets a record again, and what was to be logged waits for it."""
    work.bring(command.lane)
    link = work.link_of.get((command.lane, crm))
    person = work.people.get(command.lane)
    if link is None or person is None or person.erased or command.attempts >= RELINKS:
        command.end("dead", outcome.reason)
        work.bury(command.kind, command.id, outcome.reason, command.lane)
        return
    if link.state == "gone":  # deleted there, as the hub knows: it waits for the record or for the person
        if command.kind == "person":
            command.end("dropped", link.reason)
        else:
            command.state, command.record = "held", ""
        return
    again = work.now + (1000 << command.attempts if command.attempts > 1 else 0)
    if link.ready:
        link.state, link.record, link.synced = "creating", "", ""
        link.reason = f"its record is gone: {outcome.reason}"
        if command.kind != "person":
            order_person(person, crm, seq, work)
    if command.kind == "person":
        command.wait(again, outcome.reason)
    else:
        command.state, command.due, command.record = "held", again, ""
        work.hold(crm, command.lane, f"waits for the link of person {command.lane} in {crm}")
