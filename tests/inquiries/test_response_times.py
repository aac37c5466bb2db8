"""Response times by owner."""

from statistics import mean, median

from hypothesis import given
from hypothesis import strategies as st

from hub.inquiries.response_times import Times, response_times

MINUTE = 60_000


def test_each_owner_and_the_spread_between_the_slowest_and_the_fastest():
    found = response_times(
        [("bo", 30 * MINUTE), ("anna", 2 * MINUTE), ("anna", 4 * MINUTE), ("bo", 10 * MINUTE), ("", 90 * MINUTE)]
    )
    assert found.by_owner == {
        "anna": Times(2, 3 * MINUTE, 4 * MINUTE, 3 * MINUTE),
        "bo": Times(2, 20 * MINUTE, 30 * MINUTE, 20 * MINUTE),
    }
    assert found.all.answers == 5
    assert found.all.median == 10 * MINUTE
    assert (found.slowest, found.fastest, found.spread) == ("bo", "anna", 17 * MINUTE)


def test_nine_of_ten_within_p90():
    assert response_times(("anna", ms) for ms in range(1, 101)).by_owner["anna"].p90 == 90
    assert response_times([("anna", 7)]).by_owner["anna"] == Times(1, 7, 7, 7)


def test_owners_with_few_answers_are_listed_but_not_compared():
    answers = [("anna", 1), ("anna", 3), ("bo", 100), ("chris", 5), ("chris", 5)]
    found = response_times(answers, at_least=2)
    assert (found.slowest, found.fastest, found.spread) == ("chris", "anna", 3)
    assert "bo" in found.by_owner
    assert response_times(answers, at_least=3).slowest == ""


def test_no_answers():
    found = response_times([])
    assert (found.by_owner, found.all, found.spread) == ({}, Times(0, 0, 0, 0), 0)


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=50))
def test_figures_agree_with_the_standard_library(ms):
    found = response_times(("anna", one) for one in ms).by_owner["anna"]
    assert found.median == int(median(ms))
    assert found.mean == int(mean(ms))
    assert sum(one <= found.p90 for one in ms) * 10 >= len(ms) * 9
    assert sum(one < found.p90 for one in ms) * 10 < len(ms) * 9
