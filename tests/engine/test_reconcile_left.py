"""Fields that a CRM does not take, or rewrites each time: told once, and tried again only when that may help."""

from __future__ import annotations

import pytest

from hub.contracts.crm import FieldSchema, Schema
from hub.engine import shapes
from hub.engine.effects.synced import DAY, ROUNDS
from hub.model.by_hand import DeadHandled
from hub.testing.one_contact import OneContact, line

CITY = 'city = { from = "attr.city", when = "always" }'


@pytest.fixture
def desk(desk_of) -> OneContact:
    """The CRM did not take a nick."""
    desk = desk_of(line(), CITY)
    desk.shows(nick="Bo", city="Rome")
    learn(desk)
    desk.edits(nick="Bea")
    assert fields(desk, nick="no such value") == [{"nick": "Bea"}]
    for city in ("Oslo", "Paris"):
        desk.shows(city=city)
        assert desk.writes() == []
    return desk


def learn(desk: OneContact, **more: object) -> list[str]:
    """The CRM's fields are read."""
    told = {"nick": FieldSchema(name="nick", **more), "city": FieldSchema(name="city")}  # type: ignore[arg-type]
    desk.now += 1
    return shapes.learn(desk.store, desk.line, "main", Schema(fields=told), (), desk.now)


def fields(desk: OneContact, **left_out: str) -> list[dict[str, str]]:
    return [dict(write.fields) for write in desk.writes(**left_out)]


def handled(desk: OneContact, action: str) -> None:
    ((number,),) = desk.rows("SELECT id FROM dead WHERE state='open'")
    desk.now += 1
    desk.happen(DeadHandled(key=str(desk.now), at=desk.now, ids=(number,), action=action, agent="Eve"))  # type: ignore[arg-type]
    desk.step()


def test_it_is_tried_again_when_the_hub_has_another_value(desk):
    desk.edits(city="Rome")
    assert fields(desk) == [{"city": "Rome"}]
    desk.edits(nick="Cleo")
    assert fields(desk) == [{"nick": "Cleo"}]


def test_it_is_tried_again_when_the_field_changed(desk):
    assert learn(desk, max_length=80) == ["version 1:2: 'nick' holds 80 characters now"]
    assert fields(desk, nick="still not") == [{"nick": "Bea"}]
    learn(desk, max_length=80)
    assert fields(desk, nick="still not") == [{"nick": "Bea"}]  # a second try of its own accord
    for _ in range(2):
        assert learn(desk, max_length=80) == []
        assert fields(desk) == []
    learn(desk, max_length=90)
    assert fields(desk) == [{"nick": "Bea"}]
    desk.shows(nick="Bea")
    assert fields(desk) == []


def test_a_human_has_it_tried_again(desk):
    handled(desk, "retry")
    assert fields(desk) == [{"nick": "Bea"}]
    assert desk.rows("SELECT state FROM dead") == [("retried",)]


def test_a_human_lets_it_be(desk):
    handled(desk, "drop")
    assert fields(desk) == []
    assert desk.rows("SELECT state FROM dead") == [("dropped",)]


def exchange(desk: OneContact, rounds: int) -> list[dict[str, str]]:
    """A program there puts "Boss" in the place of whatever the hub writes."""
    written = []
    for _ in range(rounds):
        desk.shows(nick="Boss")
        written += fields(desk)
        desk.shows(**(written[-1] if written else {}))
    return written


def test_a_crm_that_rewrites_what_the_hub_writes_is_let_be_and_told_once(desk_of):
    desk = desk_of(line("hub", direction="push"), CITY)
    desk.shows(nick="")
    desk.edits(nick="Bo")
    assert fields(desk) == [{"nick": "Bo"}]
    desk.shows(nick="Bo")
    assert exchange(desk, 20) == [{"nick": "Bo"}] * (ROUNDS - 1)
    told = f"main rewrites nick: 'Boss' stays there, as it replaced {ROUNDS} times in a day what the hub wrote"
    assert desk.rows("SELECT kind, cause FROM dead") == [("field", told)]
    desk.shows(nick="Boss")
    handled(desk, "retry")
    assert fields(desk) == [{"nick": "Bo"}]


def test_the_next_day_it_is_tried_again(desk_of):
    desk = desk_of(line("hub", direction="push"), CITY)
    desk.shows(nick="")
    desk.edits(nick="Bo")
    fields(desk)
    desk.shows(nick="Bo")
    exchange(desk, 20)
    desk.now += DAY
    desk.shows(nick="Bose")
    assert fields(desk) == [{"nick": "Bo"}]


def test_somebody_who_changes_it_in_the_hub_again_and_again_is_no_program(desk_of):
    desk = desk_of(line("newest"))
    desk.shows(nick="Bo")
    for number in range(ROUNDS * 2):
        desk.edits(nick=f"Here {number}")
        assert fields(desk) == [{"nick": f"Here {number}"}]
        desk.shows(nick=f"Here {number}")
        desk.shows(nick=f"There {number}", modified=desk.now)
        assert desk.has("nick") == f"There {number}"
    assert desk.rows("SELECT * FROM dead") == []
