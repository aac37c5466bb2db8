"""What stands there already: how a lost answer is settled without search, which shows the past only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from hub_hubspot import gone
from hub_hubspot.contacts import millis
from hub_hubspot.paths import ASSOCIATION_BATCH, BATCH, CONTACTS
from hub_hubspot.transport import Transport

CREATED = ("hs_createdate", "createdate")
"""When HubSpot made a record: activities have the first, other objects the second."""
SKEW = 10 * 60_000
"""Milliseconds by which HubSpot's clock and the hub's may differ."""


class Doubt(NamedTuple):
    """A record that may stand under `contact`, with `key` in its property; not made before `since` (ms)."""

    key: str
    contact: str
    since: int


def look(transport: Transport, kind: str, mark: str, doubts: Sequence[Doubt]) -> dict[str, str]:
    """Which of these stand there: record id by key. `mark` is the property that holds the key.

    Reads the contacts' associated records, the newest (highest ids) first, and stops when all were found or the rest
    was made well before the first try. What is under none of them is looked for under what they were merged into.
    """
    found = _under(transport, kind, mark, doubts)
    missing = [doubt for doubt in doubts if doubt.key not in found]
    if missing:
        _, lost = gone.contacts(transport, list(dict.fromkeys(doubt.contact for doubt in missing)), "")
        into = {one.record: one.into for one in lost if one.into}
        moved = [doubt._replace(contact=into[doubt.contact]) for doubt in missing if doubt.contact in into]
        found |= _under(transport, kind, mark, moved) if moved else {}
    return found


def _under(transport: Transport, kind: str, mark: str, doubts: Sequence[Doubt]) -> dict[str, str]:
    sought = {doubt.key for doubt in doubts}
    since = min((doubt.since for doubt in doubts), default=0) - SKEW
    found: dict[str, str] = {}
    ids = sorted(_associated(transport, kind, {doubt.contact for doubt in doubts}), key=int, reverse=True)
    for start in range(0, len(ids), BATCH):
        if sought <= found.keys():
            break
        part = ids[start : start + BATCH]
        body = {"inputs": [{"id": i} for i in part], "properties": [mark, *CREATED], "propertiesWithHistory": []}
        answer = transport.call(transport.batch(kind).read, body)
        for result in answer.get("results", ()):
            key = (result.get("properties") or {}).get(mark)
            if key in sought:
                found[key] = str(result["id"])
        if max((_made(result) for result in answer.get("results", ())), default=since) < since:
            break
    return found


def _made(result: Mapping[str, Any]) -> int:
    """When HubSpot made the record, ms; the end of time where it does not say."""
    properties = result.get("properties") or {}
    told = next((properties[name] for name in CREATED if properties.get(name)), result.get("createdAt") or "")
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
