"""What rules ask of the person, of where and when, of the inquiry, and of what the CRM has."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hub.clocks.hours import Hours
from hub.contracts.errors import ConfigError
from hub.contracts.toml_tables import Path, closest, span
from hub.rules.case import Case
from hub.rules.condition import Condition, listed
from hub.rules.known import Known
from hub.rules.tables import ConditionTable, RuleTable
from hub.words.compare import Test, compile_test, number

BUDGET = "budget"
"""The detail that is money even where its number names no currency."""


def place(table: RuleTable) -> Iterable[Condition]:
    """The inbox and the channel."""
    inboxes, channels = frozenset(table.inbox), frozenset(table.channel)
    if inboxes:
        yield Condition(
            "inbox",
            lambda case: case.view.conversation.inbox in inboxes,
            lambda case: case.view.conversation.inbox,
            quiet=True,
        )
    if channels:
        yield Condition(
            "channel",
            lambda case: case.view.conversation.channel in channels,
            lambda case: case.view.conversation.channel,
            quiet=True,
        )


def time(table: ConditionTable, path: Path, known: Known) -> Iterable[Condition]:
    """Business hours and silence; of a rule that waits, as they are when it acts."""
    for key, inside in (("outside", False), ("during", True)):
        name = getattr(table, key)
        if name:
            if name not in known.book.hours:
                remedy = closest(name, known.book.hours, "hours")
                raise ConfigError(f"there is no [hours.{name}]", where=known.where((*path, key)), remedy=remedy)
            yield _hours(key, known.book.hours[name], inside)
    silent = span(table.silent_for, (*path, "silent_for"), known.where)
    if silent:
        yield Condition(
            "silent_for",
            lambda case: case.arming or case.now - case.view.heard >= silent,
            lambda case: f"silent for {_long(case.now - case.view.heard)}" if case.view.heard else "never wrote",
        )


def _hours(key: str, hours: Hours, inside: bool) -> Condition:
    return Condition(
        key,
        lambda case: case.arming or hours.is_open(case.now) is inside,
        lambda case: f"{'during' if hours.is_open(case.now) else 'outside'} hours '{hours.name}'",
    )


def _long(ms: int) -> str:
    """A span in its largest whole unit."""
    for unit, size in (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000)):
        if ms >= size:
            return f"{ms // size}{unit}"
    return f"{max(0, ms) // 1000}s"


def person(table: ConditionTable, path: Path, known: Known) -> Iterable[Condition]:
    """Language, tags, segments, and the priority of the inquiry."""
    languages = frozenset(one.lower() for one in listed(table.language, "language", path, known))
    if languages:

        def speaks(case: Case) -> bool:
            language = case.view.person.language.lower().replace("_", "-")
            return language in languages or language.partition("-")[0] in languages

        yield Condition(
            "language",
            speaks,
            lambda case: f"language '{case.view.person.language}'",
            looks=frozenset({"language"}),
        )
    if table.tags is not None:
        yield _tags(table, path, known)
    segments = listed(table.segment, "segment", path, known)
    known.check("segment", segments, known.book.segments, (*path, "segment"), "[segment.NAME]")
    if segments:
        tests = [(name, known.book.segments[name]) for name in segments]

        def member(case: Case) -> list[str]:
            return [name for name, test in tests if test.seen(case.view)]

        yield Condition(
            "segment",
            lambda case: any(test.seen(case.view) for _, test in tests),
            lambda case: f"segment '{', '.join(member(case))}'" if member(case) else "in none of them",
            looks=frozenset({"segments"}).union(*(test.looks for _, test in tests)),
        )
    priorities = frozenset(listed(table.has_priority, "has_priority", path, known))
    known.check("priority", sorted(priorities), known.levels, (*path, "has_priority"), "[priority.NAME]")
    if priorities:

        def priority(case: Case) -> str:
            return case.view.inquiry.priority if case.view.inquiry else ""

        yield Condition(
            "has_priority",
            lambda case: priority(case) in priorities,
            lambda case: f"priority '{priority(case)}'" if priority(case) else "no priority",
        )


def _tags(table: ConditionTable, path: Path, known: Known) -> Condition:
    assert table.tags is not None
    groups = {key: frozenset(getattr(table.tags, key)) for key in ("all", "any", "none")}
    if not any(groups.values()):
        remedy = 'tags = ["vip"], or tags = { any = ["a", "b"], none = ["c"] }'
        raise ConfigError("'tags' names no tag", where=known.where((*path, "tags")), remedy=remedy)
    for key, names in groups.items():
        known.check("tag", sorted(names), known.book.tags.all, (*path, "tags", key), "[tag.NAME]")
    both = sorted((groups["all"] | groups["any"]) & groups["none"])
    if both:
        remedy = "name it once"
        raise ConfigError(
            f"'{both[0]}' is both asked for and excluded", where=known.where((*path, "tags")), remedy=remedy
        )
    every, some, none = groups["all"], groups["any"], groups["none"]
    named = every | some | none

    def holds(case: Case) -> bool:
        tags = case.view.tags.keys()
        return every <= tags and (not some or not some.isdisjoint(tags)) and none.isdisjoint(tags)

    def seen(case: Case) -> str:
        has = sorted(named & case.view.tags.keys())
        return f"tags {', '.join(has)}" if has else "none of these tags"

    return Condition("tags", holds, seen, looks=frozenset({"tags"}))


def crm(table: ConditionTable, path: Path, known: Known) -> Iterable[Condition]:
    """Deals, tickets and owners."""
    beside = frozenset({"beside"})
    stages = frozenset(name.casefold() for name in listed(table.deal_stage, "deal_stage", path, known))
    if stages:

        def at(case: Case) -> Any:
            deals = case.view.deals
            return next((deal for deal in deals if {deal.stage.casefold(), deal.label.casefold()} & stages), None)

        def where(case: Case) -> str:
            deal = at(case)
            return f"a deal at '{deal.label or deal.stage}'" if deal else "no such deal"

        yield Condition("deal_stage", lambda case: at(case) is not None, where, looks=beside)
    ticket = table.has_open_ticket
    if ticket is not None:
        yield Condition(
            "has_open_ticket",
            lambda case: bool(case.view.tickets) is ticket,
            lambda case: "an open ticket" if case.view.tickets else "no open ticket",
            looks=beside,
        )
    owners = frozenset(listed(table.owner, "owner", path, known))
    if owners:

        def owned(case: Case) -> str:
            inquiry = case.view.inquiry
            return inquiry.owner if inquiry is not None and inquiry.owner in owners else case.view.owner

        yield Condition(
            "owner", lambda case: owned(case) in owners, lambda case: f"owner '{owned(case)}'", looks=beside
        )


def compared(name: str, given: Any, path: Path, known: Known) -> Condition:
    """A value as it is known of the inquiry, else of the person."""
    test = compile_test(given, path, known.where)
    money = known.book.currency if known.book.currency.base and test.spans else None

    def value(case: Case) -> str | None:
        inquiry = case.view.inquiry
        found = inquiry.details.get(name) if inquiry is not None else None
        return found if found is not None else case.view.values.get(name)

    def holds(case: Case) -> bool:
        found = value(case)
        if money is not None and found and (name == BUDGET or number(found) is None):
            figure = money.figure(found)
            return _figured(test, float(figure) if figure is not None else None)
        return test.holds(found)

    return Condition(
        name, holds, lambda case: f"{name} {value(case) or 'unknown'}", brief=lambda case: f"{name} {test.shown}"
    )


def _figured(test: Test, figure: float | None) -> bool:
    return figure is not None and test.covers(figure)
