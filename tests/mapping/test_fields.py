"""The fields of one person."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.mapping import PersonFacts, load_mapping, person_fields
from hub.mapping.fields import split_name

STARTER = load_mapping((Path(__file__).parents[2] / "mappings" / "hubspot.toml").read_text(encoding="utf-8"), "m")
RICH = load_mapping(
    """
[person]
title = "name"
via = "channel"
lang = { from = "language", when = "always" }
stage = { value = "lead" }
source = { value = "hub", when = "always" }
""",
    "m",
)


def test_a_new_person():
    facts = PersonFacts(name="Ann Example", phone="+447700900123", channel="whatsapp")
    assert person_fields(STARTER, facts, creating=True) == {
        "firstname": "Ann",
        "lastname": "Example",
        "phone": "+447700900123",
    }


def test_a_linked_person_gets_only_what_is_always_written():
    facts = PersonFacts(name="Ann Example", phone="+447700900123", channel="whatsapp", language="en")
    assert person_fields(STARTER, facts, creating=False) == {}
    assert person_fields(RICH, facts, creating=False) == {"lang": "en", "source": "hub"}
    assert person_fields(RICH, facts, creating=True) == {
        "title": "Ann Example",
        "via": "whatsapp",
        "lang": "en",
        "stage": "lead",
        "source": "hub",
    }


@pytest.mark.parametrize(
    ("facts", "first"),
    [
        (PersonFacts(phone="+447700900123", channel="whatsapp"), "+447700900123"),
        (PersonFacts(name="\U0001f338 .", phone="+447700900123", channel="whatsapp"), "+447700900123"),
        (PersonFacts(channel="whatsapp"), "WhatsApp user"),
        (PersonFacts(channel="telegram"), "Telegram user"),
        (PersonFacts(), "Unknown user"),
    ],
)
def test_a_contact_always_has_a_name(facts, first):
    fields = person_fields(STARTER, facts, creating=True)
    assert fields["firstname"] == first
    assert "lastname" not in fields


def test_a_mapping_with_a_last_name_only_keeps_single_names():
    mapping = load_mapping('[person]\nLastName = "name.last"', "m")
    assert person_fields(mapping, PersonFacts(name="Ann"), creating=True) == {"LastName": "Ann"}
    assert person_fields(mapping, PersonFacts(name="Ann Example"), creating=True) == {"LastName": "Example"}
    assert person_fields(mapping, PersonFacts(phone="+447700900123"), creating=True) == {"LastName": "+447700900123"}


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("", ("", "")),
        ("Ann", ("Ann", "")),
        ("  Ann   Example ", ("Ann", "Example")),
        ("Ann Maria Example", ("Ann Maria", "Example")),
        ("Example, Ann Maria", ("Ann Maria", "Example")),
        ("Example, Ann, Dr.", ("Example, Ann,", "Dr.")),
        ("Ann,", ("Ann,", "")),
        ("Ann\nExample\x00", ("Ann", "Example")),
        ("王小明", ("王小明", "")),
        ("Անի Օրինակ", ("Անի", "Օրինակ")),
        ("...", ("", "")),
        ("\U0001f338", ("", "")),
    ],
)
def test_first_and_last_name(name, parts):
    assert split_name(name) == parts


@given(st.builds(PersonFacts, name=st.text(max_size=30), phone=st.sampled_from(["", "+447700900123"])), st.booleans())
def test_nothing_is_ever_blanked(facts, creating):
    for mapping in (STARTER, RICH):
        assert all(person_fields(mapping, facts, creating).values())
