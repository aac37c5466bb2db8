"""Tasks, cases, opportunities and accounts as Salesforce shows them, with the people they belong to. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, tzinfo
from typing import Any

from hub import CrmObject
from hub.model.records import ObjectType
from hub_salesforce.paths import (
    ACCOUNT,
    CASE,
    CHANNEL,
    CONTACT,
    DIRECTION,
    LEAD,
    MESSAGE,
    OPPORTUNITY,
    QUERY_PAGE,
    REPLY_STATUS,
    REPLY_TEXT,
    SEQUENCE,
    TASK,
    kind_of,
)
from hub_salesforce.people import PERSON, SYSTEM
from hub_salesforce.shapes import Shape, canonical, select
from hub_salesforce.transport import millis

TYPES: Mapping[str, ObjectType] = {TASK: "task", CASE: "ticket", OPPORTUNITY: "deal", ACCOUNT: "company"}
TITLE = {TASK: "Subject", CASE: "Subject", OPPORTUNITY: "Name", ACCOUNT: "Name"}
STAGE = {TASK: "Status", CASE: "Status", OPPORTUNITY: "StageName"}
SHOWN: Mapping[str, tuple[str, ...]] = {
    TASK: ("Subject", "Status", "Priority", "ActivityDate", "Description", "WhatId"),
    CASE: ("Subject", "Status", "Priority", "CaseNumber", "Origin"),
    OPPORTUNITY: ("Name", "StageName", "Amount", "CloseDate", "IsWon"),
    ACCOUNT: ("Name", "Website", "Phone"),
}
"""Fields that rules and people may see of a record."""
_READ: Mapping[str, tuple[str, ...]] = {
    TASK: ("IsClosed", "WhoId", MESSAGE, DIRECTION, SEQUENCE, CHANNEL, REPLY_STATUS, REPLY_TEXT),
    CASE: ("IsClosed", "ContactId"),
    OPPORTUNITY: ("IsClosed", "ContactId"),
    ACCOUNT: ("MasterRecordId",),
}
ROLE = "OpportunityContactRole"
BESIDE = {
    TASK: ("TaskWhoRelation", "TaskId", "RelationId", "IsDeleted = false", "Id"),
    OPPORTUNITY: (ROLE, "OpportunityId", "ContactId", "IsDeleted = false", "IsPrimary DESC, Id"),
    ACCOUNT: (CONTACT, "AccountId", "Id", "IsDeleted = false", "CreatedDate DESC, Id"),
}
"""Where more people of a record stand: an object, its fields for the record and for the person, which rows count, and
their order."""
MOST = 200
"""People of one record that the hub keeps: some organisations have an account for all whose company is not known."""
CURRENCY = "CurrencyIsoCode"
LOGGED = (DIRECTION, SEQUENCE, CHANNEL)
"""Fields that only a message or note has which the hub logged: such a task is no work of anybody's."""


def columns(shape: Shape, *, person_accounts: bool) -> list[str]:
    """The fields that a CrmObject of this object needs, of those the organisation has."""
    named = shape.names((*SYSTEM, *SHOWN[shape.kind], *_READ[shape.kind], CURRENCY))
    if person_accounts and shape.kind != ACCOUNT and shape.name("AccountId"):
        named += ["AccountId", f"Account.{PERSON}"]
    return named


def beside(kind: str, among: str) -> str:
    """The query for more people of records, as `(record, person)` pairs of the fields that BESIDE names; `among` says
    which ids, as `IN (...)`."""
    of, record, person, counts, order = BESIDE[kind]
    return f"{select([record, person], of, f'{record} {among} AND {counts}')} ORDER BY {order} LIMIT {QUERY_PAGE}"


def crm_object(
    shape: Shape, row: Mapping[str, Any], zone: tzinfo, *, more: Sequence[str] = (), owner_name: str = ""
) -> CrmObject:
    """A record as Salesforce shows it. Days are of the organisation's `zone`; `more` are people of it that stand
    elsewhere."""
    kind = shape.kind
    type_ = TYPES[kind]
    if row.get("IsDeleted"):
        return CrmObject(type=type_, id=str(row["Id"]), archived=True)
    stage = str(row.get(STAGE.get(kind, "")) or "")
    label = shape.label(STAGE[kind], stage) or stage if kind in STAGE else ""
    fields = {name: text for name in SHOWN[kind] if (text := canonical(row.get(name), shape.type(name)))}
    told = {"stage_label": label, "currency": str(row.get(CURRENCY) or ""), "owner_name": owner_name}
    return CrmObject(
        type=type_,
        id=str(row["Id"]),
        title=str(row.get(TITLE[kind]) or ""),
        stage=stage,
        closed=bool(row.get("IsClosed")),
        owner=str(row.get("OwnerId") or ""),
        amount=canonical(row.get("Amount"), "currency") if kind == OPPORTUNITY else "",
        due=midnight(str(row.get("ActivityDate") or ""), zone) if kind == TASK else 0,
        modified=millis(str(row.get("SystemModstamp") or "")),
        contacts=tuple(dict.fromkeys(_contacts(row, more)))[:MOST],
        fields=fields | {name: value for name, value in told.items() if value},
    )


def logged(row: Mapping[str, Any]) -> bool:
    """Whether the task is a message or note that the hub logged."""
    return any(row.get(name) not in (None, "") for name in LOGGED)


def midnight(day: str, zone: tzinfo) -> int:
    """The start of a day `2026-01-31` in ms; 0 for anything else."""
    try:
        return round(datetime.combine(date.fromisoformat(day), time(), zone).timestamp() * 1_000)
    except ValueError:
        return 0


def _contacts(row: Mapping[str, Any], more: Sequence[str]) -> Iterator[str]:
    """The main one first. Where the account is a person, it stands for its contact."""
    if (row.get("Account") or {}).get(PERSON):
        yield str(row["AccountId"])
        return
    for name in ("WhoId", "ContactId"):
        if kind_of(str(row.get(name) or "")) in (CONTACT, LEAD):
            yield str(row[name])
    yield from more
