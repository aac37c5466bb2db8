"""People: linked ones by record id, the others by the hub's key, whatever object they are in this organisation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from hub import PersonWrite, Written
from hub.contracts.errors import NotFound
from hub_salesforce import cures
from hub_salesforce.batches import Writer
from hub_salesforce.cures import Attempt
from hub_salesforce.parents import same
from hub_salesforce.paths import ACCOUNT, CONTACT, KEY, LEAD, kind_of
from hub_salesforce.rows import Fate, Row
from hub_salesforce.settings import SalesforceSettings

NEW = {"contact": CONTACT, "lead": LEAD, "person_account": ACCOUNT}
"""What somebody unknown becomes, by the setting `new_person_as`."""
NOBODY = "-"
"""A last name where none is known: Salesforce takes nobody without one. It is read as none."""
LAST_NAME = 80
"""Characters of a last name."""
PHONES = ("MobilePhone", "Phone", "PersonMobilePhone", "HomePhone", "OtherPhone", "PersonHomePhone")
NO_RULES = ("Sforce-Auto-Assign", "FALSE")
"""A header that leaves the owner alone: else assignment rules give a lead away with each change."""


def upsert(writer: Writer, batch: Sequence[PersonWrite], settings: SalesforceSettings) -> list[Written]:
    """Write people, as `CRM.upsert`; several rows of one person become one, whose later values win."""
    merged: dict[tuple[bool, str], PersonWrite] = {}
    for person in batch:
        merged[_whom(person)] = _both(merged[_whom(person)], person) if _whom(person) in merged else person
    attempts = []
    fates: dict[str, Fate] = {}
    for person in merged.values():
        trace = str(person.outbox)
        if person.record and not kind_of(person.record):
            fates[trace] = Fate(error=NotFound("this id is neither a contact nor a lead nor an account of Salesforce"))
        else:
            attempts.append(linked(person, person.record) if person.record else first(person, settings))
    fates |= cures.write(writer, attempts, repeatable=True)
    return [_written(person.outbox, fates[str(merged[_whom(person)].outbox)]) for person in batch]


def linked(person: PersonWrite, record: str) -> Attempt:
    """The write to a record that stands already. What Salesforce never takes empty is left out where it is empty."""
    kind = kind_of(record)
    needed = _needed(kind)
    values, left_out = _values(person.fields)
    for name in [name for name, value in values.items() if value is None and name.casefold() in needed]:
        del values[name]
        left_out[name] = "Salesforce takes no person without it"
    row = Row(
        trace=str(person.outbox),
        kind=kind,
        values=values | ({KEY: person.key} if person.key else {}),
        record=record,
        parents=(record, str(values.get("AccountId") or "")),
        headers=(NO_RULES,) if kind != CONTACT else (),
    )
    return Attempt(row, needed=needed, allow=True, left_out=left_out)


def first(person: PersonWrite, settings: SalesforceSettings) -> Attempt:
    """The write that makes somebody, unless his key stands there.

    Without a last name: "-" beside a first name, else the name or the phone number that the mapping gives.
    """
    kind = NEW[settings.new_person_as]
    values, left_out = _values(person.fields)
    given = {name.casefold(): name for name in values}
    last = given.get("lastname", "LastName")
    values[last] = values.get(last) or _fallback({name.casefold(): value for name, value in values.items()})
    if kind == LEAD:
        company = given.get("company", "Company")
        values[company] = values.get(company) or settings.company
    row = Row(
        trace=str(person.outbox),
        kind=kind,
        values=values | {KEY: person.key},
        key=KEY,
        parents=(str(values.get("AccountId") or ""),),
        headers=(NO_RULES,) if kind != CONTACT and "ownerid" in given else (),
    )
    link = settings.duplicates == "link"
    relink = partial(linked, person) if link else None
    return Attempt(row, needed=_needed(kind) | {KEY}, relink=relink, allow=not link, left_out=left_out)


def _needed(kind: str) -> frozenset[str]:
    """Fields, in small letters, without which there is nobody."""
    return frozenset({"lastname", "company"} if kind == LEAD else {"lastname"})


def _values(fields: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """Fields as Salesforce takes them, an empty one as null, and what is left out of them."""
    values: dict[str, Any] = {name: value if value != "" else None for name, value in fields.items()}
    left_out: dict[str, str] = {}
    for name, value in fields.items():
        if name.casefold() == "lastname" and len(value) > LAST_NAME:
            values[name] = value[:LAST_NAME]
            left_out[name] = f"cut to {LAST_NAME} characters, as many as Salesforce keeps"
    return values, left_out


def _fallback(given: Mapping[str, Any]) -> str:
    """A last name for somebody who has none; `given` by names in small letters."""
    if given.get("firstname"):
        return NOBODY
    names = ("name", *(phone.casefold() for phone in PHONES))
    return next((str(given[name])[:LAST_NAME] for name in names if given.get(name)), NOBODY)


def _whom(person: PersonWrite) -> tuple[bool, str]:
    return bool(person.record), same(person.record) or person.key


def _both(one: PersonWrite, two: PersonWrite) -> PersonWrite:
    """Two writes of one person in one batch as one; the later values win."""
    return replace(one, key=two.key or one.key, fields={**one.fields, **two.fields})


def _written(outbox: int, fate: Fate) -> Written:
    return Written(outbox=outbox, record=fate.record, new=fate.new, error=fate.error, left_out=fate.left_out)
