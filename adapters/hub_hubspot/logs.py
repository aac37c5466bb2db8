"""Messages under contacts: what is created, what is changed where it stands, each of them once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial

from hub import LogEntry, Written
from hub.contracts.errors import HubError
from hub_hubspot import batches, bodies, properties
from hub_hubspot.batches import Fate, Row
from hub_hubspot.kept import Kept
from hub_hubspot.lookup import Doubt, look
from hub_hubspot.paths import (
    ATTACHMENTS,
    COMMUNICATION_CHANNELS,
    COMMUNICATIONS,
    DIRECTION,
    MESSAGE,
    NOTES,
    SEQUENCE,
    TO_CONTACT,
)
from hub_hubspot.transport import Transport

KINDS = (COMMUNICATIONS, NOTES)


def named(entry: LogEntry, owners: Kept[str]) -> LogEntry:
    """The entry with the names of those who answered in HubSpot, where it gives their owner ids."""
    author = _name(entry.author, owners) if entry.direction == "out" else entry.author
    lines = tuple(
        replace(line, author=_name(line.author, owners)) if line.direction == "out" else line for line in entry.lines
    )
    return entry if (author, lines) == (entry.author, entry.lines) else replace(entry, author=author, lines=lines)


def _name(author: str, owners: Kept[str]) -> str:
    """An owner's name, kept for an hour; an id that cannot be resolved stays: no message waits for a name."""
    if not (author.isascii() and author.isdecimal()):
        return author
    try:
        return owners.of(author) or author
    except HubError:
        return author


def log(transport: Transport, batch: Sequence[LogEntry], *, as_notes: bool) -> list[Written]:
    """Write what is not there yet, in the order given. Raises Uncertain as soon as anything is not known.

    Changes go first: they may be repeated, so trouble among them leaves nothing in doubt. A message that stands
    somewhere is never created, even where another entry of the batch does not know it yet.
    """
    standing = {entry.message: entry.logged for entry in batch if entry.logged}
    changed: dict[str, Fate] = {}
    made: dict[str, Fate] = {}
    for kind in KINDS:
        entries = [e for e in batch if e.message in standing and kind_of(e, as_notes) == kind]
        changed |= _change(transport, kind, entries, standing)
    for kind in KINDS:
        latest = {e.message: e for e in batch if e.message not in standing and kind_of(e, as_notes) == kind}
        with batches.in_part(made):
            made |= _create(transport, kind, list(latest.values()))
    written = []
    for entry in batch:
        record = standing.get(entry.message)
        fate = changed[record] if record else made[entry.message]
        written.append(Written(outbox=entry.outbox, record=fate.record, new=fate.new, error=fate.error))
    return written


def kind_of(entry: LogEntry, as_notes: bool) -> str:
    """The object that an entry becomes."""
    return COMMUNICATIONS if entry.channel in COMMUNICATION_CHANNELS and not as_notes else NOTES


def _change(transport: Transport, kind: str, entries: Iterable[LogEntry], standing: dict[str, str]) -> dict[str, Fate]:
    """Bring the records up to date; fates by record. Of several states of one record the last is written."""
    shown: dict[str, dict[str, str]] = {}
    for entry in entries:
        record = standing[entry.message]
        shown[record] = shown.get(record, {}) | _shown(transport, entry, kind)
    rows = [
        Row(trace=record, input={"id": record, "properties": values, "objectWriteTraceId": record}, mark=MESSAGE)
        for record, values in shown.items()
    ]
    return batches.write(rows, partial(transport.send, transport.batch(kind).update), repeatable=True) if rows else {}


def _create(transport: Transport, kind: str, entries: Sequence[LogEntry]) -> dict[str, Fate]:
    """Create what is missing; fates by message."""
    doubts = [Doubt(e.message, at, e.since) for e in entries if e.doubtful for at in (e.record, e.elsewhere) if at]
    there = look(transport, kind, MESSAGE, doubts) if doubts else {}
    fates = {message: Fate(record=record) for message, record in there.items()}
    rows = [_row(transport, entry, kind) for entry in entries if entry.message not in there]
    if rows:
        create = partial(transport.send, transport.batch(kind).create, repeatable=False)
        made = batches.write(rows, create, repeatable=False)
        fates |= {trace: Fate(record=f.record, new=not f.error, error=f.error) for trace, f in made.items()}
    return fates


def _row(transport: Transport, entry: LogEntry, kind: str) -> Row:
    """An entry as an input of a batch create; every value is a string. A session goes both ways: no direction."""
    values = {
        "hs_timestamp": str(entry.lines[0].at if entry.lines else entry.at),
        MESSAGE: entry.message,
        SEQUENCE: str(entry.sequence),
        **_shown(transport, entry, kind),
    }
    if not entry.lines:
        values[DIRECTION] = entry.direction
    if kind == COMMUNICATIONS:
        values["hs_communication_channel_type"] = COMMUNICATION_CHANNELS[entry.channel]
        values["hs_communication_logged_from"] = "CRM"
    if entry.owner:
        values["hubspot_owner_id"] = entry.owner
    return batches.creation(entry.message, values, entry.record, TO_CONTACT[kind], mark=MESSAGE)


def _shown(transport: Transport, entry: LogEntry, kind: str) -> dict[str, str]:
    """The body and the files, which may both change later."""
    name = "hs_communication_body" if kind == COMMUNICATIONS else "hs_note_body"
    emptied = entry.deleted and bool(entry.logged)  # what was taken back leaves no file behind
    if not (entry.files or emptied):
        return {name: bodies.render(entry)}
    if not properties.takes_files(transport, kind):
        return {name: bodies.render(entry, named=entry.files)}
    return {name: bodies.render(entry), ATTACHMENTS: ";".join(entry.files)}
