"""Where the looks at changes stand, and how that is written into a cursor. Pure; times in ms."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from hub.contracts.errors import Unavailable


class Look(NamedTuple):
    """The look at one object. `since` is the newest change it ever saw.

    In the middle of many pages it goes on after the row (`at`, `id`), and `top` is the newest change seen meanwhile.
    """

    since: int
    at: int = 0
    id: str = ""
    top: int = 0

    @property
    def open(self) -> bool:
        """Whether more pages follow."""
        return bool(self.id)

    def after(self, rows: Sequence[tuple[int, str]], *, full: bool) -> Look:
        """Where it stands after a page of rows (time, id) in their order; `full`: more may follow.

        Nothing seen leaves it where it was: the clock moves no look. Raises Unavailable where a page does not advance.
        """
        top = max(self.since, self.top, *(at for at, _ in rows), 0)
        if not full or not rows:
            return Look(top)
        at, id_ = rows[-1]
        if (at, id_) <= (self.at, self.id):
            raise Unavailable("Salesforce's pages of changes do not advance")
        return Look(self.since, at, id_, top)


@dataclass(frozen=True, slots=True)
class Position:
    """All looks by object. `start` is when the first one began, `deleted` until when the list of deletions was read,
    `count` the pages that brought something: no two of them have the same cursor."""

    start: int
    looks: Mapping[str, Look] = field(default_factory=dict)
    deleted: Mapping[str, int] = field(default_factory=dict)
    count: int = 0

    def of(self, kinds: Sequence[str]) -> Position:
        """With a look at each of these objects and no other; a new one begins where the furthest stands."""
        newest = max((look.since for look in self.looks.values()), default=self.start)
        return replace(
            self,
            looks={kind: self.looks.get(kind, Look(newest)) for kind in kinds},
            deleted={kind: at for kind, at in self.deleted.items() if kind in kinds},
        )

    @property
    def open(self) -> bool:
        """Whether one of the looks has more pages."""
        return any(look.open for look in self.looks.values())

    def __str__(self) -> str:
        looks = {kind: list(look) if look.open else [look.since] for kind, look in self.looks.items()}
        told = {"n": self.count, "s": self.start, "k": looks, "d": dict(self.deleted)}
        return json.dumps(told, separators=(",", ":"), sort_keys=True)


def parse(cursor: str) -> Position | None:
    """The inverse of `str`; None for "" and for anything else."""
    try:
        told = json.loads(cursor)
        looks = {str(kind): Look(*look) for kind, look in told["k"].items()}
        deleted = {str(kind): at for kind, at in told["d"].items()}
        times = [told["s"], told["n"], *deleted.values()]
        times += [number for look in looks.values() for number in (look.since, look.at, look.top)]
        if not all(type(number) is int and number >= 0 for number in times):
            return None
        if not all(isinstance(look.id, str) for look in looks.values()):
            return None
        return Position(told["s"], looks, deleted, told["n"])
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
