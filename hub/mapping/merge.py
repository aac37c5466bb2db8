"""Values that both sides may change: what the hub and the CRM do about a difference. Pure.

The three-way comparison looks at values only, never at who wrote or when it was heard of: an own write that comes back
says nothing new, a change by somebody else always does.
"""

from __future__ import annotations

from collections.abc import Mapping as Table
from typing import Literal, NamedTuple

from hub.mapping.files import Mapping, Wins

ATTRIBUTES = ("name", "phone", "email", "language")
"""What of a person both sides may change."""

Verdict = Literal["same", "take", "push", "keep"]
"""`take` the CRM's value · `push` ours into the CRM · `keep` both as they are · `same` nothing differs."""


class Base(NamedTuple):
    """What each side had when they were compared last. They may differ: sides that agree to differ stay quiet."""

    ours: str
    theirs: str


def attribute(source: str) -> str:
    """The attribute of a person behind a mapping source; "" for one that only the hub knows."""
    name = source.partition(".")[0]
    return name if name in ATTRIBUTES else ""


def policy(mapping: Mapping, name: str) -> Wins:
    """Who wins when both sides changed an attribute: what its first line in the mapping says."""
    return next((rule.wins for rule in mapping.person if attribute(rule.source) == name), "crm")


def pushes(mapping: Mapping, name: str) -> bool:
    """Whether the mapping writes an attribute into records that are there already."""
    return any(rule.when == "always" and attribute(rule.source) == name for rule in mapping.person)


def settle(base: Base | None, ours: str, theirs: str, wins: Wins, *, ours_is_newer: bool = False) -> Verdict:
    """What to do about one attribute. `base` None: never compared before. Nothing is ever blanked by an empty value.

    `ours_is_newer` counts only with `wins` = newest.
    """
    if ours == theirs:
        return "same"
    changed_here = base is None or ours != base.ours
    changed_there = base is None or theirs != base.theirs
    if not changed_here and not changed_there:
        return "keep"
    if changed_here and changed_there and ours and theirs:
        hub_wins = wins == "hub" or (wins == "newest" and ours_is_newer)
        return "push" if hub_wins else "take"
    if changed_there and theirs:
        return "take"
    return "push" if changed_here and ours else "keep"


def written(mapping: Mapping, fields: Table[str, str]) -> dict[str, str]:
    """The attributes as they will read in the CRM after these fields were written there."""
    of = {rule.source: fields[rule.field] for rule in mapping.person if rule.source and rule.field in fields}
    found = {name: of[name] for name in ATTRIBUTES if name in of}
    if "name" not in found and (parts := [of[part] for part in ("name.first", "name.last") if part in of]):
        found["name"] = " ".join(parts)
    return found
