"""The fields that the hub adds to Salesforce, in the form in which its Tooling API creates them. Pure.

Source: Tooling API Developer Guide ("CustomField"), Metadata API Developer Guide ("CustomField").
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from hub_salesforce.paths import (
    ACCOUNT,
    CASE,
    CHANNEL,
    CONTACT,
    DIRECTION,
    KEY,
    LEAD,
    MESSAGE,
    OBJECT_KEY,
    OPPORTUNITY,
    REPLY_RESULT,
    REPLY_STATES,
    REPLY_STATUS,
    REPLY_TEXT,
    SENT_AT,
    SEQUENCE,
    TASK,
)

ACTIVITY = "Activity"
"""Where the fields of tasks are created; events show them too."""


@dataclass(frozen=True)
class Wanted:
    """A field that the hub needs on `kind`. `key`: records are found by it, so it must be an external id."""

    kind: str
    name: str
    metadata: Mapping[str, Any]
    key: bool = False

    @property
    def full_name(self) -> str:
        """As the Tooling API names it: Contact.Hub_Key__c."""
        return f"{ACTIVITY if self.kind == TASK else self.kind}.{self.name}"


def wanted(objects: Collection[str], *, answers: bool, person_accounts: bool) -> dict[str, tuple[Wanted, ...]]:
    """What the hub needs on each object. `objects` are those it makes (ticket, ...), `answers` the setting."""
    people = (CONTACT, LEAD, ACCOUNT) if person_accounts else (CONTACT, LEAD)
    found = [
        Wanted(kind, KEY, _key(64, "Hub key", "The hub's own key of this person. Do not change it."), True)
        for kind in people
    ]
    found += [
        Wanted(
            TASK, MESSAGE, _key(100, "Hub message", "Names the message in the hub; keeps it from standing twice."), True
        ),
        Wanted(TASK, SENT_AT, _field("DateTime", "Said at", "When it was really said.")),
        Wanted(
            TASK, SEQUENCE, _field("Number", "Hub sequence", "Order of messages in the hub.", precision=18, scale=0)
        ),
        Wanted(TASK, DIRECTION, _choice("Hub direction", "in or out.", "in", "out")),
        Wanted(TASK, CHANNEL, _field("Text", "Hub channel", "whatsapp, telegram, ...", length=40)),
    ]
    made = "Names what the hub made; keeps it from standing twice."
    found += [
        Wanted(kind, OBJECT_KEY, _key(100, "Hub object", made), True)
        for kind, name in ((CASE, "ticket"), (OPPORTUNITY, "deal"))
        if name in objects
    ]
    if answers:
        for kind in (*people, TASK):
            found += _replies(kind)
    by_kind: dict[str, tuple[Wanted, ...]] = {}
    for one in found:
        by_kind[one.kind] = (*by_kind.get(one.kind, ()), one)
    return by_kind


def _replies(kind: str) -> list[Wanted]:
    told = "What to answer the person, word for word."
    if kind == TASK:  # activities take no long texts: a longer answer stands in the task's comments
        text = _field("TextArea", "Reply text", told)
    else:
        text = _field("LongTextArea", "Reply text", told, length=4_096, visibleLines=4)
    return [
        Wanted(kind, REPLY_TEXT, text),
        Wanted(kind, REPLY_STATUS, _choice("Reply status", 'Set it to "Send" to send the text.', *REPLY_STATES)),
        Wanted(kind, REPLY_RESULT, _field("Text", "Reply result", "What became of the reply.", length=255)),
    ]


def _field(type_: str, label: str, description: str, **more: Any) -> dict[str, Any]:
    return {"type": type_, "label": label, "description": description, "required": False, **more}


def _key(length: int, label: str, description: str) -> dict[str, Any]:
    return _field("Text", label, description, length=length, externalId=True, unique=True, caseSensitive=False)


def _choice(label: str, description: str, *values: str) -> dict[str, Any]:
    listed = [{"fullName": value, "label": value, "default": False} for value in values]
    definition = {"sorted": False, "value": listed}
    return _field("Picklist", label, description, valueSet={"restricted": True, "valueSetDefinition": definition})
