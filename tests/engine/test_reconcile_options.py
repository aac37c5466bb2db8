"""Values that a CRM's field has no option for just now: left out, named, and tried again when the field changes."""

from __future__ import annotations

import pytest

from hub.contracts.crm import FieldSchema, Schema
from hub.engine import shapes
from hub.model.by_hand import DeadHandled
from hub.testing.one_contact import OneContact, line

LETTER = "main does not take nick: it has no option 'Bea'"


@pytest.fixture
def desk(desk_of) -> OneContact:
    """Both sides have Bo, which the field has an option for, and it has one for Cleo."""
    desk = desk_of(line())
    learn(desk, "Bo", "Cleo")
    desk.shows(nick="Bo")
    return desk


def learn(desk: OneContact, *options: str) -> None:
    """The CRM's fields are read: the nick is one of these."""
    desk.now += 1
    fields = {"nick": FieldSchema(name="nick", type="choice", options=options)}
    shapes.learn(desk.store, desk.line, "main", Schema(fields=fields), (), desk.now)


def written(desk: OneContact) -> list[dict[str, str]]:
    return [dict(write.fields) for write in desk.writes()]


def letters(desk: OneContact) -> list[str]:
    return [cause for (cause,) in desk.rows("SELECT cause FROM dead WHERE state='open'")]


def test_it_is_left_out_and_named_and_written_once_there_is_an_option(desk):
    desk.edits(nick="Bea")
    assert (written(desk), letters(desk), desk.has("nick")) == ([], [LETTER], "Bea")
    desk.shows()
    learn(desk, "Bo", "Cleo", "Dan")  # the field changed, but not in a way that helps
    learn(desk, "Bo", "Cleo", "Dan")
    assert (written(desk), letters(desk)) == ([], [LETTER])
    learn(desk, "Bo", "Bea")
    assert written(desk) == [{"nick": "Bea"}]
    desk.shows(nick="Bea")
    learn(desk, "Bo", "Bea", "Dan")
    assert written(desk) == []


def test_an_option_that_goes_while_its_value_waits_to_be_written(desk):
    learn(desk, "Bo", "Bea")
    desk.edits(nick="Bea")
    learn(desk, "Bo")
    assert (written(desk), letters(desk)) == ([], [LETTER])
    learn(desk, "Bo", "Bea")
    assert written(desk) == [{"nick": "Bea"}]


def test_an_option_that_goes_between_two_tries_of_a_write(desk):
    learn(desk, "Bo", "Bea")
    desk.edits(nick="Bea")
    assert [row.fields for row in desk.crm("person").persons] == [{"nick": "Bea"}]
    learn(desk, "Bo")
    desk.store.recover(desk.now, {})  # the hub died before the answer
    assert (written(desk), letters(desk)) == ([], [LETTER])
    learn(desk, "Bo", "Bea")
    assert written(desk) == [{"nick": "Bea"}]


def test_what_the_crm_has_is_taken_all_the_same(desk):
    desk.edits(nick="Bea")
    written(desk)
    desk.shows(nick="Cleo")
    assert desk.has("nick") == "Cleo"
    assert desk.conflicts() == [("nick", "crm", "Bea", "Cleo", "crm", "settled")]
    learn(desk, "Bo", "Bea", "Cleo")
    assert written(desk) == []


def test_an_option_that_is_gone_still_counts_where_it_stands(desk):
    learn(desk, "Bo")
    desk.shows(nick="Cleo")  # it was chosen before
    assert desk.has("nick") == "Cleo"


def test_another_value_of_the_hub_is_written_at_once(desk):
    desk.edits(nick="Bea")
    written(desk)
    desk.edits(nick="Cleo")
    assert written(desk) == [{"nick": "Cleo"}]
    desk.shows(nick="Cleo")
    learn(desk, "Bo", "Bea", "Cleo")
    assert written(desk) == []


def test_who_asks_for_another_try_is_told_again(desk):
    desk.edits(nick="Bea")
    written(desk)
    ((number,),) = desk.rows("SELECT id FROM dead WHERE state='open'")
    desk.now += 1
    desk.happen(DeadHandled(key="h", at=desk.now, ids=(number,), action="retry", agent="Eve"))
    desk.step()
    assert (letters(desk), written(desk), letters(desk)) == ([], [], [LETTER])
    learn(desk, "Bo", "Bea")
    assert written(desk) == [{"nick": "Bea"}]


def test_a_record_is_made_without_it(desk, text):
    desk.post("meta", text(1, "hello", "447700900102"))
    desk.step()
    desk.edits(person=2, nick="Bea")
    ((made,),) = (desk.writes(),)
    assert (made.record, made.fields.get("nick"), letters(desk)) == ("", None, [LETTER])
    learn(desk, "Bo", "Bea")
    assert written(desk) == [{"nick": "Bea"}]


def test_several_people_are_one_letter(desk, text):
    desk.post("meta", text(1, "hello", "447700900102"))
    desk.step()
    for person in (1, 2):
        desk.edits(person=person, nick="Bea")
    desk.writes()
    assert letters(desk) == [f"{LETTER} (for 2 people)"]
