"""The chance that somebody who is silent still answers by himself, from counts of what others like him did.

A silence begins with our message. It is cut into STEPS; for each step and each kind of person the table counts how
many silences reached it and how many of those ended in it with an answer. The chance after some silence is what
remains when all later steps are passed: the Kaplan-Meier estimate. A silence that was broken by a nudge, a hand-off or
the end of the matter counts in the steps it passed and in none after, so nobody is taken for silent who was not left
alone.

It looks as far ahead as silences were watched. Where every silence is broken after five days, nobody knows of the
sixth, and the chances are those of an answer within five.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from hub.followup.rhythm import Rhythm, gap_offset, habit

_HOUR = 3_600_000
STEPS: tuple[int, ...] = tuple(hours * _HOUR for hours in (0, 1, 2, 4, 8, 12, 18, 24, 36, 48, 72, 120))
"""Where each step of a silence begins (ms)."""
HORIZON = 168 * _HOUR
"""Where the last one ends (ms): who answers later is taken for silent."""
ENOUGH = 30
"""Cases of everybody that each step needs before anything is said."""

_WEIGHT = 20
"""Cases of its own with which a row counts as much as what the wider one leads to expect."""
_TELLING = 2
"""The first step that tells how a row differs from the wider one: who answers within two hours was hardly silent."""
_WIDTHS = (0, 1, 2, 3)
"""Rows from everybody's to those of one kind: this many of the kind's digits."""

_HABITS = (0.35, 0.5, 0.65, 0.8)
_PACES = (-1.5, -0.5, 0.5, 1.5)
_WARMTHS = (1 * _HOUR, 24 * _HOUR, 96 * _HOUR)

_SAID_HABITS = ("who hardly ever answer", "who seldom answer", "who often answer", "who mostly answer", "who answer")
_SAID_PACES = ("far sooner than most", "sooner than most", "about as soon as most", "later than most", "far later")
_SAID_WARMTHS = ("within the hour", "within a day", "within four days", "long ago", "never")


class Kind(NamedTuple):
    """What a silent person is like, each from 0 up, as it was when our message went.

    `habit`: how much of what we write he answers (0 hardly anything .. 4). `pace`: how soon, against everybody
    (0 far sooner .. 4 far later). `warmth`: when he was last heard of on any channel (0 within the hour, 1 a day,
    2 four days, 3 longer ago, 4 never).
    """

    habit: int
    pace: int
    warmth: int

    def pack(self) -> str:
        """As three digits."""
        return f"{self.habit}{self.pace}{self.warmth}"

    def __str__(self) -> str:
        habit, pace, warmth = _SAID_HABITS[self.habit], _SAID_PACES[self.pace], _SAID_WARMTHS[self.warmth]
        return f"{habit}, {pace}, last heard of {warmth}"


def kind_of(person: Rhythm, everybody: Rhythm, quiet: int | None) -> Kind:
    """The kind of a person to whom our message goes now. `quiet`: ms since he was last heard of on any channel; None =
    never. Both rhythms are those before this message."""
    share = habit(person, everybody)
    return Kind(
        2 if share is None else bisect_right(_HABITS, share),
        bisect_right(_PACES, gap_offset(person, everybody)),
        4 if quiet is None else bisect_right(_WARMTHS, quiet),
    )


def unpack_kind(text: str) -> Kind:
    """Inverse of `Kind.pack`. Raises ValueError for what it did not write."""
    habit, pace, warmth = map(int, text)
    if max(habit, pace, warmth) > 4:
        raise ValueError(f"{text!r} is no kind")
    return Kind(habit, pace, warmth)


class Count(NamedTuple):
    """A row of the table, or what is to be added to it: of the silences of this `kind` that reached `step` (an index
    into STEPS) and were left alone to its end or answered in it, how many there were and how many were answered."""

    step: int
    kind: str
    cases: int
    answered: int


def counts(kind: Kind, silence: int, answered: bool) -> Iterator[Count]:
    """What a silence adds to the table when it ends after `silence` ms: by his own answer, or because something else
    happened (a nudge, a hand-off, the end of the matter, HORIZON)."""
    last = bisect_right(STEPS, silence) - 1
    if silence >= HORIZON:
        last, answered = len(STEPS), False
    code = kind.pack()
    for step in range(last):
        yield Count(step, code, 1, 0)
    if answered:
        yield Count(last, code, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chance:
    """The chance that he still answers alone after `silence` ms. `share` is None while too little is known. `cases`
    are the silences of his `kind` that came this far, `all` those of everybody."""

    silence: int
    share: float | None
    kind: Kind
    cases: int
    all: int

    def __str__(self) -> str:
        hours = f"{self.silence / _HOUR:.3g} h"
        if self.share is None:
            return f"chance unknown: too few silences were watched so far ({self.all} of them for {hours})"
        return (
            f"of people {self.kind}, silent for {hours}, {self.share:.0%} still answer alone "
            f"(n={self.cases} like him, {self.all} in all)"
        )


class Chances:
    """The table. Each kind is read against wider ones (everybody; his habit; habit and pace), step by step narrower: a
    narrower row is first taken to answer so many times as often as the wider one as it did so far, and its own cases
    count from there. Where it has none, that is all; where it has many, only they count."""

    def __init__(self, rows: Iterable[Count] = ()) -> None:
        self._rows: dict[str, list[list[int]]] = {}
        self.add(rows)

    def add(self, rows: Iterable[Count]) -> None:
        """Adds counts: rows of the store, or what `counts` gave."""
        for step, kind, cases, answered in rows:
            for width in _WIDTHS:
                row = self._rows.get(kind[:width])
                if row is None:
                    row = self._rows[kind[:width]] = [[0, 0] for _ in STEPS]
                row[step][0] += cases
                row[step][1] += answered

    def curve(self, kind: Kind, known: int = HORIZON) -> list[float] | None:
        """The chance of an answer at the beginning of each step, as far as steps have ENOUGH cases, and 0 at the end
        of the last. None while that is not as far as `known` (ms)."""
        widest = self._rows.get("", [])
        steps = next((step for step, cell in enumerate(widest) if cell[0] < ENOUGH), len(widest))
        if steps < _steps(known):
            return None
        ends = [answered / cases for cases, answered in widest[:steps]]
        code = kind.pack()
        for width in _WIDTHS[1:]:
            if row := self._rows.get(code[:width]):
                ends = _narrowed(row[:steps], ends)
        silent, found = 1.0, [0.0]
        for share in reversed(ends):
            silent *= 1 - share
            found.append(1 - silent)
        return found[::-1]

    def after(self, kind: Kind, silence: int, known: int = HORIZON) -> Chance:
        """The chance of an answer after `silence` ms, None while silences are not known as far as `known` (ms). Within
        a step it falls evenly."""
        step = bisect_right(STEPS, silence) - 1
        curve = self.curve(kind, known)
        share = None
        if curve is not None:
            begins, ends = STEPS[step], _end(step)
            part = min(1.0, (silence - begins) / (ends - begins))
            here, there = (curve[at] if at < len(curve) else 0.0 for at in (step, step + 1))
            share = here + (there - here) * part
        cases, everybody = (self._rows[code][step][0] if code in self._rows else 0 for code in (kind.pack(), ""))
        return Chance(silence=silence, share=share, kind=kind, cases=cases, all=everybody)

    def falls_below(self, kind: Kind, threshold: float, known: int = HORIZON) -> int | None:
        """The earliest silence (ms) after which the chance of an answer is below `threshold` (over 0); None while
        silences are not known as far as `known` (ms)."""
        curve = self.curve(kind, known)
        return None if curve is None else first_below(curve, threshold)


def first_below(curve: list[float], threshold: float) -> int:
    """The earliest silence (ms) at which a curve is below `threshold` (over 0)."""
    step = next(step for step, share in enumerate(curve) if share < threshold)
    if step == 0:
        return 0
    begins, ends = STEPS[step - 1], _end(step - 1)
    above, below = curve[step - 1], curve[step]
    return begins + int((ends - begins) * (above - threshold) / (above - below)) + 1


def _narrowed(row: list[list[int]], wider: list[float]) -> list[float]:
    """The share that ends in each step, by this row's cases and what the wider row leads to expect."""
    answered = sum(cell[1] for cell in row[_TELLING:])
    expected = sum(cell[0] * share for cell, share in zip(row[_TELLING:], wider[_TELLING:], strict=True))
    times = (answered + _WEIGHT / 2) / (expected + _WEIGHT / 2)
    return [
        (cell[1] + _WEIGHT * min(1.0, times * share)) / (cell[0] + _WEIGHT)
        for cell, share in zip(row, wider, strict=True)
    ]


def _steps(known: int) -> int:
    """How many steps end by `known` (ms); the first always counts."""
    return max(1, bisect_right((*STEPS[1:], HORIZON), known))


def _end(step: int) -> int:
    return STEPS[step + 1] if step + 1 < len(STEPS) else HORIZON
