"""What the hub knows of a person, and the sources from which a mapping takes values. Pure."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Protocol

SOURCES: dict[str, str] = {
    "name": "the whole name",
    "name.first": "the first names: all of the name but the last name",
    "name.last": "the last name: as somebody told it, else the last word of the name",
    "phone": "the phone number with its country code (+44...)",
    "email": "the e-mail address",
    "language": "the person's language, such as en",
    "channel": "the kind of channel the person wrote through first: whatsapp, telegram, ...",
    "inbox": "the inbox the person wrote to first",
    "owner": "the user who looks after the person; an e-mail address in the hub",
}
"""What a mapping can take a value from, beside `attr.NAME`: a further value of the person."""

ATTR = "attr."
ATTR_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
RESERVED = frozenset(("name", "phone", "email", "language", "channel", "inbox", "owner"))
"""Names that no further value can have."""

NO_LAST = " "
"""As a last name: the person is known to have none."""

CACHED = 2_048
"""Names that are not taken apart twice: a record's is asked for by each of its fields, several times."""
_NAME_MAX = 100
_LABELS = {"whatsapp": "WhatsApp", "imessage": "iMessage", "webchat": "Web chat", "email": "E-mail", "sms": "SMS"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonFacts:
    """What the hub knows of a person and may write; unknown is empty.

    `last` is the last name where somebody told it ("" = guessed from the name, `NO_LAST` = there is none), `channel`
    the first one the person used, `inboxes` all that he wrote to, the first one first, `owner` an agent's e-mail,
    `attributes` further values by name.
    """

    name: str = ""
    last: str = ""
    phone: str = ""
    email: str = ""
    channel: str = ""
    language: str = ""
    inboxes: tuple[str, ...] = ()
    owner: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)


class PersonLike(Protocol):
    """A row of a person; `attributes` as JSON, "" = none. The owner stands there as `owner`, a last name that somebody
    told as `name.last`."""

    name: str
    phone: str
    email: str
    channel: str
    language: str
    attributes: str


def facts_of(person: PersonLike, inboxes: Sequence[str] = ()) -> PersonFacts:
    """The facts of a person's row. `inboxes` in the order of first use."""
    further: dict[str, str] = json.loads(person.attributes) if person.attributes else {}
    return PersonFacts(
        name=person.name,
        last=further.pop("name.last", ""),
        phone=person.phone,
        email=person.email,
        channel=person.channel,
        language=person.language,
        inboxes=tuple(inboxes),
        owner=further.pop("owner", ""),
        attributes=further,
    )


def attribute(source: str) -> str:
    """The value of a person behind a source, by the name that `put` uses ("name" for all parts of the name); "" for a
    source that only the hub knows."""
    if source.startswith(ATTR):
        return source.removeprefix(ATTR)
    name = source.partition(".")[0]
    return name if name in ("name", "phone", "email", "language", "owner") else ""


def source_value(facts: PersonFacts, source: str) -> str:
    """The hub's value of a source, "" = not known."""
    if source.startswith(ATTR):
        return facts.attributes.get(source.removeprefix(ATTR), "")
    match source:
        case "name":
            return " ".join(part for part in name_parts(facts) if part)
        case "name.first":
            return name_parts(facts)[0]
        case "name.last":
            return name_parts(facts)[1]
        case "inbox":
            return facts.inboxes[0] if facts.inboxes else ""
        case "phone":
            return facts.phone
        case "email":
            return facts.email
        case "language":
            return facts.language
        case "channel":
            return facts.channel
        case "owner":
            return facts.owner
    return ""


def put(facts: PersonFacts, source: str, value: str) -> dict[str, str]:
    """What changes in the hub when a source gets a value: attribute -> new value, "" empties it.

    The names are those of a person's row or, where it has none, of its further values (`owner`, `name.last`, NAME of
    `attr.NAME`). Afterwards `source_value` gives `value` (of a name: its blanks put in order). Empty for a source that
    only the hub knows.
    """
    name = attribute(source)
    if name != "name":
        return {name: value.strip()} if name else {}
    if source == "name":
        value = _clean(value)
        kept = value == source_value(facts, "name") or (facts.last.strip() and value.endswith(f" {facts.last}"))
        return _named(facts, value, facts.last if kept else "")
    first, last = name_parts(facts)
    if source == "name.first":
        first = _clean(value)
        if facts.last in ("", NO_LAST) and first == _clean(facts.name):
            last = ""  # the whole name stands there: what was taken for a last name is none
        whole = _clean(f"{first} {last}")
        return _named(facts, whole, "" if split_name(whole) == (first, last) else last or NO_LAST)
    last = _clean(value)
    return _named(facts, _clean(f"{first} {last}"), last or NO_LAST)  # it was told, so it is no guess any more


def applied(facts: PersonFacts, changes: Mapping[str, str]) -> PersonFacts:
    """The facts after changes in the form of `put`."""
    columns = {name: changes[name] for name in ("name", "phone", "email", "language", "owner") if name in changes}
    if "name.last" in changes:
        columns["last"] = changes["name.last"]
    further = {name: value for name, value in changes.items() if name not in columns and name != "name.last"}
    kept = {name: value for name, value in {**facts.attributes, **further}.items() if value}
    return replace(facts, **columns, attributes=kept)  # type: ignore[arg-type]


def stand_in(facts: PersonFacts) -> str:
    """What the hub calls somebody without a usable name, so that he can be found: the phone number, the e-mail address,
    else such as "WhatsApp user"."""
    label = _LABELS.get(facts.channel, facts.channel.replace("_", " ").capitalize()) or "Unknown"
    return facts.phone or facts.email or f"{label} user"


def name_parts(facts: PersonFacts) -> tuple[str, str]:
    """First and last name. A last name that somebody told counts as long as the name ends with it."""
    return _parts(facts.name, facts.last)


@lru_cache(maxsize=CACHED)
def _parts(name: str, told: str) -> tuple[str, str]:
    whole, last = _clean(name), _clean(told)
    if told == NO_LAST and any(char.isalnum() for char in whole):
        return whole, ""
    if last and whole == last:
        return "", last
    if last and whole.endswith(f" {last}"):
        return whole.removesuffix(f" {last}").strip(), last
    return split_name(name)


def split_name(name: str) -> tuple[str, str]:
    """First and last name; `Last, First` is turned round. ("", "") when no letter or digit is in it.

    A guess: the last word is the last name, a single word the first name. Nobody's name is looked up in a list.
    """
    name = _clean(name)
    if not any(char.isalnum() for char in name):
        return "", ""
    last, comma, first = name.partition(",")
    if comma and first.strip() and last.strip() and "," not in first:
        return first.strip(), last.strip()
    words = name.split(" ")
    return (words[0], "") if len(words) == 1 else (" ".join(words[:-1]), words[-1])


@lru_cache(maxsize=CACHED)
def _clean(name: str) -> str:
    if not name.isprintable():
        name = "".join(" " if unicodedata.category(char) == "Cc" else char for char in name)
    return " ".join(name.split())[:_NAME_MAX].strip()


def _named(facts: PersonFacts, whole: str, last: str) -> dict[str, str]:
    changes = {"name": whole}
    last = last if whole else ""
    if last or facts.last:
        changes["name.last"] = last
    return changes
