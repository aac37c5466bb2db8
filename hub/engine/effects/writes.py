"""How writes into a CRM ended, row by row."""

from __future__ import annotations

import json
from typing import Any

from hub.contracts.crm import Reads
from hub.engine.crm.parts import written_by
from hub.engine.effects import answers, gone, people, taken
from hub.engine.effects.relog import relog
from hub.engine.line import Line
from hub.model.events import CrmSettled, RowOutcome
from hub.model.records import Ref
from hub.store import crm as shelves
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
    wrote = _wrote(event, work)
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
                _relink(command, event.crm, wrote, row.seq, outcome, line, work)
            case "overtaken":
                _overtaken(command, event.crm, outcome, row.seq, work)
            case "dropped":
                _removed(command, event.crm, row.seq, line, work)
            case "dead":
                _dead(command, event.crm, outcome, work)


def _bring(event: CrmSettled, commands: list[OutboxRow], work: Workspace) -> None:
    """What the outcomes will want to see: the messages of files, the answers told, records that were removed."""
    files = [command.message for command in commands if command.kind == "file" and command.message]
    work.messages.fetch(files)
    work.outbox.fetch_by("message", files, "AND message>0")
    work.answers.fetch(answers.about(command) for command in commands)
    removed = {outcome.outbox for outcome in event.rows if outcome.outcome == "dropped"}
    parts = {str(_part(c).get("logged", "")) for c in commands if c.id in removed} - {""}
    work.outbox.fetch_by("record", parts, "AND record<>'' AND kind='log' AND target=?", (event.crm,))


def _wrote(event: CrmSettled, work: Workspace) -> set[int]:
    """People whose own new message found their record gone."""
    lost = [work.outbox.get(outcome.outbox) for outcome in event.rows if outcome.outcome == "relink"]
    fresh = [command for command in lost if command is not None and command.kind == "log" and command.rule == "log"]
    work.messages.fetch(command.message for command in fresh)
    found = ((command, work.messages.get(command.message)) for command in fresh)
    return {command.lane for command, message in found if message is not None and message.direction == "in"}


def _part(command: OutboxRow) -> dict[str, Any]:
    """The part of a session that a log writes; empty for a log of a single message."""
    return dict(json.loads(command.body)) if command.kind == "log" and command.body else {}


def _done(command: OutboxRow, crm: str, outcome: RowOutcome, seq: int, line: Line, work: Workspace) -> None:
    command.record = outcome.record
    command.end("done")
    match command.kind:
        case "person":
            _linked(command, crm, outcome, work)
            taken.wrote(command, crm, outcome, line, work)
        case "file":
            message = work.messages.get(command.message)
            if message is not None:
                relog(message, seq, line, work)
        case "object":
            body = json.loads(command.body)
            if answers.about(command):
                answers.told(int(body["answer"]), str(body["status"]), work)
            else:
                command.body = json.dumps({"type": body["type"]})  # its contents stand in the CRM now
                if "record" in body and isinstance(line.config.crms[crm].adapter, Reads):
                    shelves.touch(work, crm, [Ref(body["type"], body["record"])])  # what stands there now is read again


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
    kept = work.answers.get(answers.about(command))
    if kept is not None and kept.type == "contact" and command.attempts < RELINKS:  # perhaps merged: the hub will hear
        shelves.touch(work, crm, [Ref("contact", kept.record)])
        command.wait(work.now + (1000 << command.attempts), "the contact that asked for the reply is gone")
        return
    command.end("dropped", "a person deleted it in the CRM")
    work.decide(seq, line.version, command.lane, command.conversation, f"not written again in {crm}: {command.reason}")


def _overtaken(command: OutboxRow, crm: str, outcome: RowOutcome, seq: int, work: Workspace) -> None:
    """Somebody changed there what the hub was about to change, or restored it: the record is read again, and
    compared."""
    taken.not_written(command, crm, work)
    command.end("dropped", outcome.reason or "it was changed there meanwhile: the record is read again")
    link = work.link_of.get((command.lane, crm))
    if link is not None and link.state == "creating" and outcome.record:
        gone.restored(link, outcome.record, seq, work)
    if link is not None and link.record:
        shelves.touch(work, crm, [Ref("contact", link.record)])


def _dead(command: OutboxRow, crm: str, outcome: RowOutcome, work: Workspace) -> None:
    command.end("dead", outcome.reason)
    work.bury(command.kind, command.id, outcome.reason, command.lane)
    if lines := _part(command).get("lines"):  # with it, those that it was to write: they stand nowhere
        with_it = written_by(command)
        for row in work.outbox.fetch_by("message", lines, "AND message>0 AND kind='log' AND target=?", (crm,)):
            if (row.state, row.reason) == ("done", with_it):
                row.end("dead", outcome.reason)
                work.bury(row.kind, row.id, outcome.reason, row.lane)
    if command.kind == "person":
        taken.not_written(command, crm, work)
    link = work.link_of.get((command.lane, crm)) if command.kind == "person" else None
    if link is not None and not link.ready:
        link.reason = outcome.reason
        work.hold(crm, command.lane, f"waits for the link of person {command.lane} in {crm}: {outcome.reason}")


def _linked(command: OutboxRow, crm: str, outcome: RowOutcome, work: Workspace) -> None:
    link = work.link_of.get((command.lane, crm))
    if link is None or link.state == "gone":  # deleted while the write was under way
        return
    if not link.ready:
        if link.record and link.record != outcome.record:
            gone.replaced(link, work)
        link.state, link.record, link.since, link.reason = "linked", outcome.record, work.now, ""
        link.made = work.now if outcome.new else link.made
        work.file_link(link)
    work.release(crm, command.lane)


def _stuck(command: OutboxRow, outcome: RowOutcome) -> bool:
    """Whether it ends so again and again: many tries, or twice in a row after some, which may have failed otherwise."""
    return command.attempts >= 2 * RELINKS or (command.attempts >= RELINKS and command.reason == outcome.reason)


def _relink(
    command: OutboxRow, crm: str, wrote: set[int], seq: int, outcome: RowOutcome, line: Line, work: Workspace
) -> None:
    """The record is gone. Only somebody who `wrote` just now gets one again; else it is as if the CRM had told of the
    deletion, and the record is read once more: it may have been merged."""
    work.bring(command.lane)
    link = work.link_of.get((command.lane, crm))
    person = work.people.get(command.lane)
    elsewhere = link is not None and link.ready and command.record != link.record
    moves = outcome.record or (elsewhere and command.kind != "file")  # a file stands under no record
    if link is None or person is None or person.erased or (not moves and _stuck(command, outcome)):
        command.end("dead", outcome.reason)
        work.bury(command.kind, command.id, outcome.reason, command.lane)
        return
    again = work.now + (1000 << min(command.attempts, RELINKS) if command.attempts > 1 else 0)
    if command.kind == "file":  # it stands under no record: the CRM's files have a reason of their own
        command.wait(again, outcome.reason)
        return
    if command.kind == "person":
        taken.not_written(command, crm, work)
    if link.ready and command.record == link.record:  # else it was tried under another one: the link moved on
        lost = link.record
        if outcome.record:
            gone.follow(link, outcome.record, seq, work)
            shelves.touch(work, crm, [Ref("contact", outcome.record)])
        elif command.lane in wrote:
            link.reason = f"its record is gone: {outcome.reason}"
            people.link_again(link, person, seq, work)
            work.hold(crm, command.lane, f"waits for the link of person {command.lane} in {crm}")
        else:
            gone.deleted(link, seq, line, work)
            shelves.touch(work, crm, [Ref("contact", lost)])
    if command.kind != "person":
        command.state, command.due, command.record = ("waiting" if link.ready else "held"), again, ""
        command.reason = outcome.reason
    elif link.ready or link.state == "creating":
        command.wait(again, outcome.reason)
    else:
        command.end("dropped", link.reason or "its record is gone")
