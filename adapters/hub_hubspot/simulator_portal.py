"""The state behind the simulator: one HubSpot account, with the rules that hurt. No network in here.

Rules as HubSpot documents them: property values are strings, unknown and read-only names are refused, e-mail and
unique properties are owned once, a logged record is associated with an existing contact by the right type id, and
search sees a change only some time after it was made.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from hub_hubspot.paths import BODY, CONTACTS, KEY, UNIQUE_PROPERTIES
from hub_hubspot.simulator_schema import REQUIRED, SINGULAR, TYPE_IDS, UNDER_OTHERS, defined, pipelines, properties_of

_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


PARSED: ContextVar[Any] = ContextVar("parsed")
"""The body of the request being answered, parsed; its bytes where it is no JSON."""


class Refusal(Exception):
    """An answer that is not 2xx."""

    def __init__(self, status: int, category: str, message: str, context: Mapping[str, list[str]] | None = None):
        super().__init__(message)
        self.status, self.category, self.message, self.context = status, category, message, dict(context or {})


Link = tuple[str, str]
"""A record to associate with: its object and its id."""


@dataclass(slots=True)
class Thing:
    """A record. `seen_at`: when search shows its present state (clock seconds); until then it shows `past`, the state
    before (when it was modified, and its values), or nothing. `contact` is the first contact it belongs to."""

    id: str
    values: dict[str, str]
    created: int
    modified: int
    order: int
    seen_at: float = 0.0
    contact: str = ""
    stored: float = 0.0
    archived: bool = False
    past: tuple[int, dict[str, str]] | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """Something that happened to a record, as the account tells others: `what` is creation, deletion, propertyChange,
    merge, restore, associationChange or privacyDeletion; `source` who did it."""

    kind: str
    id: str
    what: str
    source: str = "INTEGRATION"
    name: str = ""
    value: str = ""
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Portal:
    """`now` gives wall-clock ms, `clock` monotonic seconds. `things` are the records by object and id, `bin` deleted
    ones, `aliases` the ids that merges took away. `heard_by` are told of every change."""

    now: Callable[[], int]
    clock: Callable[[], float]
    lag: float = 2.0
    things: dict[str, dict[str, Thing]] = field(default_factory=lambda: {kind: {} for kind in SINGULAR})
    bin: dict[str, dict[str, Thing]] = field(default_factory=lambda: {kind: {} for kind in SINGULAR})
    aliases: dict[Link, str] = field(default_factory=dict)
    properties: dict[str, dict[str, dict[str, Any]]] = field(
        default_factory=lambda: {kind: properties_of(kind) for kind in SINGULAR}
    )
    groups: dict[str, set[str]] = field(default_factory=lambda: {kind: {"contactinformation"} for kind in SINGULAR})
    pipelines: dict[str, list[dict[str, Any]]] = field(default_factory=pipelines)
    owners: list[dict[str, Any]] = field(default_factory=list)
    owned: dict[tuple[str, str, str], str] = field(default_factory=dict)
    links: dict[tuple[str, str, str], dict[str, None]] = field(default_factory=dict)
    heard_by: list[Callable[[Change], None]] = field(default_factory=list)
    last_id: int = 100
    order: int = 0

    # -- reading -------------------------------------------------------------------------------------------------

    def shown(self, kind: str, thing: Thing, names: list[str] | None = None) -> dict[str, Any]:
        """A record as an answer shows it."""
        created, modified = iso(thing.created), iso(thing.modified)
        values: dict[str, str | None] = {**thing.values, "hs_object_id": thing.id}
        values |= {"createdate": created, "hs_createdate": created}
        values |= {"lastmodifieddate": modified, "hs_lastmodifieddate": modified}
        if names is not None:
            values = {n: values.get(n) for n in {*names, "hs_object_id"} if n in self.properties[kind]}
        row = {"id": thing.id, "properties": values, "createdAt": created, "updatedAt": modified}
        return row | {"archived": thing.archived}

    def searchable(self, kind: str) -> list[Thing]:
        """What search sees now: the state before a change that it has not taken in yet."""
        now = self.clock()
        found = []
        for thing in self.things[kind].values():
            if thing.seen_at <= now:
                found.append(thing)
            elif thing.past is not None:
                found.append(replace(thing, modified=thing.past[0], values=thing.past[1]))
        return found

    def under(self, kind: str, contact: str) -> list[str]:
        """The ids of the records of a kind that are associated with a contact, the oldest association first."""
        return list(self.links.get((CONTACTS, contact, kind), ()))

    def find(self, kind: str, id_: str) -> Thing | None:
        """A record by its id, or by one that a merge took away."""
        return self.things[kind].get(self.aliases.get((kind, id_), id_))

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
        links: list[Link] = []
        if action == "create":
            for name in REQUIRED.get(kind, ()):
                if not values.get(name):
                    raise Refusal(400, "VALIDATION_ERROR", f"Error creating {SINGULAR[kind]}. {name} is required")
            links = self._links(kind, given.get("associations"))
        return Prepared(self, kind, thing, values, links, str(given.get("objectWriteTraceId") or ""))

    def put(
        self,
        kind: str,
        thing: Thing | None,
        values: Mapping[str, str],
        links: Sequence[Link] = (),
        source: str = "INTEGRATION",
    ) -> Thing:
        """Store without asking; empty values clear."""
        now = self.now()
        made = thing is None
        if thing is None:
            self.last_id += 1
            self.order += 1
            thing = Thing(str(self.last_id), {}, now, now, self.order, stored=self.clock())
            self.things[kind][thing.id] = thing
        elif thing.seen_at <= self.clock():
            thing.past = (thing.modified, dict(thing.values))
        thing.modified = max(now, thing.modified)
        thing.seen_at = self.clock() + self.lag
        for name, value in values.items():
            old = thing.values.pop(name, "")
            self.owned.pop((kind, name, old.casefold()), None)
            if value:
                thing.values[name] = value
                if self.properties[kind][name].get("hasUniqueValue") or (kind, name) == (CONTACTS, "email"):
                    self.owned[(kind, name, value.casefold())] = thing.id
            if self.heard_by and value != old and not made:
                self.tell(Change(kind, thing.id, "propertyChange", source, name, value))
        for link in links:
            self.associate((kind, thing.id), link)
        if made and self.heard_by:
            self.tell(Change(kind, thing.id, "creation", source))
        return thing

    def associate(self, one: Link, other: Link) -> None:
        """Associate two records, for both sides; doing it twice is harmless."""
        for (kind, id_), (to, to_id) in ((one, other), (other, one)):
            self.links.setdefault((kind, id_, to), {})[to_id] = None
            if to == CONTACTS and not (thing := self.things[kind][id_]).contact:
                thing.contact = to_id

    def tell(self, change: Change) -> None:
        """Let everybody know who listens."""
        for listener in self.heard_by:
            listener(change)

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
        table[name] = defined(name, str(made["type"])) | dict(made)
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
            if known.get("externalOptions"):
                if not value.isdecimal():
                    raise _invalid(name, "INVALID_OWNER_ID", f"{value} is no owner")
            elif known["type"] == "enumeration" and value not in {o["value"] for o in known["options"]}:
                raise _invalid(name, "INVALID_OPTION", f"{value} was not one of the allowed options")
            if known["type"] == "number" and not re.fullmatch(r"-?\d+(\.\d+)?", value):
                raise _invalid(name, "INVALID_INTEGER", f"{value} was not a valid number")
            if known["type"] == "datetime" and not millis(value):
                raise _invalid(name, "INVALID_DATE", f"{value} was not a valid long")
            if name in ("dealstage", "hs_pipeline_stage") and value not in self._stages(kind, values):
                raise _invalid(name, "INVALID_OPTION", f"{value} is no stage of that pipeline")
            if (kind, name) == (CONTACTS, "email") and not _MAIL.fullmatch(value):
                raise _invalid(name, "INVALID_EMAIL", f"Email address {value} is invalid")

    def _stages(self, kind: str, values: Mapping[str, Any]) -> set[str]:
        """Stage ids that a record may stand at: of the pipeline named with it, else of any."""
        pipeline = values.get("pipeline") or values.get("hs_pipeline")
        return {s["id"] for p in self.pipelines.get(kind, ()) if pipeline in (None, p["id"]) for s in p["stages"]}

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
            found = self.find(kind, self.owned.get((kind, name, value.casefold()), ""))
            if found or action == "upsert":
                return found, {name: value, **values}
        elif action == "upsert":
            raise Refusal(400, "VALIDATION_ERROR", "idProperty is required")
        found = self.find(kind, value)
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

    def _links(self, kind: str, associations: object) -> list[Link]:
        if not isinstance(associations, list) or (not associations and kind in UNDER_OTHERS):
            if kind == CONTACTS or (associations is None and kind not in UNDER_OTHERS):
                return []
            raise Refusal(400, "VALIDATION_ERROR", "associations are required here")
        links = []
        for one in associations:
            to_id = str(one["to"]["id"])
            for spec in one["types"]:
                source, to = TYPE_IDS.get(spec.get("associationTypeId"), ("", ""))
                if source != kind or spec.get("associationCategory") != "HUBSPOT_DEFINED":
                    raise Refusal(400, "VALIDATION_ERROR", "One or more association types are not valid")
                if self.find(to, to_id) is None:
                    context = {
                        "INVALID_OBJECT_IDS": [f"{SINGULAR[to]}={to_id} is not valid"],
                        "objectId": [to_id],
                        "objectType": [SINGULAR[to]],
                    }
                    raise Refusal(400, "VALIDATION_ERROR", "One or more associations are invalid", context)
                links.append((to, self.aliases.get((to, to_id), to_id)))
        return links


@dataclass(frozen=True, slots=True)
class Prepared:
    """A checked input, ready to be stored."""

    portal: Portal
    kind: str
    thing: Thing | None
    values: dict[str, str]
    links: list[Link]
    trace: str

    def apply(self) -> dict[str, Any]:
        """Store it and return the row of the answer."""
        thing = self.portal.put(self.kind, self.thing, self.values, self.links)
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
