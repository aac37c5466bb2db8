"""Proposals for keywords: what people say when no rule replies."""

from __future__ import annotations

from hub.words.unanswered import MOST, propose


def test_how_to_pay_is_proposed_where_only_payment_method_is_a_keyword():
    unanswered = [(1, "How to pay?"), (2, "hello, how to pay for this"), (3, "how to pay"), (4, "nice weather")]
    answered = [(5, "which payment method is there"), (6, "how is the price for this")]
    (first, *_) = propose(unanswered, answered, ["payment method", "price"])
    assert (first.phrase, first.people, first.near) == ("how to pay", 3, "payment method")


def test_up_to_10_phrases_are_proposed_the_most_used_first_and_none_inside_another():
    words = [f"word{chr(97 + n)}" for n in range(15)]
    unanswered = [(who, word) for n, word in enumerate(words) for who in range(n + 2)]
    found = propose(unanswered, [])
    assert len(found) == MOST == 10
    assert [one.people for one in found] == sorted((one.people for one in found), reverse=True)
    phrases = [one.phrase for one in propose([(1, "open on sunday"), (2, "open on sunday")], [])]
    assert phrases == ["open on sunday"]


def test_what_one_person_says_and_what_is_said_everywhere_is_no_proposal():
    said = [(1, "is this the blue one"), (2, "is this the red one")]
    assert propose([(1, "unicorn"), (1, "unicorn again")], []) == []
    assert propose(said, [(3, "is this the green one"), (4, "is this the last one")]) == []


def test_greetings_and_thanks_are_no_proposal():
    assert propose([(who, text) for who in (1, 2, 3) for text in ("hello", "thank you")], []) == []


def test_phrases_of_any_script_are_proposed():
    found = propose([(1, "भुगतान कैसे करें"), (2, "भुगतान कैसे करें?")], [])
    assert [one.phrase for one in found] == ["भुगतान कैसे करें"]
