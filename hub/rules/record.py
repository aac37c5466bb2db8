"""The record of a decision: each rule that mattered as plain data, for people who ask why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hub.model.commands import Command
from hub.rules.case import Case
from hub.rules.condition import Conditions
from hub.rules.ruleset import Rule

MOST = 20
"""Rules that one record tells of; the rest is only counted."""

Entry = dict[str, Any]
"""`rule` · `asked` a list of [condition, what was seen, whether it held] · `did` kinds of commands · `why_not`, where
it did not act."""


def entry(rule: Rule, case: Case, conditions: Conditions | None = None) -> Entry:
    """A rule that was looked at, with each of its conditions."""
    asked = rule.conditions if conditions is None else conditions
    return {"rule": rule.name, "asked": [[one.what, one.seen(case), one.holds(case)] for one in asked]}


def did(commands: Sequence[Command]) -> list[str]:
    """Kinds of commands as a record tells them."""
    return [command.kind for command in commands]
