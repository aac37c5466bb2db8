"""The records of a session in a CRM: one that grows, and another one behind it when it is full."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from hub.store.rows import OutboxRow
from hub.store.workspace import Workspace

LINES = 200
"""Messages of one record."""
FRAME = 80
"""Characters that stand beside the author and the text of each line."""
LINK = 1_500
"""Characters that each link to a file is reckoned as: adapters keep less room for links than for text."""


@dataclass(slots=True)
class SessionRows:
    """A record to write: the row that does it, its messages in order, and where it stands already ("" = nowhere).

    `key` is the message that began it: the record's unique key is made of that.
    """

    lead: OutboxRow
    key: int
    lines: list[int]
    logged: str


@dataclass(slots=True)
class _Part:
    key: int
    record: str = ""
    lines: list[int] = field(default_factory=list)
    gone: bool = False


def sessions(
    session: int,
    rows: Sequence[OutboxRow],
    sizes: Mapping[int, int],
    room: int,
    work: Workspace,
    version: int,
) -> Iterator[SessionRows]:
    """What is to be written for the due `rows` of a session; the others of them end or wait.

    `sizes` are the characters that each of its messages takes (`size_of`), `room` those that one record holds. Every
    log row of the session is in the workspace.
    """
    doubtful = next((row for row in rows if row.doubt and row.body), None)
    if doubtful is not None:  # it may stand there with exactly these lines: nothing else until that is known
        body = json.loads(doubtful.body)
        lines = [number for number in body["lines"] if number in sizes]
        if lines:
            yield SessionRows(doubtful, body["key"], lines, body["logged"])
            return
    parts = _parts(sizes, work)
    placed = {number: part for part in parts for number in part.lines}
    writers: dict[int, list[OutboxRow]] = {}  # part's key -> the rows that want it written
    fresh: list[OutboxRow] = []
    for row in rows:
        part = placed.get(row.message)
        if part is None:
            fresh.append(row)
        elif part.gone:
            row.end("dropped", "a person deleted the session's record in the CRM")
            work.decide(row.event, version, row.lane, row.conversation, f"not written again: {row.reason}")
        elif row.rule == "log":
            row.end("done", "it stands in the session's record")
        else:
            writers.setdefault(part.key, []).append(row)
    if fresh:
        last = _grow(parts, [n for n in _wanted(sizes, work) if n not in placed], sizes, room, work)
        if last not in parts:
            parts.append(last)
        writers.setdefault(last.key, []).extend(row for row in fresh if row.message in last.lines)
    for part in parts:
        if wanting := writers.get(part.key):
            *others, lead = wanting
            for row in others:
                row.end("done", written_by(lead))
            body = {"session": session, "key": part.key, "logged": part.record, "lines": part.lines}
            lead.body = json.dumps(body)
            yield SessionRows(lead, part.key, part.lines, part.record)


def size_of(author: str, text: str, links: int) -> int:
    """The characters (UTF-16, the most that a CRM counts) that a message takes in the record of its session, with so
    many links to files."""
    return len((author + text).encode("utf-16-le", "replace")) // 2 + FRAME + LINK * links


def written_by(lead: OutboxRow) -> str:
    """Why a row of a session is done: until that one is refused."""
    return f"command {lead.id} writes the session"


def _parts(sizes: Mapping[int, int], work: Workspace) -> list[_Part]:
    """The records that stand in the CRM, or that somebody removed there, in order."""
    parts: dict[int, _Part] = {}
    for row in sorted(work.outbox.rows.values(), key=lambda r: r.id):
        if row.kind != "log" or not row.body or row.message not in sizes or row.state not in ("done", "dropped"):
            continue
        body = json.loads(row.body)
        part = parts.setdefault(body["key"], _Part(body["key"]))
        part.lines, part.gone, part.record = body["lines"], row.state == "dropped", row.record
    for part in parts.values():
        part.lines = _ordered([number for number in part.lines if number in sizes], work)
    return list(parts.values())


def _wanted(sizes: Mapping[int, int], work: Workspace) -> list[int]:
    """The messages that are to be logged: what is still to be sent, or was refused, is not."""
    rows = [row for row in work.outbox.rows.values() if row.kind == "log" and row.message in sizes]
    alone = {row.message for row in rows if row.state == "done" and row.record and not row.body}  # has its own record
    wanted = {row.message for row in rows if row.state in ("waiting", "started", "done")}
    return _ordered(wanted - alone, work)


def _ordered(numbers: Sequence[int] | set[int], work: Workspace) -> list[int]:
    return sorted(numbers, key=lambda number: (work.messages.rows[number].at, number))


def _grow(parts: Sequence[_Part], numbers: list[int], sizes: Mapping[int, int], room: int, work: Workspace) -> _Part:
    """The last record with these messages in it, or a new one with as many of them as it holds."""
    if parts and not parts[-1].gone:
        together = _ordered([*parts[-1].lines, *numbers], work)
        if _fits(together, sizes, room):
            parts[-1].lines = together
            return parts[-1]
    count = len(numbers)
    while count > 1 and not _fits(numbers[:count], sizes, room):
        count -= 1
    return _Part(numbers[0], lines=numbers[:count])


def _fits(numbers: Sequence[int], sizes: Mapping[int, int], room: int) -> bool:
    return len(numbers) <= LINES and sum(sizes[number] for number in numbers) <= room
