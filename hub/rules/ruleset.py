"""Compiled rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hub.rules.contents import ContentText, RecordText
from hub.rules.hours import Hours
from hub.rules.keywords import Keywords
from hub.rules.texts import ReplyText


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule, ready to run. Empty `inboxes` or `channels` mean all; `once_per` in ms, 0 = always.

    `asks`: it names keywords or `payloads` (ids of buttons and rows). It says `reply` and `content`, and asks for
    `records`; `uses` are the variables all of them name, `hours` those of which they name the next opening.
    """

    name: str
    inboxes: frozenset[str]
    channels: frozenset[str]
    asks: bool
    payloads: tuple[str, ...]
    outside: Hours | None
    once_per: int
    first: bool
    reply: ReplyText | None
    content: ContentText | None
    records: tuple[RecordText, ...]
    uses: frozenset[str]
    hours: Hours | None


@dataclass(frozen=True, slots=True)
class RuleSet:
    """All rules in file order. `version` is a hash of their source: equal sources behave equally."""

    version: str
    rules: tuple[Rule, ...]
    keywords: Keywords = field(repr=False, compare=False)
    plain: tuple[int, ...] = field(init=False, repr=False)
    """Places of the rules without keywords and payloads: the ones to look at for every message."""
    pressed: Mapping[str, tuple[int, ...]] = field(init=False, repr=False)
    """Payload -> places of the rules that name it."""

    def __post_init__(self) -> None:
        plain = tuple(place for place, rule in enumerate(self.rules) if not rule.asks)
        object.__setattr__(self, "plain", plain)
        pressed: dict[str, tuple[int, ...]] = {}
        for place, rule in enumerate(self.rules):
            for payload in rule.payloads:
                pressed[payload] = (*pressed.get(payload, ()), place)
        object.__setattr__(self, "pressed", pressed)
