"""Compiled rules."""

from __future__ import annotations

from dataclasses import dataclass, field

from hub.rules.hours import Hours
from hub.rules.keywords import Keywords
from hub.rules.texts import ReplyText


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule, ready to run. Empty `inboxes` or `channels` mean all; `once_per` in ms, 0 = always.

    `hours` are those of which the text names the next opening.
    """

    name: str
    inboxes: frozenset[str]
    channels: frozenset[str]
    has_keywords: bool
    outside: Hours | None
    once_per: int
    first: bool
    reply: ReplyText
    hours: Hours | None


@dataclass(frozen=True, slots=True)
class RuleSet:
    """All rules in file order. `version` is a hash of their source: equal sources behave equally."""

    version: str
    rules: tuple[Rule, ...]
    keywords: Keywords = field(repr=False, compare=False)
    plain: tuple[int, ...] = field(init=False, repr=False)
    """Places of the rules without keywords: the ones to look at for every message."""

    def __post_init__(self) -> None:
        plain = tuple(place for place, rule in enumerate(self.rules) if not rule.has_keywords)
        object.__setattr__(self, "plain", plain)
