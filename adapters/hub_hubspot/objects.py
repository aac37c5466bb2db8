"""Reading companies, deals, tickets and tasks: a hundred to a call, with the contacts they belong to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from hub import CrmObject, Owner
from hub.model.records import ObjectType
from hub_hubspot.contacts import millis
from hub_hubspot.paths import (
    ASSOCIATION_BATCH,
    BATCH,
    COMPANIES,
    CONTACTS,
    DEALS,
    KINDS,
    OBJECT_READS,
    OWNER_PAGE,
    TASKS,
    TICKETS,
)
from hub_hubspot.stages import PROPERTIES, Stages
from hub_hubspot.transport import Transport

_TITLE = {COMPANIES: "name", DEALS: "dealname", TICKETS: "subject", TASKS: "hs_task_subject"}
_TYPES = {kind: type_ for type_, kind in KINDS.items()}


def owners(transport: Transport, *, archived: bool = False) -> list[Owner]:
    """HubSpot's owners through all pages, by name or else by mailbox; `archived`: those that left."""
    found, after = [], ""
    while True:
        query: dict[str, Any] = {"limit": OWNER_PAGE, "archived": archived} | ({"after": after} if after else {})
        answer = transport.call(transport.owners().get_page, **query)
        for row in answer.get("results", ()):
            name = " ".join(filter(None, (row.get("firstName"), row.get("lastName"))))
            mail = str(row.get("email") or "")
            found.append(Owner(id=str(row["id"]), name=name or mail, email=mail.lower(), active=not archived))
        following = str(((answer.get("paging") or {}).get("next") or {}).get("after") or "")
        if not following or following == after:
            return found
        after = following


def read(
    transport: Transport, kind: str, ids: Sequence[str], stages: Stages
) -> tuple[list[CrmObject], dict[str, dict[str, str]]]:
    """These records as they are now, and all that was read of them by id. One that is not there is `archived`."""
    values: dict[str, dict[str, str]] = {}
    for part in parts(ids, BATCH):
        body = {
            "inputs": [{"id": i} for i in part],
            "properties": list(OBJECT_READS[kind]),
            "propertiesWithHistory": [],
        }
        for result in transport.call(transport.batch(kind).read, body).get("results", ()):
            told = {n: str(v) for n, v in (result.get("properties") or {}).items() if v}
            values[str(result["id"])] = {"updatedAt": str(result.get("updatedAt") or ""), **told}
    under = contacts_of(transport, kind, [i for i in ids if i in values])
    return [_object(kind, i, values.get(i), under.get(i, ()), stages) for i in dict.fromkeys(ids)], values


def contacts_of(transport: Transport, kind: str, ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The contacts of each record, the first associated first; a call for up to 1,000 records."""
    found: dict[str, tuple[str, ...]] = {}
    inputs: list[dict[str, Any]] = [{"id": i} for i in ids]
    while inputs:
        now, inputs = inputs[:ASSOCIATION_BATCH], inputs[ASSOCIATION_BATCH:]
        answer = transport.call(transport.associations.get_page, kind, CONTACTS, {"inputs": now})
        for result in answer.get("results", ()):
            id_ = str(result["from"]["id"])
            found[id_] = (*found.get(id_, ()), *(str(to["toObjectId"]) for to in result.get("to", ())))
            after = ((result.get("paging") or {}).get("next") or {}).get("after")
            if after:
                inputs.append({"id": id_, "after": str(after)})
    return found


def parts(ids: Sequence[str], size: int) -> Iterator[list[str]]:
    """The ids without repetitions, so many at a time."""
    once = list(dict.fromkeys(ids))
    for start in range(0, len(once), size):
        yield once[start : start + size]


def _object(kind: str, id_: str, values: Mapping[str, str] | None, under: Sequence[str], stages: Stages) -> CrmObject:
    type_ = cast(ObjectType, _TYPES[kind])
    if values is None:
        return CrmObject(type=type_, id=id_, archived=True)
    stage, label, closed = "", "", False
    if kind in PROPERTIES:
        pipeline, name = PROPERTIES[kind]
        stage = values.get(name, "")
        if stage and (known := stages[kind].of(f"{values.get(pipeline, '')}/{stage}")):
            label, closed = known.label, known.closed
    elif kind == TASKS:
        stage = values.get("hs_task_status", "")
        closed = stage == "COMPLETED"
    fields = {name: values[name] for name in OBJECT_READS[kind] if name in values}
    return CrmObject(
        type=type_,
        id=id_,
        title=values.get(_TITLE[kind], ""),
        stage=stage,
        closed=closed,
        owner=values.get("hubspot_owner_id", ""),
        amount=values.get("amount", "") if kind == DEALS else "",
        due=millis(values.get("hs_timestamp", "")) if kind == TASKS else 0,
        modified=millis(values.get("hs_lastmodifieddate") or values["updatedAt"]),
        contacts=tuple(under),
        fields=fields | ({"stage_label": label} if label else {}),
    )
