"""How somebody answers: how often, how soon, in three numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.followup.rhythm import NOTHING, SENT, Rhythm, answer, gap_offset, habit, unpack, usual_gap

HOUR = 3_600_000
numbers = st.integers(0, 10**9)


def summed(parts: list[Rhythm]) -> Rhythm:
    return sum(parts, NOTHING)


EVERYBODY = summed([SENT, answer(HOUR)] * 100 + [SENT] * 100)


@given(numbers, numbers, st.integers(-(10**9), 10**9))
def test_a_rhythm_survives_its_column(asked: int, answered: int, logs: int) -> None:
    rhythm = Rhythm(asked, answered, logs)
    assert unpack(rhythm.pack()) == rhythm


def test_nothing_is_an_empty_column() -> None:
    assert NOTHING.pack() == ""
    assert unpack("") == NOTHING


@pytest.mark.parametrize("text", ["1", "a b c", "1 2 3 4"])
def test_a_column_that_nobody_wrote_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        unpack(text)


@given(st.lists(st.sampled_from([SENT, answer(HOUR), answer(7), answer(10**9)])), st.randoms(use_true_random=False))
def test_changes_add_up_in_any_order(parts: list[Rhythm], random) -> None:
    shuffled = parts.copy()
    random.shuffle(shuffled)
    assert summed(shuffled) == summed(parts)


def test_the_usual_gap_is_drawn_from_everybodys_to_his_own() -> None:
    gaps = [usual_gap(summed([answer(60_000)] * count), EVERYBODY) for count in (0, 1, 3, 30, 3000)]
    assert gaps[0] == pytest.approx(HOUR, rel=0.001)
    assert gaps == sorted(gaps, reverse=True)
    assert gaps[2] == pytest.approx(60_000 * 60**0.5, rel=0.001), "three of his own weigh as much as everybody's"
    assert gaps[-1] == pytest.approx(60_000, rel=0.01)


def test_he_who_is_as_quick_as_everybody_has_no_offset() -> None:
    assert gap_offset(answer(HOUR), EVERYBODY) == pytest.approx(0, abs=0.001)
    assert gap_offset(summed([answer(60_000)] * 9), EVERYBODY) < -2
    assert gap_offset(summed([answer(60 * HOUR)] * 9), EVERYBODY) > 2


def test_the_habit_counts_what_is_still_open_as_not_answered() -> None:
    assert habit(NOTHING, EVERYBODY) == 0.5
    assert habit(SENT, EVERYBODY) < 0.5 < habit(SENT + answer(HOUR), EVERYBODY)
    assert habit(summed([SENT] * 27), EVERYBODY) == pytest.approx(1.5 / 30)


def test_with_no_data_nothing_is_known() -> None:
    assert usual_gap(NOTHING, NOTHING) is None
    assert habit(NOTHING, NOTHING) is None
    assert gap_offset(NOTHING, NOTHING) == 0


def test_the_answer_of_a_moment_is_no_mistake() -> None:
    assert answer(0) == answer(-5) == Rhythm(answered=1)
