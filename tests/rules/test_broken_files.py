"""Broken rule files: each is refused with the line of the mistake, what is wrong and what to do."""

import tomllib

import pytest

from hub.contracts.errors import ConfigError
from hub.contracts.toml_lines import Lines
from hub.rules import compile_rules
from hub.rules.conditions import MOST_ALTERNATIVES
from hub.rules.files import MOST_RULES
from hub.rules.known import MOST_KEYWORDS

HEAD = """
[hours.shop]
timezone = "UTC"
week = { mon-fri = "08:00-18:00" }
[texts]
price = "Our prices"
[topic.price]
words = ["price"]
[tag.vip]
[priority.P1]
reply_by = "2h"
[agent.anna]
email = "anna@example.com"
[team.sales]
members = ["anna"]
[segment.quiet]
silent_for = "6d"
[[rule]]
name = "first"
timer = { name = "call back", after = "1h" }
[[rule]]
"""
"""What the rules below may name; the rule that is wrong begins on its last line."""
SAYS = 'reply = "price"\n'

UNKNOWN_NAMES = [
    ('name = "x"\nreply = "prise"', "there is no text 'prise' (did you mean 'price'?", 2),
    ('name = "x"\nask = { text = "prise", field = "budget" }', "there is no text 'prise'", 2),
    ('name = "x"\ntopic = "pricing"\n' + SAYS, "there is no topic 'pricing' (did you mean 'price'?)", 2),
    ('name = "x"\ntags = ["vpi"]\n' + SAYS, "there is no tag 'vpi' (did you mean 'vip'?)", 2),
    ('name = "x"\ntags = { none = ["vpi"] }\n' + SAYS, "there is no tag 'vpi'", 2),
    ('name = "x"\ntag = "vpi"', "there is no tag 'vpi' (did you mean 'vip'?)", 2),
    ('name = "x"\nuntag = ["vip",\n"gold"]', "there is no tag 'gold' (known: vip)", 3),
    ('name = "x"\nduring = "shp"\n' + SAYS, "there is no [hours.shp] (did you mean 'shop'?)", 2),
    ('name = "x"\nsegment = "quite"\n' + SAYS, "there is no segment 'quite' (did you mean 'quiet'?)", 2),
    ('name = "x"\nhas_priority = "P9"\n' + SAYS, "there is no priority 'P9' (known: P1)", 2),
    ('name = "x"\npriority = "urgent"', "there is no priority 'urgent' (known: P1)", 2),
    ('name = "x"\nassign = "ana"', "there is no agent 'ana' (did you mean 'anna'?)", 2),
    ('name = "x"\nassign = { team = "sale" }', "there is no team 'sale' (did you mean 'sales'?)", 2),
    (
        'name = "x"\nassign = { team = "sales", by = "loud" }',
        "there is no way to choose 'loud' (did you mean 'load'",
        2,
    ),
    ('name = "x"\nhand_off = { because = "a", team = "seals" }', "there is no team 'seals'", 2),
    ('name = "x"\nnotify = { to = "ana", text = "a" }', "there is no agent or team 'ana' (did you mean 'anna'?)", 2),
    ('name = "x"\nmood = "furious"\n' + SAYS, "there is no mood 'furious' (known: angry, thanks)", 2),
    ('name = "x"\non = "tag.add"\ntag = "vip"', "there is no event 'tag.add' (did you mean 'tag.added'?)", 2),
    ('name = "x"\non = "tag.added"\nabout = "vpi"\nuntag = "vip"', "there is no tag 'vpi'", 3),
    ('name = "x"\non = "timer.rang"\nabout = "callback"\ntag = "vip"', "there is no timer 'callback'", 3),
    ('name = "x"\ncancel = "callback"', "there is no timer 'callback' (did you mean 'call back'?)", 2),
    ('name = "x"\non = "message.sent"\nabout = "frist"\ntag = "vip"', "there is no rule 'frist' (did you mean 'fir", 3),
    ('name = "x"\non = "inquiry.changed"\nabout = "over"\ntag = "vip"', "there is no change 'over'", 3),
    ('name = "x"\nask = { text = "a b", choices = { 1 = "rule:frist" } }', "there is no rule 'frist'", 2),
    ('name = "x"\nask = { text = "a b", choices = { 1 = "priority:P7" } }', "there is no priority 'P7'", 2),
    ('name = "x"\nreply = { text = "{{ person.nam }}" }', "unknown variable person.nam", 2),
]

WHAT_AN_EVENT_HAS_NOT = [
    ('name = "x"\non = "tag.added"\nkeywords = "a"\nuntag = "vip"', "the event tag.added has no keywords", 3),
    ('name = "x"\non = "timer.rang"\nquote = true\nhand_off = "a"', "the event timer.rang has no quote", 3),
    ('name = "x"\nabout = "vip"\n' + SAYS, "a message has no about (add on =", 2),
    ('name = "x"\nfrom = "a"\n' + SAYS, 'a message has no from (add on = "record.changed", or remove it)', 2),
    ('name = "x"\non = "deal.stage"\nany = [{ first = true },\n{ to = "a" }]\nnote = "a"', "has no first", 3),
    (
        'name = "x"\non = ["message.received", "task.done"]\nnote = "{{ message.text }}"',
        "in the CRM has no message.t",
        3,
    ),
    ('name = "x"\nnote = "{{ about.name }}"', "a message has no about.name (choose another variable", 2),
    (
        'name = "x"\non = "tag.added"\n' + SAYS,
        "says something that nobody asked for just now, and not what for (add purpose",
        3,
    ),
    ('name = "x"\non = []\n' + SAYS, "rule 'x' is on nothing (remove the line)", 2),
]

TIME = [
    ('name = "x"\nonce_per = "-2h"\n' + SAYS, "'-2h' is no span of time (a number and s, m, h or d, such as 12h)", 2),
    ('name = "x"\nafter = "-10m"\n' + SAYS, "'-10m' is no span of time", 2),
    ('name = "x"\nafter = "900d"\n' + SAYS, "'900d' is too long (at most 400d)", 2),
    ('name = "x"\nunless = "message.read"\n' + SAYS, "rule 'x' has unless but no after (add after", 2),
    (
        'name = "x"\nafter = "1h"\nunless = "message.red"\n' + SAYS,
        "there is no event 'message.red' (did you mean 'messa",
        3,
    ),
    ('name = "x"\nafter = "1h"\nunless = []\n' + SAYS, "'unless' names nothing", 3),
    ('name = "x"\npause = "soon"', "'soon' is no span of time", 2),
    ('name = "x"\nsnooze = ""', "is no span of time", 2),
    ('name = "x"\ntimer = { name = "t", after = "0h" }', "'0h' is no span of time", 2),
    ('name = "x"\ntimer = { name = " ", after = "1h" }', "the timer has no name", 2),
    ('name = "x"\nsilent_for = "6 weeks"\non = "timer.rang"\ntag = "vip"', "'6 weeks' is no span of time", 2),
]

SHAPES = [
    ('name = "first"\n' + SAYS, "two rules are called 'first' (the other stands at hub.toml:19; give each its own", 1),
    ('name = "answer"\n' + SAYS, "'answer' cannot name a rule", 1),
    (SAYS, "the key 'name' is missing (add name = ...)", 0),
    ('name = "x"', "rule 'x' does nothing (add reply", 0),
    ('name = "x"\nkeyword = "a"\n' + SAYS, "unknown key 'keyword' (did you mean 'keywords'?)", 2),
    ('name = "x"\nform = "a"\n' + SAYS, "unknown key 'form' (did you mean 'from'?)", 2),
    ('name = "x"\nany = [{ keyword = "a" }]\n' + SAYS, "unknown key 'keyword' (did you mean 'keywords'?)", 2),
    ('name = "x"\nany = [{ any = [] }]\n' + SAYS, "unknown key 'any'", 2),
    ('name = "x"\nany = []\n' + SAYS, "'any' has 0 tables (write 1 to 20", 2),
    ('name = "x"\nnone = [{}]\n' + SAYS, "a table of 'none' asks nothing (name a condition in it", 2),
    ('name = "x"\nkeywords = []\n' + SAYS, "'keywords' lists no word (name one, or remove the line)", 2),
    ('name = "x"\nkeywords = ["a",\n" "]\n' + SAYS, "keyword ' ' is empty (write a word)", 3),
    ('name = "x"\nkeywords = { english = ["a"] }\n' + SAYS, "'english' is no language", 2),
    ('name = "x"\ntopic = []\n' + SAYS, "'topic' names nothing (name one, or remove the line)", 2),
    ('name = "x"\ntags = {}\n' + SAYS, "'tags' names no tag", 2),
    ('name = "x"\ntags = { all = "vip", none = "vip" }\n' + SAYS, "'vip' is both asked for and excluded", 2),
    ('name = "x"\ntags = { al = "vip" }\n' + SAYS, "unknown key 'al' (did you mean 'all'?)", 2),
    ('name = "x"\ntag = "vip"\nuntag = "vip"', "'vip' is put on and taken off (keep one of the two)", 3),
    ('name = "x"\nsame_question = 1\n' + SAYS, "'same_question' is 1 (how often in a row, 2 to 5)", 2),
    ('name = "x"\nsure = 0.9\n' + SAYS, "'sure' goes with intent", 2),
    ('name = "x"\nintent = "price"\nsure = 9\n' + SAYS, "9 is no probability (above 0, at most 1, such as 0.8)", 3),
    ('name = "x"\nwhere = {}\n' + SAYS, "'where' asks nothing", 2),
    ('name = "x"\nwhere = { budget = ">= much" }\n' + SAYS, "beside '>=' stands 'much', which is no number", 2),
    ('name = "x"\nwhere = { budget = "9..5" }\n' + SAYS, "the range 9..5 ends before it begins", 2),
    ('name = "x"\nassign = { by = [] }', "'assign' names nobody (assign = \"anna\", or", 2),
    ('name = "x"\nassign = { agent = "anna", team = "sales" }', "'assign' names an agent and a way to choose one", 2),
    ('name = "x"\nhand_off = " "', "'hand_off' says nothing (why, such as", 2),
    ('name = "x"\nclose = ""', "'close' says nothing", 2),
    ('name = "x"\nclose = "sold"\nsnooze = "2d"', "a closed inquiry has no snooze (keep one of the two)", 3),
    ('name = "x"\nset = {}', "'set' sets nothing", 2),
    ('name = "x"\nset = { city = [] }', "'city' is not a text", 2),
    ('name = "x"\npurpose = "sell"\n' + SAYS, "'purpose': input should be 'acknowledge', 'clarify'", 2),
    ('name = "x"\nask = { text = "a b" }', "the question waits for no answer (choices =", 2),
    ('name = "x"\nask = { text = "a b", field = "x", choices = { 1 = "hand_off" } }', "has choices or a field", 2),
    ('name = "x"\nask = { text = "a b", field = "x" }\n' + SAYS, "rule 'x' has both ask and reply (one message", 3),
    ('name = "x"\nask = { text = "a b", choices = {} }', "there are 0 choices (write 1 to 20)", 2),
    ('name = "x"\nask = { text = "a b", choices = { 1 = "handoff" } }', "'handoff' is nothing that an answer does", 2),
    ('name = "x"\nask = { text = "a b", choices = { a = "hand_off", A = "rate:y" } }', "are the same to people", 2),
    ('name = "x"\nask = { text = "a b", choices = { 1 = "rate:y:200" } }', "the score 200 is above 100 (0 to 100)", 2),
    (
        'name = "x"\nask = { text = "a b", choices = { 1 = "rule:x" } }',
        "the answers of rule 'x' lead back to itself",
        2,
    ),
    (
        'name = "x"\nask = { text = "a b", choices = { 1 = "rule:y" } }\n'
        '[[rule]]\nname = "y"\non = "tag.added"\ntag = "vip"',
        "the rule 'y' is not on messages, so no answer leads to it (name a rule without on)",
        2,
    ),
    ('name = "x"\nany = [{ inbox = "sales" }]\n' + SAYS, "unknown key 'inbox'", 2),
    (
        'name = "x"\nask = { text = "a b", choices = { 1 = "rule:y" } }\n'
        '[[rule]]\nname = "y"\nask = { text = "a b", choices = { 1 = "rule:x" } }',
        "the answers of rule 'x' lead back to itself (let one of them end with hand_off",
        2,
    ),
]

TEXTS = [
    ('name = "x"\nreply = { text = "{% for a in b %}a{% endfor %}" }', "a text cannot use for", 2),
    ('name = "x"\nreply = { text = "{{ person.__class__ }}" }', "unknown variable person.__class__", 2),
    ('name = "x"\nreply = { text = "{{ (1).__class__ }}" }', "a text cannot use getattr", 2),
    ('name = "x"\nreply = { text = "{{ person.name.upper() }}" }', "a text cannot use call", 2),
    ('name = "x"\nnotify = { to = "anna", text = "{{ 9 ** 9 }}" }', "a text cannot use pow", 2),
    ('name = "x"\nset = { city = "{% if %}" }', "text 'city': ", 2),
    ('name = "x"\nreply = { text = "{{ company.phone }}" }', "[company] does not say 'phone'", 2),
]

LONG = "tags.exists(t, tags.exists(u, tags.exists(v, t == u)))"
EXPRESSIONS = [
    (f'name = "x"\nwhen = "{LONG}"\n' + SAYS, "exists stands inside another repetition, which may take long", 2),
    (
        'name = "x"\nwhen = "tags.exists(t, (t == inbox) || tags.exists(u, u == t))"\n' + SAYS,
        "exists stands inside another repetition",
        2,
    ),
    (
        'name = "x"\nwhen = "values.all(v, v == \'\')"\n' + SAYS,
        "all repeats over 'values', which is no list that ends",
        2,
    ),
    ('name = "x"\nwhen = "tags.map(t, t + t).exists(t, t == \'\')"\n' + SAYS, "exists repeats over ')'", 2),
    (f'name = "x"\nwhen = "{"true || " * 45} false"\n' + SAYS, "it has 45 operators (at most 40", 2),
    (f'name = "x"\nwhen = "inbox == \'{"a" * 600}\'"\n' + SAYS, "characters (at most 500; split the rule", 2),
    ('name = "x"\nwhen = "message.text.matches(\'(a+)+b\')"\n' + SAYS, "it calls matches, which may take long", 2),
    ('name = "x"\nwhen = "shutdown(inbox)"\n' + SAYS, "it calls shutdown", 2),
    ('name = "x"\nwhen = "inbx == \'a\'"\n' + SAYS, "unknown name 'inbx' (did you mean 'inbox'?)", 2),
    ('name = "x"\nwhen = "person.nam == \'a\'"\n' + SAYS, "unknown name 'person.nam' (did you mean 'name'?)", 2),
    ('name = "x"\nwhen = "inbox =="\n' + SAYS, "it cannot be read: Syntax error", 2),
    ('name = "x"\nwhen = "1 + 2"\n' + SAYS, "it is neither true nor false", 2),
    ('name = "x"\nwhen = " "\n' + SAYS, "it is empty", 2),
    ('name = \'x\'\nwhen = \'inbox == """a"""\'\n' + SAYS, "it has a text in three quotes", 2),
    ('name = "x"\nwhen = "r\'a\' == inbox"\n' + SAYS, "unknown name 'r'", 2),
]

FILES = [*UNKNOWN_NAMES, *WHAT_AN_EVENT_HAS_NOT, *TIME, *SHAPES, *TEXTS, *EXPRESSIONS]


def refused(text):
    with pytest.raises(ConfigError) as caught:
        compile_rules(tomllib.loads(text), Lines(text, "hub.toml").where)
    return caught.value


@pytest.mark.parametrize(("text", "told", "line"), FILES)
def test_a_broken_file_is_refused_with_its_line(text, told, line):
    mistake = refused(HEAD + text)
    assert mistake.where == f"hub.toml:{HEAD.count(chr(10)) + line}"
    assert told in str(mistake)
    assert "\n" not in str(mistake)


def test_there_are_sixty_and_more_of_them():
    assert len({text for text, _, _ in FILES}) == len(FILES) >= 60


def test_too_many_rules_are_refused():
    text = "".join(f'[[rule]]\nname = "{place}"\n' for place in range(MOST_RULES + 1))
    data = tomllib.loads(text)
    with pytest.raises(ConfigError, match=f"there are {MOST_RULES + 1} rules"):
        compile_rules(data, lambda path: "")


def test_too_many_keywords_are_refused():
    words = [f"w{place}" for place in range(MOST_KEYWORDS + 1)]
    data = {"rule": [{"name": "x", "keywords": words, "reply": {"text": "a"}}]}
    with pytest.raises(ConfigError, match=f"more than {MOST_KEYWORDS} keywords"):
        compile_rules(data, lambda path: "")


def test_too_many_alternatives_are_refused():
    data = {"rule": [{"name": "x", "any": [{"first": True}] * (MOST_ALTERNATIVES + 1), "reply": {"text": "a"}}]}
    with pytest.raises(ConfigError, match="'any' has 21 tables"):
        compile_rules(data, lambda path: "")
