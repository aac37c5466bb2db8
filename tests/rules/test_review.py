"""What a file allows and is probably a mistake; and rules in words."""

import tomllib

import pytest

from hub.contracts.toml_lines import Lines
from hub.rules import compile_rules
from hub.rules.review import Around, review
from hub.rules.shown import show

HEAD = """
[hours.shop]
timezone = "UTC"
week = { mon-fri = "08:00-18:00" }
[tag.vip]
[tag.new]
group = "state"
[tag.won]
group = "state"
[agent.anna]
email = "anna@example.com"
[[rule]]
name = "names all"
on = "tag.added"
about = ["vip", "new", "won"]
notify = { to = "anna", text = "tagged" }
"""
SALES = {"sales": "whatsapp", "bot": "telegram"}


def remarks(text, around=Around(SALES, True)):  # noqa: B008 - nothing changes it
    """Remarks on what stands behind the head, without those about the head's own tags."""
    text = HEAD + text
    data, where = tomllib.loads(text), Lines(text, "hub.toml").where
    found = review(data, compile_rules(data, where), where, around)
    assert all(one.where.startswith("hub.toml:") for one in found)
    return [one.what for one in found if "dimension" not in one.what]


def rule(keys, name="r"):
    return f'[[rule]]\nname = "{name}"\n{keys}\n' + ("" if "reply" in keys or "tag = " in keys else 'tag = "vip"\n')


NEVER = {
    'during = "shop"\noutside = "shop"': "it asks for a moment during and outside 'shop'",
    "first = true\nsame_question = 2": "the first message is no question for the second time",
    'on = "deal.stage"\nfrom = "Won"\nto = "Won"': "the value before and after is the same",
    'tags = { all = ["new", "won"] }': "the tags 'new' and 'won' replace each other",
    'on = "tag.added"\nabout = "new"\ntags = { none = ["new"] }\npurpose = "inform"\nreply = { text = "x" }': (
        "whoever just got the tag 'new' has it"
    ),
    'language = "de"\nnone = [{ language = "de" }]': "it excludes what it asks for (language)",
    'tags = ["vip", "new"]\nnone = [{ tags = "vip" }]': "it asks for and excludes the tag 'vip'",
    'inbox = "sales"\nchannel = "telegram"': "no inbox here is on telegram",
    'channel = "sms"': "no inbox here is on sms",
    'on = "timer.rang"': "no rule sets a timer",
    'on = "rated"\nabout = "support"': "no question asks for a rating",
    'keywords = ["human", "real person"]': "who writes 'human' gets a human before any rule is looked at",
}


@pytest.mark.parametrize("keys", NEVER)
def test_a_rule_that_can_never_act_is_told_with_the_reason(keys):
    assert remarks(rule(keys)) == [f"rule 'r' can never act: {NEVER[keys]}"]


@pytest.mark.parametrize(
    "keys",
    [
        'during = "shop"',
        "first = true",
        'on = "deal.stage"\nfrom = "New"\nto = "Won"',
        'tags = { all = ["new", "vip"] }',
        'tags = { any = ["new", "won"] }',
        'language = "de"\nnone = [{ language = "de", first = true }]',
        'inbox = "bot"\nchannel = "telegram"',
        'keywords = ["human being", "shop"]',
        'intent = "price"',
    ],
)
def test_a_rule_that_can_act_is_not_remarked_upon(keys):
    assert [one for one in remarks(rule(keys)) if "never act" in one] == []


def test_an_intent_that_nobody_finds_out_never_comes():
    assert remarks(rule('intent = "price"'), Around(SALES, classifies=False)) == [
        "rule 'r' can never act: no plugin here finds out what a message is about"
    ]
    assert remarks(rule('intent = "price"\nkeywords = ["price"]'), Around(SALES, classifies=False)) == []


def test_inboxes_that_are_not_known_are_not_judged():
    assert remarks(rule('channel = "sms"'), Around(None)) == []


def test_words_that_the_hub_itself_acts_on_are_told():
    assert remarks(rule('keywords = ["human", "stop", "shop"]')) == [
        "rule 'r': 'human' never counts, who writes it gets a human",
        "rule 'r': 'stop' alone is a word of consent, it counts only within a longer message",
    ]


def test_an_answer_that_another_rule_silences_is_told():
    stops = rule('keywords = ["price"]\nhand_off = "a price"', "stops")
    says = rule('keywords = ["price"]\nfirst = true\nreply = { text = "x" }', "says")
    told = "what rule 'says' says never leaves: rule 'stops' has hand_off whenever it acts"
    assert told in remarks(stops + says)
    assert told in remarks(says + stops)
    assert told not in remarks(says + stops.replace("first", "").replace('"price"]', '"prices"]'))
    assert told not in remarks(says + stops + 'once_per = "1h"\n')


def test_a_keyword_that_stands_twice_in_a_list_is_told_once():
    assert remarks(rule('keywords = ["price", "PRICE", { word = "map", match = "prefix" }]')) == [
        "rule 'r' lists the keyword 'PRICE' twice, as 'price' is the same when it is compared"
    ]
    assert remarks('[topic.price]\nwords = { en = ["price"], de = ["price"] }\n' + rule('topic = "price"')) == [
        "topic 'price' lists the keyword 'price' twice"
    ]


def test_two_rules_that_answer_the_same_word_are_told_unless_they_ask_different_things():
    one, other = 'keywords = ["price"]\nreply = { text = "a" }', 'keywords = ["Price"]\nreply = { text = "b" }'
    told = "rules 'a' and 'b' both answer the keyword 'price'"
    assert remarks(rule(one, "a") + rule(other, "b")) == [told]
    day, night = f'during = "shop"\n{one}', f'outside = "shop"\n{other}'
    assert remarks(rule(day, "a") + rule(night, "b")) == []
    assert remarks(rule(one, "a") + rule('keywords = ["price"]\ntag = "new"', "b")) == []


def test_a_text_that_lacks_a_language_of_others_is_told():
    texts = '[texts]\na = { en = "A", hy = "A" }\nb = { en = "B" }\nc = "C"\n'
    used = rule('keywords = ["x"]\nreply = "a"', "1") + rule('keywords = ["y"]\nreply = "b"', "2")
    used += rule('keywords = ["z"]\nreply = "c"', "3") + rule('keywords = ["w"]\nreply = { text = { hy = "D" } }', "4")
    assert remarks(texts + used) == [
        "text 'b' has no hy, which 2 other texts have",
        "the text of rule '4' has no en, which 2 other texts have",
    ]


def test_what_is_for_marketing_needs_consent():
    keys = 'on = "tag.added"\nabout = "vip"\npurpose = "%s"\nreply = { text = "News" }'
    (told,) = remarks(rule(keys % "market"))
    assert told.startswith("rule 'r' is for market: it reaches nobody without recorded consent")
    assert remarks(rule(keys % "inform")) == []


def test_what_nothing_names_is_told():
    lost = """
[texts]
lost = "x"
hand_off = "Somebody comes"
machine_notice = "A machine"
[topic.lost]
words = ["lost"]
[topic.human]
words = ["boss"]
[topic.asked]
words = ["asked"]
[tag.lost]
[tag.quiet]
remind = "1d"
notify = "anna"
text = "x"
[segment.lost]
tags = { all = ["vip"] }
"""
    found = remarks(lost + rule("""when = "'asked' in topics"\nkeywords = ["lost"]"""))
    assert found == [f"nothing names the {noun} 'lost'" for noun in ("text", "topic", "tag", "segment")]


def test_a_file_in_order_has_no_remarks():
    assert remarks("") == []


def test_a_rule_in_words():
    table = {
        "name": "n",
        "on": ["message.received"],
        "keywords": {"en": ["price", {"word": "pric", "match": "prefix"}], "hi": "दाम"},
        "tags": {"all": ["vip"], "none": ["new"]},
        "where": {"budget": ">= 50000"},
        "first": True,
        "any": [{"mood": "angry"}, {"same_question": 3, "language": ["de"]}],
        "none": [{"language": "de"}],
        "after": "10m",
        "unless": ["message.read"],
        "once_per": "1h",
        "reply": {"text": "x" * 100},
        "tag": ["a", "b"],
        "purpose": "inform",
    }
    shown = show(table)
    assert shown.on == ("message.received",)
    assert shown.asks == (
        "keywords price, pric, दाम",
        "first yes",
        "tags all vip, none new",
        "budget >= 50000",
        "one of (mood angry; same question 3, language de)",
        "none of (language de)",
    )
    assert shown.when == ("once per 1h", "after 10m", "unless message.read")
    assert shown.does == (f"reply: {'x' * 77}...", "tag: a, b", "purpose: inform")
