"""The chance that somebody who is silent still answers alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.followup.chances import (
    ENOUGH,
    HORIZON,
    STEPS,
    Chances,
    Count,
    Kind,
    counts,
    kind_of,
    unpack_kind,
)
from hub.followup.rhythm import NOTHING, SENT, answer

HOUR = 3_600_000
DAY = 24 * HOUR
PLAIN = Kind(2, 2, 1)
kinds = st.builds(Kind, *[st.integers(0, 4)] * 3)
ends = st.tuples(st.integers(0, 2 * HORIZON), st.booleans())


def table(*silences: tuple[int, bool], kind: Kind = PLAIN, times: int = 1) -> Chances:
    chances = Chances()
    for silence, answered in silences:
        for _ in range(times):
            chances.add(counts(kind, silence, answered))
    return chances


def test_without_data_the_chance_is_unknown() -> None:
    assert Chances().curve(PLAIN) is None
    assert Chances().falls_below(PLAIN, 0.3) is None
    found = Chances().after(PLAIN, DAY)
    assert (found.share, found.cases, found.all) == (None, 0, 0)
    assert str(found) == "chance unknown: too few silences were watched so far (0 of them for 24 h)"


def test_a_step_with_fewer_than_30_cases_leaves_all_unknown() -> None:
    silent = [(HORIZON, False)] * (ENOUGH - 1)
    assert table(*silent).curve(PLAIN) is None
    assert table(*silent, (HORIZON, False)).curve(PLAIN) == [0.0] * 13


def test_the_chance_is_the_share_that_answered_later() -> None:
    chances = table((HOUR // 2, True), (9 * HOUR, True), (30 * HOUR, True), (HORIZON, False), times=100)
    assert chances.after(PLAIN, 0).share == pytest.approx(0.75)
    assert chances.after(PLAIN, HOUR).share == pytest.approx(2 / 3)
    assert chances.after(PLAIN, DAY).share == pytest.approx(1 / 2)
    assert chances.after(PLAIN, 36 * HOUR).share == pytest.approx(0)


def test_the_chance_says_whose_cases_are_behind_it() -> None:
    chances = table((30 * HOUR, True), (HORIZON, False), times=206)
    chances.add(counts(Kind(0, 2, 1), HORIZON, False))
    assert str(chances.after(PLAIN, DAY)) == (
        "of people who often answer, about as soon as most, last heard of within a day, silent for 24 h, "
        "50% still answer alone (n=412 like him, 413 in all)"
    )


def test_a_broken_silence_is_not_taken_for_one_without_an_answer() -> None:
    """Half of the silences are broken by a nudge after 10 h; those left alone are answered after 20 h."""
    chances = table((20 * HOUR, True), (10 * HOUR, False), times=200)
    chances.add(row for _ in range(40) for row in counts(PLAIN, HORIZON, False))
    assert chances.after(PLAIN, 8 * HOUR).share == pytest.approx(200 / 240)
    naive = 200 / 440
    assert chances.after(PLAIN, 8 * HOUR).share > naive + 0.3


def test_a_kind_without_cases_of_its_own_speaks_for_everybody() -> None:
    chances = table((9 * HOUR, True), (HORIZON, False), times=100)
    assert chances.curve(Kind(4, 0, 0)) == chances.curve(Kind(0, 4, 3))
    assert chances.after(Kind(4, 0, 0), HOUR).share == pytest.approx(0.5)
    assert chances.after(Kind(4, 0, 0), HOUR).cases == 0


def test_a_kind_with_many_cases_speaks_for_itself() -> None:
    chances = table((9 * HOUR, True), (HORIZON, False), times=2000)
    rare = Kind(0, 2, 1)
    chances.add(row for _ in range(2000) for row in counts(rare, HORIZON, False))
    assert chances.after(rare, HOUR).share < 0.01
    assert chances.after(PLAIN, HOUR).share == pytest.approx(0.5, abs=0.01)


def test_a_kind_that_answers_less_than_others_is_expected_to_go_on_so() -> None:
    """Nobody of this kind was watched after 24 h: it answered half as often before, so half as often after."""
    chances = table((9 * HOUR, True), (30 * HOUR, True), (HORIZON, False), times=1000)
    few = Kind(1, 2, 1)
    for answered in [True] + [False] * 5:
        chances.add(row for _ in range(50) for row in counts(few, 9 * HOUR if answered else DAY, answered))
    late = chances.after(few, DAY)
    assert late.cases == 0
    assert chances.after(PLAIN, DAY).share == pytest.approx(0.5, abs=0.01)
    assert late.share == pytest.approx(0.25, abs=0.05)


@given(kinds, st.lists(ends, max_size=60))
def test_the_chance_never_rises_within_a_silence(kind: Kind, silences: list[tuple[int, bool]]) -> None:
    chances = table(*silences, *[(HORIZON, False), (5 * HOUR, True)] * ENOUGH, kind=kind)
    curve = chances.curve(kind)
    assert curve is not None
    assert curve == sorted(curve, reverse=True)
    assert all(0 <= share <= 1 for share in curve)
    assert curve[-1] == 0


@given(kinds, st.lists(ends, min_size=1, max_size=60), st.floats(0.01, 0.99))
def test_the_moment_is_the_first_with_a_chance_below_the_threshold(
    kind: Kind, silences: list[tuple[int, bool]], threshold: float
) -> None:
    chances = table(*silences, *[(HORIZON, False), (5 * HOUR, True)] * ENOUGH, kind=kind)
    moment = chances.falls_below(kind, threshold)
    assert moment is not None
    assert chances.after(kind, moment).share <= threshold
    if moment > HOUR:
        assert chances.after(kind, moment - 60_000).share >= threshold


@given(kinds, st.lists(ends, max_size=40))
def test_counts_are_increments_that_a_store_may_sum(kind: Kind, silences: list[tuple[int, bool]]) -> None:
    summed: dict[tuple[int, str], tuple[int, int]] = {}
    for silence, answered in silences:
        for step, code, cases, good in counts(kind, silence, answered):
            before = summed.get((step, code), (0, 0))
            summed[step, code] = (before[0] + cases, before[1] + good)
    stored = Chances(Count(step, code, *both) for (step, code), both in summed.items())
    live = table(*silences, kind=kind)
    for chances in (stored, live):
        chances.add(row for _ in range(ENOUGH) for row in counts(PLAIN, HORIZON, False))
    assert stored.curve(kind) == live.curve(kind)


def test_one_looks_as_far_as_silences_were_watched() -> None:
    """Who nudges after five days at the latest never sees the sixth: the chance is that of an answer within five."""
    fenced = table((30 * HOUR, True), (120 * HOUR, False), times=50)
    assert fenced.curve(PLAIN) is None
    assert fenced.after(PLAIN, DAY, known=120 * HOUR).share == pytest.approx(1 / 2)
    assert fenced.falls_below(PLAIN, 0.3, known=120 * HOUR) == pytest.approx(28.8 * HOUR, abs=2)
    assert fenced.after(PLAIN, 150 * HOUR, known=120 * HOUR).share == 0
    fenced.add(row for _ in range(50) for row in counts(PLAIN, 150 * HOUR, True))
    assert fenced.after(PLAIN, DAY, known=120 * HOUR).share == fenced.after(PLAIN, DAY).share > 0.8


def test_an_answer_after_the_horizon_came_too_late() -> None:
    assert list(counts(PLAIN, HORIZON, True)) == [Count(step, "221", 1, 0) for step in range(len(STEPS))]


def test_the_kind_is_what_he_was_when_we_wrote() -> None:
    everybody = sum([SENT, answer(HOUR)] * 65 + [SENT] * 35, NOTHING)
    assert kind_of(NOTHING, NOTHING, None) == Kind(2, 2, 4)
    assert kind_of(sum([SENT] * 20, NOTHING), everybody, 2 * HOUR) == Kind(0, 2, 1)
    assert kind_of(sum([SENT, answer(60_000)] * 20, NOTHING), everybody, 60_000) == Kind(4, 0, 0)
    assert kind_of(sum([SENT, answer(90 * HOUR)] * 20, NOTHING), everybody, 30 * DAY) == Kind(4, 4, 3)


@given(kinds)
def test_a_kind_survives_its_column(kind: Kind) -> None:
    assert unpack_kind(kind.pack()) == kind


@pytest.mark.parametrize("text", ["", "12", "1234", "951", "abc", "1-1"])
def test_a_kind_that_nobody_wrote_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        unpack_kind(text)
