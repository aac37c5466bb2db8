"""Contacts read by id, and what became of those that are not there: merged, deleted, or back again.

HubSpot merges two contacts into a new record whose id is neither of theirs; both old ids lead to it when one record is
read by them, but not in a batch. The survivor names them in `hs_merged_object_ids`. A merge is told as the deletion of
both, so a deletion counts as one only after that was looked at.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from hub import Gone, Record
from hub.contracts.errors import NotFound
from hub_hubspot.contacts import properties, record
from hub_hubspot.objects import parts
from hub_hubspot.paths import BATCH
from hub_hubspot.transport import Transport


def contacts(
    transport: Transport, ids: Sequence[str], region: str, wanted: Collection[str] = ()
) -> tuple[list[Record], list[Gone]]:
    """These contacts as they are now: a call per hundred, and one for each that is neither there nor named by a
    survivor among them."""
    there: dict[str, Record] = {}
    for part in parts(ids, BATCH):
        body = {"inputs": [{"id": i} for i in part], "properties": properties(wanted), "propertiesWithHistory": []}
        for result in transport.call(transport.contacts.read, body).get("results", ()):
            found = record(result, region, wanted)
            there[found.id] = found
    into = _survivors(there)
    gone: dict[str, Gone] = {}
    for missing in dict.fromkeys(ids):
        if missing in there or missing in into:
            continue
        try:
            answer = transport.call(transport.contact_pages.get_by_id, missing, properties=properties(wanted))
        except NotFound:
            gone[missing] = Gone(record=missing)
            continue
        found = record(answer, region, wanted)
        there[found.id] = found
        into = _survivors(there) | ({missing: found.id} if found.id != missing else {}) | into
    gone |= {old: Gone(record=old, into=survivor) for old, survivor in into.items() if old not in there}
    return [there[i] for i in dict.fromkeys((*ids, *there)) if i in there], list(gone.values())


def _survivors(there: dict[str, Record]) -> dict[str, str]:
    return {old: found.id for found in there.values() for old in found.merged if old != found.id}
