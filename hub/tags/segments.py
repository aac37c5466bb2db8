"""Segments: saved filters over people. All that one names must hold; the store asks the same of everybody at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pydantic import Field

from hub.contracts.errors import ConfigError
from hub.contracts.toml_tables import AskedTags, Names, Path, Table, TagsTable, Where, closest, span, tables, validate
from hub.model.view import View
from hub.tags.files import called, compile_where
from hub.tags.tags import Asked
from hub.words.compare import Span, Test, canonical

STATES = ("open", "snoozed", "closed")
"""What the last inquiry of a person can be."""
PURCHASES = "purchases"
"""The person's value that lists the days on which he bought."""
BUYS = {"monthly": Span(0, 45), "quarterly": Span(45, 135, low_in=False)}
"""How many days usually lie between two purchases of who buys so often."""


class Won(NamedTuple):
    """At least so many deals of the person are closed on one of these stages (the CRM's ids)."""

    stages: frozenset[str]
    at_least: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentFacts:
    """What segments look at. `heard` is when the person wrote last, `last` when there was any message with him (ms, 0 =
    never); `state` and `priority` of his last inquiry, "" = none; `deals`: the stages of his closed deals."""

    tags: Collection[str] = frozenset()
    values: Mapping[str, str] = field(default_factory=dict)
    language: str = ""
    heard: int = 0
    last: int = 0
    state: str = ""
    priority: str = ""
    deals: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One [segment.NAME]. What is empty asks nothing; spans in ms, 0 = not asked.

    `silent_for`: the person wrote nothing for so long, or never did. `quiet_for`: there was no message in either
    direction. `states` and `priorities` are those of his last inquiry.
    """

    name: str
    tags_all: tuple[str, ...] = ()
    tags_any: tuple[str, ...] = ()
    tags_none: tuple[str, ...] = ()
    where: tuple[Asked, ...] = ()
    languages: frozenset[str] = frozenset()
    silent_for: int = 0
    quiet_for: int = 0
    states: frozenset[str] = frozenset()
    priorities: frozenset[str] = frozenset()
    won: Won | None = None

    def holds(self, facts: SegmentFacts, now: int) -> bool:
        """Whether somebody is in it at `now` (ms)."""
        has = facts.tags
        return (
            all(tag in has for tag in self.tags_all)
            and (not self.tags_any or any(tag in has for tag in self.tags_any))
            and not any(tag in has for tag in self.tags_none)
            and all(asked.test.holds(facts.values.get(asked.name)) for asked in self.where)
            and (not self.languages or canonical(facts.language) in self.languages)
            and (not self.silent_for or facts.heard <= now - self.silent_for)
            and (not self.quiet_for or facts.last <= now - self.quiet_for)
            and (not self.states or facts.state in self.states)
            and (not self.priorities or facts.priority in self.priorities)
            and (self.won is None or sum(stage in self.won.stages for stage in facts.deals) >= self.won.at_least)
        )

    def seen(self, view: View) -> bool:
        """Whether the person of a decision is in it, when its event arrived."""
        return self.holds(facts_of(view), view.received)

    @property
    def looks(self) -> frozenset[str]:
        """What has to be read of a person beside his values and conversations: tags, beside (what the CRMs have)."""
        tags = {"tags"} if self.tags_all or self.tags_any or self.tags_none else set()
        return frozenset(tags | ({"beside"} if self.won else set()))


def facts_of(view: View) -> SegmentFacts:
    """What a decision knows of a person, as segments look at it."""
    inquiry = view.inquiry
    return SegmentFacts(
        tags=view.tags,
        values=view.values,
        language=view.person.language,
        heard=view.heard,
        last=view.spoke,
        state=inquiry.state if inquiry else "",
        priority=inquiry.priority if inquiry else "",
        deals=tuple(deal.stage for deal in view.deals if deal.closed),
    )


class WonTable(Table):
    """How many deals were closed on which stages."""

    stages: Names
    at_least: int = 1


class SegmentTable(Table):
    """One [segment.NAME]."""

    tags: AskedTags = Field(default_factory=TagsTable)
    where: dict[str, Any] | None = None
    language: Names = Field(default_factory=list)
    silent_for: str = ""
    quiet_for: str = ""
    inquiry: Names = Field(default_factory=list)
    priority: Names = Field(default_factory=list)
    buys: str = ""
    won: WonTable | None = None


def compile_segments(
    data: Mapping[str, Any],
    where: Where,
    *,
    tags: Collection[str] | None = None,
    priorities: Collection[str] | None = None,
) -> dict[str, Segment]:
    """The tables `segment` of a parsed hub.toml, by name. `tags` and `priorities` are the known names; None = not
    checked. Raises ConfigError with place and remedy at the first mistake."""
    found = tables(data, "segment", where)
    return {name: _segment(name, table, where, tags, priorities) for name, table in found.items()}


def _segment(
    name: str, given: Any, where: Where, tags: Collection[str] | None, priorities: Collection[str] | None
) -> Segment:
    path: Path = ("segment", name)
    called(name, path, where)
    table = validate(SegmentTable, given, path, where, {"tags": TagsTable, "won": WonTable})
    asks = table.tags
    for tag in (*asks.all, *asks.any, *asks.none):
        _known(tag, tags, "tag", (*path, "tags"), where)
    if both := sorted({*asks.all} & {*asks.none}):
        raise ConfigError(f"the segment '{name}' wants the tag '{both[0]}' and wants it not", where=where(path))
    for state in table.inquiry:
        _known(state, STATES, "state of an inquiry", (*path, "inquiry"), where)
    for priority in table.priority:
        _known(priority, priorities, "priority", (*path, "priority"), where)
    asked = compile_where(table.where or {}, (*path, "where"), where)
    if table.buys:
        _known(table.buys, BUYS, "word for how often somebody buys", (*path, "buys"), where)
        asked = (*asked, Asked(PURCHASES, Test(spans=(BUYS[table.buys],), shown=table.buys)))
    if table.won and table.won.at_least < 1:
        raise ConfigError("'at_least' begins at 1", where=where((*path, "won", "at_least")), remedy="at_least = 1")
    segment = Segment(
        name=name,
        tags_all=tuple(dict.fromkeys(asks.all)),
        tags_any=tuple(dict.fromkeys(asks.any)),
        tags_none=tuple(dict.fromkeys(asks.none)),
        where=asked,
        languages=frozenset(canonical(language) for language in table.language),
        silent_for=span(table.silent_for, (*path, "silent_for"), where),
        quiet_for=span(table.quiet_for, (*path, "quiet_for"), where),
        states=frozenset(table.inquiry),
        priorities=frozenset(table.priority),
        won=Won(frozenset(table.won.stages), table.won.at_least) if table.won else None,
    )
    if segment == Segment(name=name):
        what = f"the segment '{name}' asks nothing, so everybody would be in it"
        raise ConfigError(what, where=where(path), remedy='add tags = ["..."] or another condition')
    return segment


def _known(name: str, known: Collection[str] | None, noun: str, path: Path, where: Where) -> None:
    if known is not None and name not in known:
        raise ConfigError(f"there is no {noun} '{name}'", where=where(path), remedy=closest(name, known, "known"))
