"""Contacts, leads and person accounts as Salesforce shows them; a lead is a contact to the hub. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from hub import Record
from hub.identity import identities_of_contact
from hub_salesforce.paths import ACCOUNT, CONTACT, KEY, LEAD, REPLY_STATUS, REPLY_TEXT
from hub_salesforce.shapes import Shape, canonical
from hub_salesforce.transport import millis

PHONES = {
    CONTACT: ("MobilePhone", "Phone", "HomePhone", "OtherPhone"),
    LEAD: ("MobilePhone", "Phone"),
    ACCOUNT: ("PersonMobilePhone", "Phone", "PersonHomePhone", "PersonOtherPhone"),
}
"""Where a person's numbers stand. Those of an assistant and of a fax are not his."""
MAILS = {CONTACT: ("Email",), LEAD: ("Email",), ACCOUNT: ("PersonEmail",)}
SYSTEM = ("Id", "IsDeleted", "CreatedDate", "SystemModstamp", "LastModifiedById", "OwnerId")
"""Fields that every record is read with."""
WAYS = ("MasterRecordId", "IsConverted", "ConvertedContactId", "ConvertedAccountId", "IsPersonAccount")
"""Fields that tell what became of a person's record."""
PERSON = "IsPersonAccount"
NAMELESS = ("-", "[not provided]")
"""Last names that stand for nobody's: Salesforce takes no person without one."""


def columns(shape: Shape, reads: Iterable[str]) -> list[str]:
    """The fields that a Record of this object needs, of those the organisation has."""
    own = ("Name", "FirstName", "LastName", KEY, REPLY_STATUS, REPLY_TEXT, *PHONES[shape.kind], *MAILS[shape.kind])
    custom = (f"{name[:-1]}pc" for name in (REPLY_STATUS, REPLY_TEXT)) if shape.kind == ACCOUNT else ()
    account = ("AccountId",) if shape.kind == CONTACT else ()
    return shape.names((*SYSTEM, *WAYS, *own, *custom, *account, *sorted(reads)))


def where(shape: Shape) -> str:
    """The condition under which a row of the object is a person of its own: the contact of a person account is read
    as the account, a lead that was converted as the contact. "" = every row is."""
    if shape.kind == LEAD:
        return "IsConverted = false"
    if not shape.name(PERSON):
        return ""
    return f"{PERSON} = {'true' if shape.kind == ACCOUNT else 'false'}"


def record(
    shape: Shape, row: Mapping[str, Any], region: str, reads: Iterable[str], merged: Iterable[str] = ()
) -> Record:
    """A person as Salesforce shows him. Numbers without a country are read as of `region`; `merged` are the ids of
    records that became this one."""

    def texts(names: Iterable[str]) -> list[str]:
        return [value for name in names if (value := str(row.get(name) or ""))]

    return Record(
        id=str(row["Id"]),
        identities=identities_of_contact(texts(PHONES[shape.kind]), texts(MAILS[shape.kind]), region),
        key=str(row.get(KEY) or "").lower(),  # compared without regard to case there, with it in the hub
        name=_name(row),
        owner=str(row.get("OwnerId") or ""),
        created=millis(str(row.get("CreatedDate") or "")),
        modified=millis(str(row.get("SystemModstamp") or "")),
        archived=bool(row.get("IsDeleted")) and not row.get("MasterRecordId"),
        merged=tuple(merged),
        fields={
            asked: canonical(row.get(name), shape.type(name)) for asked in sorted(reads) if (name := shape.name(asked))
        },
    )


def _name(row: Mapping[str, Any]) -> str:
    first, last = str(row.get("FirstName") or ""), str(row.get("LastName") or "")
    if last in NAMELESS:
        return first
    return str(row.get("Name") or "") or " ".join(filter(None, (first, last)))
