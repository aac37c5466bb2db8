"""The contact schema, and the properties that the hub adds to HubSpot."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from hub import FieldSchema, FieldType, Finding, Schema
from hub.contracts.errors import Conflict, NotFound, Refused
from hub_hubspot.errors import MissingScope
from hub_hubspot.paths import (
    ATTACHMENTS,
    BODY,
    COMMUNICATIONS,
    CONTACTS,
    DEALS,
    DIRECTION,
    GROUP,
    KEY,
    MESSAGE,
    NOTES,
    OBJECT_KEY,
    REPLY_RESULT,
    REPLY_STATES,
    REPLY_STATUS,
    REPLY_TEXT,
    SEQUENCE,
    TASKS,
    TICKETS,
)
from hub_hubspot.transport import Transport


def _text(name: str, label: str, description: str, **more: object) -> dict[str, Any]:
    made = {"name": name, "label": label, "description": description, "groupName": GROUP, "formField": False}
    return made | {"type": "string", "fieldType": "text"} | more


def _choice(name: str, label: str, description: str, *values: str) -> dict[str, Any]:
    options = [
        {"label": value.capitalize(), "value": value, "hidden": False, "displayOrder": n}
        for n, value in enumerate(values)
    ]
    return _text(name, label, description, type="enumeration", fieldType="select", options=options)


_ON_LOGS = (
    _text(MESSAGE, "Hub message id", "Names the message in the hub; keeps it from standing here twice."),
    _text(SEQUENCE, "Hub sequence", "Order of messages in the hub.", type="number", fieldType="number"),
    _choice(DIRECTION, "Hub direction", "in or out.", "in", "out"),
)
_ON_ANSWERS = (
    _text(REPLY_TEXT, "Reply text", "What to answer the person, word for word.", fieldType="textarea"),
    _choice(REPLY_STATUS, "Reply status", 'Set it to "Send" to send the reply text.', *REPLY_STATES),
    _text(REPLY_RESULT, "Reply result", "What became of the reply.", fieldType="textarea"),
)
_IDENTITY = _text(KEY, "Hub identity key", "The hub's own key of this person. Do not change it.", hasUniqueValue=True)
_OBJECT = _text(
    OBJECT_KEY, "Hub object key", "Names what the hub made; keeps it from standing here twice.", hasUniqueValue=True
)


_TYPES: Mapping[str, FieldType] = {
    "string": "text",
    "phone_number": "phone",
    "number": "number",
    "bool": "bool",
    "date": "date",
    "datetime": "datetime",
    "enumeration": "choice",
}


def needed(objects: Collection[str], *, answers: bool) -> dict[str, tuple[dict[str, Any], ...]]:
    """What the hub needs on each object, as HubSpot wants it created. `objects` are those it makes (task, ...)."""
    replies = _ON_ANSWERS if answers else ()
    wanted = {
        CONTACTS: (_IDENTITY, *replies),
        COMMUNICATIONS: _ON_LOGS,
        NOTES: _ON_LOGS,
        TASKS: ((_OBJECT,) if "task" in objects else ()) + replies,
        TICKETS: (_OBJECT,) if "ticket" in objects else (),
        DEALS: (_OBJECT,) if "deal" in objects else (),
    }
    return {kind: properties for kind, properties in wanted.items() if properties}


def schema(transport: Transport) -> Schema:
    """The contact properties as fields; read-only are those that HubSpot computes or keeps."""
    return Schema(fields={name: _field(p) for name, p in _existing(transport, CONTACTS).items()})


def ensure(transport: Transport, objects: Collection[str], *, answers: bool) -> list[Finding]:
    """Create what is missing, one call per object when nothing is; a property that stands there is never changed.

    What the token may not do with tasks, tickets and deals is a Finding: conversations are logged without them.
    """
    found: list[Finding] = []
    for kind, properties in needed(objects, answers=answers).items():
        try:
            found += _ensure(transport, kind, properties)
        except MissingScope as lacking:
            if kind in (CONTACTS, COMMUNICATIONS, NOTES):
                raise
            remedy = "give the private app these scopes, or take it out of the settings `objects` and `answers`"
            found.append(Finding(False, f"{kind}: {lacking}", remedy))
    return found


def takes_files(transport: Transport, kind: str) -> bool:
    """Whether records of a kind can carry files. Documented for notes; communications are asked for it, once."""
    if kind == NOTES:
        return True
    if kind not in transport.takes_files:
        try:
            transport.call(transport.properties.get_by_name, kind, ATTACHMENTS)
        except (Refused, MissingScope):
            transport.takes_files[kind] = False
        else:
            transport.takes_files[kind] = True
    return transport.takes_files[kind]


def _ensure(transport: Transport, kind: str, wanted: tuple[dict[str, Any], ...]) -> list[Finding]:
    there = _existing(transport, kind)
    found = []
    if kind == COMMUNICATIONS:
        takes = transport.takes_files[kind] = ATTACHMENTS in there
        told = "communications carry files" if takes else "communications carry no files: the text names them instead"
        found.append(Finding(True, told))
    missing = []
    for one in wanted:
        name = one["name"]
        if name not in there:
            missing.append(one)
            continue
        unique = not one.get("hasUniqueValue") or bool(there[name].get("hasUniqueValue")) or kind != CONTACTS
        remedy = "" if unique else "it must have unique values: archive it in HubSpot and run this again"
        found.append(Finding(unique, f"{kind} have the property {name}", remedy))
    if missing:
        _ensure_group(transport, kind)
    return found + [_created(transport, kind, one) for one in missing]


def _created(transport: Transport, kind: str, one: Mapping[str, Any]) -> Finding:
    what = f"{kind} have the property {one['name']}"
    try:
        transport.call(transport.properties.create, kind, dict(one))
    except Conflict:
        return Finding(True, what)
    except Refused as refused:
        if (
            one.get("hasUniqueValue") and kind != CONTACTS
        ):  # activities may not take unique values: a look settles doubt
            return _created(transport, kind, {**one, "hasUniqueValue": False})
        return Finding(False, f"{what}: {refused}", "create it in HubSpot's settings, under Properties")
    return Finding(True, f"{what} (created now)")


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
    kind = _TYPES.get(str(p.get("type", "string")), "other")
    if kind == "choice" and p.get("fieldType") == "checkbox":
        kind = "choices"
    if p["name"] == "email":
        kind = "email"
    return FieldSchema(
        name=str(p["name"]),
        type=kind,
        label=str(p.get("label") or ""),
        read_only=fixed,
        unique=bool(p.get("hasUniqueValue")),
        max_length=BODY if kind == "text" else 0,
        options=options if kind in ("choice", "choices") else (),
    )
