"""What to do about a silence, and when."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.followup.chances import HORIZON, Chances, Kind, counts
from hub.followup.decision import Situation, decide, left_alone, meaning
from hub.followup.settings import FollowUp
from hub.followup.signals import Behaviour

HOUR = 3_600_000
DAY = 24 * HOUR
START = 1_000 * DAY
KIND = Kind(2, 2, 1)
TEXTS: dict[Any, str] = {"clarify": "fu.clarify", "advance": "fu.next", "restart": "fu.again"}
SETTINGS = FollowUp(name="sales", texts=TEXTS, required=("quantity",), left_alone=0.0)
KEEN = Behaviour(text="200 pcs by 12 May to 5 High Street", details={"quantity": "200"}, topics=3)
ASKED = Situation(
    key="inquiry 7", now=START, ours_at=START, ours_asked=True, his_at=START - HOUR, kind=KIND, behaviour=KEEN
)


def taught(*silences: tuple[float, bool]) -> Chances:
    chances = Chances()
    for hours, answered in silences:
        for _ in range(100):
            chances.add(counts(KIND, int(hours * HOUR), answered))
    return chances


HALF = taught((0.5, True), (9, True), (30, True), (999, False))
"""Still answers alone: 75 %, after the first hour 67 %, from 12 h on 50 %, from 36 h on nobody."""


def later(hours: float, situation: Situation = ASKED) -> Situation:
    return replace(situation, now=situation.ours_at + int(hours * HOUR))


def test_it_waits_until_the_chance_that_he_answers_alone_falls_below_the_threshold() -> None:
    found = decide(ASKED, SETTINGS, HALF)
    assert (found.move, found.planned) == ("wait", "advance")
    assert found.at - START == pytest.approx(24 * HOUR + 12 * HOUR * (0.5 - 0.3) / 0.5, abs=2)
    assert decide(later(28.7), SETTINGS, HALF).move == "wait"
    assert decide(later(28.9), SETTINGS, HALF).move == "advance"


def test_who_answers_alone_less_is_reached_sooner() -> None:
    """The same settings, the same silence, two people: behaviour decides, not a timer."""
    chances = taught((0.5, True), (30, True))
    mute = Kind(0, 2, 1)
    for _ in range(400):
        chances.add(counts(mute, HORIZON, False))
    often, seldom = (decide(replace(ASKED, kind=kind), SETTINGS, chances).at for kind in (KIND, mute))
    assert seldom == START + 4 * HOUR
    assert often > START + 24 * HOUR


def test_with_no_data_the_fences_decide() -> None:
    found = decide(ASKED, SETTINGS, Chances())
    assert (found.move, found.at) == ("wait", START + 5 * DAY)
    assert "so at most 120 h" in found.reasons
    assert decide(later(120), SETTINGS, Chances()).move == "advance"


def test_a_nudge_never_goes_before_the_lower_fence_nor_sooner_than_the_one_before() -> None:
    silent = taught((999, False))
    assert [decide(replace(ASKED, nudges=n), SETTINGS, silent).at - START for n in (0, 1, 2)] == [
        4 * HOUR,
        8 * HOUR,
        12 * HOUR,
    ]


def test_a_nudge_never_goes_after_the_upper_fence() -> None:
    patient = taught((150, True))
    assert decide(ASKED, SETTINGS, patient).at == START + 5 * DAY
    assert decide(ASKED, replace(SETTINGS, at_most=DAY), patient).at == START + DAY


def test_the_decision_says_why_in_sentences() -> None:
    found = decide(later(28), SETTINGS, HALF)
    assert found.reasons[0] == "3.125 of 1 points: worth the next step"
    assert found.reasons[1].startswith(
        "of people who often answer, about as soon as most, last heard of within a day, "
    )
    assert found.reasons[1].endswith("silent for 28 h, 33% still answer alone (n=200 like him, 200 in all)")
    assert found.reasons[2] == "below 30% after 28.8 h"
    assert found.score is not None
    assert sum(part.points for part in found.score.contributions) == pytest.approx(found.score.points)


@pytest.mark.parametrize(
    ("behaviour", "move", "reason", "asks_for"),
    [
        (Behaviour(), "clarify", "missing: quantity", ("quantity",)),
        (replace(KEEN, same_question=2), "clarify", "he asked the same 2 times", ()),
        (replace(KEEN, changed=1), "clarify", "he changed details", ()),
        (replace(KEEN, details={}, changed=1), "clarify", "he changed details", ()),
        (KEEN, "advance", "3.125 of 1 points: worth the next step", ()),
        (Behaviour(text="hi", details={"quantity": "1"}), "advance", "1 of 1 points: worth the next step", ()),
    ],
)
def test_signals_decide_whether_to_clarify_or_to_advance(
    behaviour: Behaviour, move: str, reason: str, asks_for: tuple[str, ...]
) -> None:
    found = decide(later(120, replace(ASKED, behaviour=behaviour)), SETTINGS, HALF)
    assert (found.move, found.reasons[0], found.asks_for) == (move, reason, asks_for)
    assert found.text == TEXTS[found.purpose]


def test_a_follow_up_that_would_neither_clarify_nor_advance_is_not_sent() -> None:
    idle = replace(ASKED, behaviour=Behaviour(text="hi"))
    found = decide(later(120, idle), replace(SETTINGS, required=()), HALF)
    assert found.move == "pause"
    assert found.reasons == ("0 of 1 points, nothing to clarify: it would add nothing",)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"stop": "closed"}, "closed"),
        ({"stop": "opted out"}, "opted out"),
        ({"ours_asked": False}, "the silence ends the matter: nothing was left open"),
        ({"nudges": 3}, "3 of 3 nudges went already"),
        ({"sends": 4}, "4 of 4 sends to him went already"),
        ({"other": "asked about the delivery on Telegram"}, "one line at a time: asked about the delivery on Telegram"),
    ],
)
def test_it_pauses(change: dict[str, Any], reason: str) -> None:
    found = decide(later(200, replace(ASKED, **change)), SETTINGS, HALF)
    assert (found.move, found.reasons) == ("pause", (reason,))


def test_his_thanks_end_the_matter_and_his_question_waits_for_us() -> None:
    thanked = replace(ASKED, his_at=START + 1, behaviour=replace(KEEN, text="ok, danke!"))
    asks = replace(ASKED, his_at=START + 1, behaviour=replace(KEEN, text="and in red?"))
    assert decide(thanked, SETTINGS, HALF).reasons == ("the silence ends the matter: he thanked or confirmed",)
    assert decide(asks, SETTINGS, HALF).reasons == ("the last word is his: he waits for us",)


@pytest.mark.parametrize(
    ("asked", "ours_at", "his_at", "text", "means"),
    [
        (True, 2, 1, "how much?", "hesitation"),
        (True, 2, 1, "thanks", "hesitation"),
        (False, 2, 1, "thanks", "completion"),
        (False, 2, 1, "how much?", "completion"),
        (True, 1, 2, "շնորհակալություն", "completion"),
        (False, 1, 2, "how much?", "hesitation"),
    ],
)
def test_a_silence_is_hesitation_or_completion(asked: bool, ours_at: int, his_at: int, text: str, means: str) -> None:
    assert meaning(asked, ours_at, his_at, text) == means


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"before": {"quantity": "100"}}, "restart: what he asks for has changed"),
        ({"before": {"quantity": "200"}, "stage": "offer"}, "restart: the deal went from nothing to offer"),
        ({"his_at": START - 6 * DAY}, "restart: nothing from him for 168 h"),
    ],
)
def test_a_late_message_begins_anew_instead_of_going_on(change: dict[str, Any], reason: str) -> None:
    late = later(25, replace(ASKED, **change))
    late = replace(late, now=late.now + HOUR)
    silent = taught((999, False))
    found = decide(late, SETTINGS, silent)
    assert (found.move, found.purpose, found.text) == ("advance", "restart", "fu.again")
    assert found.reasons[1] == reason.replace("168", "170")
    found = decide(late, replace(SETTINGS, texts={"advance": "fu.next"}), silent)
    assert (found.move, found.reasons) == ("pause", ("nothing new to say", "no text to restart"))


def test_an_unchanged_inquiry_within_the_time_goes_on() -> None:
    found = decide(replace(later(120), before={"quantity": "200"}), SETTINGS, HALF)
    assert (found.move, found.purpose) == ("advance", "advance")


def test_what_was_said_is_not_said_again() -> None:
    first = decide(later(120), SETTINGS, HALF)
    again = decide(replace(later(120), said={first.content}, nudges=1), SETTINGS, HALF)
    assert (again.move, again.reasons) == ("pause", ("nothing new to say", "advance: was said already"))


def test_what_is_left_to_say_is_said_instead() -> None:
    keen = replace(later(120), behaviour=replace(KEEN, details={}))
    first = decide(keen, SETTINGS, HALF)
    second = decide(replace(keen, said={first.content}, nudges=1), SETTINGS, HALF)
    assert [(d.move, d.content) for d in (first, second)] == [("clarify", "clarify:quantity"), ("advance", "advance:")]


def test_a_share_of_the_silences_is_left_alone_to_keep_learning() -> None:
    settings = replace(SETTINGS, left_alone=0.1)
    found = [decide(replace(ASKED, key=f"inquiry {n}"), settings, HALF) for n in range(1000)]
    alone = [decision for decision in found if decision.otherwise]
    assert 70 < len(alone) < 130
    assert {decision.at for decision in alone} == {START + 5 * DAY}
    assert {decision.otherwise for decision in alone} == {decide(ASKED, SETTINGS, HALF).at}
    assert not any(left_alone(f"inquiry {n}", 0.0) for n in range(1000))
    assert all(left_alone(f"inquiry {n}", 1.0) for n in range(1000))


def test_where_the_fence_decides_anyhow_nothing_is_said_of_leaving_alone() -> None:
    found = decide(ASKED, replace(SETTINGS, left_alone=1.0), Chances())
    assert (found.at, found.otherwise) == (START + 5 * DAY, 0)
    assert not any("left alone" in reason for reason in found.reasons)


situations = st.builds(
    Situation,
    key=st.text(max_size=5),
    now=st.integers(0, 400).map(lambda hours: START + hours * HOUR),
    ours_at=st.integers(0, 400).map(lambda hours: START - hours * HOUR),
    ours_asked=st.booleans(),
    kind=st.builds(Kind, *[st.integers(0, 4)] * 3),
    his_at=st.integers(0, 800).map(lambda hours: START - hours * HOUR),
    behaviour=st.builds(
        Behaviour,
        text=st.sampled_from(["", "ok", "500 kg please", "another supplier is cheaper"]),
        details=st.sampled_from([{}, {"quantity": "1"}]),
        topics=st.integers(0, 4),
        changed=st.integers(0, 1),
        same_question=st.integers(0, 3),
    ),
    before=st.sampled_from([None, {}, {"quantity": "1"}]),
    nudges=st.integers(0, 4),
    sends=st.integers(0, 5),
    said=st.sets(st.sampled_from(["clarify:quantity", "advance:", "restart:advance:"])),
)
CHANCES = [Chances(), HALF, taught((999, False)), taught((150, True))]


@given(situations, st.sampled_from(CHANCES), st.sampled_from([0.0, 0.1, 1.0]))
def test_whatever_the_situation_no_fence_is_crossed(situation: Situation, chances: Chances, share: float) -> None:
    settings = replace(SETTINGS, left_alone=share)
    found = decide(situation, settings, chances)
    assert found == decide(situation, settings, chances)
    assert found.reasons
    silence = situation.now - situation.ours_at
    if found.move in ("clarify", "advance"):
        assert silence >= settings.at_least
        assert situation.nudges < settings.nudges
        assert situation.sends < settings.sends
        assert situation.ours_asked
        assert situation.his_at <= situation.ours_at
        assert found.text
        assert found.content not in situation.said
    elif found.move == "wait":
        assert situation.now < found.at <= situation.ours_at + settings.at_most
    else:
        assert not found.text


@given(situations, st.sampled_from(CHANCES))
def test_sends_to_a_person_never_exceed_the_budget_however_often_one_looks(
    situation: Situation, chances: Chances
) -> None:
    """Follows a silence that is never answered, look by look, until nothing more is planned."""
    sent: list[int] = []
    for _ in range(50):
        found = decide(situation, SETTINGS, chances)
        if found.move == "pause":
            break
        if found.move == "wait":
            situation = replace(situation, now=found.at)
            continue
        sent.append(situation.now - situation.ours_at)
        situation = replace(
            situation,
            ours_at=situation.now,
            nudges=situation.nudges + 1,
            sends=situation.sends + 1,
            said={*situation.said, found.content},
        )
    else:
        pytest.fail("it never comes to rest")
    assert len(sent) <= SETTINGS.nudges
    assert sent[1:] == sorted(sent[1:]), "each waits at least as long as the one before"
