"""Where looks at changes stand: written and read again, from page to page, never in a circle. Pure."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.contracts.errors import Unavailable
from hub_salesforce.cursors import Look, Position, parse

POSITION = Position(5, {"Contact": Look(7), "Lead": Look(5, 6, "00Q1", 9)}, {"Contact": 4}, 3)


def test_a_cursor_is_read_as_it_was_written():
    assert parse(str(POSITION)) == POSITION
    assert len(str(POSITION)) < 120


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "null",
        "[]",
        "17",
        "contacts=1:2:3",
        '{"n":0,"s":5}',
        '{"n":0,"s":"5","k":{},"d":{}}',
        '{"n":0,"s":-5,"k":{},"d":{}}',
        '{"n":0,"s":5,"k":{"Contact":[]},"d":{}}',
        '{"n":0,"s":5,"k":{"Contact":[1,2,3,4]},"d":{}}',
        '{"n":0,"s":5,"k":{"Contact":[true]},"d":{}}',
        '{"n":0,"s":5,"k":{"Contact":[1,2,"x",4,5]},"d":{}}',
        '{"n":0,"s":5,"k":[],"d":{}}',
        '{"n":0,"s":5,"k":{},"d":{"Contact":null}}',
        "[" * 100_000,
    ],
)
def test_nonsense_is_no_position(cursor):
    assert parse(cursor) is None


@given(st.text())
def test_any_text_can_be_parsed(text):
    parse(text)


def test_nothing_seen_moves_nothing():
    assert Look(7).after([], full=False) == Look(7)


def test_the_newest_change_seen_is_where_the_next_look_begins():
    assert Look(7).after([(3, "a"), (12, "b")], full=False) == Look(12)
    assert Look(7).after([(3, "a")], full=False) == Look(7), "rows of the overlap do not take it back"


def test_a_full_page_goes_on_after_its_last_row():
    middle = Look(7).after([(3, "a"), (12, "b")], full=True)
    assert (middle, middle.open) == (Look(7, 12, "b", 12), True)
    more = middle.after([(12, "c"), (12, "d")], full=True)
    assert more == Look(7, 12, "d", 12), "many of one time go by id"
    assert more.after([(20, "a")], full=False) == Look(20)
    assert more.after([], full=False) == Look(12)


def test_a_page_that_does_not_advance_is_refused():
    with pytest.raises(Unavailable):
        Look(7, 12, "b", 12).after([(12, "a"), (12, "b")], full=True)


def test_a_new_object_begins_where_the_furthest_stands():
    position = POSITION.of(["Contact", "Case"])
    assert position.looks == {"Contact": Look(7), "Case": Look(7)}
    assert Position(5).of(["Contact"]).looks == {"Contact": Look(5)}
