"""What the hub knows of a person, as sources, and what a value does to it."""

from types import SimpleNamespace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hub.mapping.facts import NO_LAST, SOURCES, PersonFacts, applied, attribute, facts_of, put, source_value, split_name

WORD = st.text(st.characters(categories=("L", "Nd"), max_codepoint=0x24F), min_size=1, max_size=12)
NAME = st.lists(WORD, max_size=4).map(" ".join)
LAST = st.one_of(st.just(""), st.just(NO_LAST), NAME)
FACTS = st.builds(
    PersonFacts,
    name=NAME,
    last=LAST,
    phone=st.sampled_from(("", "+447700900101")),
    email=st.sampled_from(("", "ana@example.com")),
    language=st.sampled_from(("", "en")),
    channel=st.sampled_from(("", "whatsapp")),
    inboxes=st.lists(st.sampled_from(("shop", "support")), unique=True).map(tuple),
    owner=st.sampled_from(("", "ben@example.com")),
    attributes=st.dictionaries(st.sampled_from(("nick", "tags")), WORD),
)
TAKEN = [source for source in (*SOURCES, "attr.nick") if attribute(source)]


@given(FACTS, st.sampled_from(TAKEN), NAME)
def test_a_source_has_the_value_that_was_put(facts, source, value):
    after = applied(facts, put(facts, source, value))
    assert source_value(after, source) == value
    for other in (*SOURCES, "attr.nick", "attr.tags"):  # and nothing else changed
        if attribute(other) != attribute(source):
            assert source_value(after, other) == source_value(facts, other)


@given(FACTS, st.sampled_from(TAKEN))
def test_putting_what_is_there_changes_nothing(facts, source):
    after = applied(facts, put(facts, source, source_value(facts, source)))
    for other in (*SOURCES, "attr.nick", "attr.tags"):
        assert source_value(after, other) == source_value(facts, other)


@given(FACTS, NAME, NAME.filter(bool))
def test_first_and_last_name_can_be_put_in_any_order(facts, first, last):
    assume(len(f"{first} {last}") <= 100)  # a longer name is cut
    one = applied(facts, put(facts, "name.last", last))
    one = applied(one, put(one, "name.first", first))
    two = applied(facts, put(facts, "name.first", first))
    two = applied(two, put(two, "name.last", last))
    for facts_ in (one, two):
        assert (source_value(facts_, "name.first"), source_value(facts_, "name.last")) == (first, last)
        assert source_value(facts_, "name") == f"{first} {last}".strip()


@pytest.mark.parametrize("source", ["channel", "inbox", "", "nonsense"])
def test_what_only_the_hub_knows_cannot_be_put(source):
    assert put(PersonFacts(), source, "x") == {}


def test_a_last_name_of_two_words_survives():
    facts = PersonFacts(name="Ana de Silva")
    assert source_value(facts, "name.last") == "Silva"
    told = put(facts, "name.last", "de Silva")  # her first name was "Ana de" until now
    assert told == {"name": "Ana de de Silva", "name.last": "de Silva"}
    told = put(applied(facts, told), "name.first", "Ana")
    assert told == {"name": "Ana de Silva", "name.last": "de Silva"}
    known = applied(facts, told)
    assert put(known, "name", "Eva de Silva") == {"name": "Eva de Silva", "name.last": "de Silva"}
    married = applied(known, put(known, "name", "Ana Example"))
    assert source_value(married, "name.last") == "Example"


def test_a_whole_name_as_first_name_has_no_last_name():
    facts = PersonFacts(name="Ana Maria")
    after = applied(facts, put(facts, "name.first", "Ana Maria"))
    assert (source_value(after, "name"), source_value(after, "name.last")) == ("Ana Maria", "")


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Ana Example", ("Ana", "Example")),
        ("Ana Maria Example", ("Ana Maria", "Example")),
        ("Example, Ana", ("Ana", "Example")),
        ("Ana", ("Ana", "")),
        ("  Ana \n Example ", ("Ana", "Example")),
        ("🌸", ("", "")),
        ("", ("", "")),
    ],
)
def test_names_are_split_at_the_last_word(name, parts):
    assert split_name(name) == parts


def test_facts_of_a_row():
    row = SimpleNamespace(
        name="Ana de Silva",
        phone="+447700900101",
        email="",
        channel="telegram",
        language="pt",
        attributes='{"name.last": "de Silva", "owner": "ben@example.com", "nick": "Ani"}',
    )
    facts = facts_of(row, ["shop", "support"])
    told = {source: source_value(facts, source) for source in (*SOURCES, "attr.nick", "attr.none")}
    assert told == {
        "name": "Ana de Silva",
        "name.first": "Ana",
        "name.last": "de Silva",
        "phone": "+447700900101",
        "email": "",
        "language": "pt",
        "channel": "telegram",
        "inbox": "shop",
        "owner": "ben@example.com",
        "attr.nick": "Ani",
        "attr.none": "",
    }
    row.attributes = ""
    assert source_value(facts_of(row), "name.last") == "Silva"


def test_attributes_by_source():
    found = [attribute(s) for s in ("name.last", "name", "owner", "attr.nick", "channel", "inbox", "")]
    assert found == ["name", "name", "owner", "nick", "", "", ""]
