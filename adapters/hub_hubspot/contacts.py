"""Reading contacts: all of them in pages, and those modified lately."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from hub import Page, Record
from hub.contracts.errors import Unavailable
from hub.identity import identities_of_contact
from hub_hubspot.paths import CONTACT_READS, KEY, SEARCH_PAGE
from hub_hubspot.transport import Transport

OVERLAP = 5 * 60 * 1_000
"""Milliseconds that each look at changes goes back: HubSpot's search shows a change seconds to minutes late."""


def record(result: Mapping[str, Any], region: str) -> Record:
    """A contact as HubSpot shows it. Numbers without a country are read as of `region`."""
    values = {name: str(value) for name, value in (result.get("properties") or {}).items() if value}
    mails = [values.get("email", ""), *values.get("hs_additional_emails", "").split(";")]
    phones = [values.get(name, "") for name in ("phone", "mobilephone", "hs_whatsapp_phone_number")]
    merged = values.get("hs_merged_object_ids", "")
    return Record(
        id=str(result["id"]),
        identities=identities_of_contact([p for p in phones if p], [m for m in mails if m], region),
        key=values.get(KEY, ""),
        name=" ".join(filter(None, (values.get("firstname", ""), values.get("lastname", "")))),
        owner=values.get("hubspot_owner_id", ""),
        created=millis(values.get("createdate") or result.get("createdAt") or ""),
        modified=millis(values.get("lastmodifieddate") or result.get("updatedAt") or ""),
        archived=bool(result.get("archived")),
        merged=tuple(i for i in merged.split(";") if i),
        fields=values,
    )


def millis(text: str) -> int:
    """A HubSpot time (ISO 8601 or milliseconds) in ms; 0 for anything else."""
    if text.isdecimal():
        return int(text)
    try:
        return round(datetime.fromisoformat(text).timestamp() * 1_000)
    except ValueError:
        return 0


def page(transport: Transport, cursor: str, size: int, region: str) -> Page:
    """The page of all contacts after `cursor` (HubSpot's own, "" = the first)."""
    query: dict[str, Any] = {"limit": size, "properties": list(CONTACT_READS), "archived": False}
    if cursor:
        query["after"] = cursor
    answer = transport.call(transport.contact_pages.get_page, **query)
    records = [record(result, region) for result in answer.get("results", ())]
    after = str(((answer.get("paging") or {}).get("next") or {}).get("after") or "")
    if after and after == cursor:
        raise Unavailable("HubSpot's cursor does not advance")
    return Page(records, after or cursor, not after)


class Look(NamedTuple):
    """Where a look at changes stands, as the cursor keeps it: `since:id:start`, in ms.

    It reads on at records modified at or after `since`; with `id` it is among many modified in the very same
    millisecond and goes by record id. `start` is HubSpot's time when the look began (0 = not begun): the next one goes
    back to it, less the overlap.
    """

    since: int
    id: int = 0
    start: int = 0

    @staticmethod
    def parse(cursor: str) -> Look:
        """From the cursor; raises ValueError on another's."""
        since, id_, start = cursor.split(":")
        return Look(int(since), int(id_), int(start))

    def __str__(self) -> str:
        return f"{self.since}:{self.id}:{self.start}"


def changed(transport: Transport, cursor: str, region: str) -> Page:
    """One search page of contacts modified since `cursor`; the adapter's only search.

    A search shows 10,000 rows in all, so pages are not counted but cut by (modified, id): each page is a new search
    from the last row's time on.
    """
    if not cursor:
        return Page((), str(Look(transport.now())), True)
    look = Look.parse(cursor)
    since = look.since if look.start else max(0, look.since - OVERLAP)
    answer = transport.call(transport.contact_search.do_search, _query(since, look.id), search=True)
    start = look.start or transport.now()
    records = [record(result, region) for result in answer.get("results", ())]
    if len(records) < SEARCH_PAGE:
        if look.id:  # that millisecond is read to its end, others follow
            return Page(records, str(Look(since + 1, 0, start)), False)
        return Page(records, str(Look(start)), True)
    newest = records[-1].modified
    if look.id or newest <= since:  # the whole page is of one millisecond: time alone would never advance
        last = max(int(r.id) for r in records) if look.id else 1
        return Page(records, str(Look(since, last, start)), False)
    return Page(records, str(Look(newest, 0, start)), False)


def _query(since: int, after_id: int) -> dict[str, Any]:
    modified = {"propertyName": "lastmodifieddate", "operator": "GTE", "value": str(since)}
    filters, sort = [modified], "lastmodifieddate"
    if after_id:
        modified["operator"] = "EQ"
        filters.append({"propertyName": "hs_object_id", "operator": "GT", "value": str(after_id)})
        sort = "hs_object_id"
    return {
        "filterGroups": [{"filters": filters}],
        "sorts": [sort],
        "properties": list(CONTACT_READS),
        "limit": SEARCH_PAGE,
    }
