"""Rules as they stand in hub.toml, and what is said about mistakes."""

import tomllib

import pytest

from hub.contracts.errors import ConfigError
from hub.contracts.toml_lines import Lines
from hub.rules import compile_rules
from hub.words.said import read

GOOD = """
[hours.shop]
timezone = "Asia/Yerevan"
week = { mon-fri = "08:00-22:00" }

[texts]
away = "We open at {{ hours.next_open }}."

[texts.price]
en = "Our price list"
hy = "Գնացուցակ"

[[rule]]
name = "price"
on = "message.received"
inbox = "sales"
channel = ["whatsapp", "telegram"]
keywords = ["price", { word = "գին", match = "prefix" }]
reply = "price"

[[rule]]
name = "away"
outside = "shop"
once_per = "12h"
reply = "away"

[[rule]]
name = "hello"
first = true
reply = { text = { en = "Welcome", de = "Willkommen" } }
"""


def load(text):
    return compile_rules(tomllib.loads(text), Lines(text, "hub.toml").where)


def test_a_whole_file():
    rules = load(GOOD)
    price, away, hello = rules.rules
    assert [rule.name for rule in rules.rules] == ["price", "away", "hello"]
    assert price.inboxes == {"sales"}
    assert price.channels == {"whatsapp", "telegram"}
    assert rules.words.look(read("Գինը")).rules == {0: "գին"}
    assert away.once_per == 12 * 3_600_000
    assert away.hours is rules.book.hours["shop"]
    assert [condition.what for condition in hello.conditions] == ["first"]
    assert hello.reply.render("de", {}) == "Willkommen"
    assert rules.plain == {"message.received": (1, 2)}


def test_nothing_is_a_rule_set_too():
    assert load("").rules == ()
    assert load("[hub]\nanything = 1").rules == ()


def test_the_version_follows_the_source():
    assert load(GOOD).version == load(GOOD + "\n# a comment").version
    assert load(GOOD).version != load(GOOD.replace("Our price", "The price")).version


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('reply = "price"', 'reply = "prise"', "hub.toml:19: rule 'price': there is no text 'prise' (did you mean 'p"),
        ('outside = "shop"', 'outside = "shp"', "hub.toml:23: there is no [hours.shp] (did you mean 'shop'?)"),
        ("once_per", "once-per", "hub.toml:24: unknown key 'once-per' (did you mean 'once_per'?)"),
        ('"12h"', '"soon"', "hub.toml:24: 'soon' is no span of time (a number and s, m, h or d, such as 12h)"),
        ('"12h"', '"0h"', "hub.toml:24: '0h' is no span of time"),
        ('"prefix"', '"stem"', "hub.toml:18: 'match': input should be 'word', 'prefix', 'anywhere' or 'prefixed'"),
        ("match =", "mach =", "hub.toml:18: unknown key 'mach' (did you mean 'match'?)"),
        ('["price", {', '["price", "", {', "hub.toml:18: keyword '' is empty (write a word)"),
        (
            '["price", { word = "գին", match = "prefix" }]',
            "[]",
            "hub.toml:18: 'keywords' lists no word (name one",
        ),
        ('["price", { word = "գին", match = "prefix" }]', "7", "hub.toml:18: 'keywords' is no list of words"),
        (
            "message.received",
            "message.recieved",
            "hub.toml:15: there is no event 'message.recieved' (did you mean 'mes",
        ),
        (
            'name = "away"\n',
            'name = "price"\n',
            "hub.toml:22: two rules are called 'price' (the other stands at hub.toml:14",
        ),
        ('name = "away"\n', 'name = "consent"\n', "hub.toml:22: 'consent' cannot name a rule"),
        ('name = "away"\n', "", "hub.toml:21: the key 'name' is missing"),
        ("first = true", 'first = "yes"', "hub.toml:29: 'first': input should be a valid boolean"),
        ('en = "Our price list"', "en = 7", "hub.toml:9: 'price' is not a text"),
        (
            "Գնացուցակ",
            "{{ person.nam }}",
            "hub.toml:11: text 'price': unknown variable person.nam; known: about.by",
        ),
        ('"Welcome"', '"{% for %}"', "hub.toml:30: text 'text': en: "),
        ("Asia/Yerevan", "Asia/Nowhere", "hub.toml:3: there is no time zone 'Asia/Nowhere'"),
        ("08:00-22:00", "8 to 10", "hub.toml:4: mon-fri: '8 to 10' is no span of time"),
        ("timezone =", "zone =", "hub.toml:3: unknown key 'zone' (did you mean 'timezone'?)"),
        ('outside = "shop"\n', "", None),
    ],
)
def test_mistakes_are_said_with_file_line_and_remedy(old, new, said):
    assert old in GOOD
    text = GOOD.replace(old, new)
    if said is None:
        load(text)
        return
    with pytest.raises(ConfigError) as caught:
        load(text)
    assert str(caught.value).startswith(said)


def test_next_open_needs_hours():
    text = '[[rule]]\nname = "x"\nreply = { text = "{{ hours.next_open }}" }'
    with pytest.raises(ConfigError, match=r"^hub.toml:3: rule 'x': its text names hours.next_open"):
        load(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rule = 1", "hub.toml:1: 'rule' is not a list"),
        ("texts = 1", "hub.toml:1: 'texts' is not a table"),
        ("hours = []", "hub.toml:1: 'hours' is not a table"),
        ("rule = [1]", "hub.toml:1: 'rule': input should be a valid dictionary"),
        ("texts.a.b.c = 1", "hub.toml:1: 'a' is not a text"),
        ("[texts.a]", "hub.toml:1: 'a' is not a text"),
        ("hours.x = 1", "hub.toml:1: 'hours': input should be a valid dictionary"),
    ],
)
def test_wrong_shapes(text, said):
    with pytest.raises(ConfigError) as caught:
        load(text)
    assert str(caught.value).startswith(said)
