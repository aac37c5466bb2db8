"""Two versions of a mapping in words, all mistakes at once, and what a mapping would do."""

from __future__ import annotations

import pytest

from hub.contracts.crm import FieldSchema, Schema
from hub.mapping import load_mapping
from hub.mapping.diff import changes, unified
from hub.mapping.facts import PersonFacts
from hub.mapping.merge import Base
from hub.mapping.mistakes import mistakes
from hub.mapping.values import shape_of
from hub.mapping.weigh import weigh

OLD = """[person]
A = "name"
B = { from = "email", when = "always" }
C = { from = "language", table = "langs", when = "always" }
D = "phone"
E = [ { value = "Shop", inbox = "shop" }, { value = "Web" } ]
[table.langs]
en = "English"
de = "German"
"""
NEW = """[person]
B = { from = "email", when = "always", rule = "newest", direction = "push" }
A = "name"
C = { from = "language", table = "langs", when = "always", transform = ["lower"] }
E = [ { value = "Store", inbox = "shop" }, { value = "Web" } ]
F = { from = "attr.nick", blank = "send" }
[table.langs]
en = "English"
de = "Deutsch"
"""


def test_each_field_is_told_apart_in_words():
    found = {one.field: (one.what, one.words) for one in changes(load_mapping(OLD, "o"), load_mapping(NEW, "n"))}
    assert found == {
        "B": ("changed", ("direction: both → push", "rule: crm → newest")),
        "C": ("changed", ("transform: none → lower", "table langs, de: German → Deutsch")),
        "D": ("removed", ("from phone",)),
        "E": ("changed", ("line 1: constant: Shop → Store",)),
        "F": ("added", ("from attr.nick, blank send",)),
    }


def test_the_order_of_lines_and_comments_change_nothing():
    lines = ["[person]", 'A = "name"', 'B = "phone"']
    turned = "\n".join(["# other", lines[0], lines[2], lines[1]])
    assert changes(load_mapping("\n".join(lines), "o"), load_mapping(turned, "n")) == []


def test_another_number_of_lines_is_shown_whole():
    (one,) = changes(load_mapping(OLD, "o"), load_mapping(OLD.replace(', { value = "Web" }', ""), "n"))
    assert one.words == (
        "was: always 'Shop', inbox shop",
        "was: always 'Web'",
        "now: always 'Shop', inbox shop",
    )


def test_texts_are_compared_line_by_line():
    assert unified("a\nb\n", "a\nc\n", "old", "new") == "--- old\n+++ new\n@@ -1,2 +1,2 @@\n a\n-b\n+c"
    assert unified(OLD, OLD, "old", "new") == ""


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file():
    text = """[foo]
x = 1
[person]
A = "nme"
B = { from = "email", wen = "always" }
C = [ { value = "Shop", inbox = "shoop" },
  { value = "Web" } ]
D = "phone"
E = { from = "language", table = "langs" }
[table.languages]
en = "English"
"""
    found = [(one.where, one.what) for one in mistakes(text, "m.toml", inboxes=["shop"])]
    assert [where for where, _ in found] == ["m.toml:1", "m.toml:4", "m.toml:5", "m.toml:6", "m.toml:9"]
    assert found[3][1] == "'C': there is no inbox 'shoop'"


@pytest.mark.parametrize("text", [OLD, NEW, "# all is well\n[person]\na = 'name'\n"])
def test_a_sound_file_has_no_mistakes(text):
    assert mistakes(text, "m.toml", inboxes=["shop"]) == []


@pytest.mark.parametrize("text", ["", "[person]\n", "[person\n", "person = 3\n", "[table.x]\na = 'b'\n"])
def test_a_file_that_holds_nothing_has_one_mistake(text):
    assert len(mistakes(text, "m.toml")) == 1


SCHEMA = Schema(fields={"A": FieldSchema(name="A"), "T": FieldSchema(name="T", type="choice", options=("gold", "red"))})
ANA = PersonFacts(name="Ana Example", language="en", attributes={"tier": "gold"})


def outcome(line: str, theirs: str | None, base: Base | None, facts: PersonFacts = ANA, **more: bool):
    mapping = load_mapping(f"[person]\n{line}\n", "m.toml")
    shape = shape_of(mapping, SCHEMA)
    (one,) = weigh(mapping, facts, shape, lambda _: theirs, {one: base for one in mapping.fields if base}, **more)
    return one.outcome, one.after_crm, dict(one.after_hub)


ALWAYS = 'T = {{ from = "attr.tier", when = "always", rule = "{rule}" }}'


@pytest.mark.parametrize(
    ("rule", "theirs", "base", "expected"),
    [
        ("crm", "gold", None, ("same", "gold", {})),
        ("crm", "", None, ("write", "gold", {})),
        ("crm", "red", Base("gold", "gold"), ("take", "red", {"tier": "red"})),
        ("crm", "red", Base("red", "red"), ("write", "gold", {})),
        ("crm", "red", None, ("conflict", "red", {"tier": "red"})),
        ("hub", "red", None, ("conflict", "gold", {})),
        ("ask", "red", None, ("ask", "red", {})),
        ("fill-blank", "red", None, ("keep", "red", {})),
        ("crm", None, None, ("keep", "", {})),
    ],
)
def test_what_would_be_done_about_a_field(rule, theirs, base, expected):
    assert outcome(ALWAYS.format(rule=rule), theirs, base) == expected


@pytest.mark.parametrize(
    ("rule", "theirs", "base", "expected"),
    [
        ("hub", "red", None, ("invalid", "red", {})),
        ("crm", "red", Base("red", "red"), ("invalid", "red", {})),
        ("crm", "red", Base("green", "gold"), ("conflict", "red", {"tier": "red"})),
        ("crm", "red", Base("green", "red"), ("invalid", "red", {})),
        ("ask", "red", None, ("ask", "red", {})),
    ],
)
def test_a_value_that_the_crm_cannot_hold_is_invalid_unless_the_crms_is_taken(rule, theirs, base, expected):
    facts = PersonFacts(name="Ana", attributes={"tier": "green"})
    assert outcome(ALWAYS.format(rule=rule), theirs, base, facts) == expected


def test_a_value_that_the_crm_cannot_hold_is_not_written_into_a_record_that_is_made():
    facts = PersonFacts(name="Ana", attributes={"tier": "green"})
    assert outcome(ALWAYS.format(rule="crm"), None, None, facts, creating=True) == ("invalid", "", {})
    assert outcome('T = { from = "attr.tier", direction = "pull" }', None, None, facts, creating=True)[0] == "keep"


def test_a_record_that_is_made_gets_what_the_hub_has():
    assert outcome('A = "name"', None, None, creating=True) == ("write", "Ana Example", {})
    assert outcome('A = { from = "name", direction = "pull" }', None, None, creating=True) == ("keep", "", {})


def test_every_field_has_a_sentence():
    mapping = load_mapping(NEW, "m.toml")
    found = weigh(mapping, ANA, shape_of(mapping, SCHEMA), lambda _: "x", {})
    assert [one.field for one in found] == ["B", "A", "C", "E", "F"]
    assert all(one.why for one in found)
