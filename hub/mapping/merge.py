"""Values that both sides may change: what the hub and the CRM do about a difference. Pure.

The three-way comparison looks at values only, never at who wrote or when it was heard of: an own write that comes back
says nothing new, a change by somebody else always does.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from hub.mapping.lines import FieldRule
from hub.mapping.values import Shape

Do = Literal["same", "take", "push", "keep", "append", "ask"]
"""`take` the CRM's value · `push` ours into the CRM · `append` both get the union · `ask` a human · `keep` both as they
are · `same` nothing differs."""


class Base(NamedTuple):
    """What each side had when they were compared last. They may differ: sides that agree to differ stay quiet."""

    ours: str
    theirs: str


class Verdict(NamedTuple):
    """What to do about one field. `value` is what the side that is written gets (take, push, append); `lost` the value
    that this overwrites though somebody had set it, and `lost_of` whose it was."""

    do: Do
    lost: str = ""
    lost_of: Literal["", "hub", "crm"] = ""
    value: str = ""


SAME, KEEP, ASK = Verdict("same"), Verdict("keep"), Verdict("ask")


def settle(
    base: Base | None, ours: str, theirs: str, line: FieldRule, *, ours_is_newer: bool = False, choices: bool = False
) -> Verdict:
    """What to do about one field of a linked record.

    `ours` is the hub's value in the CRM's form and `theirs` the CRM's, both as `hub.mapping.values.canonical` makes
    them. `base` None: never compared before, so both count as changed. `ours_is_newer` matters to the rule newest
    alone, `choices` (the field holds several options) to append. After `take`, `push` and `append` of a line that goes
    both ways the values agree; after `keep` the base is what both have now; after `ask` it stays as it was, until
    somebody decides.
    """
    if ours == theirs:
        return SAME
    if line.rule == "fill-blank":
        here, there = bool(ours and not theirs), bool(theirs and not ours)
    else:
        here, there = _changed(base and base.ours, ours, line), _changed(base and base.theirs, theirs, line)
    if here and there:
        return _both(base, ours, theirs, line, ours_is_newer, choices)
    if there and line.pulls:
        return _take(base, ours, theirs)
    if here and line.pushes:
        return _push(base, ours, theirs)
    return _again(base, ours, theirs, line)


def judge(
    base: Base | None, ours: str, theirs: str, line: FieldRule, shape: Shape, *, ours_is_newer: bool = False
) -> Verdict:
    """As `settle`, for values as they come: what says the same in the line's field counts as the same."""
    if shape.alike(line, ours, theirs):
        return SAME
    if base is not None:
        base = Base(
            ours if shape.alike(line, base.ours, ours) else base.ours,
            theirs if shape.alike(line, base.theirs, theirs) else base.theirs,
        )
    choices = shape.field(line).type == "choices"
    return settle(base, ours, theirs, line, ours_is_newer=ours_is_newer, choices=choices)


def union(ours: str, theirs: str, choices: bool = False) -> str:
    """The parts of both values once each, in the order of appearance (choices sorted)."""
    parts = dict.fromkeys(part.strip() for text in (ours, theirs) for part in text.split(";") if part.strip())
    return ";".join(sorted(parts)) if choices else "; ".join(parts)


def _changed(before: str | None, now: str, line: FieldRule) -> bool:
    """Whether a side has a new value that may go over to the other one. An emptied value counts with blank = send."""
    return now != before and bool(now or (line.blank == "send" and before))


def _both(base: Base | None, ours: str, theirs: str, line: FieldRule, newer: bool, choices: bool) -> Verdict:
    if line.rule == "ask":
        return ASK if line.pulls or line.pushes else KEEP
    if line.rule == "append":
        return _append(ours, theirs, union(ours, theirs, choices), line)
    if line.rule == "hub" or (line.rule == "newest" and newer):
        return _push(base, ours, theirs) if line.pushes else KEEP
    return _take(base, ours, theirs) if line.pulls else KEEP


def _append(ours: str, theirs: str, both: str, line: FieldRule) -> Verdict:
    if not (line.pushes and line.pulls):
        return KEEP  # a union on one side alone would only grow
    if both == theirs:
        return Verdict("take", value=both)
    return Verdict("push", value=both) if both == ours else Verdict("append", value=both)


def _again(base: Base | None, ours: str, theirs: str, line: FieldRule) -> Verdict:
    """Only the side that does not count changed: where nothing is taken and the rule is hub ours is written again, with
    direction pull and rule crm theirs taken again."""
    if base is not None and base == (ours, theirs):
        return KEEP
    if not line.pulls and line.rule == "hub" and line.pushes and ours:
        return _push(base, ours, theirs)
    if line.direction == "pull" and line.rule == "crm" and line.pulls and theirs:
        return _take(base, ours, theirs)
    return KEEP


def _take(base: Base | None, ours: str, theirs: str) -> Verdict:
    lost = ours if base is None or ours != base.theirs else ""
    return Verdict("take", lost, "hub" if lost else "", theirs)


def _push(base: Base | None, ours: str, theirs: str) -> Verdict:
    lost = theirs if base is None or theirs != base.ours else ""
    return Verdict("push", lost, "crm" if lost else "", ours)
