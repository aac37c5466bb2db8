"""What people do in the simulated organisation by hand: edit, delete, restore, merge, convert, and change the set-up.

Source: Salesforce's documentation ("Merge Duplicates", "Convert Leads", "Recycle Bin", "Custom Fields").
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from hub_salesforce import simulator_own as own
from hub_salesforce.paths import ACCOUNT, CASE, CONTACT, LEAD, OPPORTUNITY
from hub_salesforce.simulator_fields import USER
from hub_salesforce.simulator_org import Org, Rejected, Row
from hub_salesforce.simulator_rules import duplicate_value

Values = Mapping[str, Any]
_LEAD_TO_CONTACT: Mapping[str, str] = {
    **{n: n for n in ("Salutation", "FirstName", "LastName", "Email", "Phone", "MobilePhone", "Fax", "Title")},
    **{n: n for n in ("LeadSource", "Description", "OwnerId", "HasOptedOutOfEmail", "DoNotCall")},
    **{"Street": "MailingStreet", "City": "MailingCity", "State": "MailingState"},
    **{"PostalCode": "MailingPostalCode", "Country": "MailingCountry"},
}


class Converted(NamedTuple):
    """Ids of what a lead became; `opportunity` "" = none."""

    contact: str
    account: str
    opportunity: str


def human(org: Org) -> str:
    """The id of the user who does all this, not the one that integrations log in as."""
    return list(org.rows[USER])[1]


def add(org: Org, kind: str, values: Values) -> str:
    """Somebody makes a record and saves it whatever duplicates are shown; returns the id. Raises Rejected."""
    with _patient(org):
        return org.insert(kind, values, user=human(org), allow_duplicates=True).id


def edit(org: Org, id_: str, values: Values) -> None:
    """Somebody changes fields of a record; "" blanks one. Raises Rejected."""
    with _patient(org):
        org.update(id_, values, user=human(org), allow_duplicates=True)


def remove(org: Org, id_: str) -> None:
    """Somebody deletes a record; it can be restored. Raises Rejected."""
    with _patient(org):
        org.delete(id_, user=human(org))


def restore(org: Org, id_: str) -> None:
    """Take a record out of the recycle bin, with what was deleted with it. Raises Rejected."""
    row = _binned(org, id_)
    for field in org.fields(row.type).values():
        value = row.values.get(field.name)
        if field.unique and value is not None and (others := org.matching(row.type, field.name, str(value))):
            raise duplicate_value(field, others[0].id)
    user = human(org)
    org.put(row.type, {"IsDeleted": False, "MasterRecordId": None}, row, user=user)
    for child_id, name in org.taken.pop(row.id, []):
        child = next((rows[child_id] for rows in org.rows.values() if child_id in rows), None)
        if child is None:
            continue
        if own.belongs(child.type, name):
            if child.deleted:
                restore(org, child.id)
        elif not child.values.get(name) and not child.deleted:
            org.put(child.type, {name: row.id}, child, user=user)


def purge(org: Org, id_: str) -> None:
    """Empty the recycle bin of a record and of what was deleted with it: gone for good. Raises Rejected."""
    row = _binned(org, id_)
    for child_id, _ in org.taken.pop(row.id, []):
        for rows in org.rows.values():
            if child_id in rows and rows[child_id].deleted:
                purge(org, child_id)
    org.purge(row)


def merge(org: Org, winner: str, loser: str, take: Sequence[str] = ()) -> str:
    """Merge two contacts, leads, accounts or cases; returns the winner's id. Raises Rejected.

    The loser is deleted, names the winner as its master and loses its external ids; what hangs on it moves. The winner
    keeps its values, empty ones too, but for the fields in `take`, which it gets from the loser.
    """
    left, gone = org.existing(winner), org.existing(loser)
    if left.type != gone.type or left.id == gone.id or left.type not in (CONTACT, LEAD, ACCOUNT, CASE):
        raise Rejected("MERGE_FAILED", f"{left.id} and {gone.id} cannot be merged")
    if any(row.values.get("IsConverted") for row in (left, gone)):
        raise Rejected("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead")
    if left.values.get("PersonContactId") and gone.values.get("PersonContactId"):
        _merge(org, org.existing(left.values["PersonContactId"]), org.existing(gone.values["PersonContactId"]), {})
    _merge(org, left, gone, {name: gone.values.get(name) for name in take})
    return left.id


def _merge(org: Org, left: Row, gone: Row, chosen: Values) -> None:
    user = human(org)
    for child, name in list(own.children(org, gone)):
        if child.id != left.id:
            org.put(child.type, {name: left.id}, child, user=user)
    keys = {field.name: None for field in org.fields(gone.type).values() if field.external}
    org.put(gone.type, {**keys, "IsDeleted": True, "MasterRecordId": left.id}, gone, user=user)
    before = left.values
    org.put(left.type, chosen, left, user=user)
    own.follow(org, left, before, user)


def convert(org: Org, lead: str, *, contact: str = "", account: str = "", opportunity: str = "") -> Converted:
    """Convert a lead into a contact of an account, new ones or those given, and an opportunity where it has a name.

    Custom fields reach the contact only if `org.lead_fields` names them; tasks move to it. Raises Rejected.
    """
    row = org.existing(lead)
    if row.type != LEAD or row.values.get("IsConverted"):
        raise Rejected("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead")
    user = human(org)
    values = {to: row.values[name] for name, to in _LEAD_TO_CONTACT.items() if name in row.values}
    values |= {n: row.values[n] for n in org.lead_fields if n in row.values and n in org.fields(CONTACT)}
    company = {"Name": row.values.get("Company"), "Phone": row.values.get("Phone"), "OwnerId": row.values["OwnerId"]}
    if contact:
        person = org.existing(contact)
        org.put(CONTACT, {n: v for n, v in values.items() if n not in person.values}, person, user=user)
        account = str(person.values.get("AccountId", "")) or account or org.put(ACCOUNT, company, user=user).id
        if not person.values.get("AccountId"):
            org.put(CONTACT, {"AccountId": account}, person, user=user)
    elif org.person_accounts and not row.values.get("Company"):
        account, person = _person_account(org, values, user)
    else:
        account = account or org.put(ACCOUNT, company, user=user).id
        person = org.put(CONTACT, {**values, "AccountId": account}, user=user)
    made = ""
    if opportunity:
        day = _today(org)
        deal = {"Name": opportunity, "AccountId": account, "StageName": "Prospecting", "CloseDate": day}
        made = org.put(OPPORTUNITY, {**deal, "ContactId": person.id, "OwnerId": row.values["OwnerId"]}, user=user).id
        own.follow(org, org.existing(made), {}, user)
    for child, name in list(own.children(org, row)):
        org.put(child.type, {name: person.id}, child, user=user)
    ended: dict[str, Any] = {
        "ConvertedContactId": person.id,
        "ConvertedAccountId": account,
        "ConvertedOpportunityId": made or None,
    }
    ended |= {"IsConverted": True, "ConvertedDate": _today(org), "Status": "Closed - Converted"}
    org.put(LEAD, ended, row, user=user)
    return Converted(person.id, account, made)


def _person_account(org: Org, values: Values, user: str) -> tuple[str, Row]:
    by_contact = {theirs: mine for mine, theirs in own.shared_with_contact(org)}
    person = {by_contact[name]: value for name, value in values.items() if name in by_contact}
    type_ = next(r.id for r in org.rows["RecordType"].values() if r.values["IsPersonType"])
    account = org.put(ACCOUNT, {**person, "RecordTypeId": type_, "IsPersonAccount": True}, user=user)
    own.follow(org, account, {}, user)
    return account.id, org.existing(str(account.values["PersonContactId"]))


def relate(org: Org, task: str, who: str) -> None:
    """Name one more contact among the people of a task; needs `org.shared_activities`. Raises Rejected."""
    own.relate(org, org.existing(task), org.existing(who).id, human(org))


def change_choices(
    org: Org, full_name: str, names: Sequence[str], *, closed: Sequence[str] = (), restricted: bool = True
) -> None:
    """Give a picklist such as Task.Status other choices; the first one is the default, those in `closed` end a record.

    Records keep what they have.
    """
    kind, _, name = full_name.partition(".")
    org.change_field(full_name, options=tuple(names), default=names[0], restricted=restricted)
    for of, field, listed in own.LISTED:
        if (of, field) == (kind, name):
            org.closed[kind] = set(closed)
            for row in list(org.rows[listed].values()):
                org.purge(row)
            for number, choice in enumerate(names, 1):
                own.add_choice(org, kind, listed, choice + ("*" if number == 1 else ""), number)


def leave(org: Org, user: str) -> None:
    """A user leaves the company: he keeps what he owns, and can be given nothing any more."""
    org.put(USER, {"IsActive": False}, org.existing(user), user=human(org))


def _binned(org: Org, id_: str) -> Row:
    row = next((found for kind in org.rows if (found := org.find(kind, id_, deleted=True))), None)
    if row is None or not row.deleted:
        raise Rejected("UNDELETE_FAILED", "entity is not in the recycle bin")
    return row


def _today(org: Org) -> str:
    return datetime.fromtimestamp(org.now() / 1_000, ZoneInfo(org.zone)).date().isoformat()


@contextmanager
def _patient(org: Org) -> Iterator[None]:
    """People save again until it is done: locks do not stop them."""
    share, org.lock_share = org.lock_share, 0.0
    try:
        yield
    finally:
        org.lock_share = share
