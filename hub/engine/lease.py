"""Leases, in the writer's thread: the send gate for messages, batches for the CRM. Committed before a byte leaves."""

from __future__ import annotations

from hashlib import blake2b
from typing import NamedTuple

from hub.engine.line import Line
from hub.mapping import PersonFacts, person_fields
from hub.model.messages import Outgoing
from hub.model.records import LogEntry, PersonWrite
from hub.sending import SendState, may_send
from hub.store import Store
from hub.store.rows import ConversationRow, MessageRow, OutboxRow, PersonRow
from hub.store.workspace import Needs, Workspace

REMEMBERED = 20
"""How many automatic answers a conversation remembers for the loop breaker."""


class Leased(NamedTuple):
    """A send that is on disk as started."""

    outbox: int
    attempts: int
    created: int
    message: Outgoing


def lease_sends(store: Store, line: Line, inbox: str, now: int, limit: int) -> tuple[list[Leased], int]:
    """The next sends of an inbox that the gate lets through, one per lane; dropped ones are ended with a reason.

    Returns them and the number of rows looked at.
    """
    config = line.config.inboxes[inbox]
    channel = line.config.connections[config.connection].channel
    leased: list[Leased] = []
    with store.transaction():
        work = store.workspace(now)
        rows = work.take_heads(inbox, limit)
        work.load(Needs(around=True))
        for row in rows:
            message, person = work.messages.get(row.message), work.people.get(row.lane)
            talk = work.conversations.get(row.conversation)
            if message is None or person is None or talk is None:
                row.end("dead", "its message is gone")
                continue
            said = blake2b(message.text.encode("utf-8", "replace"), digest_size=6).hexdigest()
            verdict = may_send(_state(row, person, talk, said, channel.capabilities.window, line), now)
            if verdict.action == "send":
                row.state, row.started = "started", now
                row.attempts += 1
                if row.cls != "human" and row.attempts == 1 and _opens(row):
                    talk.said = " ".join([*talk.said.split()[-REMEMBERED:], f"{row.event}:{said}:{row.id}"])
                leased.append(
                    Leased(row.id, row.attempts, row.created, _outgoing(row, message, talk, config.account, line))
                )
            else:
                _drop(row, message, verdict.reason, line, work)
        work.save()
    return leased, len(rows)


def _state(row: OutboxRow, person: PersonRow, talk: ConversationRow, said: str, window: int, line: Line) -> SendState:
    before = [entry.split(":") for entry in talk.said.split()] if _opens(row) else []
    answers = [entry for entry in before if entry[0] == str(row.event) and entry[2] != str(row.id)]
    return SendState(
        cls=row.cls,  # type: ignore[arg-type]
        opted_out=bool(person.opted_out),
        window=window,
        last_inbound=talk.last_in,
        paused_until=talk.paused_until,
        replies_since_inbound=len(answers),
        max_replies=line.config.hub.replies_per_inbound,
        repeats=any(entry[1] == said for entry in answers),
        created=row.created,
    )


def _opens(row: OutboxRow) -> bool:
    """Whether it is the first part of what is said: a long text in three parts is one answer."""
    return row.key.endswith(".0")


def _outgoing(row: OutboxRow, message: MessageRow, talk: ConversationRow, account: str, line: Line) -> Outgoing:
    return Outgoing(account, talk.address, message.text, line.callback(row.id), message.reply_to)


def _drop(row: OutboxRow, message: MessageRow, reason: str, line: Line, work: Workspace) -> None:
    row.end("dropped", reason)
    message.status, message.status_at, message.reason = "dropped", work.now, reason
    if row.cls == "human":  # somebody thinks it was said
        work.bury("send", row.id, f"not sent: {reason}", row.lane)
    work.decide(row.event, line.version, row.lane, row.conversation, f"not sent: {reason}")


class Batch(NamedTuple):
    """CRM rows that are on disk as started; or none, and how long to wait (ms) before some are due."""

    persons: list[PersonWrite]
    logs: list[LogEntry]
    attempts: dict[int, int]
    wait: int = 0


NOTHING = Batch([], [], {}, 0)


def lease_crm(store: Store, line: Line, crm: str, kind: str, now: int, limit: int, linger: int) -> Batch:
    """A batch for a CRM: as soon as it is full, or the oldest row has waited `linger` ms.

    A batch that is more than half full by then waits half as long again: it will be full, and calls are scarce.
    """
    with store.transaction():
        work = store.workspace(now)
        if not work.first_read_done(crm):
            return NOTHING
        rows = work.take_due(crm, kind, limit)
        if not rows:
            return NOTHING
        if limit > len(rows) > limit * 0.6:
            linger += linger // 2
        wait = min(linger, min(row.created for row in rows) + linger - now)  # the clock may have been set back
        if len(rows) < limit and wait > 0:
            return Batch([], [], {}, wait)
        work.load(Needs(around=True))
        batch = Batch([], [], {})
        for row in rows:
            link = work.link_of.get((row.lane, crm))
            person = work.people.get(row.lane)
            if link is None or person is None:
                row.end("dead", "its person is gone")
                continue
            if kind == "person":
                if person.name:
                    work.wrote(crm, link.key, "name", person.name)
                batch.persons.append(
                    PersonWrite(
                        outbox=row.id,
                        key=link.key,
                        record=link.record if link.ready else "",
                        fields=_fields(person, crm, not link.ready, line),
                    )
                )
            else:
                message, talk = work.messages.get(row.message), work.conversations.get(row.conversation)
                if message is None or talk is None or not link.ready:
                    row.state = "held"
                    continue
                if not row.doubt or not row.record:  # in doubt it is looked for, and stands, where it was tried
                    row.record = link.record
                batch.logs.append(_entry(row, message, talk, person, row.record, link.owner, line))
            row.state, row.started = "started", now
            row.attempts += 1
            batch.attempts[row.id] = row.attempts
        work.save()
    return batch


def _fields(person: PersonRow, crm: str, creating: bool, line: Line) -> dict[str, str]:
    facts = PersonFacts(
        name=person.name,
        phone=person.phone,
        email=person.email,
        channel=person.channel,
        language=person.language,
    )
    return person_fields(line.config.crms[crm].mapping, facts, creating)


def _entry(
    row: OutboxRow,
    message: MessageRow,
    talk: ConversationRow,
    person: PersonRow,
    record: str,
    owner: str,
    line: Line,
) -> LogEntry:
    inbox = line.config.inboxes.get(talk.inbox)
    channel = line.config.connections[inbox.connection].channel.name if inbox else ""
    author = person.name if message.author == "person" else message.agent or message.author
    return LogEntry(
        outbox=row.id,
        message=f"{line.tag}-{message.id}",
        record=record,
        direction="in" if message.direction == "in" else "out",
        channel=channel,
        author=author,
        text=message.text,
        at=message.at,
        sequence=message.id,
        owner=owner,
        doubtful=bool(row.doubt),
        since=row.created,
    )
