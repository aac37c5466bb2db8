"""Questions that wait for an answer, and the wish for a human that goes before all of them."""

import pytest

from hub.model.commands import HandOff, OptOut, Rate, SetField, SetPriority

MENU = """
[[rule]]
name = "still there"
keywords = "help"
buttons = ["Yes"]

[rule.ask]
text = "Reply 1 to talk to a person, 2 for prices."
choices = { 1 = "hand_off", 2 = "rule:prices", yes = "priority:P1" }

[[rule]]
name = "prices"
keywords = "offer"
language = "en"
reply = { text = "From 5" }

[[rule]]
name = "budget"
keywords = "quote"
ask = { text = "What is your budget?", field = "budget" }

[[rule]]
name = "numbers"
keywords = ["1", "5000", "great"]
tag = "vip"
"""


def asked(rules, text):
    """What the question of a rule waits for."""
    return rules.say(text).commands[0].expects


def test_a_question_waits_for_its_answers(shop):
    rules = shop(MENU)
    assert asked(rules, "help") == {"1": "hand_off", "2": "rule:prices", "yes": "priority:P1"}
    assert asked(rules, "quote") == {"*": "field:budget"}


@pytest.mark.parametrize(("text", "payload"), [("1", ""), (" 1. ", ""), ("１", ""), ("१", ""), ("whatever", "1")])
def test_the_answer_1_gives_a_human_and_brings_up_no_keyword_rule(shop, text, payload):
    rules = shop(MENU)
    decision = rules.say(text, payload, expects=asked(rules, "help"))
    assert decision.commands == (HandOff(rule="answer", because="answered '1'"),)
    assert decision.answered
    assert decision.because == ("answer: '1' was waited for",)


def test_without_a_question_the_same_word_is_a_message_like_any_other(shop):
    assert shop(MENU).acted("1") == ["numbers"]


def test_another_message_leaves_the_question_waiting(shop):
    rules = shop(MENU)
    decision = rules.say("5000", expects=asked(rules, "help"))
    assert [command.rule for command in decision.commands] == ["numbers"]
    assert not decision.answered


def test_an_answer_lets_another_rule_act_whatever_its_words(shop):
    rules = shop(MENU)
    expects = asked(rules, "help")
    assert [command.text for command in rules.say("2", expects=expects).commands] == ["From 5"]
    stopped = rules.say("2", expects=expects, paused=frozenset({"rule:prices"}))
    assert (stopped.commands, stopped.answered) == ((), True)


def test_an_answer_sets_the_priority(shop):
    rules = shop(MENU)
    assert rules.say("Yes!", "yes", expects=asked(rules, "help")).commands == (
        SetPriority(rule="answer", priority="P1"),
    )


@pytest.mark.parametrize(("text", "value"), [("5000", "5000"), (" about\n 5000 EUR ", "about 5000 EUR")])
def test_what_is_written_becomes_a_detail_of_the_inquiry(shop, text, value):
    rules = shop(MENU)
    decision = rules.say(text, expects={"*": "field:budget"})
    assert decision.commands == (SetField(rule="answer", values={"budget": value}, inquiry=True),)


def test_a_field_of_the_person_is_his(shop):
    decision = shop(MENU).say("Rome", expects={"*": "field:person.city"})
    assert decision.commands == (SetField(rule="answer", values={"city": "Rome"}),)


@pytest.mark.parametrize("text", ["why great?", "great؟", "great " * 101])
def test_a_question_back_is_no_answer(shop, text):
    decision = shop(MENU).say(text, expects={"*": "field:budget"})
    assert [command.rule for command in decision.commands] == ["numbers"]
    assert not decision.answered


STARS = {str(star): "rate:support" for star in range(1, 6)}


@pytest.mark.parametrize(
    ("expects", "text", "score"),
    [
        (STARS, "1", 0),
        (STARS, "3", 50),
        (STARS, "5", 100),
        ({"3": "rate:support", "1": "rate:support", "2": "rate:support"}, "1", 0),
        ({"yes": "rate:support:100", "no": "rate:support:20"}, "no", 20),
        ({"bad": "rate:support", "so so": "rate:support", "good": "rate:support"}, "So so", 50),
        ({"good": "rate:support"}, "good", 100),
    ],
)
def test_an_answer_rates(shop, expects, text, score):
    assert shop(MENU).say(text, expects=expects).commands == (Rate(rule="answer", score=score, of="support"),)


def test_an_answer_to_a_rule_that_is_gone_says_so(shop):
    decision = shop(MENU).say("2", expects={"2": "rule:gone"})
    assert decision.commands == ()
    assert decision.because == ("answer: '2' was waited for, and 'rule:gone' is no more",)


@pytest.mark.parametrize("text", ["HUMAN", "I want to talk to a person", "human please", "يريد human agent الآن"])
@pytest.mark.parametrize("view", [{}, {"expects": {"*": "field:budget"}}, {"paused": frozenset({"*"})}])
def test_who_asks_for_a_human_gets_one_before_every_rule(shop, text, view):
    rules = shop(MENU + '[[rule]]\nname = "every"\nreply = { text = "a robot answers" }\n')
    decision = rules.say(text, **view)
    assert decision.commands == (HandOff(rule="hand_off", because="asks for a human"),)
    assert decision.because[0].startswith("hand_off: the person asks for a human: '")


def test_a_stop_goes_before_a_human(shop):
    assert shop(MENU).say("stop").commands == (OptOut(rule="consent", wants=False),)


def test_who_has_a_human_is_not_handed_over_again(shop):
    decision = shop(MENU).say("HUMAN", claimed="anna")
    assert decision.commands == ()
    assert decision.because == ("no automation: a human has the conversation",)


def test_history_asks_for_nobody(shop):
    rules = shop(MENU)
    assert rules.decision(rules.said("HUMAN", backfill=True)).commands == ()


def test_the_same_question_three_times_gets_a_human(shop):
    rules = shop('[[rule]]\nname = "again"\nsame_question = 3\nhand_off = "the same question three times"\n')
    assert rules.say("when?", same=2).commands == ()
    assert rules.say("when?", same=3).commands == (HandOff(rule="again", because="the same question three times"),)
