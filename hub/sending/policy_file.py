"""The send policy as it stands in hub.toml: checked whole, compiled once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, get_args
from zoneinfo import ZoneInfo

from pydantic import Field

from hub.clocks.hours import Hours, Spans
from hub.contracts.errors import ConfigError
from hub.contracts.toml_tables import Names, Path, Table, Where, closest, span, tables, validate
from hub.model.commands import Purpose
from hub.sending.contact_times import parse_quiet
from hub.sending.policy import SendPolicy
from hub.texts.texts import ReplyText
from hub.words.keywords import Keywords
from hub.words.topics import Topic

TABLE = "send_policy"
HAND_OFF = "hand_off"
"""The text under [texts] that a person gets when a human takes over."""
KNOWN = frozenset({"inbox", "person.language", "person.name"})
"""What it may name, beside the company."""
MOST = 1000  # unasked messages that any limit may allow
PURPOSES: tuple[str, ...] = tuple(name for name in get_args(Purpose) if name)


class PolicyTable(Table):
    """The table [send_policy]."""

    min_gap: str = "20h"
    quiet_hours: str | None = None
    hours: str = ""
    nudges_per_inquiry: int = 3
    per_week: int = 0
    max_wait: str = "3d"
    same_again: str = "30d"
    allowed_topics: Names = Field(default_factory=list)
    forbidden_topics: Names = Field(default_factory=list)


def compile_send_policy(
    data: Mapping[str, Any],
    where: Where,
    *,
    hours: Mapping[str, Hours],
    topics: Mapping[str, Topic],
    texts: Mapping[str, ReplyText],
) -> SendPolicy:
    """The table `send_policy` of a parsed hub.toml, or the defaults where it has none; other tables are not looked at.

    `hours`, `topics` and `texts` are the compiled tables of the same file. Raises ConfigError with place and remedy at
    the first mistake.
    """
    path: Path = (TABLE,)
    table = validate(PolicyTable, tables(data, TABLE, where), path, where)
    awake = _awake(table.quiet_hours, path, where)
    zone = _zone(table, hours, path, where)
    allowed = _topics(table.allowed_topics, "allowed_topics", topics, where)
    forbidden = _topics(table.forbidden_topics, "forbidden_topics", topics, where)
    if both := sorted(allowed & forbidden):
        place = table.forbidden_topics.index(both[0])
        raise ConfigError(
            f"the topic '{both[0]}' is allowed and forbidden",
            where=where((TABLE, "forbidden_topics", place)),
            remedy="remove it from one of the two",
        )
    words = [word for topic in topics.values() for word in topic.words]
    return SendPolicy(
        min_gap=_length(table.min_gap, "min_gap", where),
        per_week=_number(table.per_week, "per_week", where),
        nudges=_number(table.nudges_per_inquiry, "nudges_per_inquiry", where),
        awake=awake,
        zone=zone,
        max_wait=_length(table.max_wait, "max_wait", where),
        same_again=_length(table.same_again, "same_again", where),
        allowed=allowed,
        forbidden=forbidden,
        words=Keywords(words if allowed or forbidden else ()),
        hand_off=_hand_off(texts.get(HAND_OFF), where),
    )


def _hand_off(text: ReplyText | None, where: Where) -> ReplyText | None:
    for use in sorted(text.uses) if text is not None else ():
        if use not in KNOWN and not use.startswith("company."):
            raise ConfigError(
                f"the text '{HAND_OFF}' names {use}, which is not known when it goes",
                where=where(("texts", HAND_OFF)),
                remedy=f"known: company.NAME, {', '.join(sorted(KNOWN))}",
            )
    return text


def _zone(table: PolicyTable, hours: Mapping[str, Hours], path: Path, where: Where) -> ZoneInfo | None:
    if table.hours:
        if table.hours not in hours:
            raise ConfigError(
                f"there is no [hours.{table.hours}]",
                where=where((*path, "hours")),
                remedy=closest(table.hours, hours, "hours"),
            )
        return hours[table.hours].zone
    zones = {calendar.zone for calendar in hours.values()}
    if len(zones) == 1:
        return zones.pop()
    if table.quiet_hours:
        raise ConfigError(
            "quiet hours have no time zone",
            where=where((*path, "quiet_hours")),
            remedy='add hours = "..." with the name of an [hours.NAME]: its zone counts for people without their own',
        )
    return None


def _awake(text: str | None, path: Path, where: Where) -> Spans:
    """Unless they are named, the hours from 21 to 9 o'clock are quiet."""
    try:
        return parse_quiet("21:00-09:00" if text is None else text)
    except ValueError as error:
        remedy = 'quiet_hours = "21:00-09:00", or "" for none'
        raise ConfigError(str(error), where=where((*path, "quiet_hours")), remedy=remedy) from None


def _length(text: str, key: str, where: Where) -> int:
    if not text.strip():
        raise ConfigError(f"'{key}' is empty", where=where((TABLE, key)), remedy=f'{key} = "20h", or remove it')
    return span(text, (TABLE, key), where)


def _number(value: int, key: str, where: Where) -> int:
    if not 0 <= value <= MOST:
        raise ConfigError(f"'{key}' is {value}", where=where((TABLE, key)), remedy=f"a number from 0 to {MOST}")
    return value


def _topics(names: list[str], key: str, known: Collection[str], where: Where) -> frozenset[str]:
    for place, name in enumerate(names):
        if name not in known:
            raise ConfigError(
                f"there is no [topic.{name}]", where=where((TABLE, key, place)), remedy=closest(name, known, "topics")
            )
    return frozenset(names)
