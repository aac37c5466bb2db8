"""Comparisons as they stand in a file: with numbers, with words, with what nobody knows."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.contracts.errors import ConfigError
from hub.words.compare import Test as Comparison
from hub.words.compare import compile_test, figure, number


def asks(given: Any) -> Comparison:
    return compile_test(given, ("where", "x"), lambda path: ".".join(map(str, path)))


@pytest.mark.parametrize(
    ("given", "holds", "not_so"),
    [
        ("> 500000", ["500000.01", "500,001", "1e6"], ["500000", "many", "", None]),
        (">=5", ["5", "5.0", " 6 "], ["4.99"]),
        ("< -1", ["-2"], ["-1", "0"]),
        ("<= 5", ["5", "-5"], ["5.01"]),
        ("50..200", ["50", "200", "1 00"[0:1] + "00"], ["49.9", "200.1"]),
        (7, ["7", "7.0", "+7"], ["8", "seven"]),
        ("7", ["7", " 7 "], ["7.0"]),
        ("= 7", ["7"], ["8"]),
        ("Automotive", ["automotive", " AUTOMOTIVE "], ["auto"]),
        (["DE", "fr", "> 5"], ["de", "FR", "6"], ["en", "5"]),
        (True, ["true", "True"], ["false", "yes"]),
        ("!= de", ["fr", "7"], ["DE", "", None]),
        ({"not": ["de", "> 5"]}, ["fr", "5"], ["de", "6", None]),
        ({"known": True}, ["x", "0"], ["", " ", None]),
        ({"known": False}, ["", " ", None], ["x"]),
    ],
)
def test_what_holds(given: Any, holds: list[str | None], not_so: list[str | None]):
    test = asks(given)
    assert [value for value in holds if not test.holds(value)] == []
    assert [value for value in not_so if test.holds(value)] == []


@pytest.mark.parametrize(
    "given", ["", "> x", "> ", "5..x", "9..5", [], ["!= 3"], {}, {"is": 5}, {"known": 1}, None, float("nan"), "x" * 200]
)
def test_what_is_no_comparison_is_a_mistake_with_its_place(given: Any):
    with pytest.raises(ConfigError) as caught:
        asks(given)
    assert caught.value.where == "where.x"
    assert "> 500000" in caught.value.remedy


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("500,000", 500000),
        ("1 000 000.5", 1000000.5),
        ("1'000", 1000),
        ("1,00", None),
        ("1,000 000", None),
        ("5 EUR", None),
        ("٥", None),
        ("1e999", None),
        (".5", 0.5),
    ],
)
def test_numbers_are_read_with_their_groups(text: str, found: float | None):
    assert number(text) == found


def test_a_list_of_days_counts_as_the_days_between_them():
    assert figure("2026-01-01; 2026-03-02, 2026-01-31") == 30
    assert figure("2026-01-01") is None
    assert figure("2026-01-01 2026-02-30") is None


def test_comparisons_say_how_they_were_written():
    assert asks(["> 5", "x"]).shown == "> 5 or x"
    assert asks({"not": "x"}).shown == "not x"
    assert asks({"known": True}).shown == "known true"


values = st.one_of(st.integers(-20, 20), st.floats(-20, 20, allow_nan=False).map(lambda number: round(number, 1)))
spans = st.one_of(
    st.tuples(st.sampled_from([">", ">=", "<", "<="]), values).map(lambda part: f"{part[0]} {part[1]}"),
    st.tuples(values, values).map(lambda ends: f"{min(ends)}..{max(ends)}"),
)


@given(one=spans, two=spans, value=values)
def test_where_both_hold_they_overlap(one: str, two: str, value: float):
    first, second = asks(one), asks(two)
    if first.holds(str(value)) and second.holds(str(value)):
        assert first.overlaps(second)
        assert second.overlaps(first)
