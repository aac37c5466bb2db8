"""Agents and teams: who may take an inquiry, and who gets it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from hub.clocks.hours import Hours

Strategy = Literal["crm_owner", "territory", "service", "load", "round_robin"]
"""How to choose: the contact's owner in the CRM · who serves the place · who does the service · who has the fewest
open cases · who waits longest since his last one."""

STRATEGIES: tuple[Strategy, ...] = ("crm_owner", "territory", "service", "load", "round_robin")


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """One [agent.NAME]. `shift` names his hours, "" = always there; `territory` holds country codes and prefixes of
    phone numbers, () = everywhere; `services` () = all; `max_open` cases at a time, 0 = no limit; `away` days, first
    and last; `notify` where he is told; `owner` his id in each CRM."""

    name: str
    email: str = ""
    shift: str = ""
    territory: tuple[str, ...] = ()
    services: frozenset[str] = frozenset()
    max_open: int = 0
    away: tuple[tuple[date, date], ...] = ()
    notify: str = ""
    owner: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Team:
    """One [team.NAME]: agents by name, and who leads them ("" = nobody)."""

    name: str
    members: tuple[str, ...]
    lead: str = ""


@dataclass(frozen=True, slots=True)
class Staff:
    """All agents and teams by name."""

    agents: Mapping[str, Agent] = field(default_factory=dict)
    teams: Mapping[str, Team] = field(default_factory=dict)

    def members(self, name: str = "") -> tuple[str, ...]:
        """The agents behind the name of an agent or a team, "" = all agents; () for an unknown name."""
        if not name:
            return tuple(self.agents)
        return self.teams[name].members if name in self.teams else (name,) if name in self.agents else ()

    def lead(self, name: str) -> str:
        """Who is told when `name` needs help: the lead of that team, or of the agent's first one; "" = nobody."""
        teams = [self.teams[name]] if name in self.teams else [t for t in self.teams.values() if name in t.members]
        return next((team.lead for team in teams if team.lead), "")

    def of_owner(self, crm: str, owner: str) -> str:
        """The agent whose id in `crm` is `owner`, "" = nobody's."""
        return next((a.name for a in self.agents.values() if owner and a.owner.get(crm) == owner), "")


@dataclass(frozen=True, slots=True)
class Load:
    """What an agent has at hand: `open` cases, and when he was last assigned one (ms, 0 = never)."""

    open: int = 0
    last_assigned: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What is to be assigned: the person's `country` (ISO 3166 code) and `phone` (E.164), the `services` it is about,
    the contact's `owners` by CRM."""

    country: str = ""
    phone: str = ""
    services: Collection[str] = ()
    owners: Mapping[str, str] = field(default_factory=dict)


class Choice(NamedTuple):
    """The chosen `agent`, "" = nobody, and why."""

    agent: str
    reasons: tuple[str, ...]


def choose(
    staff: Staff,
    team: str,
    strategies: Sequence[Strategy],
    case: Case,
    loads: Mapping[str, Load],
    hours: Mapping[str, Hours],
    now: int,
    *,
    without: Collection[str] = (),
) -> Choice:
    """Who of `team` (an agent, a team, "" = everybody) gets `case` at `now` (ms).

    Nobody gets it who is away, off his shift, at his maximum, or in `without` (those who had it already). Then each
    strategy in turn leaves those whom it prefers; a contact's owner in the CRM is passed over where he cannot take it,
    unless that is the only strategy. Agents without a row in `loads` have nothing at hand. Ties go to the
    fewest open cases, then to who waits longest, then by name: the same facts give the same agent.
    """
    members = staff.members(team)
    if not members:
        return Choice("", (f"nobody is called '{team}'" if team else "there are no agents",))
    able: list[str] = []
    kept: dict[str, list[str]] = {}
    for name in members:
        if against := _against(staff.agents[name], loads.get(name, Load()), hours, now, name in without):
            kept.setdefault(against, []).append(name)
        else:
            able.append(name)
    reasons = [f"{against}: {', '.join(names)}" for against, names in kept.items()]
    if not able:
        return Choice("", (_nobody(list(kept)), *reasons))
    for strategy in strategies:
        able, said = _narrow(staff, strategy, able, case, loads, alone=len(strategies) == 1)
        reasons.append(said)
        if not able:
            return Choice("", (said, *reasons[:-1]))
    best = min(able, key=lambda name: (_load(loads, name).open, _load(loads, name).last_assigned, name))
    if len(able) > 1:
        reasons.append(f"{best} has the fewest open cases, or waits longest")
    return Choice(best, tuple(reasons) or ("the only one there",))


def is_away(agent: Agent, hours: Mapping[str, Hours], now: int) -> bool:
    """Whether `now` (ms) lies in a day that the agent named as away, in the zone of his shift (UTC without one)."""
    zone = hours[agent.shift].zone if agent.shift in hours else ZoneInfo("UTC")
    today = datetime.fromtimestamp(now / 1000, zone).date()
    return any(first <= today <= last for first, last in agent.away)


def on_shift(agent: Agent, hours: Mapping[str, Hours], now: int) -> bool:
    """Whether the agent works at `now` (ms): on his shift and not away."""
    return not is_away(agent, hours, now) and (agent.shift not in hours or hours[agent.shift].is_open(now))


def _load(loads: Mapping[str, Load], name: str) -> Load:
    return loads.get(name, Load())


def _against(agent: Agent, load: Load, hours: Mapping[str, Hours], now: int, had_it: bool) -> str:
    """Why the agent cannot take anything now; "" = he can."""
    if had_it:
        return "had it already"
    if is_away(agent, hours, now):
        return "away"
    if not on_shift(agent, hours, now):
        return "not on shift"
    return "at the maximum of open cases" if agent.max_open and load.open >= agent.max_open else ""


def _nobody(against: Sequence[str]) -> str:
    """Why nobody is left, in one sentence."""
    present = [reason for reason in against if reason not in ("away", "not on shift")]
    if not present:
        return "nobody on shift"
    if present == ["at the maximum of open cases"]:
        return "all at their maximum"
    return "nobody else is there"


def _narrow(
    staff: Staff, strategy: Strategy, able: list[str], case: Case, loads: Mapping[str, Load], *, alone: bool
) -> tuple[list[str], str]:
    """Those of `able` whom a strategy leaves, and the reason in words."""
    match strategy:
        case "crm_owner":
            owners = sorted({staff.of_owner(crm, owner) for crm, owner in case.owners.items()} - {""})
            mine = [name for name in able if name in owners]
            if mine:
                return mine, f"{' and '.join(mine)} owns the contact in the CRM"
            said = "the owner in the CRM cannot take it" if owners else "nobody here owns the contact in the CRM"
            return [] if alone else able, said
        case "territory":
            ranks = {name: _serves(staff.agents[name], case) for name in able}
            best = max(ranks.values())
            place = case.country or case.phone or "an unknown place"
            if best < 0:
                return [], f"nobody serves {place}"
            return [name for name in able if ranks[name] == best], f"by territory: {place}"
        case "service":
            asked = frozenset(case.services)
            ranks = {name: _does(staff.agents[name], asked) for name in able}
            best = max(ranks.values())
            named = ", ".join(sorted(asked)) or "no service named"
            if best < 0:
                return [], f"nobody does {named}"
            return [name for name in able if ranks[name] == best], f"by service: {named}"
        case "load":
            least = min(_load(loads, name).open for name in able)
            return [name for name in able if _load(loads, name).open == least], f"by load: {least} open"
        case "round_robin":
            longest = min(_load(loads, name).last_assigned for name in able)
            return [name for name in able if _load(loads, name).last_assigned == longest], "in turn"


def _serves(agent: Agent, case: Case) -> int:
    """How closely the agent's territory fits: a longer prefix beats a shorter one, that a country, that everywhere (0);
    -1 = not at all."""
    if not agent.territory:
        return 0
    fits = [
        len(place) + 1 if place.startswith("+") else 1
        for place in agent.territory
        if (case.phone.startswith(place) if place.startswith("+") else place == case.country)
    ]
    return max(fits, default=-1)


def _does(agent: Agent, asked: frozenset[str]) -> int:
    """How many of the asked services the agent names; an agent for everything fits with 0; -1 = none of them."""
    if not agent.services:
        return 0
    return len(agent.services & asked) or (-1 if asked else 0)
