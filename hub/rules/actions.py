"""What a rule does beside what it says and the records it asks for, compiled into closures that make commands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from hub.contracts.errors import ConfigError
from hub.contracts.toml_tables import Path, span
from hub.inquiries.agents import STRATEGIES
from hub.model.commands import (
    ArmTimer,
    Assign,
    ChangeInquiry,
    Command,
    HandOff,
    Notify,
    Pause,
    SetField,
    SetPriority,
    Tag,
)
from hub.rules.known import Known
from hub.rules.tables import RuleTable, text
from hub.texts.texts import ReplyText

LONGEST_SPAN = 400 * 86_400_000
"""Ms that a rule may look ahead: more is a slip of the pen."""

Values = Mapping[str, Any]
Make = Callable[[str, Values, int], Command]
"""The command of a rule (by name), from the values of its texts, at a time (ms)."""


@dataclass(frozen=True, slots=True)
class Action:
    """Something a rule does. `key` is how the file calls it, `uses` the variables that its texts name."""

    key: str
    make: Make
    uses: frozenset[str] = frozenset()


def ahead(given: str, path: Path, known: Known) -> int:
    """A span from now on in ms, at most LONGEST_SPAN. Raises ConfigError, also where nothing is given."""
    found = span(given or "0s", path, known.where)
    if found > LONGEST_SPAN:
        raise ConfigError(f"'{given}' is too long", where=known.where(path), remedy="at most 400d")
    return found


def compile_actions(table: RuleTable, path: Path, known: Known) -> tuple[Action, ...]:
    """The actions of a rule in the order in which they are done. Raises ConfigError."""
    return (
        *_tags(table, path, known),
        *_fields(table, path, known),
        *_inquiry(table, path, known),
        *_people(table, path, known),
        *_timers(table, path, known),
    )


def _plain(key: str, make: Callable[[str], Command]) -> Action:
    return Action(key, lambda rule, values, now: make(rule))


def _tags(table: RuleTable, path: Path, known: Known) -> Iterable[Action]:
    add, remove = tuple(table.tag or ()), tuple(table.untag or ())
    for key, names in (("tag", add), ("untag", remove)):
        if getattr(table, key) is not None and not names:
            raise ConfigError(f"'{key}' names nothing", where=known.where((*path, key)), remedy=f'{key} = ["vip"]')
        known.check("tag", names, known.book.tags.all, (*path, key), "[tag.NAME]")
    if both := sorted(set(add) & set(remove)):
        remedy = "keep one of the two"
        raise ConfigError(f"'{both[0]}' is put on and taken off", where=known.where((*path, "untag")), remedy=remedy)
    if add or remove:
        yield _plain("tag" if add else "untag", lambda rule: Tag(rule=rule, add=add, remove=remove))


def _fields(table: RuleTable, path: Path, known: Known) -> Iterable[Action]:
    for key, inquiry in (("set", False), ("set_inquiry", True)):
        given = getattr(table, key)
        if given is None:
            continue
        if not given:
            raise ConfigError(
                f"'{key}' sets nothing", where=known.where((*path, key)), remedy=f'{key} = {{ x = "..." }}'
            )
        texts = {name: _text((*path, key, name), value, known) for name, value in given.items()}
        yield Action(key, _setter(texts, inquiry), _uses(texts.values()))


def _setter(texts: Mapping[str, ReplyText], inquiry: bool) -> Make:
    slot = "inquiry" if inquiry else "0"

    def make(rule: str, values: Values, now: int) -> Command:
        rendered = {name: text.render("", values) for name, text in texts.items()}
        return SetField(rule=rule, slot=slot, values=rendered, inquiry=inquiry)

    return make


def _text(path: Path, given: Any, known: Known) -> ReplyText:
    """A value: a text, or a number or truth value as it stands."""
    if isinstance(given, bool):
        given = str(given).lower()
    return text(path, str(given) if isinstance(given, int | float) else given, known.where)


def _uses(texts: Iterable[ReplyText]) -> frozenset[str]:
    return frozenset().union(*(text.uses for text in texts))


def _inquiry(table: RuleTable, path: Path, known: Known) -> Iterable[Action]:
    priority = table.priority
    if priority is not None:
        known.check("priority", [priority], known.levels, (*path, "priority"), "[priority.NAME]")
        yield _plain("priority", lambda rule: SetPriority(rule=rule, priority=priority))
    reason = table.close
    if reason is not None:
        _says("close", reason, path, known, 'why, such as close = "sold"')
        for key in ("snooze", "next_step"):
            if getattr(table, key) is not None:
                what = f"a closed inquiry has no {key}"
                raise ConfigError(what, where=known.where((*path, key)), remedy="keep one of the two")
        yield _plain("close", lambda rule: ChangeInquiry(rule=rule, slot="close", state="closed", reason=reason))
    if table.snooze is not None:
        sleep = ahead(table.snooze, (*path, "snooze"), known)
        yield Action(
            "snooze",
            lambda rule, values, now: ChangeInquiry(rule=rule, slot="snooze", state="snoozed", until=now + sleep),
        )
    if table.next_step is not None:
        at = (*path, "next_step")
        step, later = (
            text((*at, "text"), table.next_step.text, known.where),
            ahead(table.next_step.after, (*at, "after"), known),
        )
        yield Action(
            "next_step",
            lambda rule, values, now: ChangeInquiry(
                rule=rule, slot="next_step", next_step=step.render("", values), until=now + later
            ),
            step.uses,
        )


def _says(key: str, given: str, path: Path, known: Known, remedy: str) -> None:
    if not given.strip():
        raise ConfigError(f"'{key}' says nothing", where=known.where((*path, key)), remedy=remedy)


def _people(table: RuleTable, path: Path, known: Known) -> Iterable[Action]:
    if table.assign is not None:
        yield _assign(table, path, known)
    staff = known.book.staff
    for place, told in enumerate(table.notify or ()):
        at = (*path, "notify", place)
        known.check("agent or team", [told.to], {*staff.agents, *staff.teams, "owner"}, (*at, "to"))
        said = text((*at, "text"), told.text, known.where)
        yield Action("notify", _teller(told.to, said, str(place)), said.uses)
    hand_off = table.hand_off
    if hand_off is not None:
        _says("hand_off", hand_off.because, path, known, 'why, such as hand_off = "asks for a discount"')
        if hand_off.team:
            known.check("team", [hand_off.team], known.book.staff.teams, (*path, "hand_off", "team"), "[team.NAME]")
        yield _plain("hand_off", lambda rule: HandOff(rule=rule, because=hand_off.because, team=hand_off.team))
    if table.pause is not None:
        wait = ahead(table.pause, (*path, "pause"), known)
        yield Action("pause", lambda rule, values, now: Pause(rule=rule, until=now + wait))


def _teller(to: str, said: ReplyText, slot: str) -> Make:
    return lambda rule, values, now: Notify(rule=rule, slot=slot, to=to, text=said.render("", values))


def _assign(table: RuleTable, path: Path, known: Known) -> Action:
    assert table.assign is not None
    agent, team, by = table.assign.agent, table.assign.team, tuple(table.assign.by)
    at = (*path, "assign")
    if bool(agent) == bool(team or by):
        what = "'assign' names an agent and a way to choose one" if agent else "'assign' names nobody"
        remedy = 'assign = "anna", or assign = { team = "sales", by = ["territory", "load"] }'
        raise ConfigError(what, where=known.where(at), remedy=remedy)
    if agent:
        known.check("agent", [agent], known.book.staff.agents, at, "[agent.NAME]")
    if team:
        known.check("team", [team], known.book.staff.teams, (*at, "team"), "[team.NAME]")
    known.check("way to choose", by, STRATEGIES, (*at, "by"))
    return _plain("assign", lambda rule: Assign(rule=rule, agent=agent, team=team, by=by))


def _timers(table: RuleTable, path: Path, known: Known) -> Iterable[Action]:
    timer = table.timer
    if timer is not None:
        if not timer.name.strip():
            raise ConfigError("the timer has no name", where=known.where((*path, "timer")), remedy='name = "call back"')
        wait = ahead(timer.after, (*path, "timer", "after"), known)
        yield Action("timer", lambda rule, values, now: ArmTimer(rule=rule, name=timer.name, due=now + wait))
    for place, name in enumerate(table.cancel or ()):
        known.check("timer", [name], known.timers, (*path, "cancel"))
        yield _plain("cancel", _canceller(name, place))


def _canceller(name: str, place: int) -> Callable[[str], Command]:
    return lambda rule: ArmTimer(rule=rule, slot=f"cancel.{place}", name=name, due=0)
