"""Values that both sides may change: what the hub and the CRM do about a difference."""

import itertools

import pytest

from hub.contracts.errors import ConfigError
from hub.mapping import Base, load_mapping, person_fields, policy, pushes, settle, written
from hub.mapping.fields import PersonFacts

SAME = Base("a", "a")


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "wins", "verdict"),
    [
        (SAME, "a", "a", "crm", "same"),
        (SAME, "b", "b", "crm", "same"),
        (SAME, "a", "b", "hub", "take"),
        (SAME, "b", "a", "crm", "push"),
        (SAME, "b", "c", "crm", "take"),
        (SAME, "b", "c", "hub", "push"),
        (SAME, "b", "c", "newest", "take"),
        (SAME, "a", "", "crm", "keep"),
        (SAME, "", "a", "crm", "keep"),
        (SAME, "b", "", "crm", "push"),
        (None, "", "b", "hub", "take"),
        (None, "a", "b", "crm", "take"),
        (None, "a", "b", "hub", "push"),
        (None, "a", "", "crm", "push"),
        (Base("a", "b"), "a", "b", "crm", "keep"),
    ],
)
def test_who_wins(base, ours, theirs, wins, verdict):
    assert settle(base, ours, theirs, wins) == verdict


def test_the_newest_wins_where_the_mapping_says_so():
    assert settle(SAME, "b", "c", "newest", ours_is_newer=True) == "push"
    assert settle(SAME, "b", "c", "crm", ours_is_newer=True) == "take"


def test_nothing_is_blanked_and_what_was_decided_stays_decided():
    values = ("", "a", "b")
    bases = [None, *(Base(*pair) for pair in itertools.product(values, values))]
    for base, ours, theirs, wins in itertools.product(bases, values, values, ("crm", "hub", "newest")):
        verdict = settle(base, ours, theirs, wins)
        assert not (verdict == "take" and not theirs)
        assert not (verdict == "push" and not ours)
        ours, after = (theirs, theirs) if verdict == "take" else (ours, ours if verdict == "push" else theirs)
        assert settle(Base(ours, theirs), ours, after, wins) in ("same", "keep")


def test_a_mapping_says_what_is_written_back_and_who_wins():
    first = '[person]\nfirst = { from = "name.first", when = "always", wins = "newest" }'
    mapping = load_mapping(f'{first}\nlast = "name.last"\nmail = "email"\n', "m.toml")
    assert (policy(mapping, "name"), policy(mapping, "email"), policy(mapping, "phone")) == ("newest", "crm", "crm")
    assert (pushes(mapping, "name"), pushes(mapping, "email")) == (True, False)
    facts = PersonFacts(name="Ana Maria Example", email="ana@example.com")
    assert written(mapping, person_fields(mapping, facts, True)) == {
        "name": "Ana Maria Example",
        "email": "ana@example.com",
    }
    fallback = person_fields(mapping, PersonFacts(phone="+447700900101"), True)
    assert written(mapping, fallback) == {"name": "+447700900101"}


@pytest.mark.parametrize(
    ("line", "what"),
    [('a = { from = "name", wins = "me" }', "wins = 'me'"), ('a = { value = "x", wins = "hub" }', "no wins")],
)
def test_a_wrong_wins_is_told_with_its_place(line, what):
    with pytest.raises(ConfigError, match=rf"m\.toml:2: .*{what}"):
        load_mapping(f"[person]\n{line}\n", "m.toml")
