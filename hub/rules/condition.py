"""One thing that a rule asks: closures that answer it and can say what they saw."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hub.contracts.errors import ConfigError
from hub.contracts.toml_tables import Path
from hub.rules.case import Case, Key
from hub.rules.known import Known

Holds = Callable[[Case], bool]
Seen = Callable[[Case], str]


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that a rule asks. `what` names it, `holds` answers, `seen` says in few words what it saw there.

    Short lines, which outlive the person, tell `brief` where it is set instead of what was seen; `quiet` ones go
    without saying there. `keys`: it can hold only where one of these came up, () = anywhere. `looks` names what must
    be loaded for it.
    """

    what: str
    holds: Holds
    seen: Seen
    keys: tuple[Key, ...] = ()
    quiet: bool = False
    looks: frozenset[str] = frozenset()
    brief: Seen | None = None


Conditions = tuple[Condition, ...]


def in_short(conditions: Conditions, case: Case) -> str:
    """What made them hold, in few words."""
    return ", ".join((one.brief or one.seen)(case) for one in conditions if not one.quiet)


def keys_of(conditions: Conditions) -> tuple[Key, ...]:
    """What brings up a rule with these conditions; () = every event of its kind."""
    return next((condition.keys for condition in conditions if condition.keys), ())


_HINTS = {
    "owner": "the id of the owner in the CRM, or the name of an agent",
    "payload": 'name the id of a button or row, such as payload = ["yes"]',
    "deal_stage": 'as the CRM has it, such as "Closed won"',
}


def listed(given: list[str] | None, key: str, path: Path, known: Known) -> list[str]:
    """Names, none of them empty; [] where the table does not ask. Raises ConfigError."""
    if given is None:
        return []
    if not given or not all(name.strip() for name in given):
        remedy = _HINTS.get(key, "name one, or remove the line")
        raise ConfigError(f"'{key}' names nothing", where=known.where((*path, key)), remedy=remedy)
    return given if key == "payload" else [name.strip() for name in given]
