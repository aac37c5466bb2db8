"""Mapping files as people write them.

    [person]
    FirstName = "name.first"                               # a CRM field and the source of its value
    Language__c = { from = "language", when = "always", table = "languages" }
    LeadSource = [ { value = "Shop", inbox = "shop" }, { value = "Web" } ]   # the first line that fits counts
    [table.languages]                                      # hub value = CRM value
    en = "English"
    [owners]                                               # hub (e-mail) = CRM (e-mail or id), where they differ
    "ana@example.com" = "ana@crm.example"

The keys of a line are described in docs/reference/mappings.md.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from hub.contracts.errors import ConfigError
from hub.contracts.toml_lines import Lines
from hub.contracts.transforms import TransformSpec
from hub.identity import email_key
from hub.mapping import lines as model
from hub.mapping.entries import Entries, closest, text_of
from hub.mapping.lines import FieldRule, Table
from hub.mapping.transforms import all_transforms

__all__ = ["TABLES", "closest", "load_mapping"]

TABLES = ("person", "table", "owners")

_TOML_PLACE = re.compile(r"\s*\(at (?:line (\d+), column \d+|end of document)\)$")


def load_mapping(
    text: str,
    file: str,
    *,
    inboxes: Collection[str] | None = None,
    transforms: Iterable[TransformSpec] = (),
) -> model.Mapping:
    """Read a mapping file; `file` is its name for people. Raises ConfigError with file, line and remedy at the first
    mistake.

    `inboxes` are the names that lines may use, None = not known here. `transforms` of plugins, beside the built-in.
    """
    data = _parsed(text, file)
    lines = Lines(text, file)
    for key in data:
        if key not in TABLES:
            remedy = closest(key, TABLES, "the tables of a mapping file are")
            raise ConfigError(f"unknown table or key '{key}'", where=lines.where((key,)), remedy=remedy)
    tables = _tables(data.get("table", {}), lines)
    owners = _owners(data.get("owners", {}), lines)
    person = data.get("person")
    if not isinstance(person, dict) or not person:
        raise ConfigError(
            "the table [person] is missing or empty",
            where=lines.where(("person",)),
            remedy='add [person] with lines such as phone = "phone"',
        )
    entries = Entries(lines, tables, Table("owners", owners), inboxes, all_transforms(transforms))
    rules = tuple(rule for name, entry in person.items() for rule in entries.read(name, entry))
    _twice(person, lines)
    _one_taker(rules)
    _used(rules, tables, owners, lines)
    return model.Mapping(file, rules, tables, owners)


def _parsed(text: str, file: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _TOML_PLACE.search(str(error))
        number = int(found[1]) if found and found[1] else text.rstrip().count("\n") + 1
        what = _TOML_PLACE.sub("", str(error))
        raise ConfigError(
            f"this is not TOML: {what}", where=f"{file}:{number}", remedy='a line reads: field = "source"'
        ) from None


def _tables(data: Any, lines: Lines) -> dict[str, Table]:
    if not isinstance(data, dict):
        raise ConfigError(
            "'table' is not a table", where=lines.where(("table",)), remedy="write [table.NAME] above its lines"
        )
    found = {}
    for name, values in data.items():
        path = ("table", name)
        if not isinstance(values, dict) or not values:
            what = f"[table.{name}] is empty" if values == {} else f"'{name}' is not a table"
            remedy = f'write [table.{name}] and below it lines such as en = "English"'
            raise ConfigError(what, where=lines.where(path), remedy=remedy)
        pairs = {}
        for hub, crm in values.items():
            if not hub.strip() or not (told := text_of(crm)):
                what = f"[table.{name}]: '{hub}' stands for no text"
                raise ConfigError(what, where=lines.where((*path, hub)), remedy='a line reads: hub value = "CRM value"')
            pairs[hub.strip()] = told
        found[name] = Table(name, pairs, {hub.strip(): lines.where((*path, hub)) for hub in values})
    return found


def _owners(data: Any, lines: Lines) -> dict[str, str]:
    remedy = '"ana@example.com" = "ana@crm.example", or the id of a CRM user'
    if not isinstance(data, dict):
        raise ConfigError(
            "'owners' is not a table", where=lines.where(("owners",)), remedy=f"write [owners] and {remedy}"
        )
    found = {}
    for agent, owner in data.items():
        where = lines.where(("owners", agent))
        if email_key(agent) is None:
            raise ConfigError(f"[owners]: '{agent}' is no e-mail address", where=where, remedy=remedy)
        told = text_of(owner)
        if not told or " " in told or ("@" in told and email_key(told) is None):
            what = f"[owners]: '{agent}' names no e-mail address and no id"
            raise ConfigError(what, where=where, remedy=remedy)
        found[agent.strip().lower()] = told
    return found


def _twice(person: Mapping[str, Any], lines: Lines) -> None:
    seen: dict[str, str] = {}
    for name in person:
        other = seen.setdefault(name.casefold(), name)
        if other != name:
            what = f"'{name}' is '{other}' once more: letter case does not matter to a CRM"
            raise ConfigError(what, where=lines.where(("person", name)), remedy="remove one of the two")


def _one_taker(rules: Iterable[FieldRule]) -> None:
    """Two fields that are both taken over into one value would overwrite each other for ever."""
    takers: dict[str, FieldRule] = {}
    for rule in rules:
        if not rule.pulls:
            continue
        for source in _overlap(rule.source):
            other = takers.get(source)
            if other is not None and other.field != rule.field:
                what = (
                    f"'{rule.field}' and '{other.field}' ({other.where}) would both be taken over as {rule.attribute}"
                )
                remedy = 'write direction = "push" in one of the two'
                raise ConfigError(what, where=rule.where, remedy=remedy)
        takers.setdefault(rule.source, rule)


def _overlap(source: str) -> tuple[str, ...]:
    if source == "name":
        return ("name", "name.first", "name.last")
    return (source, "name") if source.startswith("name.") else (source,)


def _used(rules: Collection[FieldRule], tables: Mapping[str, Table], owners: Mapping[str, str], lines: Lines) -> None:
    used = {rule.table.name for rule in rules if rule.table and rule.source != "owner"}
    for name in tables:
        if name not in used:
            remedy = f'remove it, or write table = "{name}" in a line of [person]'
            raise ConfigError(f"no line uses [table.{name}]", where=lines.where(("table", name)), remedy=remedy)
    if owners and not any(rule.source == "owner" for rule in rules):
        remedy = 'remove it, or add a line such as OwnerId = { from = "owner", when = "always" }'
        raise ConfigError("no line uses [owners]", where=lines.where(("owners",)), remedy=remedy)
