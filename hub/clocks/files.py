"""Hours as they stand in hub.toml: checked whole, compiled once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import Field

from hub.clocks.hours import Hours, Spans, Week, Yearly, parse_day, parse_spans, parse_week
from hub.clocks.public_holidays import holidays_of
from hub.contracts.errors import ConfigError
from hub.contracts.toml_tables import Names, Path, Table, Where, tables, validate

_ANY_YEAR = 2024  # whether a region is known does not depend on the year


class HoursTable(Table):
    """One [hours.NAME]. `holidays` are regions such as "AM" or "DE-BY", `closed` days off, `days` those with their
    own hours. A day is "2026-12-24", or "12-24" of every year."""

    timezone: str
    week: dict[str, Any]
    holidays: Names = Field(default_factory=list)
    closed: Names = Field(default_factory=list)
    days: dict[str, Any] = Field(default_factory=dict)


def compile_hours(data: Mapping[str, Any], where: Where) -> Mapping[str, Hours]:
    """The calendars of a parsed hub.toml by name: its tables `hours`; other tables are not looked at.

    Raises ConfigError with place and remedy at the first mistake.
    """
    return {name: _hours(name, table, where) for name, table in tables(data, "hours", where).items()}


def _hours(name: str, table: Any, where: Where) -> Hours:
    path: Path = ("hours", name)
    checked = validate(HoursTable, table, path, where)
    try:
        zone = ZoneInfo(checked.timezone)
    except (ValueError, OSError, LookupError):
        raise ConfigError(
            f"there is no time zone '{checked.timezone}'",
            where=where((*path, "timezone")),
            remedy="a name such as Europe/Berlin or Asia/Yerevan",
        ) from None
    return Hours(
        name, zone, _week(checked, path, where), _days(checked, path, where), _regions(checked.holidays, path, where)
    )


def _week(table: HoursTable, path: Path, where: Where) -> Week:
    try:
        return parse_week(table.week)
    except ValueError as error:
        raise ConfigError(
            str(error), where=where((*path, "week")), remedy='week = { mon-fri = "08:00-18:00", sat = "10:00-14:00" }'
        ) from None


def _regions(regions: list[str], path: Path, where: Where) -> tuple[str, ...]:
    for place, region in enumerate(regions):
        try:
            holidays_of(region, _ANY_YEAR)
        except ValueError as error:
            raise ConfigError(
                str(error), where=where((*path, "holidays", place)), remedy='holidays = "AM", "DE-BY" or a list of them'
            ) from None
    return tuple(dict.fromkeys(regions))


def _days(table: HoursTable, path: Path, where: Where) -> Mapping[date | Yearly, Spans]:
    found: dict[date | Yearly, Spans] = {}
    places: dict[str, Any] = {text: ("closed", place) for place, text in enumerate(table.closed)}
    for text, at in (places | {text: ("days", text) for text in table.days}).items():
        try:
            found[parse_day(text)] = parse_spans(text, table.days[text]) if text in table.days else ()
        except ValueError as error:
            raise ConfigError(
                str(error), where=where((*path, *at)), remedy='closed = ["12-31"], days = { "12-24" = "09:00-13:00" }'
            ) from None
        if text in table.days and text in places:
            raise ConfigError(
                f"'{text}' is closed and has hours of its own",
                where=where((*path, *at)),
                remedy="remove one of the two",
            )
    return found
