"""Reading companies, deals, tickets and tasks: a hundred to a call, with the contacts they belong to."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar, cast

from hub import CrmObject
from hub.contracts.errors import AuthFailed
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
from hub_hubspot.transport import Transport

HOUR = 3_600.0
MINUTE = 60.0
_TITLE = {COMPANIES: "name", DEALS: "dealname", TICKETS: "subject", TASKS: "hs_task_subject"}
_STAGE = {DEALS: ("pipeline", "dealstage"), TICKETS: ("hs_pipeline", "hs_pipeline_stage")}
_TYPES = {kind: type_ for type_, kind in KINDS.items()}
T = TypeVar("T")


class Kept(dict[str, T]):
    """What HubSpot's administrators set up and seldom change: read once and again every hour, at the earliest a minute
    after the last reading where something is asked for that is not there. `clock` gives monotonic seconds."""

    def __init__(self, read: Callable[[], Mapping[str, T]], clock: Callable[[], float]) -> None:
        super().__init__()
        self._read, self._clock = read, clock
        self._at: float | None = None
        self._lock = threading.Lock()

    def of(self, name: str) -> T | None:
        """The entry, None if there is none or the token may not read them."""
        with self._lock:
            age = HOUR if self._at is None else self._clock() - self._at
            if age >= HOUR or (name not in self and age >= MINUTE):
                try:
                    fresh = self._read()
                except AuthFailed:
                    fresh = dict(self)  # ids do without names
                self.clear()
                self.update(fresh)
                self._at = self._clock()
            return self.get(name)


def stages(transport: Transport) -> Mapping[str, tuple[str, bool]]:
    """Label and whether it ends the record, by `kind/pipeline/stage`; two calls. Left out: what may not be read."""
    found = {}
    for kind in _STAGE:
        try:
            answer = transport.call(transport.stages().get_all, kind)
        except AuthFailed:
            continue
        for pipeline in answer.get("results", ()):
            for stage in pipeline.get("stages", ()):
                told = stage.get("metadata") or {}
                closed = told.get("isClosed") == "true" or told.get("ticketState") == "CLOSED"
                found[f"{kind}/{pipeline['id']}/{stage['id']}"] = (str(stage.get("label", "")), closed)
    return found


def owners(transport: Transport) -> Mapping[str, str]:
    """The names of HubSpot's owners by id, through all pages; the mailbox where there is no name."""
    found, after = {}, ""
    while True:
        query: dict[str, Any] = {"limit": OWNER_PAGE, "archived": False} | ({"after": after} if after else {})
        answer = transport.call(transport.owners().get_page, **query)
        for row in answer.get("results", ()):
            name = " ".join(filter(None, (row.get("firstName"), row.get("lastName"))))
            found[str(row["id"])] = name or str(row.get("email") or "")
        following = str(((answer.get("paging") or {}).get("next") or {}).get("after") or "")
        if not following or following == after:
            return found
        after = following


def read(
    transport: Transport, kind: str, ids: Sequence[str], known: Kept[tuple[str, bool]]
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
    return [_object(kind, i, values.get(i), under.get(i, ()), known) for i in dict.fromkeys(ids)], values


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


def _object(
    kind: str, id_: str, values: Mapping[str, str] | None, under: Sequence[str], known: Kept[tuple[str, bool]]
) -> CrmObject:
    type_ = cast(ObjectType, _TYPES[kind])
    if values is None:
        return CrmObject(type=type_, id=id_, archived=True)
    stage, label, closed = "", "", False
    if kind in _STAGE:
        pipeline, name = _STAGE[kind]
        stage = values.get(name, "")
        label, closed = known.of(f"{kind}/{values.get(pipeline, '')}/{stage}") or ("", False) if stage else ("", False)
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
