"""People written in batches: by record id, or by the hub's own key; what HubSpot does not take is left out and told."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial

from hub import PersonWrite, Written
from hub_hubspot import batches
from hub_hubspot.batches import Fate, Row
from hub_hubspot.errors import BadProperties, Taken
from hub_hubspot.paths import KEY
from hub_hubspot.transport import Transport

AGAIN = 3
"""Times that what HubSpot refused is sent again without the properties that it named, or to the record it named."""


def upsert(transport: Transport, batch: Sequence[PersonWrite]) -> list[Written]:
    """Linked people by record id, the others by key, one call each for up to a hundred.

    A new person whose mailbox a contact has already is written there, if that contact is nobody's in the hub; else he
    stands without the mailbox.
    """
    people: dict[str, PersonWrite] = {}
    for person in batch:
        name = _name(person)
        people[name] = _both(people[name], person) if name in people else person
    left_out: dict[str, dict[str, str]] = {name: {} for name in people}
    sent = dict(people)
    fates = _send(transport, sent)
    for _ in range(AGAIN):
        again: dict[str, PersonWrite] = {}
        taken: dict[str, Taken] = {}
        for name, fate in fates.items():
            person, error = sent[name], fate.error
            if isinstance(error, BadProperties) and (bad := error.reasons.keys() & person.fields.keys()):
                left_out[name] |= {field: f"HubSpot does not take it: {error.reasons[field]}" for field in sorted(bad)}
                again[name] = replace(person, fields={f: v for f, v in person.fields.items() if f not in bad})
            elif isinstance(error, Taken) and "email" in person.fields:
                taken[name] = error
        free = _nobodys(transport, {e.owner for name, e in taken.items() if not sent[name].record})
        for name, error in taken.items():
            person = sent[name]
            if not person.record and error.owner in free:
                free.discard(error.owner)  # a second one with this mailbox is somebody else
                again[name] = replace(person, record=error.owner)
            else:
                left_out[name]["email"] = str(error)
                again[name] = replace(person, fields={f: v for f, v in person.fields.items() if f != "email"})
        if not again:
            break
        sent |= again
        fates |= _send(transport, again)
    return [_written(person, fates[_name(person)], left_out[_name(person)]) for person in batch]


def _nobodys(transport: Transport, records: Collection[str]) -> set[str]:
    """Those of these contacts that carry no key of the hub; one call."""
    if not records:
        return set()
    body = {"inputs": [{"id": i} for i in sorted(records)], "properties": [KEY], "propertiesWithHistory": []}
    found = transport.call(transport.contacts.read, body).get("results", ())
    return {str(row["id"]) for row in found if not (row.get("properties") or {}).get(KEY)}


def _send(transport: Transport, people: Mapping[str, PersonWrite]) -> dict[str, Fate]:
    """The fate of each by its name."""
    api = transport.contacts
    rows = {name: _row(person) for name, person in people.items()}
    fates: dict[str, Fate] = {}
    for method, linked in ((api.update, True), (api.upsert, False)):
        wanted = [rows[name] for name, person in people.items() if bool(person.record) is linked]
        for wave in batches.waves(wanted, unique=(KEY, "email")):
            fates |= batches.write(wave, partial(transport.send, method), repeatable=True)
    return {name: fates[row.trace] for name, row in rows.items()}


def _written(person: PersonWrite, fate: Fate, left_out: Mapping[str, str]) -> Written:
    if fate.error is not None:
        return Written(outbox=person.outbox, error=fate.error)
    own = {field: why for field, why in left_out.items() if field in person.fields}
    return Written(outbox=person.outbox, record=fate.record, new=fate.new and not person.record, left_out=own)


def _name(person: PersonWrite) -> str:
    return f"id {person.record}" if person.record else f"key {person.key}"


def _both(first: PersonWrite, second: PersonWrite) -> PersonWrite:
    """Two writes of one contact in one batch as one; the later values win."""
    return replace(first, key=second.key or first.key, fields={**first.fields, **second.fields})


def _row(person: PersonWrite) -> Row:
    values = {name: str(value) for name, value in person.fields.items()}
    if person.key:
        values[KEY] = person.key
    made: dict[str, object] = {"properties": values, "objectWriteTraceId": f"hub-{person.outbox}"}
    # HubSpot wants idProperty for an upsert and no idProperty for an update by record id
    made |= {"id": person.record} if person.record else {"id": person.key, "idProperty": KEY}
    return Row(trace=f"hub-{person.outbox}", input=made, mark=KEY)
