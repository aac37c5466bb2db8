"""Messages under contacts: what is created, and how a lost answer is settled without search."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from hub import LogEntry, Written
from hub.contracts.errors import HubError, Uncertain
from hub_hubspot import batches, bodies
from hub_hubspot.batches import Fate, Row
from hub_hubspot.contacts import millis
from hub_hubspot.paths import (
    ASSOCIATION_BATCH,
    BATCH,
    COMMUNICATION_CHANNELS,
    COMMUNICATIONS,
    CONTACTS,
    DIRECTION,
    MESSAGE,
    NOTES,
    SEQUENCE,
    TO_CONTACT,
)
from hub_hubspot.transport import Transport

CREATED = "hs_createdate"
SKEW = 10 * 60_000
"""Milliseconds by which HubSpot's clock and the hub's may differ."""


def log(transport: Transport, batch: Sequence[LogEntry], *, as_notes: bool) -> list[Written]:
    """Write what is not there yet, in the order given. Raises Uncertain as soon as anything is not known."""
    fates: dict[str, Fate] = {}
    for kind in (COMMUNICATIONS, NOTES):
        entries = {e.message: e for e in batch if kind_of(e, as_notes) == kind}
        there = look(transport, kind, [e for e in entries.values() if e.doubtful])
        fates |= {message: Fate(record=record) for message, record in there.items()}
        rows = [row(entry, kind) for entry in entries.values() if entry.message not in there]
        create = transport.logs[kind].create
        try:
            made = batches.write(rows, partial(transport.send, create, repeatable=False), repeatable=False)
        except HubError as failure:
            if any(fate.new for fate in fates.values()):
                raise Uncertain(f"a part of the batch was written, then: {failure}") from failure
            raise
        fates |= {trace: Fate(record=f.record, new=not f.error, error=f.error) for trace, f in made.items()}
    return [_written(entry, fates[entry.message]) for entry in batch]


def kind_of(entry: LogEntry, as_notes: bool) -> str:
    """The object that an entry becomes."""
    return COMMUNICATIONS if entry.channel in COMMUNICATION_CHANNELS and not as_notes else NOTES


def row(entry: LogEntry, kind: str) -> Row:
    """An entry as an input of a batch create; every value is a string."""
    values = {
        "hs_timestamp": str(entry.at),
        MESSAGE: entry.message,
        SEQUENCE: str(entry.sequence),
        DIRECTION: entry.direction,
    }
    if kind == COMMUNICATIONS:
        values["hs_communication_channel_type"] = COMMUNICATION_CHANNELS[entry.channel]
        values["hs_communication_logged_from"] = "CRM"
        values["hs_communication_body"] = bodies.render(entry)
    else:
        values["hs_note_body"] = bodies.render(entry)
    if entry.owner:
        values["hubspot_owner_id"] = entry.owner
    types = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": TO_CONTACT[kind]}]
    made = {
        "properties": values,
        "associations": [{"to": {"id": entry.record}, "types": types}],
        "objectWriteTraceId": entry.message,
    }
    return Row(trace=entry.message, input=made, mark=MESSAGE)


def look(transport: Transport, kind: str, doubtful: Sequence[LogEntry]) -> dict[str, str]:
    """Which of these messages stand there already: record id by message id.

    Reads the contacts' associated records, the newest (highest ids) first, and stops when all were found or the rest
    was made well before the first try.
    """
    sought = {entry.message for entry in doubtful}
    since = min((entry.since for entry in doubtful), default=0) - SKEW
    found: dict[str, str] = {}
    ids = sorted(_associated(transport, kind, {entry.record for entry in doubtful}), key=int, reverse=True)
    for start in range(0, len(ids), BATCH):
        if sought <= found.keys():
            break
        part = ids[start : start + BATCH]
        body = {"inputs": [{"id": i} for i in part], "properties": [MESSAGE, CREATED], "propertiesWithHistory": []}
        answer = transport.call(transport.logs[kind].read, body)
        for result in answer.get("results", ()):
            message = (result.get("properties") or {}).get(MESSAGE)
            if message in sought:
                found[message] = str(result["id"])
        if max((_made(result) for result in answer.get("results", ())), default=since) < since:
            break
    return found


def _made(result: Mapping[str, Any]) -> int:
    """When HubSpot made the record, ms; the end of time where it does not say."""
    told = (result.get("properties") or {}).get(CREATED) or result.get("createdAt") or ""
    return millis(str(told)) or 1 << 62


def _associated(transport: Transport, kind: str, contacts: Iterable[str]) -> set[str]:
    """Ids of all records of one kind under these contacts, through all pages."""
    ids: set[str] = set()
    inputs: list[dict[str, Any]] = [{"id": contact} for contact in sorted(contacts)]
    while inputs:
        now, inputs = inputs[:ASSOCIATION_BATCH], inputs[ASSOCIATION_BATCH:]
        answer = transport.call(transport.associations.get_page, CONTACTS, kind, {"inputs": now})
        for result in answer.get("results", ()):
            ids |= {str(to["toObjectId"]) for to in result.get("to", ())}
            after = ((result.get("paging") or {}).get("next") or {}).get("after")
            if after:
                inputs.append({"id": str(result["from"]["id"]), "after": str(after)})
    return ids


def _written(entry: LogEntry, fate: Fate) -> Written:
    return Written(outbox=entry.outbox, record=fate.record, new=fate.new, error=fate.error)
