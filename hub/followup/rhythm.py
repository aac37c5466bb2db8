"""How somebody answers: how often, and how soon. Three whole numbers for a person; the same three, summed over
everybody, for the hub."""

from __future__ import annotations

import math
from dataclasses import dataclass

PRIOR = 3
"""A person counts as if he had behaved like the average of everybody this many times before."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """What a person (or everybody together) did with our messages.

    `asked`: times the word went to him: our first message after his last one. `answered`: those he answered by now,
    so what is still open counts as not answered. `logs`: the sum of the natural logarithms of the seconds that his
    answers took, in thousandths. Rhythms add up in any order: a change is itself a rhythm, and a store may keep all
    three as increments.
    """

    asked: int = 0
    answered: int = 0
    logs: int = 0

    def __add__(self, other: Rhythm) -> Rhythm:
        return Rhythm(self.asked + other.asked, self.answered + other.answered, self.logs + other.logs)

    def pack(self) -> str:
        """As short text for a column; "" for nothing."""
        return f"{self.asked} {self.answered} {self.logs}" if self != NOTHING else ""


NOTHING = Rhythm()
SENT = Rhythm(asked=1)
"""The change when the word goes to him."""


def answer(silence: int) -> Rhythm:
    """The change when he answers after `silence` ms. Where a nudge went meanwhile, the silence up to it: he would have
    taken at least that long."""
    return Rhythm(answered=1, logs=round(1000 * math.log(max(silence, 1000) / 1000)))


def unpack(text: str) -> Rhythm:
    """Inverse of `pack`. Raises ValueError for what it did not write."""
    if not text:
        return NOTHING
    asked, answered, logs = map(int, text.split())
    return Rhythm(asked, answered, logs)


def usual_gap(person: Rhythm, everybody: Rhythm) -> int | None:
    """The time (ms) in which the person usually answers: the middle one of gaps whose logarithms are normally
    distributed, drawn towards everybody's by PRIOR answers. None while nobody ever answered."""
    log = _log_gap(person, everybody)
    return None if log is None else round(1000 * math.exp(log))


def gap_offset(person: Rhythm, everybody: Rhythm) -> float:
    """The logarithm of his usual gap over everybody's: -0.69 is twice as quick. 0 while nothing is known."""
    log = _log_gap(person, everybody)
    return 0.0 if log is None else log - everybody.logs / everybody.answered / 1000


def habit(person: Rhythm, everybody: Rhythm) -> float | None:
    """The share of our messages that he answers, drawn towards everybody's by PRIOR messages; None while nobody was
    ever written to."""
    if not everybody.asked:
        return None
    usual = everybody.answered / everybody.asked
    return (person.answered + PRIOR * usual) / (person.asked + PRIOR)


def _log_gap(person: Rhythm, everybody: Rhythm) -> float | None:
    if not everybody.answered:
        return None
    usual = everybody.logs / everybody.answered
    return (person.logs + PRIOR * usual) / (person.answered + PRIOR) / 1000
