"""The context of an inquiry."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.inquiries import context as contexts
from hub.inquiries.context import Change, found_in, merge, named, pack, request, unpack


def test_the_five_parts_stand_in_one_object():
    found = {"request": {"quantity": 500}, "products": ["pump"], "company": {"name": "Acme", "role": "influencer"}}
    context = merge({}, found).context
    context = contexts.count(contexts.with_intent(context, "high", 0.7312, 5), "messages")
    assert context == {
        "request": {"quantity": "500"},
        "products": ["pump"],
        "company": {"name": "Acme", "role": "influencer"},
        "intent": {"level": "high", "score": 0.731, "at": 5},
        "history": {"messages": 1},
    }
    assert unpack(pack(context)) == context
    assert unpack("") == {}


def test_the_original_request_stays_and_what_changed_is_told():
    first = merge({}, {"request": {"quantity": "500", "color": "red"}})
    assert first.changed == ()
    assert first.new == ("request.quantity", "request.color")
    second = merge(first.context, {"request": {"quantity": "800", "color": " red "}})
    assert second.changed == (Change("request", "quantity", "500", "800"),)
    assert second.context["request"]["quantity"] == "500"
    assert request(second.context) == {"quantity": "800", "color": "red"}
    third = merge(second.context, {"request": {"quantity": "500"}})
    assert third.changed == (Change("request", "quantity", "800", "500"),)
    assert "details" not in third.context


def test_silence_about_a_detail_changes_nothing():
    before = merge({}, {"request": {"quantity": "500"}}).context
    assert merge(before, {"request": {"quantity": "  "}, "company": {"name": None}}) == (before, (), (), ())
    assert merge(before, {}) == (before, (), (), ())


def test_a_context_is_never_changed_in_place():
    before = merge({}, {"request": {"quantity": "500"}, "products": ["pump"]}).context
    kept = json.loads(pack(before))
    merge(before, {"request": {"quantity": "9", "color": "red"}, "products": ["valve"], "company": {"name": "Acme"}})
    contexts.count(before, "messages")
    assert before == kept


def test_at_most_two_products_the_ones_consulted_last():
    context = {}
    for product in ("pump", "valve", "pump", "hose"):
        merged = merge(context, {"products": product})
        context = merged.context
    assert context["products"] == ["pump", "hose"]
    assert merged.new == ("products.hose",)
    assert merge({}, {"products": ["a", "b", "c"]}).context["products"] == ["b", "c"]


def test_the_role_of_the_contact_is_one_of_three_and_may_change_with_every_message():
    context = merge({}, {"company": {"role": "executor"}}).context
    merged = merge(context, {"company": {"role": "decision-maker"}})
    assert merged.changed == (Change("company", "role", "executor", "decision-maker"),)
    assert merge(context, {"company": {"role": "boss"}}).dropped == ("company.role",)


def test_what_does_not_fit_is_dropped_and_told():
    many = {f"key{place}": "x" for place in range(contexts.KEYS_MAX + 1)}
    merged = merge({}, {"request": many})
    assert merged.dropped == (f"request.key{contexts.KEYS_MAX}",)
    assert merge({}, {"request": {"k" * 41: "x", "a": ["b"], "c": True}}).dropped == (
        f"request.{'k' * 41}",
        "request.a",
        "request.c",
    )
    assert merge({}, {"request": {"a": "x" * 1000}}).context["request"]["a"] == "x" * contexts.VALUE_MAX


def test_a_context_stays_below_its_size():
    wide = {f"key{place}": "語" * contexts.VALUE_MAX for place in range(contexts.KEYS_MAX)}
    merged = merge({}, {"request": wide, "company": wide})
    assert merged.dropped
    assert len(pack(merged.context).encode()) <= contexts.SIZE_MAX + 500


def test_half_an_emoji_does_not_reach_the_column():
    context = merge({}, {"request": {"a": "x\ud83d"}}).context
    assert pack(context).encode()


def test_counters_of_the_history_have_a_limit_and_intent_has_three_levels():
    context = {}
    for place in range(contexts.KEYS_MAX + 5):
        context = contexts.count(context, f"c{place}", 2)
    assert len(context["history"]) == contexts.KEYS_MAX
    assert contexts.count(context, "c0", 3)["history"]["c0"] == 5
    for level, score in (("huge", 0.5), ("low", 1.5)):
        with pytest.raises(ValueError, match="no level of intent"):
            contexts.with_intent({}, level, score, 1)


LETTERS = 'ab 1\n\0"\\ß\u0301\u200d\ud800\U0001f468'
"""What could be cut, escaped or refused; all of Unicode takes seconds to list where nothing is cached yet."""

values = st.one_of(
    st.text(LETTERS, max_size=8), st.integers(), st.none(), st.booleans(), st.lists(st.integers(), max_size=1)
)
founds = st.fixed_dictionaries(
    {},
    optional={
        "request": st.dictionaries(st.sampled_from("abc"), values),
        "company": st.dictionaries(st.sampled_from(["name", "role"]), values),
        "products": st.lists(st.text(LETTERS, max_size=3), max_size=4) | st.text(LETTERS, max_size=3) | st.integers(),
    },
)


@settings(max_examples=100)
@given(st.lists(founds, max_size=8))
def test_any_story_packs_and_what_is_asked_for_follows_from_the_changes(story):
    context, told = {}, {}
    for found in story:
        merged = merge(context, found)
        for change in merged.changed:
            assert change.before != change.after
            if change.part == "request":
                assert told[change.key] == change.before
                told[change.key] = change.after
        for name in merged.new:
            part, _, key = name.partition(".")
            if part == "request":
                told[key] = request(merged.context)[key]
        context = unpack(pack(merged.context))
        assert context == merged.context
        assert request(context) == told
        assert len(context.get("products", [])) <= 2


def test_values_by_name_go_to_their_part_and_come_back_by_the_same_name():
    told = {"quantity": "500", "product": "gasket, seal", "company.size": "80"}
    context = merge({}, found_in(told)).context
    assert context["products"] == ["gasket", "seal"]
    assert context["company"] == {"size": "80"}
    assert named(context) == told
