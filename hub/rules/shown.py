"""Rules in words: when each acts and what it does, as they stand in the file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from hub.rules.kinds import SAID
from hub.rules.tables import ConditionTable

LONGEST = 80
"""Characters of one value that are shown."""
ASKS = tuple(
    dict.fromkeys([*(field.alias or name for name, field in ConditionTable.model_fields.items()), "inbox", "channel"])
)
"""Keys of what a rule asks; those of `any` and `none` too, but the place."""
_AROUND = ("name", "on", "any", "none", "once_per", "after", "unless", "purpose", "quote")


class Shown(NamedTuple):
    """A rule in words: what it is `on`, what it asks (all of it), when it acts, and what it does."""

    name: str
    on: tuple[str, ...]
    asks: tuple[str, ...]
    when: tuple[str, ...]
    does: tuple[str, ...]


def show(table: Mapping[str, Any]) -> Shown:
    """One [[rule]] that was checked before."""
    on = table.get("on", SAID)
    asks = [*_asks(table)]
    if "any" in table:
        asks.append(f"one of ({_ways(table['any'])})")
    if "none" in table:
        asks.append(f"none of ({_ways(table['none'])})")
    when = [f"once per {table['once_per']}"] if "once_per" in table else []
    when += [f"after {table['after']}"] if "after" in table else []
    when += [f"unless {_short(table['unless'])}"] if "unless" in table else []
    does = [f"{key}: {_short(value)}" for key, value in table.items() if key not in (*_AROUND, *ASKS)]
    does += [f"{key}: {_short(table[key])}" for key in ("purpose", "quote") if key in table]
    return Shown(table["name"], tuple([on] if isinstance(on, str) else on), tuple(asks), tuple(when), tuple(does))


def _asks(table: Mapping[str, Any]) -> Iterable[str]:
    for key in ASKS:
        if key == "where" and key in table:
            yield from (f"{name} {_short(value)}" for name, value in table["where"].items())
        elif key in table:
            yield f"{key.replace('_', ' ')} {_short(words_of(table[key]) if key == 'keywords' else table[key])}"


def _ways(tables: Iterable[Mapping[str, Any]]) -> str:
    return "; ".join(", ".join(_asks(table)) for table in tables)


def words_of(given: Any) -> list[str]:
    """Keywords as they stand in the file, in whatever shape: the words alone."""
    if isinstance(given, str):
        return [given]
    if isinstance(given, Mapping):
        return [given["word"]] if "word" in given else [word for part in given.values() for word in words_of(part)]
    return [word for part in given for word in words_of(part)]


def _short(value: Any) -> str:
    """A value on one line."""
    told = " ".join(_plain(value).split())
    return told if len(told) <= LONGEST else f"{told[: LONGEST - 3]}..."


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        if value.keys() == {"text"}:
            return _plain(value["text"])
        return ", ".join(f"{key} {_plain(part)}" for key, part in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(_plain, value))
    return str(value)
