"""Tags: what each kind of tag means, which ones replace each other, and which ones follow from what is known."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from hub.texts.texts import ReplyText
from hub.words.compare import Test

DERIVED = "derived"
"""Who puts on a tag that follows from what is known."""
Moment = Literal["expire", "remind", "review", "derive"]
"""What a tag's timer is for."""


class Asked(NamedTuple):
    """One comparison of the value `name`."""

    name: str
    test: Test


@dataclass(frozen=True, slots=True)
class Derivation:
    """When a tag follows by itself: all of `where` hold, and the first contact was `after` ms ago (0 = whenever)."""

    where: tuple[Asked, ...] = ()
    after: int = 0

    def holds(self, known: Known, now: int) -> bool:
        """Whether it follows from what is known at `now` (ms)."""
        return now >= known.since + self.after and all(
            asked.test.holds(known.value(asked.name)) for asked in self.where
        )


@dataclass(frozen=True, slots=True)
class Known:
    """What derivations look at: the person's values, the details of his last inquiry, when he was first met (ms)."""

    values: Mapping[str, str] = field(default_factory=dict)
    details: Mapping[str, str] = field(default_factory=dict)
    since: int = 0

    def value(self, name: str) -> str | None:
        """A value as it is known of the inquiry, else of the person; None = nobody knows."""
        found = self.details.get(name)
        return found if found is not None else self.values.get(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class TagKind:
    """One [tag.NAME]. Spans in ms after it was put on, 0 = never.

    Tags of one `group` replace each other, "" = it is in none. It goes by itself after `expires`; after `remind`
    `notify` (an agent, a team or "owner") is told `text`; every `review` it is to be looked at again. `by_hand`: only
    a human takes it off. `until_answered`: nobody is reminded once the person wrote, a human took the case, or a deal
    was closed.
    """

    name: str
    dimension: str = "state"
    group: str = ""
    expires: int = 0
    remind: int = 0
    review: int = 0
    by_hand: bool = False
    until_answered: bool = False
    notify: str = ""
    text: ReplyText | None = None
    derive: Derivation | None = None


class Change(NamedTuple):
    """Tags to put on and to take off."""

    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tags:
    """All kinds of tags by name, in the order of the file. `warnings`: what is allowed but looks like a mistake, one
    sentence each. A tag that no table names is one too: it has no group and no time."""

    all: Mapping[str, TagKind] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    groups: Mapping[str, tuple[str, ...]] = field(init=False, repr=False)
    """Group -> its tags."""
    derived: tuple[TagKind, ...] = field(init=False, repr=False)
    """Those that follow from what is known."""

    def __post_init__(self) -> None:
        groups: dict[str, tuple[str, ...]] = {}
        for kind in self.all.values():
            if kind.group:
                groups[kind.group] = (*groups.get(kind.group, ()), kind.name)
        object.__setattr__(self, "groups", groups)
        object.__setattr__(self, "derived", tuple(kind for kind in self.all.values() if kind.derive))

    def kind(self, name: str) -> TagKind:
        """What a tag means; of one that no table names, nothing."""
        return self.all.get(name) or TagKind(name=name, dimension="")

    def rivals(self, name: str, has: Iterable[str]) -> list[str]:
        """Those of the tags somebody has that this one replaces."""
        group = self.groups.get(self.kind(name).group, ())
        return [other for other in has if other != name and other in group]

    def follows(self, known: Known, has: Mapping[str, str], now: int, spared: Collection[str] = ()) -> Change:
        """What derivation changes. `has`: the person's tags, and who put each on; `spared` are left alone.

        It takes off only what it put on, and puts a tag of a group on only where no other hand put one there. Of a
        group whose conditions hold for several, the first of the file counts.
        """
        holding = [k.name for k in self.derived if k.derive and k.derive.holds(known, now) and k.name not in spared]
        wanted: list[str] = []
        for name in holding:
            others = self.rivals(name, [*has, *wanted])
            if not any(other in wanted or has.get(other, DERIVED) != DERIVED for other in others):
                wanted.append(name)
        gone = [k.name for k in self.derived if has.get(k.name) == DERIVED and k.name not in (*wanted, *spared)]
        return Change(tuple(name for name in wanted if name not in has), tuple(gone))

    def next_look(self, known: Known, now: int) -> Mapping[str, int]:
        """Tag -> when (ms) time alone may put it on: those whose wait since the first contact is not over."""
        return {
            kind.name: known.since + kind.derive.after
            for kind in self.derived
            if kind.derive and kind.derive.after and known.since + kind.derive.after > now
        }


def due(kind: TagKind, since: int) -> Mapping[Moment, int]:
    """When the timers of a tag ring that was put on at `since` (ms); 0 = they do not."""
    return {
        "expire": since + kind.expires if kind.expires else 0,
        "remind": since + kind.remind if kind.remind else 0,
        "review": since + kind.review if kind.review else 0,
    }
