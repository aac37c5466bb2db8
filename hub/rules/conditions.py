"""What a rule asks, compiled: all of its conditions hold, one of `any`, none of `none`."""

from __future__ import annotations

from collections.abc import Sequence

from hub.contracts.errors import ConfigError
from hub.contracts.toml_tables import Path
from hub.rules import event_conditions, person_conditions
from hub.rules.case import Case
from hub.rules.cel import compile_when
from hub.rules.condition import Condition, Conditions, in_short, keys_of
from hub.rules.known import Known
from hub.rules.tables import ConditionTable

MOST_ALTERNATIVES = 20
_WHERE = 'such as where = { budget = ">= 50000" }'


def compile_conditions(table: ConditionTable, path: Path, known: Known, kinds: Sequence[str]) -> Conditions:
    """The conditions of a rule or of one table of its `any` and `none`. Raises ConfigError.

    `kinds` are the events that the rule is on.
    """
    found = [
        *event_conditions.said(table, path, known),
        *event_conditions.about(table, path, known, kinds),
        *event_conditions.values(table, path, known),
        *person_conditions.time(table, path, known),
        *person_conditions.person(table, path, known),
        *person_conditions.crm(table, path, known),
    ]
    if table.where is not None:
        if not table.where:
            raise ConfigError("'where' asks nothing", where=known.where((*path, "where")), remedy=_WHERE)
        found += [
            person_conditions.compared(name, value, (*path, "where", name), known)
            for name, value in table.where.items()
        ]
    if table.when is not None:
        when = compile_when(table.when, (*path, "when"), known.where)
        found.append(Condition("when", when.holds, when.seen, looks=when.looks))
    return tuple(found)


def compile_alternatives(
    tables: Sequence[ConditionTable] | None, key: str, path: Path, known: Known, kinds: Sequence[str]
) -> Conditions:
    """`any` (one of the tables holds) or `none` (not one does). Raises ConfigError."""
    if tables is None:
        return ()
    if not 1 <= len(tables) <= MOST_ALTERNATIVES:
        remedy = f"write 1 to {MOST_ALTERNATIVES}, such as {key} = [{{ keywords = ... }}, {{ first = true }}]"
        raise ConfigError(f"'{key}' has {len(tables)} tables", where=known.where((*path, key)), remedy=remedy)
    ways: list[Conditions] = []
    for place, table in enumerate(tables):
        at = (*path, key, place)
        ways.append(compile_conditions(table, at, known, kinds))
        if not ways[-1]:
            remedy = "name a condition in it, or remove it"
            raise ConfigError(f"a table of '{key}' asks nothing", where=known.where(at), remedy=remedy)
    looks = frozenset().union(*(one.looks for way in ways for one in way))

    def held(case: Case) -> Conditions | None:
        return next((way for way in ways if all(one.holds(case) for one in way)), None)

    def seen(case: Case) -> str:
        way = held(case)
        return ", ".join(one.seen(case) for one in way) if way is not None else "none of them"

    def brief(case: Case) -> str:
        return in_short(held(case) or (), case)

    if key == "none":
        return (Condition("none", lambda case: held(case) is None, seen, quiet=True, looks=looks),)
    brought = [keys_of(way) for way in ways]
    keys = tuple(one for keys in brought for one in keys) if all(brought) else ()
    return (Condition("any", lambda case: held(case) is not None, seen, keys, looks=looks, brief=brief),)
