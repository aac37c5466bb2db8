"""Signals: plain features with visible weights."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.followup.rhythm import NOTHING, SENT, answer
from hub.followup.settings import WEIGHTS, FollowUp
from hub.followup.signals import Behaviour, Score, missing, score
from hub.followup.wording import comparing

HOUR = 3_600_000
EVERYBODY = sum([SENT, answer(HOUR)] * 100, NOTHING)
SETTINGS = FollowUp(
    required=("quantity", "address"), products=("zx-900",), competitors=("Acme",), comparison=comparing(["Acme"])
)


def value(name: str, behaviour: Behaviour, settings: FollowUp = SETTINGS) -> float:
    return next(part.value for part in score(behaviour, settings).contributions if part.name == name)


def test_the_score_is_the_sum_of_contributions_that_are_all_listed() -> None:
    found = score(Behaviour(text="400 kg of ZX-900 by 12 May, Acme is cheaper", topics=3, read=True), SETTINGS)
    assert [part.name for part in found.contributions] == list(WEIGHTS)
    assert all(part.points == pytest.approx(part.value * part.weight) for part in found.contributions)
    assert found.points == pytest.approx(sum(part.points for part in found.contributions))
    assert "comparison +1.00 x 1 = +1.00 ('cheaper', 'Acme')" in str(found) or "('Acme', 'cheaper')" in str(found)
    assert "specificity +0.75 x 1.5 = +1.12 (1 product, 1 date, 1 unit)" in str(found)


def test_a_weight_of_nothing_leaves_a_signal_out() -> None:
    found = score(Behaviour(), FollowUp(weights={"depth": 2.0, "latency": 0.0}))
    assert [part.name for part in found.contributions] == ["depth"]
    assert score(Behaviour(), FollowUp(weights={})) == Score(0, ())


def test_latency_is_measured_by_his_own_rhythm() -> None:
    quick = sum([SENT, answer(60_000)] * 50, NOTHING)
    slow = sum([SENT, answer(30 * HOUR)] * 50, NOTHING)
    within_the_hour = [
        value("latency", Behaviour(latency=HOUR, person=person, everybody=EVERYBODY))
        for person in (quick, NOTHING, slow)
    ]
    assert within_the_hour[0] == -1
    assert within_the_hour[1] == pytest.approx(0, abs=0.01)
    assert within_the_hour[2] == 1


def test_latency_says_nothing_where_nothing_is_known() -> None:
    assert value("latency", Behaviour(latency=HOUR)) == 0
    assert value("latency", Behaviour(everybody=EVERYBODY)) == 0


@given(st.integers(0, 10**12), st.integers(0, 10**12))
def test_latency_stays_between_minus_one_and_one(latency: int, usual: int) -> None:
    person = sum([SENT, answer(usual)] * 9, NOTHING)
    assert -1 <= value("latency", Behaviour(latency=latency, person=person, everybody=EVERYBODY)) <= 1


def test_depth_is_half_required_details_half_topics() -> None:
    def depth(details: dict[str, str], topics: int) -> float:
        return value("depth", Behaviour(details=details, topics=topics))

    assert depth({}, 0) == 0
    assert depth({"quantity": "4"}, 0) == 0.25
    assert depth({"quantity": "4", "address": "here"}, 0) == 0.5
    assert depth({"quantity": "4", "address": "here"}, 9) == 1
    assert value("depth", Behaviour(topics=3), FollowUp()) == 1


def test_changed_details_and_repeated_questions_count() -> None:
    assert value("changed_details", Behaviour(changed=2)) == 1
    assert [value("repeated_question", Behaviour(same_question=n)) for n in (0, 1, 2, 3, 9)] == [0, 0, 0.5, 1, 1]
    found = score(Behaviour(same_question=3), SETTINGS)
    assert found.points < 0, "who asks again is confused, not deeper"


def test_engagement_counts_signs() -> None:
    assert value("engagement", Behaviour()) == 0
    assert value("engagement", Behaviour(read=True)) == pytest.approx(1 / 3, abs=0.001)
    assert value("engagement", Behaviour(read=True, pressed=True, switched=True)) == 1


def test_missing_details_come_in_the_order_of_the_table() -> None:
    assert missing({}, SETTINGS) == ("quantity", "address")
    assert missing({"quantity": "4", "address": ""}, SETTINGS) == ("address",)
