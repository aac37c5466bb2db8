"""Figures order as the numbers they are, and nothing of an erased person stays."""

from __future__ import annotations

import json
import math
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from hub.store import campaigns, erasure, open_store
from hub.store.values import NO_FIGURE, of, order
from hub.store.workspace import Needs
from hub.testing.store_rows import person
from hub.testing.stores import place_of

NOW = 1_800_000_000_000
floats = st.floats(allow_nan=False, allow_infinity=False)


@given(one=floats, two=floats)
def test_figures_order_as_their_numbers_exactly(one: float, two: float):
    assert (order(one) < order(two)) is (one < two)
    assert (order(one) == order(two)) is (one == two)
    assert NO_FIGURE < order(one) < 1 << 63


def test_the_outermost_numbers_fit_beside_the_mark_for_none():
    assert NO_FIGURE < order(-math.inf) < order(-1.0) < order(-0.0) == order(0.0) < order(math.inf) < 1 << 63


def test_blank_values_are_none_and_long_ones_are_cut():
    found = of(json.dumps({"blank": " ", "zero": "\0", "long": "ä" * 500, "size": "1,000"}))
    assert found.keys() == {"long", "size"}
    assert found["long"] == ("ä" * 200, NO_FIGURE)
    assert found["size"] == ("1,000", order(1000.0))


def test_of_an_erased_person_no_value_tag_and_turn_stays(tmp_path: Path):
    store = open_store(place_of(tmp_path))
    with store.transaction():
        work = store.workspace(NOW)
        row = person(work)
        row.attributes = '{"size": "5"}'
        work.standing.tag(row.id, "vip", NOW, 0, "Eve")
        work.save()
        run = campaigns.begin(store.db, "spring", "Eve", NOW)
        campaigns.gather(store.db, run, [row.id])
    assert store.db.rows("SELECT count(*) FROM person_values") == [(1,)]
    with store.transaction():
        work = store.workspace(NOW)
        work.load(Needs(people={row.id}, tags=True))
        erasure.erase(work.people.rows[row.id], work)
        work.save()
    for table in ("person_values", "person_tags", "campaign_people"):
        assert store.db.rows(f"SELECT count(*) FROM {table}") == [(0,)], table
    store.close()
