"""The lines below [person] of a mapping file, each checked with its place."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from hub.contracts.errors import ConfigError
from hub.contracts.toml_lines import Lines, Path
from hub.contracts.transforms import TransformSpec
from hub.mapping.facts import ATTR, ATTR_NAME, RESERVED, SOURCES, attribute
from hub.mapping.lines import Blank, Direction, FieldRule, Rule, Table, Transform, When

KEYS = ("from", "value", "when", "direction", "rule", "blank", "transform", "table", "inbox")
CONSTANT_RULES = ("fill-blank", "hub")

_VALUE_MAX = 65_536


@dataclass(frozen=True, slots=True)
class Entries:
    """Reads the entries of [person] with what they may name. `inboxes` None = not known."""

    lines: Lines
    tables: Mapping[str, Table]
    owners: Table
    inboxes: Collection[str] | None
    transforms: Mapping[str, TransformSpec]

    def read(self, name: str, entry: Any) -> list[FieldRule]:
        """The lines of one field. Raises ConfigError at a mistake."""
        path: Path = ("person", name)
        if not isinstance(entry, list):
            return [self._line(name, entry, path)]
        if not entry:
            raise self._error(path, f"'{name}' has no line", 'write [ { value = "Shop", inbox = "shop" }, "inbox" ]')
        found: list[FieldRule] = []
        seen: set[str] = set()
        for place, one in enumerate(entry):
            rule = self._line(name, one, (*path, place))
            if found and not found[-1].inboxes:
                what = f"'{name}': this line is never reached, as the one before it counts for everybody"
                raise self._error((*path, place), what, "put the line without inbox last, and only one of them")
            if rule.inboxes and rule.inboxes <= seen:
                what = f"'{name}': this line is never reached, as lines before it have its inboxes"
                raise self._error((*path, place), what, "remove it, or name another inbox")
            seen |= rule.inboxes
            found.append(rule)
        return found

    def _line(self, name: str, entry: Any, path: Path) -> FieldRule:
        table = {"from": entry} if isinstance(entry, str) else entry
        if not isinstance(table, dict):
            raise self._error(path, f"'{name}' has no source", f'{name} = "phone" or {{ value = "..." }}')
        for key in table:
            if key == "wins":
                raise self._error((*path, key), f"'{name}': unknown key 'wins'", "it is called rule")
            if key not in KEYS:
                raise self._error((*path, key), f"'{name}': unknown key '{key}'", closest(key, KEYS, "keys"))
        if ("from" in table) == ("value" in table):
            remedy = f'{name} = {{ from = "phone" }} or {{ value = "..." }}'
            raise self._error(path, f"'{name}' needs either from or value", remedy)
        when: When = self._one_of(name, "when", table, path, get_args(When), "create")
        if "value" in table:
            return self._constant(name, table, path, when)
        source = self._source(name, table["from"], (*path, "from"))
        rule = FieldRule(
            field=name,
            source=source,
            when=when,
            direction=self._one_of(name, "direction", table, path, get_args(Direction), "both"),
            rule=self._one_of(name, "rule", table, path, get_args(Rule), "crm"),
            blank=self._one_of(name, "blank", table, path, get_args(Blank), "keep"),
            transforms=self._transforms(name, table, path),
            table=self._table(name, source, table, path),
            inboxes=self._inboxes(name, table, path),
            where=self.lines.where(path),
        )
        self._sense(rule, table, path)
        return rule

    def _constant(self, name: str, table: Mapping[str, Any], path: Path, when: When) -> FieldRule:
        value = text_of(table["value"])
        if not value or len(value) > _VALUE_MAX:
            what, remedy = f"'{name}': the value is empty or not a text", 'write value = "..."'
            raise self._error((*path, "value"), what, remedy)
        for key in ("direction", "blank", "transform", "table"):
            if key in table:
                what = f"'{name}': a constant has no {key}"
                raise self._error((*path, key), what, f"remove {key}; a constant is only written into the CRM")
        rule: Rule = self._one_of(name, "rule", table, path, CONSTANT_RULES, "fill-blank")
        if "rule" in table and when == "create":
            what = f"'{name}': a rule says nothing about a constant that is written once"
            raise self._error((*path, "rule"), what, 'remove rule, or add when = "always"')
        return FieldRule(
            field=name,
            value=value,
            when=when,
            direction="push",
            rule=rule,
            inboxes=self._inboxes(name, table, path),
            where=self.lines.where(path),
        )

    def _source(self, name: str, source: Any, path: Path) -> str:
        if isinstance(source, str) and source.startswith(ATTR):
            own = source.removeprefix(ATTR)
            if own in RESERVED:
                raise self._error(path, f"'{name}': {source} has a source of its own", f'write from = "{own}"')
            if not ATTR_NAME.fullmatch(own):
                remedy = "attr.NAME: a letter, then letters, digits, _ and -, 64 at most"
                raise self._error(path, f"'{name}': '{source}' names no value of a person", remedy)
            return source
        if not isinstance(source, str) or source not in SOURCES:
            raise self._error(
                path, f"'{name}': unknown source {source!r}", closest(str(source), (*SOURCES, "attr.NAME"), "sources")
            )
        return source

    def _transforms(self, name: str, table: Mapping[str, Any], path: Path) -> tuple[Transform, ...]:
        named = table.get("transform", [])
        path = (*path, "transform")
        named = [named] if isinstance(named, str) else named
        if not isinstance(named, list) or not all(isinstance(one, str) for one in named):
            raise self._error(path, f"'{name}': transform is no list of names", 'transform = ["trim", "cut:40"]')
        found = []
        for place, text in enumerate(named):
            at = (*path, place)
            own, colon, argument = text.partition(":")
            spec = self.transforms.get(own.strip())
            if spec is None:
                raise self._error(
                    at, f"'{name}': unknown transform '{own}'", closest(own, self.transforms, "transforms")
                )
            if spec.argument and spec.needed and not argument:
                what = f"'{name}': the transform {spec.name} lacks its argument"
                raise self._error(at, what, f'write "{spec.name}:{spec.argument.upper()}"')
            if colon and not spec.argument:
                raise self._error(at, f"'{name}': the transform {spec.name} has no argument", f'write "{spec.name}"')
            if argument and (wrong := spec.wrong(argument)):
                raise self._error(at, f"'{name}': the argument of {spec.name} is '{argument}'", wrong)
            found.append(Transform(spec, argument))
        return tuple(found)

    def _table(self, name: str, source: str, table: Mapping[str, Any], path: Path) -> Table | None:
        if "table" not in table:
            return self.owners if source == "owner" else None
        named, path = table["table"], (*path, "table")
        if source == "owner":
            raise self._error(path, f"'{name}': owners have no table", "write their e-mail addresses below [owners]")
        if not isinstance(named, str) or named not in self.tables:
            hint = closest(str(named), self.tables, "tables") if self.tables else f"add [table.{named}]"
            raise self._error(path, f"'{name}': there is no table {named!r}", hint)
        return self.tables[named]

    def _inboxes(self, name: str, table: Mapping[str, Any], path: Path) -> frozenset[str]:
        if "inbox" not in table:
            return frozenset()
        named, path = table["inbox"], (*path, "inbox")
        names = [named] if isinstance(named, str) else named
        if not isinstance(names, list) or not names or not all(isinstance(one, str) and one for one in names):
            raise self._error(path, f"'{name}': inbox names none", 'inbox = "shop" or ["shop", "support"]')
        for one in names:
            if self.inboxes is not None and one not in self.inboxes:
                hint = closest(one, self.inboxes, "inboxes") if self.inboxes else "add [inbox.NAME] to hub.toml"
                raise self._error(path, f"'{name}': there is no inbox '{one}'", hint)
        return frozenset(names)

    def _sense(self, rule: FieldRule, table: Mapping[str, Any], path: Path) -> None:
        """Keys that are right by themselves and make no sense together."""
        name = rule.field
        one_way = next((t.spec.name for t in rule.transforms if t.spec.back is None), "")
        if rule.direction == "pull":
            if not attribute(rule.source):
                what = f"'{name}': {rule.source} cannot be taken from the CRM, only the hub knows it"
                raise self._error((*path, "direction"), what, 'direction = "push", or another source')
            if one_way:
                what = f"'{name}': what {one_way} made cannot be carried back"
                raise self._error((*path, "transform"), what, f'remove {one_way}, or direction = "push"')
            if "when" in table:
                what = f"'{name}': when says nothing about a field that is never written"
                raise self._error((*path, "when"), what, 'remove when, or direction = "pull"')
        elif "rule" in table and not rule.pushes and not rule.pulls:
            why = f"{one_way} cannot be carried back" if one_way else "nothing is taken from the CRM"
            what = f"'{name}': rule says nothing about a field that is written once, where {why}"
            raise self._error((*path, "rule"), what, 'remove rule, or add when = "always"')
        if rule.rule == "append" and not rule.source.startswith(ATTR):
            what = f"'{name}': rule = 'append' makes one value of two, and {rule.source} holds one"
            raise self._error((*path, "rule"), what, "append is for attr.NAME; choose crm, hub, newest or ask")
        if rule.rule == "append" and not (rule.pushes and rule.pulls):
            what = f"'{name}': rule = 'append' needs a field that is written and taken"
            remedy = 'write when = "always" and direction = "both"' + (f", without {one_way}" if one_way else "")
            raise self._error((*path, "rule"), what, remedy)
        if rule.blank == "send" and rule.rule == "fill-blank":
            what = f"'{name}': what blank = 'send' empties, rule = 'fill-blank' would fill again"
            raise self._error((*path, "blank"), what, "remove one of the two")
        if rule.blank == "send" and any(t.spec.fills for t in rule.transforms):
            what = f"'{name}': with a default there is no empty value that blank = 'send' could send"
            raise self._error((*path, "blank"), what, "remove one of the two")

    def _one_of(
        self, name: str, key: str, table: Mapping[str, Any], path: Path, known: tuple[str, ...], default: str
    ) -> Any:
        value = table.get(key, default)
        if value not in known:
            what = f"'{name}': {key} = {value!r} is unknown"
            if key == "rule" and "value" in table:
                what = f"'{name}': a constant has no rule {value!r}"
            raise self._error((*path, key), what, f"{key} = {' or '.join(repr(one) for one in known)}")
        return value

    def _error(self, path: Path, what: str, remedy: str) -> ConfigError:
        return ConfigError(what, where=self.lines.where(path), remedy=remedy)


def text_of(value: Any) -> str:
    """A value of the file as text, without blanks around it; "" where it is none."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value).strip() if isinstance(value, str | int | float) else ""


def closest(name: str, known: Iterable[str], noun: str) -> str:
    """A remedy for a misspelt name: the closest known one, else all of them (the first forty)."""
    names = sorted(known)
    if close := difflib.get_close_matches(name, names, 1):
        return f"did you mean '{close[0]}'?"
    more = ", ..." if len(names) > 40 else ""
    return f"{noun}: {', '.join(names[:40])}{more}"
