"""What both sides may hold of a value, by the documented rules of mappings alone: told once more, without the engine.

A field of a person has a set of states that it may be in. Mostly it is one; where the documentation leaves an outcome
open, or where nobody can know whether an answer arrived, there are a few, and what is seen later picks among them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from dataclasses import field as of
from typing import Literal, NamedTuple

Do = Literal["same", "take", "push", "keep", "append", "ask"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of a mapping. `field` is the CRM's name; `table`, `prefix` and `upper` are what is done to a value on its
    way there; there is no way back through `upper`. `users`: the CRM's ids by e-mail address."""

    field: str
    source: str
    rule: str = "crm"
    direction: str = "both"
    blank: str = "keep"
    when: str = "always"
    table: Mapping[str, str] = of(default_factory=dict)
    prefix: str = ""
    upper: bool = False
    users: Mapping[str, str] = of(default_factory=dict)

    def toml(self) -> str:
        """The line as a mapping has it."""
        keys = {"from": self.source}
        if self.direction != "pull":  # it says nothing about what is never written
            keys["when"] = self.when
        for key, usual in (("direction", "both"), ("rule", "crm"), ("blank", "keep")):
            if getattr(self, key) != usual:
                keys[key] = getattr(self, key)
        if self.table:
            keys["table"] = "sizes"
        if self.prefix or self.upper:
            keys["transform"] = f"prefix:{self.prefix}" if self.prefix else "upper"
        inside = ", ".join(f'{key} = "{value}"' for key, value in keys.items())
        return f"{self.field} = {{ {inside} }}\n"

    def forward(self, mine: str) -> str | None:
        """The hub's value as the CRM has it; None = it has no such value."""
        if not mine:
            return ""
        if self.table or self.users:
            return (self.table or self.users).get(mine)
        return mine.upper() if self.upper else self.prefix + mine

    def back(self, theirs: str) -> str | None:
        """The CRM's value as the hub has it; None = it cannot be taken."""
        if self.upper or self.direction == "push":
            return None
        if not theirs:
            return ""
        if self.table or self.users:
            return next((mine for mine, there in (self.table or self.users).items() if there == theirs), None)
        return theirs.removeprefix(self.prefix) if theirs.startswith(self.prefix) else None

    @property
    def pushes(self) -> bool:
        """Whether changes of the hub go into a record that is there."""
        return self.when == "always" and self.direction != "pull"


class Base(NamedTuple):
    """What both sides had when they agreed last, in the CRM's form."""

    ours: str
    theirs: str


@dataclass(frozen=True, slots=True)
class State:
    """`mine` is the hub's value, changed there `at` (ms); `base` None = never compared. `lost` are values that must be
    kept as conflicts: whose it was, and the value in the CRM's form."""

    mine: str = ""
    at: int = 0
    base: Base | None = None
    lost: frozenset[tuple[str, str]] = frozenset()


States = frozenset[State]


@dataclass(slots=True)
class Person:
    """Somebody as the model knows him. `record` of the CRM as it was named first ("" = none yet), `said` his messages,
    `left` those that stood under a record when it was deleted: they stay there."""

    phone: str
    name: str = ""
    record: str = ""
    fields: dict[str, States] = of(default_factory=dict)
    said: list[str] = of(default_factory=list)
    left: set[str] = of(default_factory=set)


class Verdict(NamedTuple):
    """What is to be done. `value` of an append; `lost` a value that loses: whose, and which."""

    do: Do
    value: str = ""
    lost: tuple[str, str] | None = None


class Seen(NamedTuple):
    """What a CRM shows in a field: when the record was changed last, and when somebody changed this field (ms)."""

    value: str
    modified: int
    changed: int


def union(*values: str, by: str = "; ") -> str:
    """The parts of both, each once."""
    parts = [part.strip() for value in values for part in value.split(";")]
    return by.join(dict.fromkeys(part for part in parts if part))


def verdicts(line: Line, state: State, seen: Seen) -> list[Verdict]:
    """What may be done now."""
    theirs, ours = seen.value, line.forward(state.mine)
    if ours is None:  # the CRM has no such value: it stays where it is
        return [Verdict("keep")]
    if ours == theirs:
        return [Verdict("same")]
    takes, base = line.back(theirs) is not None, state.base
    hub = bool(ours) if base is None else ours != base.ours
    crm = bool(theirs) if base is None else theirs != base.theirs
    if line.rule == "fill-blank":
        return _filled(line, ours, theirs, base, takes)
    if not ours and line.blank == "keep":
        # taken again by direction pull with rule crm, or as it is: the text says both
        if hub and line.direction == "pull" and line.rule == "crm" and not crm:
            return [Verdict("keep"), Verdict("take")]
        hub = False
    if not theirs and line.blank == "keep":
        # overwritten again by direction push with rule hub, or as it is: the text says both
        if crm and line.direction == "push" and line.rule == "hub" and base is not None and not hub:
            return [Verdict("keep"), Verdict("push")]
        crm = False
    if hub and crm:
        return _both(line, state, ours, seen, takes)
    if hub:
        if line.pushes:
            return [Verdict("push")]
        if line.direction == "pull" and line.rule == "crm" and takes and (theirs or line.blank == "send"):
            return [Verdict("take"), Verdict("take", lost=("hub", ours))]  # the text does not say whether it is kept
        return [Verdict("keep")]
    if crm:
        if takes:
            return [Verdict("take")]
        if line.rule == "hub" and line.pushes and (line.direction == "push" or line.upper) and ours:
            return [Verdict("push", lost=("crm", theirs) if theirs else None)]
    return [Verdict("keep")]


def _filled(line: Line, ours: str, theirs: str, base: Base | None, takes: bool) -> list[Verdict]:
    if ours and theirs:
        return [Verdict("keep")]
    do: Do = "push" if ours else "take"
    if not (line.pushes if ours else takes):
        return [Verdict("keep")]
    never = base is None or not (base.theirs if ours else base.ours)
    # the text leaves open whether what somebody emptied is filled again
    return [Verdict(do)] if never else [Verdict("keep"), Verdict(do)]


def _both(line: Line, state: State, ours: str, seen: Seen, takes: bool) -> list[Verdict]:
    theirs = seen.value
    take = Verdict("take", lost=("hub", ours) if ours else None) if takes else Verdict("keep")
    push = Verdict("push", lost=("crm", theirs) if theirs else None) if line.pushes else Verdict("keep")
    match line.rule:
        case "crm":
            return [take]
        case "hub":
            return [push]
        case "append":
            return [Verdict("append", union(ours, theirs))]
        case "ask":
            return [Verdict("ask")]
    # CRMs tell when a record was changed, not each field of it: by either time
    times = {seen.changed, seen.modified}
    found = [take] if any(state.at <= time for time in times) else []
    return found + ([push] if any(state.at >= time for time in times) else [])


def edited(states: States, mine: str, now: int) -> States:
    """Somebody changed the hub's value."""
    return frozenset(s if s.mine == mine else replace(s, mine=mine, at=now) for s in states)


def decided(line: Line, states: States, theirs: str, keep: str) -> States:
    """Somebody who saw both values decided which one stays."""
    if keep == "crm":
        return frozenset(replace(s, mine=line.back(theirs) or "", base=Base(theirs, theirs)) for s in states)
    return frozenset(replace(s, base=Base("\0", theirs)) for s in states)  # the hub's alone counts as changed


def shown(line: Line, states: States, seen: Seen) -> States:
    """The hub read what the CRM has."""
    return frozenset(after for state in states for after in _shown(line, state, seen))


def _shown(line: Line, state: State, seen: Seen) -> Iterable[State]:
    theirs = seen.value
    agreed = Base(theirs, theirs)
    for verdict in verdicts(line, state, seen):
        match verdict.do:
            case "same":
                yield replace(state, base=agreed)
            case "take":
                lost = state.lost | ({verdict.lost} if verdict.lost else set())
                yield replace(state, mine=line.back(theirs) or "", base=agreed, lost=lost)
            case "append":
                both = replace(state, mine=verdict.value)
                yield replace(both, base=agreed) if verdict.value == theirs else both
                # what somebody writes over the union, having seen it, may replace all of it
                yield replace(both, base=Base("\0", theirs))
            case "keep":  # whether a difference that is left alone counts as agreed is not told
                yield state
                yield replace(state, base=Base(line.forward(state.mine) or "", theirs))
            case _:
                yield state


def left(line: Line, states: States, value: str) -> States:
    """The hub read a value that may stay where it is, as both sides have it."""
    return states | frozenset(replace(s, base=Base(line.forward(s.mine) or "", value)) for s in states)


def glanced(line: Line, states: States, theirs: str) -> States:
    """The hub looked before it wrote: where both have the same already, nothing is written, and they agree."""
    same = (state for state in states if line.forward(state.mine) == theirs)
    return states | frozenset(replace(state, base=Base(theirs, theirs)) for state in same)


def may_write(line: Line, states: States, seen: Seen, value: str) -> States:
    """The states in which the hub may write this value over what it saw, each with what is lost by it."""
    return frozenset(
        replace(state, lost=state.lost | ({verdict.lost} if verdict.lost else set()))
        for state in states
        for verdict in verdicts(line, state, seen)
        if (verdict.do == "push" and line.forward(state.mine) == value)
        or (verdict.do, verdict.value) == ("append", value)
    )


def written(states: States, value: str, *, known: bool) -> States:
    """The value stands in the CRM now; `known`: the hub was told so, else it may or may not find out."""
    told = frozenset(replace(state, base=Base(value, value)) for state in states)
    return told if known else told | states


def settled(line: Line, states: States, mine: str, seen: Seen) -> States:
    """The states that fit what both sides hold when nothing is left to do."""
    return frozenset(
        state
        for state in states
        if state.mine == mine and any(v.do in ("same", "keep", "ask") for v in verdicts(line, state, seen))
    )


def asks(line: Line, states: States, seen: Seen) -> bool:
    """Whether somebody must be asked."""
    return all(v.do == "ask" for state in states for v in verdicts(line, state, seen))
