"""[[test]]: what somebody says or what happens, and what is to come of it; beside the rules, and no part of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field

from hub.contracts.errors import ConfigError
from hub.contracts.toml_tables import Names, Path, Table, Where, closest, span, validate
from hub.model.happened import InquiryChanged
from hub.rules.kinds import CRM, FIXED, KINDS, NAMED, SAID, VALUED
from hub.rules.outcomes import check_outcome
from hub.rules.ruleset import RuleSet

TABLE = "test"
NOON = "2026-11-23T12:00"
"""When a test plays that names no time: a Monday."""
NAME_MAX = 60  # characters of a test's name that is what was said
_CERTAIN = BeforeValidator(lambda value: {value: 1.0} if isinstance(value, str) else value)
_TEXT = BeforeValidator(lambda value: {"text": value} if isinstance(value, str) else value)
_KIND = BeforeValidator(lambda value: {"on": value} if isinstance(value, str) else value)


class AroundTable(Table):
    """What is known when it happens."""

    at: Any = NOON
    inbox: str = ""
    channel: str = ""
    name: str = ""
    language: str = ""
    tags: Names = Field(default_factory=list)
    values: dict[str, Any] = Field(default_factory=dict)
    details: dict[str, Any] = Field(default_factory=dict)
    priority: str = ""
    owner: str = ""
    deal_stage: str = ""
    open_tickets: int = 0
    facts: dict[str, Any] = Field(default_factory=dict)
    silent_for: str = ""
    earlier: Names = Field(default_factory=list)
    wait: str = ""
    human: bool = False
    opted_out: bool = False


class SayTable(AroundTable):
    """A person says something."""

    text: str = ""
    payload: str = ""
    intent: Annotated[dict[str, float], _CERTAIN] = Field(default_factory=dict)
    first: bool | None = None
    same_question: int = 0


class EventTable(AroundTable):
    """Anything else happens to a person."""

    on: str
    about: Names = Field(default_factory=list)
    field: str = ""
    from_: str = Field(default="", alias="from")
    to: str = ""
    score: int = 0
    class_: Literal["reply", "outreach", "human"] = Field(default="reply", alias="class")


class TrialTable(Table):
    """One [[test]]."""

    name: str = ""
    say: Annotated[SayTable, _TEXT] | None = None
    event: Annotated[EventTable, _KIND] | None = None
    expect: Names | None = None
    not_expect: Names = Field(default_factory=list)
    text_has: Names = Field(default_factory=list)


_INSIDE: dict[str, type[Table]] = {"say": SayTable, "event": EventTable}


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One [[test]], checked. `at` and the spans `silent_for` (-1 = it is not said) and `wait` in ms.

    `expect` is everything that happens, in order (None = whatever); nothing of `not_expect` does; what is said holds
    each of `text_has`. `where` is its place in the file.
    """

    name: str
    around: SayTable | EventTable
    at: int
    silent_for: int = -1
    wait: int = 0
    expect: tuple[str, ...] | None = None
    not_expect: tuple[str, ...] = ()
    text_has: tuple[str, ...] = ()
    inbox: str = ""
    channel: str = ""
    where: str = field(default="", compare=False)


def compile_trials(
    data: Mapping[str, Any], rules: RuleSet, where: Where, inboxes: Mapping[str, str] | None = None
) -> tuple[Trial, ...]:
    """Every [[test]] of a parsed hub.toml whose rules are compiled. `inboxes`: inbox -> its channel, in the order of
    the file; None = they are not known, and no name of one is checked.

    Raises ConfigError with place and remedy at the first mistake.
    """
    given = data.get(TABLE, [])
    if not isinstance(given, list):
        raise ConfigError("'test' is not a list of tables", where=where((TABLE,)), remedy="write [[test]]")
    found: dict[str, Trial] = {}
    for place, part in enumerate(given):
        table = validate(TrialTable, part, (TABLE, place), where, _INSIDE)
        trial = _trial(table, (TABLE, place), rules, where, inboxes)
        if trial.name in found and not table.name:
            trial = replace(trial, name=f"{trial.name} ({place + 1})")
        if trial.name in found:
            raise ConfigError(
                f"two tests are called '{trial.name}'",
                where=where((TABLE, place)),
                remedy=f"the other stands at {found[trial.name].where}; give each its own name",
            )
        found[trial.name] = trial
    return tuple(found.values())


def _trial(table: TrialTable, path: Path, rules: RuleSet, where: Where, inboxes: Mapping[str, str] | None) -> Trial:
    around = table.say if table.say is not None else table.event
    if around is None or (table.say is not None and table.event is not None):
        what = "a test has both say and event" if around is not None else "a test in which nothing happens"
        remedy = 'add say = "what does it cost?", or event = { on = "tag.added", about = "vip" }'
        raise ConfigError(what, where=where(path), remedy=remedy)
    at: Path = (*path, "say" if table.say is not None else "event")
    if table.expect is None and not table.not_expect and not table.text_has:
        remedy = 'add expect = ["reply:prices"]; expect = [] where nothing is to happen'
        raise ConfigError("a test that expects nothing cannot fail", where=where(path), remedy=remedy)
    for key, names in (("expect", table.expect or ()), ("not_expect", table.not_expect)):
        for place, text in enumerate(names):
            check_outcome(text, rules, (*path, key, place), where)
    if isinstance(around, SayTable):
        _check_said(around, at, where)
        name = " ".join((around.text or around.payload).split())[:NAME_MAX]
    else:
        _check_event(around, at, where)
        name = " ".join([around.on, *around.about, around.field]).strip()
    _check_names(around, at, rules, where)
    inbox, channel = _place(around, at, where, inboxes)
    return Trial(
        name=table.name.strip() or name,
        around=around,
        at=_moment(around.at, rules, (*at, "at"), where),
        silent_for=span(around.silent_for, (*at, "silent_for"), where) if around.silent_for else -1,
        wait=span(around.wait, (*at, "wait"), where),
        expect=tuple(table.expect) if table.expect is not None else None,
        not_expect=tuple(table.not_expect),
        text_has=tuple(table.text_has),
        inbox=inbox,
        channel=channel,
        where=where(path),
    )


def _check_said(say: SayTable, path: Path, where: Where) -> None:
    if not say.text.strip() and not say.payload:
        raise ConfigError("a test in which nothing is said", where=where(path), remedy='add text = "..." or payload')


def _check_event(event: EventTable, path: Path, where: Where) -> None:
    if event.on == SAID:
        raise ConfigError("what a person says stands in say", where=where((*path, "on")), remedy='write say = "..."')
    if event.on not in KINDS:
        what = f"there is no event '{event.on}'"
        raise ConfigError(what, where=where((*path, "on")), remedy=closest(event.on, KINDS, "events"))
    for key, given, has in (
        ("field", event.field, event.on in CRM),
        ("about", event.about, event.on in NAMED),
        ("from", event.from_, event.on in VALUED),
        ("to", event.to, event.on in VALUED),
    ):
        if given and not has:
            remedy = "remove it, or name another event"
            raise ConfigError(f"the event {event.on} has no {key}", where=where((*path, key)), remedy=remedy)
    if event.on == InquiryChanged.kind and not set(event.about) & set(FIXED[event.on]):
        remedy = f"about is one of {', '.join(FIXED[event.on])}"
        raise ConfigError("the test does not say what changed", where=where((*path, "about")), remedy=remedy)


def _check_names(around: AroundTable, path: Path, rules: RuleSet, where: Where) -> None:
    """Tags and the priority that the person has must be known."""
    levels = [priority.name for priority in rules.book.priorities.all]
    priority = [around.priority] if around.priority else []
    known = (("tag", "tags", around.tags, rules.book.tags.all), ("priority", "priority", priority, levels))
    for noun, key, names, among in known:
        for place, name in enumerate(names):
            if name not in among:
                remedy = closest(name, among, "known")
                raise ConfigError(f"there is no {noun} '{name}'", where=where((*path, key, place)), remedy=remedy)


def _place(around: AroundTable, path: Path, where: Where, inboxes: Mapping[str, str] | None) -> tuple[str, str]:
    """The inbox and the channel in which it plays: what is named, else the first that fits."""
    if not inboxes:
        return around.inbox, around.channel
    if around.inbox and around.inbox not in inboxes:
        remedy = closest(around.inbox, inboxes, "inboxes")
        raise ConfigError(f"there is no inbox '{around.inbox}'", where=where((*path, "inbox")), remedy=remedy)
    fits = [name for name, channel in inboxes.items() if around.channel in ("", channel)]
    if around.channel and not fits:
        what = f"there is no inbox of channel '{around.channel}'"
        remedy = closest(around.channel, set(inboxes.values()), "channels")
        raise ConfigError(what, where=where((*path, "channel")), remedy=remedy)
    inbox = around.inbox or fits[0]
    return inbox, around.channel or inboxes[inbox]


def _moment(given: Any, rules: RuleSet, path: Path, where: Where) -> int:
    """A moment in ms; where it names no zone, in that of the hours of the file, else UTC."""
    try:
        at = given if isinstance(given, datetime) else datetime.fromisoformat(given)
    except (TypeError, ValueError):
        remedy = f'at = "{NOON}", or with a zone: "{NOON}+04:00"'
        raise ConfigError(f"'{given}' is no moment", where=where(path), remedy=remedy) from None
    if at.tzinfo is None:
        at = at.replace(tzinfo=zone_of(rules))
    return int(at.timestamp() * 1000)


def zone_of(rules: RuleSet) -> tzinfo:
    """The zone of the hours of the file, UTC where there are none, or of several zones."""
    zones: set[ZoneInfo] = {hours.zone for hours in rules.book.hours.values()}
    return zones.pop() if len(zones) == 1 else UTC
