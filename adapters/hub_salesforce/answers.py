"""Answers that agents write in Salesforce: on a contact, a lead or a task, with the status set to "Send". Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hub import Answer
from hub_salesforce.paths import MESSAGE, REPLY_STATES, REPLY_STATUS, REPLY_TEXT

SEND = REPLY_STATES[0]
_FIELDS = ((REPLY_STATUS, REPLY_TEXT), (f"{REPLY_STATUS[:-1]}pc", f"{REPLY_TEXT[:-1]}pc"))


def of_person(row: Mapping[str, Any], agent: str) -> Answer | None:
    """The answer that stands on a person's record, if it is to be sent; also one without a text, which the agent is
    told. A person account shows its contact's fields under names of their own."""
    for status, text in _FIELDS:
        if asked(row.get(status)):
            id_ = str(row["Id"])
            return Answer(type="contact", id=id_, contact=id_, text=str(row.get(text) or "").strip(), agent=agent)
    return None


def of_task(row: Mapping[str, Any], contacts: Sequence[str], agent: str) -> Answer | None:
    """The answer that stands on a task: its reply text, else its description if the hub did not write that. For the
    task's first contact.

    One without a text or a contact is an answer too: the agent is told that it cannot be sent.
    """
    if not asked(row.get(REPLY_STATUS)):
        return None
    text = str(row.get(REPLY_TEXT) or "").strip()
    if not text and not row.get(MESSAGE):  # a logged message is what the person said
        text = str(row.get("Description") or "").strip()
    return Answer(type="task", id=str(row["Id"]), contact=contacts[0] if contacts else "", text=text, agent=agent)


def on(row: Mapping[str, Any]) -> bool:
    """Whether an answer stands on this row."""
    return any(asked(row.get(status)) for status, _ in _FIELDS)


def asked(status: Any) -> bool:
    """Whether this status asks to send."""
    return isinstance(status, str) and status.casefold() == SEND.casefold()
