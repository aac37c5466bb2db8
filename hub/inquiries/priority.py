"""Priorities: the first one whose conditions hold says by when the person is to be answered."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from pydantic import Field

from hub.clocks.hours import Hours
from hub.clocks.working import add_working
from hub.contracts.errors import ConfigError
from hub.contracts.toml_tables import AskedTags, Names, Path, Table, TagsTable, Where, closest, span, tables, validate
from hub.inquiries.money import Currency
from hub.inquiries.sla import PAUSES, Pause

_LONGEST = 366 * 86_400_000
_COMPARED = re.compile(r"\s*(>=|<=|>|<)\s*(.+)")


@dataclass(frozen=True, slots=True)
class Bound:
    """A comparison of a budget in the base currency: `low` and `high` ends, None = open; `text` as it was written.
    An end is part of it where `with_low` or `with_high` say so."""

    low: Decimal | None
    high: Decimal | None
    with_low: bool
    with_high: bool
    text: str

    def holds(self, figure: Decimal) -> bool:
        """Whether `figure` lies inside."""
        above = self.low is None or figure > self.low or (self.with_low and figure == self.low)
        below = self.high is None or figure < self.high or (self.with_high and figure == self.high)
        return above and below


@dataclass(frozen=True, slots=True, kw_only=True)
class Priority:
    """One [priority.NAME], compiled. Spans in ms of working time, 0 = none.

    `reply_by` the person is answered within that span of the calendar `hours` ("" = around the clock); `pauses` are
    the reasons for which its clock may stand still. When the due time is missed, `escalate_to` (an agent or a team)
    is told; `reassign_after` that, another agent gets the inquiry.
    """

    name: str
    reply_by: int
    hours: str = ""
    pauses: tuple[Pause, ...] = PAUSES
    escalate_to: str = ""
    reassign_after: int = 0
    new: bool | None = None
    customer: bool | None = None
    tags_all: frozenset[str] = frozenset()
    tags_any: frozenset[str] = frozenset()
    tags_none: frozenset[str] = frozenset()
    topics: frozenset[str] = frozenset()
    budget: Bound | None = None

    def reassign_at(self, due: int, calendar: Hours | None) -> int:
        """When somebody else gets the inquiry whose `due` time (ms) was missed; 0 = never."""
        return add_working(calendar, due, self.reassign_after) if self.reassign_after and due else 0

    def against(self, facts: InquiryFacts) -> str:
        """Why it does not hold, in words; "" = all but the budget holds."""
        for name, asked, given in (("new", self.new, facts.new), ("a customer", self.customer, facts.customer)):
            if asked is not None and asked != given:
                return f"the person is {'not ' if asked else ''}{name}"
        tags = frozenset(facts.tags)
        if missing := self.tags_all - tags:
            return f"the tag '{min(missing)}' is missing"
        if self.tags_any and not self.tags_any & tags:
            return f"none of the tags {_listed(self.tags_any)}"
        if there := self.tags_none & tags:
            return f"the tag '{min(there)}' is there"
        if self.topics and self.topics.isdisjoint(facts.topics):
            return f"none of the topics {_listed(self.topics)}"
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InquiryFacts:
    """What a priority looks at. `budget` in the base currency, None = unknown; `new`: the person's first inquiry;
    `customer`: has won a deal; `named`: the priority that a rule or a person set by hand, "" = none."""

    new: bool = False
    customer: bool = False
    tags: Collection[str] = frozenset()
    topics: Collection[str] = frozenset()
    budget: Decimal | None = None
    named: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The `priority` (None = no one's conditions hold), why, and what is to be asked for: `asks` is "budget" where a
    priority further up would hold or not hold by a budget that nobody knows."""

    priority: Priority | None
    reasons: tuple[str, ...]
    asks: str = ""


@dataclass(frozen=True, slots=True)
class Priorities:
    """All priorities in the order of the file."""

    all: tuple[Priority, ...] = ()

    @property
    def asks_topics(self) -> bool:
        """Whether a priority depends on what the person spoke of."""
        return any(one.topics for one in self.all)

    @property
    def asks_customer(self) -> bool:
        """Whether a priority depends on the person's deals."""
        return any(one.customer is not None for one in self.all)

    @property
    def asks_tags(self) -> bool:
        """Whether a priority depends on a person's tags."""
        return any(one.tags_all or one.tags_any or one.tags_none for one in self.all)

    def named(self, name: str) -> Priority | None:
        """The priority called `name`."""
        return next((priority for priority in self.all if priority.name == name), None)

    def decide(self, facts: InquiryFacts) -> Verdict:
        """The first priority that holds by what is known; a named one beats them all."""
        if named := self.named(facts.named):
            return Verdict(named, (f"{named.name}: set by a rule or a person",))
        reasons: list[str] = []
        asks = ""
        for priority in self.all:
            if against := priority.against(facts):
                reasons.append(f"not {priority.name}: {against}")
            elif priority.budget is None:
                return Verdict(priority, (*reasons, f"{priority.name}: its conditions hold"), asks)
            elif facts.budget is None:
                asks = "budget"
                reasons.append(f"{priority.name} asks for a budget {priority.budget.text}, and the budget is unknown")
            elif priority.budget.holds(facts.budget):
                reasons.append(f"{priority.name}: the budget {facts.budget:,f} is {priority.budget.text}")
                return Verdict(priority, tuple(reasons))
            else:
                reasons.append(f"not {priority.name}: the budget {facts.budget:,f} is not {priority.budget.text}")
        return Verdict(None, tuple(reasons), asks)


class PriorityTable(Table):
    """One [priority.NAME]."""

    reply_by: str
    new: bool | None = None
    customer: bool | None = None
    tags: AskedTags = Field(default_factory=TagsTable)
    topics: Names = Field(default_factory=list)
    budget: str = ""
    hours: str = ""
    pauses: list[Literal["waits_for_customer", "agent", "snoozed"]] = Field(default_factory=lambda: [*PAUSES])
    escalate_to: str = ""
    reassign_after: str = ""


def compile_priorities(
    data: Mapping[str, Any],
    hours: Mapping[str, Hours],
    currency: Currency,
    where: Where,
    *,
    tags: Collection[str] | None = None,
    people: Collection[str] | None = None,
) -> Priorities:
    """The tables `priority` of a parsed hub.toml, in the order of the file.

    `tags` and `people` (agents and teams) are the known names; None = not checked. Raises ConfigError with place and
    remedy at the first mistake.
    """
    found: list[Priority] = []
    for name, source in tables(data, "priority", where).items():
        path: Path = ("priority", name)
        table = validate(PriorityTable, source, path, where, {"tags": TagsTable})
        _known(table.hours, hours, "hours", (*path, "hours"), where)
        if people is not None:
            _known(table.escalate_to, people, "agents and teams", (*path, "escalate_to"), where)
        for kind in ("all", "any", "none"):
            for tag in getattr(table.tags, kind) if tags is not None else ():
                _known(tag, tags or (), "tags", (*path, "tags", kind), where)
        found.append(
            Priority(
                name=name,
                reply_by=_reply_by(table.reply_by, (*path, "reply_by"), where),
                hours=table.hours,
                pauses=tuple(table.pauses),
                escalate_to=table.escalate_to,
                reassign_after=span(table.reassign_after, (*path, "reassign_after"), where),
                new=table.new,
                customer=table.customer,
                tags_all=frozenset(table.tags.all),
                tags_any=frozenset(table.tags.any),
                tags_none=frozenset(table.tags.none),
                topics=frozenset(table.topics),
                budget=_bound(table.budget, currency, (*path, "budget"), where) if table.budget else None,
            )
        )
    for place, priority in enumerate(found[:-1]):
        if _always(priority):
            raise ConfigError(
                f"priority '{found[place + 1].name}' is never reached",
                where=where(("priority", found[place + 1].name)),
                remedy=f"'{priority.name}' above it has no conditions: give it some, or put it last",
            )
    return Priorities(tuple(found))


def _always(priority: Priority) -> bool:
    asked = (priority.tags_all, priority.tags_any, priority.tags_none, priority.topics, priority.budget)
    return priority.new is None and priority.customer is None and not any(asked)


def _listed(names: Collection[str]) -> str:
    return ", ".join(f"'{name}'" for name in sorted(names))


def _known(name: str, known: Collection[str], noun: str, path: Path, where: Where) -> None:
    if name and name not in known:
        raise ConfigError(
            f"there is no '{name}' among the {noun}", where=where(path), remedy=closest(name, known, noun)
        )


def _reply_by(text: str, path: Path, where: Where) -> int:
    found = span(text, path, where)
    if not 0 < found <= _LONGEST:
        raise ConfigError(f"'{text}' is no span to reply within", where=where(path), remedy="such as 2h, at most 366d")
    return found


def _bound(text: str, currency: Currency, path: Path, where: Where) -> Bound:
    """A comparison such as `> 100000`, `<= 20k EUR` or `50,000-100,000`."""
    if not currency.base:
        raise ConfigError(
            "a budget can only be compared in one currency",
            where=where(path),
            remedy='add [currency] with base = "TWD" or your own',
        )
    compared = _COMPARED.fullmatch(text)
    found = currency.in_base(currency.read(compared[2] if compared else text))
    if found is None or found.low is None or (compared and found.low != found.high):
        raise ConfigError(
            f"'{text}' is no comparison of a budget",
            where=where(path),
            remedy='such as "> 100000", ">= 50k EUR" or "50000-100000", in a currency that has a rate',
        )
    text = " ".join(text.split())
    if not compared:
        return Bound(found.low, found.high, True, True, text)
    sign = compared[1]
    if sign[0] == ">":
        return Bound(found.low, None, sign == ">=", False, text)
    return Bound(None, found.low, False, sign == "<=", text)
