"""One question at a time, a way to a human at every moment, and what the hub never speaks about."""

from __future__ import annotations

import pytest

from hub.contracts.errors import ConfigError
from hub.model.by_hand import TagsEdited
from hub.model.events import MessageReceived
from hub.model.people import Identity

MINUTE = 60_000
SHOP = """
[tag.vip]

[topic.price]
words = ["price"]
[topic.returns]
words = ["return", "refund"]
[topic.legal]
words = ["lawyer", "contract law"]
[topic.card]
words = ["card number"]

[send_policy]
allowed_topics = ["price"]
forbidden_topics = ["returns", "legal", "card"]

[texts]
hand_off = "A colleague answers you."

[[rule]]
name = "order"
keywords = ["order"]
ask = { text = "With pleasure. What is your budget for the price?", field = "budget", then = "quantity" }

[[rule]]
name = "quantity"
payload = ["-"]
ask = { text = "Understood, {{ detail.budget }}. How many for that price?", field = "quantity", then = "done" }

[[rule]]
name = "done"
payload = ["-"]
reply = { text = "Got it: {{ detail.quantity }} for {{ detail.budget }}. The price comes today." }

[[rule]]
name = "answers"
keywords = ["price", "refund", "return", "lawyer", "card"]
reply = { text = "Our price is fair." }

[[rule]]
name = "care"
any = [{ mood = "angry" }, { same_question = 3 }, { tags = ["vip"] }]
hand_off = "needs care"
"""


def said(desk, number, text, who=1):
    return MessageReceived(
        key=f"1001.{number}",
        at=desk.now,
        account="1001",
        sender=(Identity("phone", "", f"+4477009001{who:02}"),),
        address=f"4477009001{who:02}",
        provider_id=f"p{number}",
        text=text,
        name="Ana",
    )


def leaves(desk):
    texts = []
    for _ in range(4):
        leased = desk.lease()
        for one in leased:
            desk.sent(one, provider_id=f"x{one.outbox}")
        texts += [one.message.text for one in leased]
    return texts


def says(desk, number, text):
    desk.now += MINUTE
    desk.happened(said(desk, number, text))
    return leaves(desk)


@pytest.fixture
def desk(automated):
    return automated(SHOP)


def handed(desk):
    return desk.rows("SELECT count(*) FROM decisions WHERE because LIKE 'handed over to a human%'")[0][0]


def test_questions_come_one_at_a_time_each_with_what_was_understood(desk):
    heard = [says(desk, 1, "I want to order"), says(desk, 2, "60000 TWD"), says(desk, 3, "20")]
    assert heard == [
        ["With pleasure. What is your budget for the price?"],
        ["Understood, 60000 TWD. How many for that price?"],
        ["Got it: 20 for 60000 TWD. The price comes today."],
    ]
    assert all(text.count("?") <= 1 for (text,) in heard)


@pytest.mark.parametrize("word", ["HUMAN", "human please", "मानव ग्राहक सेवा", "मुझे इंसान से बात करनी है"])
def test_human_gets_one_in_the_middle_of_a_question_and_before_every_rule(desk, word):
    says(desk, 1, "I want to order")
    assert says(desk, 2, word) == ["A colleague answers you."]
    assert says(desk, 3, "order") == []
    assert handed(desk) == 1


@pytest.mark.parametrize(
    "text", ["I want a refund", "may I return it", "I ask my lawyer about the price", "here is my card number, price?"]
)
def test_of_forbidden_topics_nothing_is_said_and_a_human_has_it(desk, text):
    assert "Our price is fair." not in says(desk, 1, text)
    assert handed(desk) == 1
    assert desk.rows("SELECT count(*) FROM messages WHERE author='bot' AND status='sent' AND text LIKE 'Our%'") == [
        (0,)
    ]


def test_of_an_allowed_topic_it_speaks(desk):
    assert says(desk, 1, "the price?") == ["Our price is fair."]


@pytest.mark.parametrize("what", ["anger", "the same three times", "a very important person"])
def test_anger_a_repeated_question_and_an_important_person_lead_to_a_human(desk, what):
    if what == "anger":
        says(desk, 1, "This is outrageous, I am furious!")
    elif what == "the same three times":
        for number in range(3):
            assert handed(desk) == 0
            says(desk, number, "When does it come?")
    else:
        says(desk, 1, "good day")
        desk.happen(TagsEdited(key="t", at=desk.now, person="p1", add=("vip",), agent="Eve"))
        desk.step()
        assert handed(desk) == 0
        says(desk, 2, "and now?")
    assert handed(desk) == 1


@pytest.mark.parametrize(
    ("ask", "told"),
    [
        ('{ text = "What is it?", field = "a", then = "dune" }', r"rule 'dune'.*did you mean 'done'"),
        ('{ text = "What is it?", choices = { a = "hand_off" }, then = "done" }', "'then' goes with a field"),
        ('{ text = "What is it?", field = "a", then = "asks" }', "lead back to itself"),
    ],
)
def test_what_comes_after_an_answer_is_checked_at_load(automated, ask, told):
    asks = f'[[rule]]\nname = "asks"\nkeywords = ["x"]\nask = {ask}\n'
    rule = asks + '[[rule]]\nname = "done"\nkeywords = ["y"]\npause = "1h"\n'
    with pytest.raises(ConfigError, match=told):
        automated(rule)
