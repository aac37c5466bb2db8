"""What the simulated organisation refuses of a record, and of a new field.

Codes and the order of checks are those of Salesforce's documentation ("Status Codes", "Triggers and Order of
Execution", "Duplicate Rules").
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hub_salesforce.paths import ACCOUNT, CONTACT, LEAD, TASK
from hub_salesforce.simulator_fields import EVENT, SETUP, USER
from hub_salesforce.simulator_schema import Field, custom, kind_of, whole_id
from hub_salesforce.simulator_values import Rejected, converted

if TYPE_CHECKING:
    from hub_salesforce.simulator_org import Org
    from hub_salesforce.simulator_rows import Row, Rows

Values = Mapping[str, Any]
PEOPLE = (CONTACT, LEAD)
_NAME = re.compile(r"[A-Za-z](?:_?[A-Za-z0-9])*__c")


@dataclass(frozen=True, slots=True)
class DuplicateRule:
    """Takes people with the same e-mail (case ignored) or the same digits of any phone for one, among `against`.

    `block` refuses always; else it alerts, which refuses a write of the API that does not allow duplicates.
    """

    name: str = "Standard_Person_Duplicate_Rule"
    types: tuple[str, ...] = PEOPLE
    against: tuple[str, ...] = PEOPLE
    by: tuple[str, ...] = ("email", "phone")
    block: bool = False
    on_edit: bool = True


@dataclass(frozen=True, slots=True)
class ValidationRule:
    """Refuses records of an object for which `wrong` says so, in the words of whoever wrote the rule."""

    type: str
    wrong: Callable[[Values], bool]
    message: str
    field: str = ""


def field_named(org: Rows, kind: str, name: str) -> Field | None:
    """A field by its name, case ignored."""
    table = org.fields(kind)
    if name in table:
        return table[name]
    return next((f for n, f in table.items() if n.casefold() == name.casefold()), None)


def clean(org: Org, kind: str, given: Values, row: Row | None, user: str) -> dict[str, Any]:
    """The values of a write as they are kept, with what a new record gets by itself. Raises Rejected."""
    values: dict[str, Any] = {}
    for name, value in given.items():
        if name == "attributes":
            continue
        field = field_named(org, kind, name)
        if field is None:
            field, value = _by_key(org, kind, name, value)
        if field.name == "Id" and row is not None and whole_id(value) == row.id:
            continue
        if not (field.createable if row is None else field.updateable):
            told = f"Unable to create/update fields: {field.name}. Please check the security settings of this field"
            raise Rejected("INVALID_FIELD_FOR_INSERT_UPDATE", told, (field.name,))
        values[field.name] = converted(org, kind, field, value)
    person = _person(org, kind, values, row)
    if row is None:
        for field in org.fields(kind).values():
            if field.default is not None and values.get(field.name) is None and (field.createable or kind not in SETUP):
                values[field.name] = field.default
        if values.get("OwnerId") is None and "OwnerId" in org.fields(kind):
            values["OwnerId"] = user
    _needed(org, kind, values, row, person)
    return values


def _by_key(org: Org, kind: str, name: str, value: Any) -> tuple[Field, Any]:
    """The reference behind {"Account": {"Hub_Key__c": "x"}}."""
    field = next((f for f in org.fields(kind).values() if f.relation == name), None)
    if field is None or not isinstance(value, Mapping):
        raise Rejected("INVALID_FIELD", f"No such column '{name}' on sobject of type {kind}", (name,))
    attributes = value.get("attributes")
    target = str(attributes.get("type", "")) if isinstance(attributes, Mapping) else ""
    keys = [(n, v) for n, v in value.items() if n != "attributes"]
    if len(field.refers) > 1 and not (org.polymorphic_keys and target in field.refers):
        raise Rejected("INVALID_FIELD", f"No such column '{name}' on sobject of type {kind}", (name,))
    target = target or field.refers[0]
    known = field_named(org, target, keys[0][0]) if len(keys) == 1 else None
    if known is None or not known.external:
        raise Rejected("INVALID_FIELD", f"{name} names no external id of {target}", (name,))
    found = org.matching(target, known.name, str(keys[0][1]))
    if len(found) != 1:
        told = f"Foreign key external ID: {keys[0][1]} not found for field {known.name} in entity {target}"
        raise Rejected("INVALID_FIELD", told, (field.name,))
    return field, found[0].id


def _person(org: Org, kind: str, values: dict[str, Any], row: Row | None) -> bool:
    """Whether this is, or becomes, a person account; refuses a person's fields on a business and the reverse."""
    if kind != ACCOUNT or not org.person_accounts:
        return False
    type_ = values.get("RecordTypeId")
    if row is not None and type_ is None:
        person = bool(row.values.get("IsPersonAccount"))
    elif type_ is not None:
        person = bool(org.rows["RecordType"][type_].values.get("IsPersonType"))
    else:
        person = values.get("LastName") is not None
        made = (r.id for r in org.rows["RecordType"].values() if r.values.get("IsPersonType") == person)
        values["RecordTypeId"] = next(made)
    table = org.fields(kind)
    wrong = ["Name"] if person else [n for n in values if table[n].person and n != "RecordTypeId"]
    if bad := [name for name in wrong if values.get(name) not in (None, False)]:
        told = f"Account: bad field names on insert/update call: {', '.join(bad)}"
        raise Rejected("INVALID_FIELD_FOR_INSERT_UPDATE", told, tuple(bad))
    values["IsPersonAccount"] = person
    return person


def _needed(org: Org, kind: str, values: dict[str, Any], row: Row | None, person: bool) -> None:
    needed = {f.name for f in org.fields(kind).values() if f.required}
    if kind == ACCOUNT and person:
        needed = (needed - {"Name"}) | {"LastName"}
    if kind == LEAD and org.person_accounts:
        needed -= {"Company"}
    if kind == "ContentVersion" and values.get("ContentDocumentId") is None and row is None:
        needed |= {"PathOnClient"}
    missing = sorted(n for n in needed if values.get(n) is None and (row is None or n in values))
    if missing:
        told = f"Required fields are missing: [{', '.join(missing)}]"
        raise Rejected("REQUIRED_FIELD_MISSING", told, tuple(missing))


def judge(
    org: Org, kind: str, new: Values, old: Values, user: str, *, allow_duplicates: bool = False, id_: str = ""
) -> None:
    """What looks at a record as a whole: owners, who and what, triggers, validation and duplicate rules, unique values.

    Raises Rejected.
    """
    changed = {name for name in new.keys() | old.keys() if new.get(name) != old.get(name)}
    owner = new.get("OwnerId")
    if "OwnerId" in changed and (found := org.find(USER, str(owner))) and not found.values.get("IsActive"):
        told = f"operation performed with inactive user [{found.id}] as owner of {kind.lower()}"
        raise Rejected("INACTIVE_OWNER_OR_USER", told, ("OwnerId",))
    if kind in (TASK, EVENT):
        _who_and_what(org, new, changed)
    for trigger in org.triggers:
        if refusal := trigger(kind, new, user):
            raise Rejected("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", refusal)
    for rule in org.validation_rules:
        if rule.type == kind and rule.wrong(new):
            raise Rejected("FIELD_CUSTOM_VALIDATION_EXCEPTION", rule.message, (rule.field,) if rule.field else ())
    for duplicates in org.duplicate_rules:
        if not allow_duplicates or duplicates.block:
            _duplicates(org, duplicates, kind, new, changed if old else None, id_)
    for field in org.fields(kind).values():
        if field.unique and field.name in changed and new.get(field.name) is not None:
            for row in org.matching(kind, field.name, str(new[field.name])):
                if row.id != id_:
                    raise duplicate_value(field, row.id)


def duplicate_value(field: Field, other: str) -> Rejected:
    """The refusal of a unique value that another record has."""
    return Rejected(
        "DUPLICATE_VALUE",
        f"duplicate value found: {field.name} duplicates value on record with id: {other[:15]}",
    )


def _who_and_what(org: Org, new: Values, changed: set[str]) -> None:
    who = str(new.get("WhoId") or "")
    if kind_of(who) != LEAD or not changed & {"WhoId", "WhatId"}:
        return
    lead = org.rows[LEAD].get(who)
    if lead and lead.values.get("IsConverted") and "WhoId" in changed:
        raise Rejected("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead", ("WhoId",))
    if new.get("WhatId"):
        told = "Related To: an activity of a lead cannot be related to another record"
        raise Rejected("FIELD_INTEGRITY_EXCEPTION", told, ("WhatId",))


def _duplicates(org: Org, rule: DuplicateRule, kind: str, new: Values, changed: set[str] | None, id_: str) -> None:
    if kind not in rule.types or (changed is not None and not rule.on_edit):
        return
    matches: dict[str, None] = {}
    for type_ in rule.by:
        names = [f.name for f in org.fields(kind).values() if f.type == type_ and f.name != "Fax"]
        for name in names:
            if new.get(name) is None or (changed is not None and name not in changed):
                continue
            for other in rule.against:
                for theirs in org.fields(other).values():
                    if theirs.type != type_ or theirs.name == "Fax":
                        continue
                    for row in org.matching(other, theirs.name, str(new[name])):
                        if row.id != id_ and not row.values.get("IsConverted"):
                            matches[row.id] = None
    if matches:
        raise Rejected("DUPLICATES_DETECTED", "Use one of these records?", matches=tuple(matches))


def check_new_field(table: Mapping[str, Field], place: str, name: str, metadata: Values) -> None:
    """What the Tooling API refuses, given the fields that stand there, hidden ones too. Raises Rejected."""
    if place in (TASK, EVENT):
        raise Rejected("FIELD_INTEGRITY_EXCEPTION", f"Custom fields of {place} are defined on Activity")
    if not _NAME.fullmatch(name) or len(name) > 43:
        raise Rejected("FIELD_INTEGRITY_EXCEPTION", f"{place}.{name} is no valid name of a custom field", ("FullName",))
    if name.casefold() in {known.casefold() for known in table}:
        told = f"There is already a field named {name.removesuffix('__c')} on {place}."
        raise Rejected("DUPLICATE_DEVELOPER_NAME", told, ("DeveloperName",))
    try:
        made = custom(name, metadata)
    except ValueError as wrong:
        raise Rejected("INVALID_TYPE", str(wrong), ("Type",)) from None
    if not metadata.get("label"):
        raise Rejected("REQUIRED_FIELD_MISSING", "Required fields are missing: [Label]", ("Label",))
    long = metadata.get("type") == "LongTextArea"
    if long and (place == "Activity" or made.external or made.unique):
        raise Rejected("INVALID_TYPE", f"{name}: a long text area is not available here", ("Type",))
    if long and (not metadata.get("visibleLines") or not 256 <= made.length <= 131_072):
        raise Rejected("INVALID_TYPE", f"{name}: a long text area needs visibleLines and a length", ("Length",))
    if metadata.get("type") == "Text" and not 1 <= int(metadata.get("length") or 0) <= 255:
        raise Rejected("INVALID_TYPE", f"{name}: a text has a length of 1 to 255", ("Length",))
    if metadata.get("type") == "Number" and not {"precision", "scale"} <= metadata.keys():
        raise Rejected("INVALID_TYPE", f"{name}: a number needs precision and scale", ("Precision",))
    if made.external and sum(f.external for f in table.values()) >= 25:
        raise Rejected("LIMIT_EXCEEDED", f"{place} has 25 external ids already", ("ExternalId",))
