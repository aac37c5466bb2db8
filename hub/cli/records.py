"""The record of a decision on the screen: each rule that was looked at, with what it asked, saw and did."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


def lines(record: Iterable[Mapping[str, Any]]) -> list[str]:
    """A line for each rule of a decision's record, and one for each of its conditions."""
    return [line for entry in record for line in (head(entry), *_asked(entry))]


def head(entry: Mapping[str, Any]) -> str:
    """One rule and what came of it, on one line."""
    if "more" in entry:
        return f"  rule      and {entry['more']} more that were looked at"
    did = ", ".join(entry.get("did", ()))
    why = entry.get("because", "") or entry.get("why_not", "")
    came = f"did {did}" if did else "did nothing"
    return f"  rule      {_name(entry['rule'])}: {came}{f' ({why})' if why else ''}"


def _name(rule: str) -> str:
    return "all rules" if rule == "*" else f"'{rule}'"


def _asked(entry: Mapping[str, Any]) -> list[str]:
    return [f"    {'yes' if holds else 'no ':<5} {what}: {seen}" for what, seen, holds in entry.get("asked", ())]
