"""Compiled rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hub.rules.contents import ContentText, RecordText
from hub.rules.hours import Hours
from hub.rules.keywords import Keywords
from hub.rules.texts import ReplyText

SAID = "message.received"
"""What a rule is about that names nothing else: a person wrote."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule, ready to run. Empty `inboxes` or `channels` mean all; `once_per` in ms, 0 = always.

    `asks`: it names keywords or `payloads` (ids of buttons and rows). It says `reply` and `content`, as a quote of the
    person's message where `quote` is set, and asks for `records`. `move_deal` is the stage for the person's newest open
    deal, "" = it stays. `deal_stages` (small letters), `open_ticket` and `owners` ask what the CRM has of the person.
    `on` is the kind of event that it is about; of a change in the CRM, `fields` (as the CRM names them), `before` and
    `after` (small letters) say which ones, empty = all.
    `uses` are the variables all of them name, `hours` those of which they name the next opening.
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
    quote: bool
    uses: frozenset[str]
    hours: Hours | None
    deal_stages: frozenset[str] = frozenset()
    open_ticket: bool | None = None
    owners: frozenset[str] = frozenset()
    move_deal: str = ""
    on: str = SAID
    fields: frozenset[str] = frozenset()
    before: frozenset[str] = frozenset()
    after: frozenset[str] = frozenset()

    @property
    def looks_beside(self) -> bool:
        """Whether it asks for what the CRM has of the person beside the contact, or changes that."""
        return bool(self.deal_stages or self.owners or self.move_deal) or self.open_ticket is not None


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
    looks_beside: bool = field(init=False, repr=False)
    """Whether any of them does."""
    kinds: Mapping[str, tuple[int, ...]] = field(init=False, repr=False)
    """Kind of event -> places of the rules that are about it."""

    def __post_init__(self) -> None:
        said = [(place, rule) for place, rule in enumerate(self.rules) if rule.on == SAID]
        plain = tuple(place for place, rule in said if not rule.asks)
        kinds: dict[str, tuple[int, ...]] = {}
        for place, rule in enumerate(self.rules):
            kinds[rule.on] = (*kinds.get(rule.on, ()), place)
        object.__setattr__(self, "kinds", kinds)
        object.__setattr__(self, "plain", plain)
        object.__setattr__(self, "looks_beside", any(rule.looks_beside for rule in self.rules))
        pressed: dict[str, tuple[int, ...]] = {}
        for place, rule in enumerate(self.rules):
            for payload in rule.payloads:
                pressed[payload] = (*pressed.get(payload, ()), place)
        object.__setattr__(self, "pressed", pressed)
