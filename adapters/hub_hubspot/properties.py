"""The contact schema, and the properties that the hub adds to HubSpot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub import FieldSchema, Finding, Schema
from hub.contracts.errors import Conflict, NotFound, Refused
from hub_hubspot.paths import COMMUNICATIONS, CONTACTS, DIRECTION, GROUP, KEY, MESSAGE, NOTES, SEQUENCE
from hub_hubspot.transport import Transport


def _text(name: str, label: str, description: str, **more: object) -> dict[str, Any]:
    made = {"name": name, "label": label, "description": description, "groupName": GROUP, "formField": False}
    return made | {"type": "string", "fieldType": "text"} | more


_WAYS = [
    {"label": "In", "value": "in", "hidden": False, "displayOrder": 0},
    {"label": "Out", "value": "out", "hidden": False, "displayOrder": 1},
]
_ON_LOGS = (
    _text(MESSAGE, "Hub message id", "Names the message in the hub; keeps it from standing here twice."),
    _text(SEQUENCE, "Hub sequence", "Order of messages in the hub.", type="number", fieldType="number"),
    _text(DIRECTION, "Hub direction", "in or out.", type="enumeration", fieldType="select", options=_WAYS),
)
NEEDED: dict[str, tuple[dict[str, Any], ...]] = {
    CONTACTS: (
        _text(KEY, "Hub identity key", "The hub's own key of this person. Do not change it.", hasUniqueValue=True),
    ),
    COMMUNICATIONS: _ON_LOGS,
    NOTES: _ON_LOGS,
}
"""What the hub needs on each object, as HubSpot wants it created."""


def schema(transport: Transport) -> Schema:
    """The contact properties as fields; read-only are those that HubSpot computes or keeps."""
    return Schema(fields={name: _field(p) for name, p in _existing(transport, CONTACTS).items()})


def ensure(transport: Transport) -> list[Finding]:
    """Create what is missing; a property that stands there is never changed."""
    return [finding for kind, needed in NEEDED.items() for finding in _ensure(transport, kind, needed)]


def _ensure(transport: Transport, kind: str, needed: tuple[dict[str, Any], ...]) -> list[Finding]:
    there = _existing(transport, kind)
    found = []
    for wanted in needed:
        name = wanted["name"]
        what = f"{kind} have the property {name}"
        if name in there:
            unique = not wanted.get("hasUniqueValue") or bool(there[name].get("hasUniqueValue"))
            remedy = "" if unique else "it must have unique values: archive it in HubSpot and run this again"
            found.append(Finding(unique, what, remedy))
    missing = [wanted for wanted in needed if wanted["name"] not in there]
    if not missing:
        return found
    _ensure_group(transport, kind)
    for wanted in missing:
        what = f"{kind} have the property {wanted['name']}"
        try:
            transport.call(transport.properties.create, kind, wanted)
        except Conflict:
            found.append(Finding(True, what))
        except Refused as refused:
            found.append(Finding(False, f"{what}: {refused}", "create it in HubSpot's settings, under Properties"))
        else:
            found.append(Finding(True, f"{what} (created now)"))
    return found


def _ensure_group(transport: Transport, kind: str) -> None:
    groups = transport.property_groups
    try:
        transport.call(groups.get_by_name, kind, GROUP)
    except NotFound:
        try:
            transport.call(groups.create, kind, {"name": GROUP, "label": "Dragoman", "displayOrder": -1})
        except Conflict:
            pass  # another process was faster


def _existing(transport: Transport, kind: str) -> dict[str, Mapping[str, Any]]:
    answer = transport.call(transport.properties.get_all, kind)
    return {str(p["name"]): p for p in answer.get("results", ())}


def _field(p: Mapping[str, Any]) -> FieldSchema:
    fixed = bool((p.get("modificationMetadata") or {}).get("readOnlyValue")) or bool(p.get("calculated"))
    options = tuple(str(option["value"]) for option in p.get("options") or ())
    return FieldSchema(name=str(p["name"]), type=str(p.get("type", "string")), read_only=fixed, options=options)
