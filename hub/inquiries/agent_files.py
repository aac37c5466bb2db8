"""Agents and teams as they stand in hub.toml: checked whole, compiled once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from pydantic import Field

from hub.clocks.hours import Hours
from hub.contracts.errors import ConfigError
from hub.contracts.toml_tables import Names, Path, Table, Where, closest, tables, validate
from hub.inquiries.agents import Agent, Staff, Team

_NAME = re.compile(r"\S(.{0,38}\S)?")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PLACE = re.compile(r"[A-Z]{2}|\+[1-9]\d{0,6}")
_MOST = 10_000  # open cases that anybody may name as a maximum


class AgentTable(Table):
    """One [agent.NAME]."""

    email: str = ""
    shift: str = ""
    territory: Names = Field(default_factory=list)
    services: Names = Field(default_factory=list)
    max_open: int = Field(default=0, ge=0, le=_MOST)
    away: Names = Field(default_factory=list)
    notify: str = ""
    owner: dict[str, str] = Field(default_factory=dict)


class TeamTable(Table):
    """One [team.NAME]."""

    members: Names
    lead: str = ""


def compile_agents(data: Mapping[str, Any], hours: Mapping[str, Hours], where: Where) -> Staff:
    """The tables `agent` and `team` of a parsed hub.toml; `hours` are the calendars that shifts may name.

    Raises ConfigError with place and remedy at the first mistake.
    """
    agents = {name: _agent(name, table, hours, where) for name, table in tables(data, "agent", where).items()}
    owners: dict[tuple[str, str], str] = {}
    for agent in agents.values():
        for crm, owner in agent.owner.items():
            other = owners.setdefault((crm, owner), agent.name)
            if other != agent.name:
                raise ConfigError(
                    f"'{agent.name}' and '{other}' are the same owner in {crm}",
                    where=where(("agent", agent.name, "owner", crm)),
                    remedy="give each agent his own id, or remove one of them",
                )
    teams = {name: _team(name, table, agents, where) for name, table in tables(data, "team", where).items()}
    return Staff(agents, teams)


def _agent(name: str, source: Any, hours: Mapping[str, Hours], where: Where) -> Agent:
    path: Path = ("agent", name)
    _named(name, path, where)
    table = validate(AgentTable, source, path, where)
    if table.email and not _EMAIL.fullmatch(table.email):
        raise ConfigError(
            f"'{table.email}' is no e-mail address", where=where((*path, "email")), remedy="anna@example.com"
        )
    if table.shift and table.shift not in hours:
        raise ConfigError(
            f"agent '{name}': there is no [hours.{table.shift}]",
            where=where((*path, "shift")),
            remedy=closest(table.shift, hours, "hours"),
        )
    for place, text in enumerate(table.territory):
        if not _PLACE.fullmatch(text):
            raise ConfigError(
                f"'{text}' is no territory",
                where=where((*path, "territory", place)),
                remedy='a country such as "DE", or the beginning of phone numbers such as "+49"',
            )
    for crm, owner in table.owner.items():
        if not owner.strip():
            raise ConfigError(
                f"agent '{name}' has no id in {crm}", where=where((*path, "owner", crm)), remedy="the owner's id there"
            )
    return Agent(
        name=name,
        email=table.email,
        shift=table.shift,
        territory=tuple(table.territory),
        services=frozenset(table.services),
        max_open=table.max_open,
        away=tuple(_away(text, (*path, "away", place), where) for place, text in enumerate(table.away)),
        notify=table.notify,
        owner={crm: owner.strip() for crm, owner in table.owner.items()},
    )


def _team(name: str, source: Any, agents: Mapping[str, Agent], where: Where) -> Team:
    path: Path = ("team", name)
    _named(name, path, where)
    if name in agents:
        raise ConfigError(
            f"'{name}' is both an agent and a team", where=where(path), remedy="give the team another name"
        )
    table = validate(TeamTable, source, path, where)
    if not table.members:
        raise ConfigError(f"team '{name}' has no members", where=where((*path, "members")), remedy='members = ["anna"]')
    for place, member in enumerate(table.members):
        _is_agent(member, agents, (*path, "members", place), where)
    if table.lead:
        _is_agent(table.lead, agents, (*path, "lead"), where)
    return Team(name, tuple(dict.fromkeys(table.members)), table.lead)


def _named(name: str, path: Path, where: Where) -> None:
    if not _NAME.fullmatch(name):
        raise ConfigError(f"'{name}' is no name", where=where(path), remedy="up to 40 characters on one line")


def _is_agent(name: str, agents: Iterable[str], path: Path, where: Where) -> None:
    if name not in agents:
        raise ConfigError(f"there is no [agent.{name}]", where=where(path), remedy=closest(name, agents, "agents"))


def _away(text: str, path: Path, where: Where) -> tuple[date, date]:
    """`2026-12-24..2027-01-02`, or one day."""
    first, dots, last = (part.strip() for part in text.partition(".."))
    try:
        days = date.fromisoformat(first), date.fromisoformat(last if dots else first)
    except ValueError:
        days = date.max, date.min
    if days[0] > days[1]:
        raise ConfigError(
            f"'{text}' is no span of days", where=where(path), remedy='away = "2026-12-24..2027-01-02", or one day'
        )
    return days
