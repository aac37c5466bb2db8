"""Compiled rules, and which of them an event brings up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from hub.clocks.hours import Hours
from hub.model.commands import Purpose
from hub.rules.actions import Action
from hub.rules.book import Book
from hub.rules.case import Case, Key
from hub.rules.condition import Conditions, keys_of
from hub.rules.contents import ContentText, RecordText
from hub.rules.kinds import SAID
from hub.texts.texts import ReplyText
from hub.words.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule, ready to run. Spans in ms, 0 = none.

    It is `on` these kinds of events and acts where all `conditions` hold, not again within `once_per`; with `after`
    it acts so much later, if they still hold and none of `unless` happened. It says `reply` and `content` (as a
    quote of the person's message where `quote` is set), which waits for the answers that it `expects`; it asks for
    `records`, moves the person's newest open deal to the stage `move_deal` ("" = it stays), and does its `actions`.
    As outreach it needs a `purpose`; `topic` is what it says is about, "" = what the person asked.

    `uses` are the variables all of its texts name, `hours` those of which they name the next opening. `inboxes`,
    `channels` (empty = all), `deal_stages` (small letters) and `open_ticket` stand in the conditions too, also in those
    of `any` and `none`.
    """

    name: str
    on: frozenset[str] = frozenset({SAID})
    conditions: Conditions = ()
    inboxes: frozenset[str] = frozenset()
    channels: frozenset[str] = frozenset()
    deal_stages: frozenset[str] = frozenset()
    open_ticket: bool | None = None
    once_per: int = 0
    after: int = 0
    unless: frozenset[str] = frozenset()
    purpose: Purpose = ""
    topic: str = ""
    reply: ReplyText | None = None
    content: ContentText | None = None
    expects: Mapping[str, str] = field(default_factory=dict)
    quote: bool = False
    records: tuple[RecordText, ...] = ()
    move_deal: str = ""
    actions: tuple[Action, ...] = ()
    uses: frozenset[str] = frozenset()
    hours: Hours | None = None

    @property
    def speaks(self) -> bool:
        """Whether it says something."""
        return self.reply is not None or self.content is not None

    @property
    def looks(self) -> frozenset[str]:
        """What must be loaded for it (see RuleSet)."""
        found = frozenset().union(*(condition.looks for condition in self.conditions))
        if self.move_deal:
            found |= {"beside"}
        return found | {"facts"} if any(use.startswith("stats.") for use in self.uses) else found


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSet:
    """All rules in file order. `version` is a hash of their source: equal sources behave equally.

    `words` finds what a message means, `book` is everything else that the file says.
    """

    version: str
    rules: tuple[Rule, ...]
    words: Vocabulary = field(repr=False, compare=False)
    book: Book = field(default_factory=Book, repr=False)
    classified: RuleSet | None = field(default=None, repr=False, compare=False)
    """The rules that ask for what a message means beyond its words, alone; None = there is none."""
    labels: tuple[str, ...] = ()
    """The meanings that they ask for, as classifiers name them."""

    kinds: Mapping[str, tuple[int, ...]] = field(init=False, repr=False)
    """Kind of event -> places of the rules that are on it."""
    plain: Mapping[str, tuple[int, ...]] = field(init=False, repr=False)
    """The same, of those rules that every such event brings up."""
    brought: Mapping[str, Mapping[Key, tuple[int, ...]]] = field(init=False, repr=False)
    """Kind of event -> what brings up the others -> their places."""
    named: Mapping[str, int] = field(init=False, repr=False)
    """Name of a rule -> its place."""
    looks: frozenset[str] = field(init=False, repr=False)
    """What some rule asks for and must be loaded: beside, tags, same, facts, intents, segments."""
    languages: Literal["", "answers", "all"] = field(init=False, repr=False)
    """Whose language matters: of those who are answered, where a text stands there in several; of everybody, where a
    rule asks for it or something is said later that nobody asked for; "" = nobody's."""
    cancels: Mapping[str, tuple[str, ...]] = field(init=False, repr=False)
    """Kind of event -> the delayed rules that such an event ends."""

    def __post_init__(self) -> None:
        kinds: dict[str, list[int]] = {}
        plain: dict[str, list[int]] = {}
        brought: dict[str, dict[Key, list[int]]] = {}
        cancels: dict[str, list[str]] = {}
        for place, rule in enumerate(self.rules):
            keys = keys_of(rule.conditions)
            for kind in sorted(rule.on):
                kinds.setdefault(kind, []).append(place)
                if not keys:
                    plain.setdefault(kind, []).append(place)
                for key in keys:
                    brought.setdefault(kind, {}).setdefault(key, []).append(place)
            for kind in sorted(rule.unless):
                cancels.setdefault(kind, []).append(rule.name)
        looks = frozenset().union(*(rule.looks for rule in self.rules))
        by_key = {kind: {key: tuple(found) for key, found in keys.items()} for kind, keys in brought.items()}
        put = object.__setattr__
        put(self, "kinds", {kind: tuple(found) for kind, found in kinds.items()})
        put(self, "plain", {kind: tuple(found) for kind, found in plain.items()})
        put(self, "brought", by_key)
        put(self, "named", {rule.name: place for place, rule in enumerate(self.rules)})
        put(self, "looks", looks)
        put(self, "languages", self._whose_language())
        put(self, "cancels", {kind: tuple(found) for kind, found in cancels.items()})

    def _whose_language(self) -> Literal["", "answers", "all"]:
        said = (*(rule.reply for rule in self.rules), *self.book.texts.values())
        if "language" in self.looks:
            return "all"
        if not any(text is not None and len(text.languages) > 1 for text in said):
            return ""
        unasked = any(rule.speaks and rule.on != {SAID} for rule in self.rules)
        return "all" if unasked or self.book.follow_ups or self.book.campaigns else "answers"

    def candidates(self, case: Case) -> tuple[Iterable[int], frozenset[int]]:
        """Places of the rules to look at, in file order, and of those that something in the event brought up."""
        kind = case.event.kind
        plain, keys = self.plain.get(kind, ()), self.brought.get(kind)
        if not keys:
            return plain, frozenset()
        brought = frozenset(place for key in case.brings() for place in keys.get(key, ()))
        return (sorted({*plain, *brought}) if brought else plain), brought
