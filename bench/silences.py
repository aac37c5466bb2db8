"""Silences read from a record of messages, what the hub would have thought of each, and how good that was."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean, median
from typing import NamedTuple

from hub.followup import NOTHING, SENT, Chances, Kind, Rhythm, answer, counts, kind_of
from hub.followup.chances import HORIZON, first_below
from hub.followup.rhythm import usual_gap

HOUR = 3_600_000


class Message(NamedTuple):
    """Who wrote to whom, and when (ms)."""

    writer: int
    reader: int
    at: int


@dataclass(slots=True)
class Silence:
    """One writer waits for one reader's answer, from `at` (ms) and message number `first` on. `answered`: when it came
    and `by` which message, None = never. `again`: when the writer
    wrote again after an hour or more, None = he did not. The rest is what the hub would have known when it began."""

    writer: int
    reader: int
    at: int
    first: int
    answered: int | None = None
    by: int = 0
    again: int | None = None
    kind: Kind = field(default=Kind(2, 2, 4))
    guess: int | None = None
    usual: int | None = None
    curve: list[float] = field(default_factory=list)
    nudge: dict[float, int] = field(default_factory=dict)
    person: Rhythm = NOTHING
    pair: Rhythm = NOTHING
    quiet: int | None = None

    @property
    def length(self) -> float:
        """Until the answer (ms); infinite where none came within HORIZON."""
        took = math.inf if self.answered is None else self.answered - self.at
        return took if took < HORIZON else math.inf


def read(path: Path) -> list[Message]:
    """The messages of the file, oldest first."""
    rows = (map(int, line.split()[:3]) for line in path.read_text().splitlines()[1:])
    return sorted((Message(writer, reader, at * 1000) for writer, reader, at in rows), key=lambda message: message.at)


def silences(messages: Sequence[Message]) -> list[Silence]:
    """A silence begins with the first message after the other's last word, and ends with his answer."""
    waiting: dict[tuple[int, int], Silence] = {}
    found = []
    for number, (writer, reader, at) in enumerate(messages):
        if heard := waiting.pop((reader, writer), None):
            heard.answered, heard.by = at, number
        if open_one := waiting.get((writer, reader)):
            if at - open_one.at >= HOUR:
                open_one.again = open_one.again or at
        else:
            waiting[(writer, reader)] = one = Silence(writer, reader, at, number)
            found.append(one)
    return found


_ANSWERED, _GIVEN_UP, _BEGUN, _WRITTEN = range(4)


def _events(messages: Sequence[Message], found: Sequence[Silence]) -> Iterator[tuple[int, int, int, int]]:
    """(when, by which message, what, which silence or message), to be sorted. A message ends a silence before it
    begins one."""
    for number, one in enumerate(found):
        yield one.at, one.first, _BEGUN, number
        if one.answered is not None:
            yield one.answered, one.by, _ANSWERED, number
        if one.length == math.inf:
            yield one.at + HORIZON, -1, _GIVEN_UP, number
    for number, message in enumerate(messages):
        yield message.at, number, _WRITTEN, number


def learn(
    messages: Sequence[Message],
    found: Sequence[Silence],
    thresholds: Sequence[float],
    cut_short: Callable[[Silence], int | None] | None = None,
    since: int = 0,
) -> None:
    """Feeds rhythms and chances with what happened, in the order in which it did, and notes on each silence what the
    hub would have thought when it began, of those since `since` (ms) and of all where `cut_short` needs it: when (ms)
    somebody else than the reader ended a silence, None = nobody."""
    everybody = NOTHING
    people: dict[int, Rhythm] = {}
    pairs: dict[tuple[int, int], Rhythm] = {}
    heard: dict[int, int] = {}
    chances = Chances()
    cut: dict[int, int] = {}
    for at, _, what, number in sorted(_events(messages, found)):
        if what == _WRITTEN:
            heard[messages[number].writer] = at
            continue
        one = found[number]
        person, pair = people.get(one.reader, NOTHING), (one.writer, one.reader)
        if what == _BEGUN:
            one.person, one.pair = person, pairs.get(pair, NOTHING)
            one.quiet = at - heard[one.reader] if one.reader in heard else None
            one.kind = kind_of(person, everybody, one.quiet)
            one.guess, one.usual = usual_gap(person, everybody), usual_gap(NOTHING, everybody)
            if at >= since or cut_short:
                one.curve = chances.curve(one.kind) or []
                one.nudge = {share: first_below(one.curve, share) if one.curve else HORIZON for share in thresholds}
            change, cut[number] = SENT, (cut_short(one) if cut_short else None) or sys.maxsize
        else:
            end = min(at, cut[number])
            if what == _GIVEN_UP or one.length < math.inf:
                chances.add(counts(one.kind, end - one.at, answered=what == _ANSWERED and end == at))
            change = answer(end - one.at) if what == _ANSWERED else NOTHING
        everybody += change
        people[one.reader] = person + change
        pairs[pair] = pairs.get(pair, NOTHING) + change


class Reached(NamedTuple):
    """A way to choose the moment, judged: the share of those who answered whom it would have nudged before; the share
    of the nudged who would have answered, which the threshold promises to be lower; the median and mean wait (h) on
    those who never answered; and the wait (h) of the fixed timer that nudges as many needlessly."""

    needless: float
    vain: float
    wait: float
    mean: float
    fixed: float

    @property
    def ratio(self) -> float:
        """How many times sooner than the fixed timer."""
        return self.fixed / self.wait if self.wait else math.inf


def judge(judged: Sequence[Silence], moment: Callable[[Silence], int]) -> Reached:
    """What `moment` (ms after our message) would have done."""
    took = sorted(one.length for one in judged if one.length < math.inf)
    needless = sum(one.length > moment(one) for one in judged if one.length < math.inf)
    waits = [min(moment(one), HORIZON) / HOUR for one in judged if one.length == math.inf]
    nudged = needless + sum(wait < HORIZON / HOUR for wait in waits)
    fixed = took[max(0, len(took) - needless - 1)] / HOUR
    return Reached(needless / len(took), needless / nudged if nudged else 0.0, median(waits), fmean(waits), fixed)


def ranking(points: Sequence[tuple[float, bool]]) -> tuple[float, float, float]:
    """AUROC, Brier score, and the Brier score of always saying the mean, of (chance, came true)."""
    ordered = sorted(points)
    rank, positives, total = 0, 0, 0.0
    while rank < len(ordered):
        end = rank
        while end < len(ordered) and ordered[end][0] == ordered[rank][0]:
            end += 1
        hits = sum(true for _, true in ordered[rank:end])
        total += hits * (rank + end + 1) / 2
        positives, rank = positives + hits, end
    negatives = len(ordered) - positives
    auroc = (total - positives * (positives + 1) / 2) / (positives * negatives)
    mean = positives / len(ordered)
    return auroc, fmean((chance - true) ** 2 for chance, true in points), mean * (1 - mean)
