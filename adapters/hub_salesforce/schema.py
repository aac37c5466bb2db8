"""What an organisation has: its person fields for mappings, the hub's own fields, and what the user may read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from hub import FieldSchema, FieldType, Finding, Schema
from hub.contracts.errors import AuthFailed, HubError, Refused
from hub_salesforce.errors import SessionEnded
from hub_salesforce.fields import Wanted, wanted
from hub_salesforce.paths import ACCOUNT, CONTACT, KINDS, LEAD, TASK
from hub_salesforce.settings import SalesforceSettings
from hub_salesforce.transport import Transport

FIELDS = "/tooling/sobjects/CustomField"
PERSONS = {"contact": CONTACT, "lead": LEAD, "person_account": ACCOUNT}
"""Objects by the setting `new_person_as`."""

_TYPES: Mapping[str, FieldType] = {
    "string": "text",
    "textarea": "text",
    "combobox": "text",
    "email": "email",
    "phone": "phone",
    "url": "url",
    "boolean": "bool",
    "int": "number",
    "long": "number",
    "double": "number",
    "currency": "number",
    "percent": "number",
    "date": "date",
    "datetime": "datetime",
    "picklist": "choice",
    "multipicklist": "choices",
    "reference": "reference",
    "id": "reference",
}
_TEXTS = frozenset(("text", "email", "phone", "url"))
_GRANT = "give the integration user's permission set read and edit access to it, then run this again"
_CREATE = "create it in Setup, Object Manager, as the adapter's README describes it, with access for the user"


def describe(transport: Transport, person: str) -> Schema:
    """The fields of the object that new people become (`contact`, `lead`, `person_account`), as they are now."""
    kind = PERSONS[person]
    transport.forget_schema(kind)
    fields = transport.describe(kind).get("fields") or ()
    return Schema(fields={str(field["name"]): _field(field) for field in fields})


def ensure(transport: Transport, settings: SalesforceSettings) -> list[Finding]:
    """Create the hub's fields where they are missing: one call when nothing is; what stands there is never changed.

    No access is granted: a field that the user cannot see after it was made is a Finding that says what to do.
    Raises AuthFailed, Unavailable, RateLimited.
    """
    transport.learn()
    needed = wanted(
        settings.objects, answers=settings.answers, person_accounts=settings.new_person_as == "person_account"
    )
    there = transport.describe_all(list(needed))
    found: list[Finding] = []
    made: dict[str, list[Wanted]] = {}
    for kind, fields in needed.items():
        described = _described(there[kind])
        if isinstance(described, HubError):
            found.append(_closed(kind, described, settings))
            continue
        for one in fields:
            if one.name in described:
                found.append(_stands(one, described[one.name]))
            elif refusal := _create(transport, one):
                found.append(refusal)
            else:
                made.setdefault(kind, []).append(one)
    return found + (_visible(transport, made) if made else [])


def probe(transport: Transport, settings: SalesforceSettings) -> list[Finding]:
    """Log in and read one record of each object, five to a call. A log-in that is refused is a Finding too.

    Raises Unavailable, RateLimited.
    """
    kinds = list(
        dict.fromkeys((PERSONS[settings.new_person_as], CONTACT, LEAD, TASK, *(KINDS[o] for o in settings.objects)))
    )
    try:
        answers = transport.queries([f"SELECT Id FROM {kind} LIMIT 1" for kind in kinds])  # noqa: S608 our own words
    except AuthFailed as refused:
        return [Finding(False, f"log in: {refused}", "see the ways to log in in the adapter's README")]
    found = [Finding(True, "log in")]
    for kind, told in zip(kinds, answers, strict=True):
        if isinstance(told, HubError):
            if not _concerns_one(told):
                raise told
            found.append(_closed(kind, told, settings))
        else:
            found.append(Finding(True, f"read {kind}"))
    return found


def _described(told: Mapping[str, Any] | HubError) -> dict[str, Mapping[str, Any]] | HubError:
    """The fields by name, or the error where it concerns this object alone; any other is raised."""
    if not isinstance(told, HubError):
        return {str(field["name"]): field for field in told.get("fields") or ()}
    if not _concerns_one(told):
        raise told
    return told


def _closed(kind: str, error: HubError, settings: SalesforceSettings) -> Finding:
    """An object that the user may not see: well if nobody new becomes one, as organisations without leads have it."""
    if kind == LEAD and settings.new_person_as != "lead":
        return Finding(True, f"leads are left out: {error}")
    return Finding(False, f"read {kind}: {error}", f"give the integration user access to {kind}")


def _concerns_one(error: HubError) -> bool:
    return isinstance(error, Refused) or (isinstance(error, AuthFailed) and not isinstance(error, SessionEnded))


def _stands(one: Wanted, field: Mapping[str, Any]) -> Finding:
    what = f"{one.kind} has the field {one.name}"
    if one.key and not field.get("externalId"):
        return Finding(False, what, "it must be an external id: change it in Setup, Object Manager")
    if not (field.get("createable") and field.get("updateable")):
        return Finding(False, f"{what}, but the hub may not write it", _GRANT)
    return Finding(True, what)


def _create(transport: Transport, one: Wanted) -> Finding | None:
    """Create a field; None when it stands, else why it does not. One that others made may only be hidden."""
    try:
        transport.call("POST", FIELDS, {"FullName": one.full_name, "Metadata": dict(one.metadata)})
    except SessionEnded:
        raise
    except (Refused, AuthFailed) as refused:
        if "DUPLICATE_DEVELOPER_NAME" in str(refused):
            return None  # it stands: whether the user sees it is looked at next
        if one.kind == TASK and one.metadata.get("unique"):  # an external id is enough where activities take no more
            return _create(transport, replace(one, metadata={**one.metadata, "unique": False}))
        return Finding(False, f"{one.kind} has the field {one.name}: {refused}", _CREATE)
    return None


def _visible(transport: Transport, made: Mapping[str, Sequence[Wanted]]) -> list[Finding]:
    """Whether the user sees what was made now: new fields are hidden from everybody until access is granted."""
    found = []
    for kind, told in transport.describe_all(list(made)).items():
        described = _described(told)
        for one in made[kind]:
            if isinstance(described, HubError) or one.name not in described:
                found.append(Finding(False, f"{kind} has the field {one.name}, but the hub may not see it", _GRANT))
            else:
                found.append(Finding(True, f"{kind} has the field {one.name} (created now)"))
    return found


def _field(field: Mapping[str, Any]) -> FieldSchema:
    type_ = _TYPES.get(str(field.get("type")), "other")
    listed = field.get("picklistValues") if field.get("restrictedPicklist") else None
    createable, updateable = bool(field.get("createable")), bool(field.get("updateable"))
    return FieldSchema(
        name=str(field["name"]),
        type=type_,
        label=str(field.get("label") or ""),
        read_only=not updateable or bool(field.get("calculated")),
        required=createable and not field.get("nillable") and not field.get("defaultedOnCreate"),
        unique=bool(field.get("unique")),
        max_length=int(field.get("length") or 0) if type_ in _TEXTS else 0,
        options=tuple(str(value["value"]) for value in listed or () if value.get("active")),
    )
