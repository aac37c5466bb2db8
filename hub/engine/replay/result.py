"""What a replay found: how many decisions are the same ones, and where they differ."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

MOST = 200
"""Differences that are kept in full; the others are counted."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A decision that is not the same: `live` and `replayed` are (event, at, version, person, conversation, because,
    record) or None where there is none."""

    event: int
    at: int
    live: tuple[Any, ...] | None
    replayed: tuple[Any, ...] | None


@dataclass(slots=True)
class Replayed:
    """`events` worked off, `blank` ones left out because a person was erased; of those decisions since a time that are
    still there, how many are `equal` and how many `differ`. Times in ms."""

    since: int = 0
    upto: int = 0
    events: int = 0
    blank: int = 0
    decisions: int = 0
    differ: int = 0
    differences: list[Difference] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    @property
    def equal(self) -> int:
        """Decisions that are the same, field by field."""
        return self.decisions - self.differ

    def compare(self, live: dict[int, tuple[Any, ...]], again: dict[int, tuple[Any, ...]]) -> None:
        """Some decisions by number; those that only one side has count as different."""
        self.decisions += len(live.keys() | again.keys())
        for number in sorted(live.keys() | again.keys()):
            one, other = live.get(number), again.get(number)
            if one != other:
                self.differ += 1
                if len(self.differences) < MOST:
                    known = one or other
                    assert known is not None
                    self.differences.append(Difference(known[0], known[1], one, other))
