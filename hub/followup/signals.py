"""Signals of an inquiry: plain features, each with a visible weight. The score is their sum, and nothing else."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from hub.followup.rhythm import NOTHING, Rhythm, usual_gap
from hub.followup.settings import FollowUp
from hub.followup.wording import specifics

FULL_SPECIFICS = 4
FULL_DEPTH_TOPICS = 3
FULL_ENGAGEMENT = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """What a person did in an inquiry so far.

    `text`: his last message. `latency`: ms from our message to it, None where he wrote first. `person` and
    `everybody`: the rhythms before it. `details`: the slots filled, by name; `topics`: how many distinct ones he asked
    about. `changed`: details that he named again with another value. `same_question`: how many times in a row he has
    asked the same (1 = once). `read`: he read our last message; `pressed`: he used a button or a link; `switched`: he
    came back on another channel.
    """

    text: str = ""
    latency: int | None = None
    person: Rhythm = NOTHING
    everybody: Rhythm = NOTHING
    details: Mapping[str, str] = field(default_factory=dict)
    topics: int = 0
    changed: int = 0
    same_question: int = 0
    read: bool = False
    pressed: bool = False
    switched: bool = False


class Contribution(NamedTuple):
    """One signal: its value (1 = full, latency from -1), the weight from the table, and points = value x weight.
    `seen` says what the value comes from."""

    name: str
    value: float
    weight: float
    points: float
    seen: str

    def __str__(self) -> str:
        return f"{self.name} {self.value:+.2f} x {self.weight:g} = {self.points:+.2f} ({self.seen})"


@dataclass(frozen=True, slots=True)
class Score:
    """The sum of the points of all signals, and how each got there. Signals without weight are left out."""

    points: float
    contributions: tuple[Contribution, ...]

    def __str__(self) -> str:
        return f"{self.points:+.2f} points: " + "; ".join(map(str, self.contributions))


def missing(details: Mapping[str, str], settings: FollowUp) -> tuple[str, ...]:
    """The required details that are not known yet, in the order of the table."""
    return tuple(name for name in settings.required if not details.get(name))


def score(behaviour: Behaviour, settings: FollowUp) -> Score:
    """The signals of an inquiry, weighed."""
    found = []
    for name, (value, seen) in _values(behaviour, settings).items():
        weight = settings.weights.get(name, 0.0)
        if weight:
            found.append(Contribution(name, round(value, 4), weight, round(value * weight, 4) + 0.0, seen))
    return Score(round(sum(part.points for part in found), 4), tuple(found))


def _values(behaviour: Behaviour, settings: FollowUp) -> dict[str, tuple[float, str]]:
    things = specifics(behaviour.text, settings.products)
    words = settings.comparison.find(behaviour.text)
    signs = [name for name in ("read", "pressed", "switched") if getattr(behaviour, name)]
    named = ", ".join(f"{count} {kind}" for kind, count in things.items())
    again = max(0, behaviour.same_question - 1)
    return {
        "latency": _latency(behaviour),
        "specificity": (min(1.0, sum(things.values()) / FULL_SPECIFICS), named or "nothing concrete"),
        "depth": _depth(behaviour, settings),
        "changed_details": (float(min(1, behaviour.changed)), f"{behaviour.changed} changed"),
        "repeated_question": (min(1.0, again / 2), f"asked {again} more times" if again else "asked nothing twice"),
        "comparison": (float(bool(words)), ", ".join(map(repr, words)) or "compares nothing"),
        "engagement": (len(signs) / FULL_ENGAGEMENT, ", ".join(signs) or "no sign"),
    }


def _latency(behaviour: Behaviour) -> tuple[float, str]:
    """1 = at least e^2 (7.4) times sooner than he usually answers, -1 = as much later."""
    usual = usual_gap(behaviour.person, behaviour.everybody)
    if behaviour.latency is None or not usual:
        return 0.0, "no rhythm yet"
    value = math.log(usual / max(behaviour.latency, 1000)) / 2
    return max(-1.0, min(1.0, value)), f"after {_minutes(behaviour.latency)}, usually {_minutes(usual)}"


def _minutes(ms: int) -> str:
    return f"{ms / 60_000:.3g} min"


def _depth(behaviour: Behaviour, settings: FollowUp) -> tuple[float, str]:
    """Half from how many of the required details are known, half from topics; topics alone where none is required."""
    topics = min(1.0, behaviour.topics / FULL_DEPTH_TOPICS)
    asked = f"{behaviour.topics} topics"
    if not settings.required:
        return topics, asked
    known = len(settings.required) - len(missing(behaviour.details, settings))
    return known / len(settings.required) / 2 + topics / 2, f"{known} of {len(settings.required)} details, {asked}"
