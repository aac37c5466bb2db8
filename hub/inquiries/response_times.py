"""Response times by owner, and how far apart they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple


class Times(NamedTuple):
    """Of `answers` the working time (ms) until they came: the median, nine of ten within `p90`, and the mean."""

    answers: int
    median: int
    p90: int
    mean: int


class ResponseTimes(NamedTuple):
    """By owner, and over `all` answers, also those that nobody owned.

    `spread` (ms) is the slowest owner's median less the fastest's; `slowest` and `fastest` are "" where fewer than two
    owners have enough answers to be compared.
    """

    by_owner: Mapping[str, Times]
    all: Times
    spread: int
    slowest: str
    fastest: str


def response_times(answers: Iterable[tuple[str, int]], at_least: int = 1) -> ResponseTimes:
    """From the (owner, working ms) of every answer; owner "" = nobody had it.

    Owners with fewer than `at_least` answers are listed, but not compared. Ties go to the first name.
    """
    found: dict[str, list[int]] = {}
    for owner, ms in answers:
        found.setdefault(owner, []).append(ms)
    total = _times([ms for owned in found.values() for ms in owned])
    by_owner = {owner: _times(found[owner]) for owner in sorted(found) if owner}
    compared = [owner for owner, times in by_owner.items() if times.answers >= at_least]
    if len(compared) < 2:
        return ResponseTimes(by_owner, total, 0, "", "")
    slowest = max(compared, key=lambda owner: by_owner[owner].median)
    fastest = min(compared, key=lambda owner: by_owner[owner].median)
    return ResponseTimes(by_owner, total, by_owner[slowest].median - by_owner[fastest].median, slowest, fastest)


def _times(ms: Sequence[int]) -> Times:
    if not ms:
        return Times(0, 0, 0, 0)
    ordered, count = sorted(ms), len(ms)
    median = (ordered[(count - 1) // 2] + ordered[count // 2]) // 2
    return Times(count, median, ordered[-(-count * 9 // 10) - 1], sum(ordered) // count)
