"""The fields of one person, as a mapping makes them."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from hub.mapping.files import Mapping

_NAME_MAX = 100
_LABELS = {"whatsapp": "WhatsApp", "imessage": "iMessage", "webchat": "Web chat", "email": "E-mail", "sms": "SMS"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonFacts:
    """What the hub knows of a person and may write. Unknown is empty. `channel` is the first one the person used."""

    name: str = ""
    phone: str = ""
    email: str = ""
    channel: str = ""
    language: str = ""


def person_fields(mapping: Mapping, person: PersonFacts, creating: bool) -> dict[str, str]:
    """CRM field names and values for one write. An empty source is left out: nothing in the CRM is ever blanked.

    When the hub makes a record of somebody without a usable name, the name is the phone number, else
    "WhatsApp user": a contact needs something to be found by. `creating` is False for a linked record.
    """
    first, last = split_name(person.name)
    if creating and not (first or last):
        first = person.phone or person.email or f"{_label(person.channel)} user".strip()
    values = {
        "name": f"{first} {last}".strip(),
        "name.first": first,
        "name.last": last,
        "phone": person.phone,
        "email": person.email,
        "channel": person.channel,
        "language": person.language,
    }
    found: dict[str, str] = {}
    for rule in mapping.person:
        value = values[rule.source] if rule.source else rule.value
        if value and (creating or rule.when == "always"):
            found[rule.field] = value
    if creating and not last and first and not any(rule.source in ("name", "name.first") for rule in mapping.person):
        # A mapping may take the last name only: then that is where a single name has to stand.
        found.update({rule.field: first for rule in mapping.person if rule.source == "name.last"})
    return found


def split_name(name: str) -> tuple[str, str]:
    """First and last name; `Last, First` is turned round. ("", "") when no letter or digit is in it.

    A guess: the last word is the last name, a single word the first name. Nobody's name is looked up in a list.
    """
    name = "".join(" " if unicodedata.category(char) == "Cc" else char for char in name)
    name = " ".join(name.split())[:_NAME_MAX].strip()
    if not any(char.isalnum() for char in name):
        return "", ""
    last, comma, first = name.partition(",")
    if comma and first.strip() and last.strip() and "," not in first:
        return first.strip(), last.strip()
    words = name.split(" ")
    return (words[0], "") if len(words) == 1 else (" ".join(words[:-1]), words[-1])


def _label(channel: str) -> str:
    return _LABELS.get(channel, channel.replace("_", " ").capitalize()) or "Unknown"
