"""Two versions of a mapping, told apart field by field, in words. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any, Literal

from hub.mapping.lines import FieldRule, Mapping, Table

ARROWS = {"both": "⇄", "push": "→", "pull": "←"}
"""How a direction is drawn, from the hub to the CRM."""
_SHOWN = {"value": "constant", "transforms": "transform", "inboxes": "inbox"}
_KEYS = tuple(f.name for f in fields(FieldRule) if f.name not in ("field", "where"))

_USUAL, _CONSTANT = FieldRule(field=""), FieldRule(field="", direction="push", rule="fill-blank")


@dataclass(frozen=True, slots=True)
class Change:
    """What is different about one CRM field: `words` are sentences for people."""

    field: str
    what: Literal["added", "removed", "changed"]
    words: tuple[str, ...]


def changes(before: Mapping, after: Mapping) -> list[Change]:
    """Every field that the two treat differently, in the order of the newer one; removed ones last."""
    old, new = _by_field(before), _by_field(after)
    found = []
    for field, lines in new.items():
        if field not in old:
            found.append(Change(field, "added", tuple(told(line) for line in lines)))
        elif words := _differences(old[field], lines):
            found.append(Change(field, "changed", tuple(words)))
    found += [
        Change(field, "removed", tuple(told(line) for line in lines))
        for field, lines in old.items()
        if field not in new
    ]
    return found


def unified(before: str, after: str, old: str, new: str) -> str:
    """The two texts as a unified diff; "" when they are equal. `old` and `new` name them."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), old, new, lineterm="")
    return "\n".join(lines)


def told(line: FieldRule) -> str:
    """A line in words: where its value comes from, and whatever is not as usual."""
    source = f"from {line.source}" if line.source else f"always '{line.value}'"
    rest = [f"{_name(name)} {_word(value)}" for name, value in _said(line) if name not in ("source", "value")]
    return ", ".join([source, *rest])


def _differences(old: tuple[FieldRule, ...], new: tuple[FieldRule, ...]) -> list[str]:
    if len(old) != len(new):
        return [f"was: {told(line)}" for line in old] + [f"now: {told(line)}" for line in new]
    words = []
    for number, (was, now) in enumerate(zip(old, new, strict=True), start=1):
        line = f"line {number}: " if len(new) > 1 else ""
        for name in _KEYS:
            one, other = getattr(was, name), getattr(now, name)
            if isinstance(one, Table) and isinstance(other, Table) and one.name == other.name:
                words += [f"{line}{told}" for told in _in_table(one, other)]
            elif one != other:
                words.append(f"{line}{_name(name)}: {_word(one)} → {_word(other)}")
    return words


def _in_table(old: Table, new: Table) -> list[str]:
    """Where two tables of one name differ."""
    rows = dict.fromkeys([*new.values, *old.values])
    return [
        f"table {new.name}, {row}: {old.values.get(row, 'none')} → {new.values.get(row, 'none')}"
        for row in rows
        if old.values.get(row) != new.values.get(row)
    ]


def _by_field(mapping: Mapping) -> dict[str, tuple[FieldRule, ...]]:
    found: dict[str, tuple[FieldRule, ...]] = {}
    for line in mapping.person:
        found[line.field] = (*found.get(line.field, ()), line)
    return found


def _said(line: FieldRule) -> Iterable[tuple[str, Any]]:
    """What the line says beyond the usual."""
    usual = _USUAL if line.source else _CONSTANT
    for name in _KEYS:
        if (value := getattr(line, name)) != getattr(usual, name):
            yield name, value


def _name(name: str) -> str:
    return _SHOWN.get(name, name)


def _word(value: Any) -> str:
    """A value of a line, for people."""
    if isinstance(value, Table):
        return value.name
    if isinstance(value, frozenset):
        return " or ".join(sorted(value)) or "any"
    if isinstance(value, tuple):
        return ", ".join(transform.text for transform in value) or "none"
    return str(value) if value else "none"
