"""The state behind the simulator: one HubSpot account, with the rules that hurt. No network in here.

Rules as HubSpot documents them: property values are strings, unknown and read-only names are refused, e-mail and
unique properties are owned once, a logged record is associated with an existing contact by the right type id, and
search sees a change only some time after it was made.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from hub_hubspot.paths import BODY, CONTACTS, KEY, TO_CONTACT, UNIQUE_PROPERTIES

SINGULAR = {"contacts": "CONTACT", "communications": "COMMUNICATION", "notes": "NOTE"}
_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PLAIN = {
    "contacts": "firstname lastname email phone mobilephone company jobtitle website address city state zip country"
    " hs_language hs_whatsapp_phone_number hubspot_owner_id message salutation fax",
    "communications": "hs_communication_body hs_communication_logged_from hs_timestamp hubspot_owner_id",
    "notes": "hs_note_body hs_timestamp hubspot_owner_id hs_attachment_ids",
}
_FIXED = {
    "contacts": "hs_object_id createdate lastmodifieddate hs_additional_emails hs_merged_object_ids",
    "communications": "hs_object_id hs_createdate hs_lastmodifieddate",
    "notes": "hs_object_id hs_createdate hs_lastmodifieddate",
}
_CHOICES = {
    ("contacts", "lifecyclestage"): "subscriber lead marketingqualifiedlead opportunity customer other",
    ("contacts", "hs_lead_status"): "NEW OPEN IN_PROGRESS CONNECTED UNQUALIFIED",
    ("communications", "hs_communication_channel_type"): "WHATS_APP SMS LINKEDIN_MESSAGE",
}
_REQUIRED = {
    "communications": ("hs_communication_channel_type", "hs_communication_logged_from", "hs_timestamp"),
    "notes": ("hs_timestamp",),
}
_TYPES = {"hs_timestamp": "datetime", "createdate": "datetime", "lastmodifieddate": "datetime"}


class Refusal(Exception):
    """An answer that is not 2xx."""

    def __init__(self, status: int, category: str, message: str, context: Mapping[str, list[str]] | None = None):
        super().__init__(message)
        self.status, self.category, self.message, self.context = status, category, message, dict(context or {})


@dataclass(slots=True)
class Thing:
    """A CRM record. `seen_at`: when search shows its present state (loop seconds)."""

    id: str
    values: dict[str, str]
    created: int
    modified: int
    order: int
    seen_at: float = 0.0
    contact: str = ""
    stored: float = 0.0


@dataclass(slots=True)
class Portal:
    """`now` gives wall-clock ms, `clock` monotonic seconds."""

    now: Callable[[], int]
    clock: Callable[[], float]
    lag: float = 2.0
    things: dict[str, dict[str, Thing]] = field(default_factory=lambda: {kind: {} for kind in SINGULAR})
    properties: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    groups: dict[str, set[str]] = field(default_factory=lambda: {kind: {"contactinformation"} for kind in SINGULAR})
    owned: dict[tuple[str, str, str], str] = field(default_factory=dict)
    under: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    last_id: int = 100
    order: int = 0

    def __post_init__(self) -> None:
        for kind in SINGULAR:
            table = self.properties.setdefault(kind, {})
            for name in _PLAIN[kind].split():
                table[name] = _property(name, _TYPES.get(name, "string"))
            for name in _FIXED[kind].split():
                table[name] = _property(name, _TYPES.get(name, "string"), read_only=True)
            for (of, name), choices in _CHOICES.items():
                if of == kind:
                    table[name] = _property(name, "enumeration", options=choices.split())

    # -- reading -------------------------------------------------------------------------------------------------

    def shown(self, kind: str, thing: Thing, names: list[str] | None = None) -> dict[str, Any]:
        """A record as an answer shows it."""
        created, modified = iso(thing.created), iso(thing.modified)
        values: dict[str, str | None] = {**thing.values, "hs_object_id": thing.id}
        if kind == CONTACTS:
            values |= {"createdate": created, "lastmodifieddate": modified}
        else:
            values |= {"hs_createdate": created, "hs_lastmodifieddate": modified}
        if names is not None:
            values = {n: values.get(n) for n in {*names, "hs_object_id"} if n in self.properties[kind]}
        return {"id": thing.id, "properties": values, "createdAt": created, "updatedAt": modified, "archived": False}

    def searchable(self, kind: str) -> list[Thing]:
        """What search sees now."""
        now = self.clock()
        return [thing for thing in self.things[kind].values() if thing.seen_at <= now]

    # -- writing -------------------------------------------------------------------------------------------------

    def prepare(self, kind: str, action: str, given: Mapping[str, Any], claims: set[tuple[str, str]]) -> Prepared:
        """Check one input. Raises Refusal; nothing is changed until `Prepared.apply`.

        `claims` are unique values that earlier inputs of the same call will own.
        """
        values = given.get("properties")
        if not isinstance(values, dict):
            raise Refusal(400, "VALIDATION_ERROR", "Invalid input JSON: properties must be an object")
        thing, values = self._target(kind, action, given, dict(values))
        self.check(kind, values)
        for name in values:
            if self.properties[kind][name].get("hasUniqueValue") or (kind, name) == (CONTACTS, "email"):
                self._own(kind, name, values[name], thing.id if thing else "", claims)
        contact = ""
        if action == "create":
            for name in _REQUIRED.get(kind, ()):
                if not values.get(name):
                    raise Refusal(400, "VALIDATION_ERROR", f"Error creating {SINGULAR[kind]}. {name} is required")
            contact = self._contact(kind, given.get("associations"))
        return Prepared(self, kind, thing, values, contact, str(given.get("objectWriteTraceId") or ""))

    def put(self, kind: str, thing: Thing | None, values: Mapping[str, str], contact: str) -> Thing:
        """Store without asking; empty values clear."""
        now = self.now()
        if thing is None:
            self.last_id += 1
            self.order += 1
            thing = Thing(str(self.last_id), {}, now, now, self.order, stored=self.clock(), contact=contact)
            self.things[kind][thing.id] = thing
            if contact:
                self.under.setdefault((kind, contact), []).append(thing.id)
        thing.modified = max(now, thing.modified)
        thing.seen_at = self.clock() + self.lag
        for name, value in values.items():
            old = thing.values.pop(name, "")
            self.owned.pop((kind, name, old.casefold()), None)
            if value:
                thing.values[name] = value
                if self.properties[kind][name].get("hasUniqueValue") or (kind, name) == (CONTACTS, "email"):
                    self.owned[(kind, name, value.casefold())] = thing.id
        return thing

    def remove(self, contact: str) -> None:
        """Delete a contact, as a human does in HubSpot."""
        thing = self.things[CONTACTS].pop(contact)
        for name, value in thing.values.items():
            self.owned.pop((CONTACTS, name, value.casefold()), None)

    def add_property(self, kind: str, made: Mapping[str, Any]) -> dict[str, Any]:
        """Create a property. Raises Refusal."""
        table, name = self.properties[kind], str(made.get("name", ""))
        if missing := [n for n in ("name", "label", "type", "fieldType", "groupName") if not made.get(n)]:
            raise Refusal(400, "VALIDATION_ERROR", f"Some required fields were not set: {missing}")
        if name in table:
            raise Refusal(409, "OBJECT_ALREADY_EXISTS", f"A property named '{name}' already exists.")
        if made["groupName"] not in self.groups[kind]:
            raise Refusal(400, "VALIDATION_ERROR", f"The property group {made['groupName']} does not exist.")
        unique = sum(1 for p in table.values() if p["hasUniqueValue"])
        if made.get("hasUniqueValue") and unique >= UNIQUE_PROPERTIES:
            raise Refusal(400, "VALIDATION_ERROR", "You've reached the limit of unique properties")
        table[name] = _property(name, str(made["type"])) | dict(made)
        return table[name]

    def check(self, kind: str, values: Mapping[str, Any]) -> None:
        """Names, types and values of properties. Raises Refusal."""
        for name, value in values.items():
            known = self.properties[kind].get(name)
            if not isinstance(value, str):
                raise Refusal(400, "VALIDATION_ERROR", f"Invalid input JSON: Cannot deserialize value of {name}")
            if known is None:
                raise _invalid(name, "PROPERTY_DOESNT_EXIST", f"Property '{name}' does not exist")
            if known["modificationMetadata"]["readOnlyValue"]:
                raise _invalid(name, "READ_ONLY_VALUE", f"'{name}' is a read only property")
            if len(value) > BODY:
                raise _invalid(name, "PROPERTY_VALUE_TOO_LONG", "Property value was too long")
            if not value:
                continue
            if known["type"] == "enumeration" and value not in {o["value"] for o in known["options"]}:
                raise _invalid(name, "INVALID_OPTION", f"{value} was not one of the allowed options")
            if known["type"] == "number" and not re.fullmatch(r"-?\d+(\.\d+)?", value):
                raise _invalid(name, "INVALID_INTEGER", f"{value} was not a valid number")
            if known["type"] == "datetime" and not millis(value):
                raise _invalid(name, "INVALID_DATE", f"{value} was not a valid long")
            if (kind, name) == (CONTACTS, "email") and not _MAIL.fullmatch(value):
                raise _invalid(name, "INVALID_EMAIL", f"Email address {value} is invalid")

    def _target(
        self, kind: str, action: str, given: Mapping[str, Any], values: dict[str, Any]
    ) -> tuple[Thing | None, dict[str, Any]]:
        if action == "create":
            return None, values
        name, value = given.get("idProperty"), str(given.get("id", ""))
        if not value:
            raise Refusal(400, "VALIDATION_ERROR", "id must not be empty")
        if name:
            if not self.properties[kind].get(name, {}).get("hasUniqueValue"):
                raise Refusal(400, "VALIDATION_ERROR", f"{name} is not a unique property")
            found = self.things[kind].get(self.owned.get((kind, name, value.casefold()), ""))
            if found or action == "upsert":
                return found, {name: value, **values}
        elif action == "upsert":
            raise Refusal(400, "VALIDATION_ERROR", "idProperty is required")
        found = self.things[kind].get(value)
        if found is None:
            what = f"Could not get some {SINGULAR[kind]} objects, they may be deleted or not exist."
            raise Refusal(404, "OBJECT_NOT_FOUND", f"{what} Check that ids are valid.", {"ids": [value]})
        return found, values

    def _own(self, kind: str, name: str, value: str, mine: str, claims: set[tuple[str, str]]) -> None:
        if not value:
            return
        owner = self.owned.get((kind, name, value.casefold()))
        if owner and owner != mine:
            raise Refusal(409, "CONFLICT", f"{SINGULAR[kind].title()} already exists. Existing ID: {owner}")
        if (name, value.casefold()) in claims:
            raise Refusal(409, "CONFLICT", f"Duplicate value of {name} within the batch")
        claims.add((name, value.casefold()))

    def _contact(self, kind: str, associations: object) -> str:
        if kind == CONTACTS:
            return ""
        if not isinstance(associations, list) or not associations:
            raise Refusal(400, "VALIDATION_ERROR", "associations are required here")
        contact = ""
        for one in associations:
            contact = str(one["to"]["id"])
            for spec in one["types"]:
                if spec != {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": TO_CONTACT[kind]}:
                    raise Refusal(400, "VALIDATION_ERROR", "One or more association types are not valid")
            if contact not in self.things[CONTACTS]:
                context = {
                    "INVALID_OBJECT_IDS": [f"CONTACT={contact} is not valid"],
                    "objectId": [contact],
                    "objectType": ["CONTACT"],
                }
                raise Refusal(400, "VALIDATION_ERROR", "One or more associations are invalid", context)
        return contact


@dataclass(frozen=True, slots=True)
class Prepared:
    """A checked input, ready to be stored."""

    portal: Portal
    kind: str
    thing: Thing | None
    values: dict[str, str]
    contact: str
    trace: str

    def apply(self) -> dict[str, Any]:
        """Store it and return the row of the answer."""
        thing = self.portal.put(self.kind, self.thing, self.values, self.contact)
        names = [*self.values, KEY] if self.kind == CONTACTS else list(self.values)
        row = self.portal.shown(self.kind, thing, names) | {"new": self.thing is None}
        return row | ({"objectWriteTraceId": self.trace} if self.trace else {})


def iso(ms: int) -> str:
    """Milliseconds as HubSpot writes times."""
    return datetime.fromtimestamp(ms / 1_000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def millis(text: str) -> int:
    """A time as HubSpot reads it (ms or ISO 8601); 0 if it is none."""
    if text.isdecimal():
        return int(text)
    try:
        return round(datetime.fromisoformat(text).timestamp() * 1_000)
    except ValueError:
        return 0


def _invalid(name: str, code: str, message: str) -> Refusal:
    told = f'[{{"isValid":false,"message":"{message}","error":"{code}","name":"{name}"}}]'
    return Refusal(400, "VALIDATION_ERROR", f"Property values were not valid: {told}")


def _property(name: str, kind: str, *, read_only: bool = False, options: list[str] | None = None) -> dict[str, Any]:
    return {
        "name": name,
        "label": name.replace("_", " ").capitalize(),
        "type": kind,
        "fieldType": {"enumeration": "select", "datetime": "date", "number": "number"}.get(kind, "text"),
        "groupName": "contactinformation",
        "description": "",
        "options": [{"label": o.title(), "value": o, "hidden": False, "displayOrder": -1} for o in options or ()],
        "hasUniqueValue": False,
        "calculated": False,
        "hidden": False,
        "archived": False,
        "modificationMetadata": {"archivable": True, "readOnlyDefinition": True, "readOnlyValue": read_only},
    }
