"""What the simulated organisation does by itself: fields that follow from others, records that come with others.

Source: Salesforce's documentation ("Object Reference": Task, Case, Opportunity, ContentVersion, person accounts).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from hub_salesforce.paths import ACCOUNT, CASE, CONTACT, LEAD, OPPORTUNITY, TASK
from hub_salesforce.simulator_fields import CHOICES, EVENT, PERSON_MIRROR
from hub_salesforce.simulator_rows import SHARED
from hub_salesforce.simulator_schema import kind_of
from hub_salesforce.simulator_values import is_indexed

if TYPE_CHECKING:
    from hub_salesforce.simulator_org import Org
    from hub_salesforce.simulator_rows import Row

Values = Mapping[str, Any]


def derive(org: Org, kind: str, values: dict[str, Any], written: Values) -> None:
    """Fill in the fields that follow from others."""
    if kind in (CONTACT, LEAD) or (kind == ACCOUNT and values.get("IsPersonAccount")):
        values["Name"] = " ".join(str(values[n]) for n in ("FirstName", "LastName") if values.get(n))
    elif kind == CASE:
        values.setdefault("CaseNumber", f"{len(org.rows[CASE]):08}")
        contact = org.find(CONTACT, str(values.get("ContactId") or ""))
        if contact:
            values["ContactEmail"], values["ContactPhone"] = contact.values.get("Email"), contact.values.get("Phone")
            if "ContactId" in written and "AccountId" not in written:
                values["AccountId"] = contact.values.get("AccountId")
        _ends(org, kind, values, "Status", "ClosedDate")
    elif kind == TASK:
        _ends(org, kind, values, "Status", "CompletedDateTime")
        values["IsHighPriority"] = values.get("Priority") == "High"
    elif kind == OPPORTUNITY:
        stage = str(values.get("StageName"))
        values["IsClosed"], values["IsWon"] = stage in org.closed[kind], stage in org.closed[kind] and "Won" in stage
        if "StageName" in written and "Probability" not in written:
            values["Probability"] = 100.0 if values["IsWon"] else 0.0 if values["IsClosed"] else 10.0
    if kind in (TASK, EVENT) and {"WhoId", "WhatId"} & written.keys():
        what = str(values.get("WhatId") or "")
        if kind_of(what) == ACCOUNT:
            values["AccountId"] = what
        else:
            source = org.find(kind_of(what), what) if kind_of(what) == OPPORTUNITY else None
            source = source or org.find(CONTACT, str(values.get("WhoId") or ""))
            values["AccountId"] = source.values.get("AccountId") if source else None


def _ends(org: Org, kind: str, values: dict[str, Any], status: str, at: str) -> None:
    closed = values.get(status) in org.closed[kind]
    if closed != bool(values.get("IsClosed")):
        values[at] = values["LastModifiedDate"] if closed else None
    values["IsClosed"] = closed


def follow(org: Org, row: Row, before: Values, user: str) -> None:
    """Write what a record brings with it: the contact of a person account, the document of a file, links, roles."""
    if row.type == ACCOUNT and row.values.get("IsPersonAccount"):
        _mirror(org, row, user)
    elif row.type == "ContentVersion" and not before:
        _document(org, row, user)
    elif row.type == OPPORTUNITY and not before and row.values.get("ContactId"):
        role = {"OpportunityId": row.id, "ContactId": row.values["ContactId"], "IsPrimary": True}
        org.put("OpportunityContactRole", role, user=user)
    elif row.type == TASK and org.shared_activities and row.values.get("WhoId") != before.get("WhoId"):
        for relation in org.matching(SHARED, "TaskId", row.id):
            if relation.values["RelationId"] == before.get("WhoId"):
                org.put(SHARED, {"IsDeleted": True}, relation, user=user)
        if row.values.get("WhoId"):
            relate(org, row, str(row.values["WhoId"]), user)


def relate(org: Org, task: Row, who: str, user: str) -> None:
    """Name somebody among the people of a task."""
    values = {"TaskId": task.id, "RelationId": who, "Type": kind_of(who), "AccountId": task.values.get("AccountId")}
    org.put(SHARED, values, user=user)


def _mirror(org: Org, account: Row, user: str) -> None:
    shared = {theirs: account.values.get(mine) for mine, theirs in shared_with_contact(org)}
    contact = org.find(CONTACT, str(account.values.get("PersonContactId", "")))
    if contact is None:
        made = org.put(CONTACT, {**shared, "AccountId": account.id, "IsPersonAccount": True}, user=user)
        org.put(ACCOUNT, {"PersonContactId": made.id}, account, user=user)
    elif any(contact.values.get(name) != value for name, value in shared.items()):
        org.put(CONTACT, shared, contact, user=user)


def shared_with_contact(org: Org) -> list[tuple[str, str]]:
    """What a person account and its hidden contact share: (field of the account, field of the contact)."""
    custom = [field.name for field in org.fields(CONTACT).values() if field.custom]
    return [*PERSON_MIRROR.items(), *((name.removesuffix("__c") + "__pc", name) for name in custom)]


def _document(org: Org, version: Row, user: str) -> None:
    data, path = str(version.values["VersionData"]), str(version.values.get("PathOnClient", ""))
    size = len(data) * 3 // 4 - data.count("=")
    more: dict[str, Any] = {"ContentSize": size, "FileExtension": path.rpartition(".")[2], "IsLatest": True}
    more["Title"] = version.values.get("Title") or path.rpartition(".")[0]
    document = {"Title": more["Title"], "ContentSize": size, "FileExtension": more["FileExtension"]}
    document |= {"LatestPublishedVersionId": version.id, "OwnerId": version.values.get("OwnerId", user)}
    known = org.find("ContentDocument", str(version.values.get("ContentDocumentId") or ""))
    made = org.put("ContentDocument", document, known, user=user)
    org.put("ContentVersion", {**more, "ContentDocumentId": made.id}, version, user=user)
    if place := version.values.get("FirstPublishLocationId"):
        link = {"ContentDocumentId": made.id, "LinkedEntityId": place, "ShareType": "V", "Visibility": "AllUsers"}
        org.put("ContentDocumentLink", link, user=user)


def children(org: Org, row: Row) -> Iterator[tuple[Row, str]]:
    """The records that name this one, and by which field."""
    kinds = (CONTACT, OPPORTUNITY, CASE, TASK, EVENT, "OpportunityContactRole", "ContentDocumentLink", ACCOUNT, SHARED)
    for kind in (kind for kind in kinds if kind in org.rows):
        for field in list(org.fields(kind).values()):
            if field.type == "reference" and row.type in field.refers and is_indexed(field):
                yield from ((child, field.name) for child in org.matching(kind, field.name, row.id))


def belongs(kind: str, name: str) -> bool:
    """Whether a record is deleted with the one it names by this field; else the field is emptied."""
    return (kind, name) in {
        (CONTACT, "AccountId"),
        (OPPORTUNITY, "AccountId"),
        ("OpportunityContactRole", "OpportunityId"),
        ("OpportunityContactRole", "ContactId"),
        (SHARED, "TaskId"),
        (SHARED, "RelationId"),
        ("ContentDocumentLink", "LinkedEntityId"),
        ("ContentDocumentLink", "ContentDocumentId"),
    }


def furnish(org: Org) -> None:
    """Put the organisation, its first users, its choices and what else is set up there."""
    org.put("Organization", _COMPANY, user="")
    for name in ("Integration User", "Sam Seller", "Alex Agent"):
        org.add_user(name)
    org.add_user("Lee Left", active=False)
    org.put("Group", {"Name": "Support", "DeveloperName": "Support", "Type": "Queue"}, user=org.me)
    for kind, name, listed in LISTED:
        for number, text in enumerate(CHOICES[kind, name].split(";"), 1):
            add_choice(org, kind, listed, text, number)
    for name, person in (("Business Account", False), ("Person Account", True)):
        values = {"Name": name, "DeveloperName": name.replace(" ", "_"), "SobjectType": ACCOUNT}
        org.put("RecordType", {**values, "IsActive": True, "IsPersonType": person}, user=org.me)
    for code, rate in (("EUR", 1.0), ("USD", 1.1)):
        currency = {"IsoCode": code, "IsActive": True, "IsCorporate": code == "EUR", "DecimalPlaces": 2}
        org.put("CurrencyType", {**currency, "ConversionRate": rate}, user=org.me)


def add_choice(org: Org, kind: str, listed: str, text: str, number: int) -> None:
    """A choice as a record of the object that lists it; a star at its end makes it the default."""
    name = text.rstrip("*")
    values: dict[str, Any] = {"MasterLabel": name, "ApiName": name, "SortOrder": number}
    values |= {"IsDefault": text.endswith("*"), "IsClosed": name in org.closed[kind]}
    if listed == "OpportunityStage":
        won = values["IsClosed"] and "Won" in name
        values |= {"IsActive": True, "IsWon": won, "DefaultProbability": 100.0 if won else 10.0}
        del values["IsDefault"]
    org.put(listed, values, user=org.me)


LISTED = (
    (TASK, "Status", "TaskStatus"),
    (CASE, "Status", "CaseStatus"),
    (OPPORTUNITY, "StageName", "OpportunityStage"),
)
"""Picklists whose choices are records too: object, field, and the object that lists them."""
_COMPANY: Values = {
    "Name": "Example Ltd",
    "TimeZoneSidKey": "Europe/London",
    "LanguageLocaleKey": "en_US",
    "DefaultLocaleSidKey": "en_GB",
    "OrganizationType": "Developer Edition",
    "InstanceName": "SIM1",
    "IsSandbox": False,
}
