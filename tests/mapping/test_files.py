"""Mapping files: what a good one says."""

from pathlib import Path

import pytest

from hub.contracts.transforms import TransformSpec
from hub.mapping import FieldRule, load_mapping
from hub.mapping.facts import PersonFacts
from hub.mapping.lines import Table, Transform
from hub.mapping.transforms import BUILT_IN

STARTERS = Path(__file__).parents[2] / "mappings"

GOOD = """# a comment
[person]
FirstName = "name.first"
Phone = { from = "phone", when = "always", rule = "newest" }
Language = { from = "language", when = "always", table = "languages" }
LeadSource = [ { value = "Shop", inbox = "shop" }, { value = "Web" } ]
Nick = { from = "attr.nick", when = "always", rule = "hub", blank = "send", transform = ["trim", "cut:40"] }
Score = { from = "attr.score", direction = "pull", transform = "trim" }
OwnerId = { from = "owner", when = "always" }
Rank = { value = 7, when = "always", rule = "hub" }
[person.Stage]
value = "lead"
[table.languages]
en = "English"
de = "German"
de-AT = "German"
[owners]
"Ana@example.com" = "ana@crm.example"
"""


def test_a_whole_file():
    mapping = load_mapping(GOOD, "m.toml")
    languages = Table("languages", {"en": "English", "de": "German", "de-AT": "German"})
    trim, cut = Transform(BUILT_IN["trim"]), Transform(BUILT_IN["cut"], "40")
    constant = {"direction": "push", "rule": "fill-blank"}
    assert mapping.person == (
        FieldRule(field="FirstName", source="name.first", where="m.toml:3"),
        FieldRule(field="Phone", source="phone", when="always", rule="newest", where="m.toml:4"),
        FieldRule(field="Language", source="language", when="always", table=languages, where="m.toml:5"),
        FieldRule(field="LeadSource", value="Shop", inboxes=frozenset({"shop"}), where="m.toml:6", **constant),
        FieldRule(field="LeadSource", value="Web", where="m.toml:6", **constant),
        FieldRule(
            field="Nick",
            source="attr.nick",
            when="always",
            rule="hub",
            blank="send",
            transforms=(trim, cut),
            where="m.toml:7",
        ),
        FieldRule(field="Score", source="attr.score", direction="pull", transforms=(trim,), where="m.toml:8"),
        FieldRule(
            field="OwnerId",
            source="owner",
            when="always",
            table=Table("owners", {"ana@example.com": "ana@crm.example"}),
            where="m.toml:9",
        ),
        FieldRule(field="Rank", value="7", when="always", direction="push", rule="hub", where="m.toml:10"),
        FieldRule(field="Stage", value="lead", where="m.toml:11", **constant),
    )
    assert mapping.fields == {rule.field for rule in mapping.person}
    assert mapping.owners == {"ana@example.com": "ana@crm.example"}
    assert mapping.tables["languages"].places["de"] == "m.toml:15"
    assert [transform.text for transform in mapping.person[5].transforms] == ["trim", "cut:40"]


def test_the_first_line_that_fits_a_person_counts():
    text = '[person]\na = [ { value = "Shop", inbox = "shop" }, { value = "Both", inbox = ["x", "y"] }, "channel" ]'
    mapping = load_mapping(text, "m.toml")
    for inboxes, said in (((), ""), (("y",), "Both"), (("y", "shop"), "Shop"), (("z",), "")):
        assert mapping.lines(PersonFacts(inboxes=inboxes))["a"].value == said
    only = load_mapping('[person]\na = [ { value = "Shop", inbox = "shop" } ]\nb = "phone"', "m.toml")
    assert list(only.lines(PersonFacts())) == ["b"]


@pytest.mark.parametrize(
    ("line", "pushes", "pulls"),
    [
        ('"phone"', False, True),
        ('{ from = "phone", when = "always" }', True, True),
        ('{ from = "phone", when = "always", direction = "push" }', True, False),
        ('{ from = "phone", direction = "pull" }', False, True),
        ('{ from = "channel", when = "always" }', True, False),
        ('{ from = "name", when = "always", transform = "upper" }', True, False),
        ('{ value = "x", when = "always" }', True, False),
        ('{ value = "x" }', False, False),
    ],
)
def test_which_ways_a_line_goes(line, pushes, pulls):
    (rule,) = load_mapping(f"[person]\na = {line}", "m.toml").person
    assert (rule.pushes, rule.pulls) == (pushes, pulls)


def test_a_table_is_read_both_ways():
    table = load_mapping(GOOD, "m.toml").tables["languages"]
    assert (table.forth("de-AT"), table.forth("EN"), table.forth("fr")) == ("German", "English", None)
    assert (table.back("German"), table.back("english"), table.back("French")) == ("de", "en", None)


def test_constants_that_are_no_strings():
    rules = load_mapping("[person]\na = { value = true }\nb = { value = 7 }", "m.toml").person
    assert [rule.value for rule in rules] == ["true", "7"]


def test_transforms_of_plugins_can_be_named_and_replace_no_built_in_one():
    mine = TransformSpec(name="shout", forward=lambda value, _: f"{value}!")
    other = TransformSpec(name="upper", forward=lambda value, _: "taken over")
    text = '[person]\na = { from = "name", transform = ["shout", "upper"] }'
    (rule,) = load_mapping(text, "m.toml", transforms=[mine, other]).person
    assert [transform.forward("ana") for transform in rule.transforms] == ["ana!", "ANA"]


@pytest.mark.parametrize("name", ["hubspot.toml", "salesforce.toml"])
def test_the_starter_files_load(name):
    mapping = load_mapping((STARTERS / name).read_text(encoding="utf-8"), name, inboxes=())
    assert {rule.source for rule in mapping.person} == {"name.first", "name.last", "phone", "email"}
