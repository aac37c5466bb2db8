"""Mapping files, and what is said about mistakes in them."""

import tomllib
from pathlib import Path

import pytest

from hub.contracts.crm import FieldSchema, Schema
from hub.contracts.errors import ConfigError
from hub.mapping import FieldRule, check, load_mapping

STARTER = Path(__file__).parents[2] / "mappings" / "hubspot.toml"

GOOD = """# a comment
[person]
firstname = "name.first"
phone = "phone"
language = { from = "language", when = "always" }
[person.stage]
value = "lead"
"""


def test_a_whole_file():
    mapping = load_mapping(GOOD, "m.toml")
    assert mapping.person == (
        FieldRule(field="firstname", source="name.first", where="m.toml:3"),
        FieldRule(field="phone", source="phone", where="m.toml:4"),
        FieldRule(field="language", source="language", when="always", where="m.toml:5"),
        FieldRule(field="stage", value="lead", where="m.toml:6"),
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "m.toml: the table [person] is missing or empty"),
        ("person = 1", "m.toml:1: the table [person] is missing or empty"),
        ("[person]", "m.toml:1: the table [person] is missing or empty"),
        ("[person]\na = ", "m.toml:2: this is not TOML: "),
        ("[person]\na = 'phone'\na = 'email'", "m.toml:3: this is not TOML: "),
        ("[people]\na = 'phone'", "m.toml:1: unknown table or key 'people'"),
        ("[person]\n\na = 'phne'", "m.toml:3: 'a': unknown source 'phne' (did you mean 'phone'?)"),
        ("[person]\na = { from = 'zzz' }", "m.toml:2: 'a': unknown source 'zzz' (sources: channel, email, language"),
        ("[person]\na = { from = 1 }", "m.toml:2: 'a': unknown source 1"),
        ("[person]\na = 7", "m.toml:2: 'a' has no source (a = \"phone\" or"),
        ("[person]\na = {}", "m.toml:2: 'a' needs either from or value"),
        ("[person]\na = { from = 'phone', value = 'x' }", "m.toml:2: 'a' needs either from or value"),
        ("[person]\na = { form = 'phone' }", "m.toml:2: 'a': unknown key 'form' (did you mean 'from'?)"),
        ("[person.a]\nvalue = 'x'\nwhen = 'sometimes'", "m.toml:3: 'a': when = 'sometimes' is unknown"),
        ("[person]\na = { value = '' }", "m.toml:2: 'a': the value is empty or not a text"),
        ("[person]\na = { value = [1] }", "m.toml:2: 'a': the value is empty or not a text"),
    ],
)
def test_mistakes_are_said_with_file_line_and_remedy(text, said):
    with pytest.raises(ConfigError) as caught:
        load_mapping(text, "m.toml")
    assert str(caught.value).startswith(said)


def test_constants_that_are_no_strings():
    rules = load_mapping("[person]\na = { value = true }\nb = { value = 7 }", "m.toml").person
    assert [rule.value for rule in rules] == ["true", "7"]


SCHEMA = Schema(
    fields={
        field.name: field
        for field in (
            FieldSchema(name="firstname"),
            FieldSchema(name="phone", type="phone_number"),
            FieldSchema(name="short", max_length=4),
            FieldSchema(name="made", type="datetime", read_only=True),
            FieldSchema(name="count", type="number"),
            FieldSchema(name="stage", type="choice", options=("lead", "customer")),
            FieldSchema(name="lang", type="choice", options=("en", "de")),
        )
    }
)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('firstname = "name.first"', None),
        ('phone = "phone"', None),
        ('short = { value = "four" }', None),
        ('stage = { value = "lead" }', None),
        ("count = { value = 7 }", None),
        ('lang = "language"', None),
        ('fristname = "name.first"', "m.toml:2: the CRM has no field 'fristname' (did you mean 'firstname'?)"),
        ('made = { value = "x" }', "m.toml:2: the CRM calculates 'made' itself: it cannot be written"),
        ('short = { value = "fifth" }', "m.toml:2: the value of 'short' is longer than 4 characters"),
        ('short = "phone"', "m.toml:2: 'short' holds 4 characters, too few for phone"),
        ('stage = { value = "leed" }', "m.toml:2: 'leed' is no option of 'stage' (did you mean 'lead'?)"),
        ('stage = "name"', "m.toml:2: 'stage' takes only its options and cannot hold name"),
        ('count = "phone"', "m.toml:2: 'count' is a number and cannot hold phone"),
    ],
)
def test_check_against_what_the_crm_has(line, said):
    problems = [str(problem) for problem in check(load_mapping(f"[person]\n{line}", "m.toml"), SCHEMA)]
    if said is None:
        assert problems == []
    else:
        assert len(problems) == 1
        assert problems[0].startswith(said)


def test_check_names_every_mistake_and_keeps_quiet_without_a_schema():
    mapping = load_mapping('[person]\na = "phone"\nfirstname = "name"\nb = "email"', "m.toml")
    assert [problem.where for problem in check(mapping, SCHEMA)] == ["m.toml:2", "m.toml:4"]
    assert check(mapping, Schema()) == []


def test_the_starter_file_loads():
    mapping = load_mapping(STARTER.read_text(encoding="utf-8"), "hubspot.toml")
    assert {rule.field for rule in mapping.person} == set(tomllib.loads(STARTER.read_text(encoding="utf-8"))["person"])
