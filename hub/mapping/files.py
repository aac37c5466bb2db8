"""Mapping files as people write them.

    [person]
    firstname = "name.first"                          # a CRM field and the source of its value
    hs_language = { from = "language", when = "always" }
    lifecyclestage = { value = "lead" }               # a constant

`when = "create"` (the default) writes the field only when the hub makes the record; `"always"` at every write.
`wins` says whose value stays when the hub and the CRM both changed it: `"crm"` (the default), `"hub"` or `"newest"`.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from hub.contracts.errors import ConfigError
from hub.contracts.toml_lines import Lines

When = Literal["create", "always"]
Wins = Literal["crm", "hub", "newest"]

SOURCES: dict[str, str] = {
    "name": "the whole name as the channel gave it",
    "name.first": "all of the name but its last word",
    "name.last": "the last word of the name, empty when it has only one",
    "phone": "the phone number with its country code (+44...)",
    "email": "the e-mail address",
    "channel": "the kind of channel the person wrote through first: whatsapp, telegram, ...",
    "language": "the person's language, such as en",
}
"""What a mapping can take a value from."""

_TOML_PLACE = re.compile(r"\s*\(at (?:line (\d+), column \d+|end of document)\)$")
_VALUE_MAX = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldRule:
    """One line of the file: the CRM field, its `source` (else the constant `value`), and where it stands."""

    field: str
    source: str = ""
    value: str = ""
    when: When = "create"
    wins: Wins = "crm"
    where: str = ""


@dataclass(frozen=True, slots=True)
class Mapping:
    """A mapping file. `file` is the name shown to people."""

    file: str
    person: tuple[FieldRule, ...]


def load_mapping(text: str, file: str) -> Mapping:
    """Read a mapping file. Raises ConfigError with file, line and remedy at the first mistake."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _TOML_PLACE.search(str(error))
        number = int(found[1]) if found and found[1] else text.rstrip().count("\n") + 1
        what = _TOML_PLACE.sub("", str(error))
        raise ConfigError(
            f"this is not TOML: {what}", where=f"{file}:{number}", remedy='a line reads: field = "source"'
        ) from None
    lines = Lines(text, file)
    for key in data:
        if key != "person":
            remedy = "the tables of a mapping file are: person"
            raise ConfigError(f"unknown table or key '{key}'", where=lines.where((key,)), remedy=remedy)
    table = data.get("person")
    if not isinstance(table, dict) or not table:
        raise ConfigError(
            "the table [person] is missing or empty",
            where=lines.where(("person",)),
            remedy='add [person] with lines such as phone = "phone"',
        )
    return Mapping(file, tuple(_rule(name, entry, lines) for name, entry in table.items()))


def _rule(name: str, entry: Any, lines: Lines) -> FieldRule:
    path = ("person", name)
    table = {"from": entry} if isinstance(entry, str) else entry
    if not isinstance(table, dict):
        raise ConfigError(
            f"'{name}' has no source", where=lines.where(path), remedy=f'{name} = "phone" or {{ value = "..." }}'
        )
    for key in table:
        if key not in ("from", "value", "when", "wins"):
            remedy = closest(key, ("from", "value", "when", "wins"), "keys")
            raise ConfigError(f"'{name}': unknown key '{key}'", where=lines.where((*path, key)), remedy=remedy)
    if ("from" in table) == ("value" in table):
        remedy = f'{name} = {{ from = "phone" }} or {{ value = "..." }}'
        raise ConfigError(f"'{name}' needs either from or value", where=lines.where(path), remedy=remedy)
    when = table.get("when", "create")
    if when not in ("create", "always"):
        raise ConfigError(
            f"'{name}': when = {when!r} is unknown",
            where=lines.where((*path, "when")),
            remedy='when = "create" or "always"',
        )
    wins = table.get("wins", "crm")
    if wins not in ("crm", "hub", "newest") or ("wins" in table and "value" in table):
        raise ConfigError(
            f"'{name}': wins = {wins!r} is unknown" if "from" in table else f"'{name}': a constant has no wins",
            where=lines.where((*path, "wins")),
            remedy='{ from = "phone", when = "always", wins = "crm" }, or "hub", or "newest"',
        )
    if "value" in table:
        value = table["value"]
        if isinstance(value, bool):
            value = str(value).lower()
        if not isinstance(value, str | int | float) or value == "" or len(str(value)) > _VALUE_MAX:
            raise ConfigError(
                f"'{name}': the value is empty or not a text",
                where=lines.where((*path, "value")),
                remedy='write value = "..."; the hub never blanks a field',
            )
        return FieldRule(field=name, value=str(value), when=when, where=lines.where(path))
    source = table["from"]
    if not isinstance(source, str) or source not in SOURCES:
        raise ConfigError(
            f"'{name}': unknown source {source!r}",
            where=lines.where((*path, "from")),
            remedy=closest(str(source), SOURCES, "sources"),
        )
    return FieldRule(field=name, source=source, when=when, wins=wins, where=lines.where(path))


def closest(name: str, known: Iterable[str], noun: str) -> str:
    """A remedy for a misspelt name: the closest known one, else all of them (the first forty)."""
    names = sorted(known)
    if close := difflib.get_close_matches(name, names, 1):
        return f"did you mean '{close[0]}'?"
    more = ", ..." if len(names) > 40 else ""
    return f"{noun}: {', '.join(names[:40])}{more}"
