"""Each value of a preview can be explained in one sentence."""

import itertools

import pytest

from hub.mapping import Base, load_mapping
from hub.mapping.facts import PersonFacts
from hub.mapping.merge import settle
from hub.mapping.values import Shape, forth
from hub.mapping.why import explain

TABLES = '\n[table.t]\nen = "English"\nde = "German"'
ANA = PersonFacts(name="Ana", phone="+447700900101", language="en", attributes={"x": "b", "l": "fr"})


def told(line, theirs, base=None, *, facts=ANA, creating=False, newer=False):
    (rule,) = load_mapping(f"[person]\nf = {line}" + (TABLES if "table" in line else ""), "m").person
    ours, shape = forth(rule, facts, Shape()), Shape()
    verdict = None
    if theirs is not None and ours is not None:
        verdict = settle(base, ours, theirs, rule, ours_is_newer=newer)
    return explain(rule, facts, shape, theirs, verdict, base=base, creating=creating)


X = '{ from = "attr.x", when = "always"'


@pytest.mark.parametrize(
    ("line", "theirs", "base", "said"),
    [
        (
            X + ', transform = "upper" }',
            "A",
            ("A", "A"),
            "hub 'b' -> CRM 'B' by upper; pushed because the hub changed it",
        ),
        (X + " }", "", None, "hub 'b' -> CRM 'b'; pushed because the CRM has no value"),
        (
            X + ', rule = "hub" }',
            "c",
            None,
            "hub 'b' -> CRM 'b'; pushed because they differ at the first comparison and the rule is hub; "
            "the CRM's 'c' is kept as a conflict",
        ),
        (
            X + ', rule = "hub" }',
            "c",
            ("a", "a"),
            "hub 'b' -> CRM 'b'; pushed because the CRM changed it and the rule is hub; "
            "the CRM's 'c' is kept as a conflict",
        ),
        (
            X + ', rule = "hub", direction = "push" }',
            "c",
            ("b", "b"),
            "hub 'b' -> CRM 'b'; pushed because the CRM changed it and the rule is hub (direction push); "
            "the CRM's 'c' is kept as a conflict",
        ),
        (X + " }", "c", ("b", "b"), "CRM 'c' -> hub x 'c'; taken because the CRM changed it"),
        (
            X + " }",
            "c",
            ("a", "a"),
            "CRM 'c' -> hub x 'c'; taken because the hub changed it and the rule is crm; "
            "the hub's 'b' is kept as a conflict",
        ),
        (
            '{ from = "email", when = "always" }',
            "a@example.com",
            None,
            "CRM 'a@example.com' -> hub email 'a@example.com'; taken because the hub has…",
        ),
        (
            '{ from = "language", table = "t" }',
            "German",
            ("English", "English"),
            "CRM 'German' -> hub language 'de' by table t; taken because the CRM changed it",
        ),
        (
            '{ from = "language", table = "t" }',
            "French",
            ("English", "English"),
            "stays: hub 'English', CRM 'French'; the CRM's value cannot be carried back by table t",
        ),
        ('{ from = "attr.l", table = "t" }', "French", None, "stays: neither [table.t] nor the field has 'fr'"),
        ('{ from = "owner" }', "005A", None, "stays: hub '', CRM '005A'; the CRM's value cannot be carried back by…"),
        (X + " }", "b", None, "stays: both have 'b'"),
        ('"attr.none"', "", None, "stays: neither side has a value"),
        (X + " }", "c", ("b", "c"), "stays: hub 'b', CRM 'c'; nobody changed it since they were compared"),
        (
            '"attr.x"',
            "a",
            ("a", "a"),
            "stays: hub 'b', CRM 'a'; the mapping writes it only when the hub makes the record",
        ),
        (X + ', direction = "push" }', "c", ("b", "b"), "stays: hub 'b', CRM 'c'; the direction is push"),
        (
            '{ from = "attr.x", direction = "pull", rule = "hub" }',
            "a",
            ("a", "a"),
            "stays: hub 'b', CRM 'a'; the direction is pull",
        ),
        (X + ', transform = "upper" }', "c", ("B", "B"), "stays: hub 'B', CRM 'c'; it cannot be carried back by upper"),
        ('"channel"', "sms", None, "stays: hub '', CRM 'sms'; only the hub knows channel"),
        (
            '{ value = "x", when = "always", rule = "fill-blank" }',
            "y",
            None,
            "stays: hub 'x', CRM 'y'; the rule fill-…",
        ),
        (X + ', rule = "fill-blank" }', "c", None, "stays: hub 'b', CRM 'c'; the rule fill-blank only fills an empty…"),
        (X + " }", "", ("b", "b"), "stays: hub 'b', CRM ''; an empty value does not overwrite"),
        (
            X + ', rule = "append" }',
            "c",
            None,
            "hub 'b' and CRM 'c' -> both 'b; c'; both changed it and the rule is append",
        ),
        (
            X + ', rule = "ask" }',
            "c",
            None,
            "waits for a decision: hub 'b', CRM 'c'; both changed it and the rule is ask",
        ),
        (X + " }", None, None, "stays: the record does not tell it"),
    ],
)
def test_why_a_value_goes_or_stays(line, theirs, base, said):
    sentence = told(line, theirs, Base(*base) if base else None)
    assert sentence == said or (said.endswith("…") and sentence.startswith(said.removesuffix("…")))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('"name"', "hub 'Ana' -> CRM 'Ana'; written because the hub makes the record"),
        ('{ value = "Web" }', "constant 'Web' -> CRM; written because the hub makes the record"),
        ('"email"', "not written: the hub has no email"),
        ('{ from = "phone", direction = "pull" }', "not written: the line only takes from the CRM"),
        ('{ from = "attr.l", table = "t" }', "not written: neither [table.t] nor the field has 'fr'"),
    ],
)
def test_why_a_new_record_gets_a_value(line, said):
    assert told(line, None, creating=True) == said


def test_an_unknown_owner_is_named():
    facts = PersonFacts(owner="ben@example.com")
    assert told('"owner"', "005A", facts=facts) == "stays: the CRM has no active user 'ben@example.com'"


def test_there_is_a_sentence_for_everything():
    values = ("", "b", "c")
    bases = [None, *itertools.product(values, values)]
    lines = [
        f'{{ from = "attr.x", when = "always", direction = "{direction}", rule = "{rule}" }}'
        for direction in ("both", "push")
        for rule in ("crm", "hub", "newest", "fill-blank", "append", "ask")
        if (direction, rule) != ("push", "append")
    ]
    for line, base, theirs, ours in itertools.product(lines, bases, values, values):
        facts = PersonFacts(attributes={"x": ours})
        sentence = told(line, theirs, Base(*base) if base else None, facts=facts)
        assert sentence
        assert "\n" not in sentence
