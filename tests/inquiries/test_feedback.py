"""Figures of answers and follow-ups: hand-offs, silences, revivals, needless nudges, abandoned inquiries, how much is
said."""

from __future__ import annotations

import pytest

from hub.inquiries.feedback import DAY, HOUR, Said, abandoned, gather, per_closed

NOW = 100 * DAY
SINCE = NOW - 14 * DAY


def asked(person, at, text="hello", event=0):
    return Said(person, at, "person", event=event, text=text)


def told(person, at, rule="price", purpose="", event=0):
    return Said(person, at, "bot", rule, purpose, event)


def figures(*lines, handed=None, left=None):
    return gather(sorted(lines, key=lambda one: (one.person, one.at)), handed or {}, left or {}, SINCE, NOW)


@pytest.mark.parametrize(("number", "marked"), [(4, False), (5, True)])
def test_more_than_40_percent_who_need_a_human_after_a_rule_mark_its_text(number, marked):
    at = NOW - 5 * DAY
    lines = [part for who in range(10) for part in (told(who, at), asked(who, at + HOUR))]
    found = figures(*lines, handed={who: [at + 24 * HOUR] for who in range(number)})
    rule = found.rules["price"]
    assert (rule.people, rule.handed, rule.silent) == (10, number, 0)
    assert any("need a human" in mark for mark in rule.marks) is marked


def test_who_gets_a_human_before_the_answer_or_more_than_24_h_after_it_does_not_count():
    at = NOW - 5 * DAY
    found = figures(told(1, at), told(2, at), handed={1: [at], 2: [at + 24 * HOUR + 1]})
    assert found.rules["price"].handed == 0


def test_an_answer_is_silent_when_nothing_is_heard_for_24_h_and_not_judged_before():
    at = NOW - 5 * DAY
    found = figures(
        told(1, at), asked(1, at + 24 * HOUR), told(2, at), asked(2, at + 24 * HOUR + 1), told(3, NOW - 24 * HOUR)
    )
    rule = found.rules["price"]
    assert (rule.replies, rule.judged, rule.silent) == (3, 2, 1)
    assert rule.marks == []
    found = figures(told(1, at), told(2, at), told(3, at), asked(3, at + 1))
    assert found.rules["price"].marks == ["many fall silent afterwards: look at its text"]


def test_each_kind_of_follow_up_has_its_own_revival_rate():
    at = NOW - 10 * DAY
    found = figures(
        told(1, at, "followup", "clarify"),
        asked(1, at + DAY),
        told(2, at, "followup", "clarify"),
        asked(2, at + 7 * DAY + 1),
        told(3, at, "followup", "advance"),
        asked(3, at + 7 * DAY),
        told(4, NOW - DAY, "followup", "revive"),
    )
    rates = {name: (kind.sent, kind.judged, kind.revived) for name, kind in found.kinds.items()}
    assert rates == {"clarify": (2, 2, 1), "advance": (1, 1, 1), "revive": (1, 0, 0)}
    assert found.rules == {}


def test_of_silences_left_alone_those_that_end_by_themselves_would_have_been_nudged_needlessly():
    at = NOW - 12 * DAY
    would = at + DAY
    found = figures(
        asked(1, would + 1),  # he answered by himself after the nudge would have gone
        told(2, would + DAY, "followup", "clarify"),
        asked(2, would + 2 * DAY),  # he did not
        asked(3, would),  # before: nobody would have been nudged
        told(4, at - DAY),
        told(5, at - DAY),  # nothing came at all
        left={**{who: {would: at} for who in (1, 2, 3, 4)}, 5: {NOW - 6 * DAY: at}},
    )
    assert (found.left_alone, found.answered_alone) == (3, 1)


def test_what_is_said_to_each_person_is_compared_with_the_time_before():
    before, now = SINCE - DAY, SINCE + DAY
    found = figures(
        asked(1, before),
        told(1, before + 1),
        told(1, before + 2, "news", "inform"),
        asked(2, before),
        asked(1, now),
        told(1, now + 1),
        asked(2, now),
        told(2, now + 1),
        told(2, now + 2),
    )
    assert (found.before.people, found.before.sent, found.before.unasked, found.before.per_person) == (2, 2, 1, 1.0)
    assert (found.now.people, found.now.sent, found.now.unasked, found.now.per_person) == (2, 3, 0, 1.5)


def test_messages_for_each_closed_inquiry_are_compared_with_the_time_before():
    assert per_closed([(SINCE - 1, 4), (SINCE, 2), (SINCE + 1, 3)], SINCE) == (2.5, 4.0)
    assert per_closed([], SINCE) == (0.0, 0.0)


def test_people_are_served_by_the_hub_alone_by_a_human_too_or_by_nobody():
    at = NOW - DAY
    found = figures(
        asked(1, at),
        told(1, at + 1),
        asked(2, at),
        told(2, at + 1),
        Said(2, at + 2, "agent"),
        asked(3, at),
        told(3, at + 1),
        asked(4, at),
        handed={3: [at + 5]},
    )
    assert (found.wrote, found.automatic, found.human) == (4, 1, 1)


def test_an_open_inquiry_without_a_word_for_more_than_7_days_and_without_a_plan_is_abandoned():
    week = NOW - 7 * DAY
    listed = [("open", week - 1, 0), ("open", week, 0), ("open", week - 1, NOW + 1), ("open", week - 1, NOW - 1)]
    assert abandoned([*listed, ("snoozed", week - DAY, 0)], NOW) == (2, 5)


def test_what_no_rule_replied_to_is_told_from_what_one_did():
    at = NOW - DAY
    found = figures(
        asked(1, at, "what does it cost", 7),
        told(1, at + 1, event=7),
        asked(1, at + 2, "how to pay", 8),
        told(1, at + 3, "followup", "clarify", 8),
    )
    assert (found.answered, found.unanswered) == ([(1, "what does it cost")], [(1, "how to pay")])
