"""The lease of CRM batches, in the writer's thread: what is due becomes rows for the adapter, started on disk first."""

from __future__ import annotations

from typing import NamedTuple

from hub.engine.line import Line
from hub.mapping import PersonFacts, person_fields
from hub.model.records import LogEntry, PersonWrite
from hub.store import Store
from hub.store.rows import ConversationRow, MessageRow, OutboxRow, PersonRow
from hub.store.workspace import Needs


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
