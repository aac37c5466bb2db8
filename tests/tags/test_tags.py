"""Kinds of tags: what the file says of them, which replace each other, and which follow from what is known."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.contracts.errors import ConfigError
from hub.tags.files import compile_tags
from hub.tags.tags import DERIVED, Known, Tags, due

HOUR, DAY = 3_600_000, 86_400_000


def tags(text: str) -> Tags:
    return compile_tags(tomllib.loads(text), lambda path: "hub.toml:" + ".".join(map(str, path)))


VALUES = tags(
    """
[tag.value-a]
group = "value"
derive = { where = { expected_yearly = "> 500000" } }
[tag.value-b]
group = "value"
derive = { where = { expected_yearly = "100000..500000" } }
[tag.value-c]
group = "value"
derive = { where = { expected_yearly = "< 100000" } }
[tag.small]
group = "size"
derive = { where = { company_size = "< 50" } }
[tag.middle]
group = "size"
derive = { where = { company_size = "50..200" } }
[tag.large]
group = "size"
derive = { where = { company_size = "> 200" } }
[tag.long-term]
derive = { after = "60d" }
"""
)


@pytest.mark.parametrize(
    ("toml", "where", "says"),
    [
        ('[tag.a]\nexpires = "24h"\nremind = "24h"', "tag.a.remind", "when it has expired"),
        ('[tag.a]\nexpires = "soon"', "tag.a.expires", "no span of time"),
        ('[tag.a]\nexpire = "24h"', "tag.a.expire", "unknown key 'expire'"),
        ('[tag.a]\nexpires = "1d"\nclosed_by_hand = true', "tag.a.expires", "closed by hand and yet expires"),
        ('[tag.a]\nnotify = "owner"\ntext = "x"', "tag.a.notify", "never when"),
        ('[tag.a]\nremind = "1d"\nnotify = "owner"', "tag.a.notify", "whom it tells, but not what"),
        ('[tag.a]\nremind = "1d"\ntext = "x"', "tag.a.text", "not to whom"),
        ('[tag.a]\nremind = "1d"\nnotify = "x"\ntext = "{{ message.text }}"', "tag.a.text", "cannot name message.text"),
        ("[tag.a]\nderive = {}", "tag.a.derive", "nothing that could hold"),
        ('[tag.a]\nderive = { where = { size = "> many" } }', "tag.a.derive.where.size", "which is no number"),
        ('[tag."a b"]', "tag.a b", "no name for a tag"),
        ('[tag.a]\ngroup = ""', "tag.a.group", "is no name"),
    ],
)
def test_a_mistake_is_one_sentence_with_its_place(toml: str, where: str, says: str):
    with pytest.raises(ConfigError) as caught:
        tags(toml)
    assert says in caught.value.what
    assert caught.value.where == f"hub.toml:{where}"


def test_a_dimension_has_five_to_eight_tags_or_a_warning():
    def of(number: int) -> tuple[str, ...]:
        return tags("\n".join(f'[tag.t{one}]\ndimension = "attribute"' for one in range(number))).warnings

    assert of(4) == ("the dimension 'attribute' has 4 tags: 5 to 8 are told apart best",)
    assert of(5) == of(8) == ()
    assert of(9) == ("the dimension 'attribute' has 9 tags: 5 to 8 are told apart best",)


def test_conditions_of_one_group_that_can_hold_together_are_a_warning():
    crossing = '[tag.a]\ngroup = "v"\nderive = { where = { x = ">= 5" } }\n[tag.b]\ngroup = "v"\n'
    told = "'a' and 'b' of the group 'v' can follow from the same values"
    assert any(told in one for one in tags(crossing + 'derive = { where = { x = "<= 5" } }').warnings)
    assert not any(told in one for one in tags(crossing + 'derive = { where = { x = "< 5" } }').warnings)


def test_review_is_a_span_or_a_word():
    found = tags('[tag.a]\nreview = "monthly"\n[tag.b]\nreview = "90d"\n[tag.c]\nreview = "half-yearly"')
    assert [kind.review // DAY for kind in found.all.values()] == [30, 90, 182]


def test_the_times_of_a_tag_count_from_when_it_was_put_on():
    kind = tags('[tag.quotation-sent]\nexpires = "7d"\nremind = "6d"').kind("quotation-sent")
    assert due(kind, 1000) == {"expire": 1000 + 7 * DAY, "remind": 1000 + 6 * DAY, "review": 0}


@pytest.mark.parametrize(
    ("size", "tag"),
    [("49", "small"), ("50", "middle"), ("200", "middle"), ("201", "large"), ("1,000", "large"), ("many", "")],
)
def test_the_size_of_a_company_has_three_tags(size: str, tag: str):
    assert VALUES.follows(Known({"company_size": size}, {}, since=0), {}, 0).add == tuple(filter(None, [tag]))


@pytest.mark.parametrize(
    ("yearly", "tag"), [("500000.01", "value-a"), ("500 000", "value-b"), ("100000", "value-b"), ("99999", "value-c")]
)
def test_the_expected_yearly_purchases_lead_to_a_b_and_c(yearly: str, tag: str):
    assert VALUES.follows(Known({"expected_yearly": yearly}, {}, since=0), {}, 0).add == (tag,)


def test_what_the_inquiry_says_comes_before_what_is_known_of_the_person():
    known = Known({"company_size": "10"}, {"company_size": "300"}, since=0)
    assert VALUES.follows(known, {}, 0).add == ("large",)


def test_long_term_begins_sixty_days_after_the_first_contact():
    known = Known(since=1000)
    assert VALUES.follows(known, {}, 1000 + 60 * DAY - 1).add == ()
    assert VALUES.follows(known, {}, 1000 + 60 * DAY).add == ("long-term",)
    assert VALUES.next_look(known, 1000) == {"long-term": 1000 + 60 * DAY}
    assert VALUES.next_look(known, 1000 + 60 * DAY) == {}


def test_derivation_leaves_alone_what_another_hand_put_on():
    known = Known({"expected_yearly": "5"}, {}, since=0)
    assert VALUES.follows(known, {"value-a": "Eve"}, 0) == ((), ())
    assert VALUES.follows(known, {"value-a": DERIVED}, 0) == (("value-c",), ("value-a",))
    assert VALUES.follows(Known(), {"value-a": "Eve", "large": DERIVED}, 0) == ((), ("large",))


numbers = st.one_of(st.none(), st.integers(0, 1_000_000).map(str))
holders = st.dictionaries(
    st.sampled_from(sorted(VALUES.all)), st.sampled_from([DERIVED, "Eve", "a rule"]), max_size=len(VALUES.all)
)


@given(yearly=numbers, size=numbers, has=holders, now=st.integers(0, 100 * DAY))
def test_what_follows_leaves_one_tag_of_each_group_and_nothing_more_to_follow(
    yearly: str | None, size: str | None, has: dict[str, str], now: int
):
    has = {name: by for name, by in has.items() if not any(o in has and o < name for o in VALUES.rivals(name, has))}
    values: dict[str, Any] = {"expected_yearly": yearly, "company_size": size}
    known = Known({name: value for name, value in values.items() if value is not None}, {}, since=0)
    add, remove = VALUES.follows(known, has, now)
    after = {name: by for name, by in has.items() if name not in remove} | dict.fromkeys(add, DERIVED)
    assert not set(add) & has.keys()
    assert all(has[name] == DERIVED for name in remove)
    assert all(not VALUES.rivals(name, after) for name in after)
    assert VALUES.follows(known, after, now) == ((), ())


def test_a_tag_that_no_table_names_is_one_too():
    kind = VALUES.kind("whatever")
    assert (kind.group, kind.expires, kind.derive) == ("", 0, None)
    assert VALUES.rivals("whatever", VALUES.all) == []
