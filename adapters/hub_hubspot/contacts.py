"""Contacts as HubSpot shows them, and all of them in pages."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from hub import Page, Record
from hub.contracts.errors import Unavailable
from hub.identity import identities_of_contact
from hub_hubspot.paths import CONTACT_READS, KEY
from hub_hubspot.transport import Transport


def record(result: Mapping[str, Any], region: str, wanted: Collection[str] = ()) -> Record:
    """A contact as HubSpot shows it. Numbers without a country are read as of `region`; `wanted` properties stand in
    `fields` also where they are blank, unless HubSpot has no such property."""
    told = result.get("properties") or {}
    values = {name: str(value) for name, value in told.items() if value}
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
        fields={name: "" for name in wanted if name in told} | values,
    )


def millis(text: str) -> int:
    """A HubSpot time (ISO 8601 or milliseconds) in ms; 0 for anything else."""
    if text.isdecimal():
        return int(text)
    try:
        return round(datetime.fromisoformat(text).timestamp() * 1_000)
    except ValueError:
        return 0


def properties(wanted: Collection[str]) -> list[str]:
    """What is read of a contact: what the hub needs, then what the mapping names."""
    return list(dict.fromkeys((*CONTACT_READS, *sorted(wanted))))


def page(transport: Transport, cursor: str, size: int, region: str, wanted: Collection[str] = ()) -> Page:
    """The page of all contacts after `cursor` (HubSpot's own, "" = the first)."""
    query: dict[str, Any] = {"limit": size, "properties": properties(wanted), "archived": False}
    if cursor:
        query["after"] = cursor
    answer = transport.call(transport.contact_pages.get_page, **query)
    records = [record(result, region, wanted) for result in answer.get("results", ())]
    after = str(((answer.get("paging") or {}).get("next") or {}).get("after") or "")
    if after and after == cursor:
        raise Unavailable("HubSpot's cursor does not advance")
    return Page(records, after or cursor, not after)
