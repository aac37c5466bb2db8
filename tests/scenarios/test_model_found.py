"""What the model found, each in few steps."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.engine.effects.writes import RELINKS
from hub.testing.model_world import BEGIN, World
from hub.testing.office import Clock, serving, simulated

ANA = "+447700900201"


class Play:
    """A world with one linked person, in which two seconds pass before each step."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.then("say", ANA).then("push")
        self.record = world.record(world.people[ANA])
        self.ben = ""

    def then(self, step: str, *args: object) -> Play:
        self.world.office.pass_time(2)
        getattr(self.world, step)(*args)
        return self

    def hub(self, **values: str) -> Play:
        """Somebody changes attributes in the hub."""
        return self.then("hub_edits", ANA, {f"attr.{name}": value for name, value in values.items()})

    def crm(self, **values: str) -> Play:
        """Somebody changes fields in the CRM."""
        return self.then("crm_edits", self.record, {self.world.side.word(n): value for n, value in values.items()})

    def there(self, name: str) -> str:
        """What the CRM has."""
        return (self.world.side.values(self.record) or {}).get(self.world.side.word(name), "")


@pytest.fixture(params=["hubspot", "salesforce"])
def play(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Play]:
    clock = Clock(BEGIN)
    made = simulated(clock, request.param)
    with serving(made.values()):
        world = World(tmp_path, made[request.param], clock)
        yield Play(world)
        world.close()


def test_what_stands_there_already_is_not_written_again_after_the_process_died(play: Play) -> None:
    play.hub(hub="b").then("push", "after")
    play.world.settle()
    assert play.there("hub") == "b"


def test_a_command_that_waits_does_not_write_a_value_that_was_taken_meanwhile(play: Play) -> None:
    play.hub(newest="b").then("push", "before").hub(ask="x").crm(newest="c").then("look")
    play.world.settle()
    assert (play.there("newest"), play.there("ask")) == ("c", "x")


def test_a_command_that_waits_does_not_write_what_the_rule_leaves_alone(play: Play) -> None:
    play.crm(upper="C").hub(upper="b").then("look")
    play.world.settle()
    assert play.there("upper") == "C"


def test_another_edit_does_not_make_an_older_one_newer(play: Play) -> None:
    play.hub(newest="b").crm(newest="c").then("push").hub(once="x")
    play.world.settle()
    assert play.there("newest") == "c"


def test_what_was_written_is_known_though_another_command_of_the_person_was_overtaken(play: Play) -> None:
    play.crm(prefix="No c").hub(prefix="b").hub(hub="b").then("push").crm(hub="c")
    play.world.settle()
    assert play.there("hub") == "c"


def test_an_owner_is_written_as_the_id_of_the_user_and_taken_back(play: Play) -> None:
    users, field = play.world.side.users, play.world.side.sim.words["owner"]
    play.world.settle()  # Salesforce gives an owner to whatever is made
    play.then("hub_edits", ANA, {"owner": "ana@example.com"})
    play.world.settle()
    assert (play.world.side.values(play.record) or {})[field] == users["ana@example.com"]
    play.then("crm_edits", play.record, {field: users["eve@example.com"]})
    play.world.settle()


def test_what_waited_is_written_after_the_restoration(play: Play) -> None:
    play.hub(hub="b").then("crm_removes", play.record).then("look").then("crm_restores", play.record)
    play.world.settle()
    assert play.there("hub") == "b"


BEN = "+447700900202"


@pytest.mark.parametrize("winner", [ANA, BEN])
def test_a_merge_writes_nothing_that_nobody_changed(play: Play, winner: str) -> None:
    play.then("say", BEN).then("push")
    for name in ("hub", "append", "push", "ask"):
        for phone in (ANA, BEN):
            play.then("hub_edits", phone, {f"attr.{name}": f"{name}{phone[-1]}"})
    play.world.settle()
    ana, ben = (play.world.record(play.world.people[phone]) for phone in (ANA, BEN))
    play.then("crm_merges", *((ana, ben) if winner == ANA else (ben, ana)))
    writes = play.world.office.writes
    play.world.settle()
    assert play.world.office.writes == writes
    assert play.world.office.rows("SELECT * FROM conflicts WHERE state='asked'") == []


def test_a_merge_does_not_take_half_a_name(play: Play) -> None:
    play.then("say", BEN).then("push")
    ben = play.world.record(play.world.people[BEN])
    play.then("crm_merges", play.record, ben)
    play.world.settle()
    names = {row[0] for row in play.world.office.rows("SELECT name FROM people")}
    assert names <= {"Given01 Family01", "Given02 Family02"}


def test_a_row_shown_late_does_not_undo_what_the_hub_wrote(play: Play) -> None:
    play.world.settle()
    play.world.side.late(5)
    play.hub(newest="b").then("push").then("look")
    play.world.settle()
    assert play.there("newest") == "b"


def test_what_waits_survives_a_conversion(tmp_path: Path) -> None:
    clock = Clock(BEGIN)
    made = simulated(clock, "salesforce")
    with serving(made.values()):
        world = World(tmp_path, made["salesforce"], clock, leads=True)
        play = Play(world)
        world.settle()
        play.then("hub_edits", ANA, {"owner": "eve@example.com", "attr.hub": "b"}).then("crm_converts", play.record)
        world.settle()
        contact = world.record(world.people[ANA])
        assert (world.side.values(contact) or {})["OwnerId"] == world.side.users["eve@example.com"]
        world.close()


@pytest.mark.parametrize("how", ["read-only", "option"])
def test_what_a_field_did_not_take_is_written_once_it_takes_it(play: Play, how: str) -> None:
    side = play.world.side
    if how == "option":
        side.choices("size", ("Medium", "Large"))
    else:
        side.lock("size", locked=True)
    play.hub(size="s").then("push")
    play.world.settle()  # makes the field whole again
    assert play.there("size") == "Small"


def test_fill_blank_does_not_overwrite_when_a_command_comes_again(play: Play) -> None:
    play.hub(fill="b").then("push", "after").crm(fill="c").then("look")
    play.world.settle()
    assert play.there("fill") == "c"


def test_a_message_after_a_merge_goes_to_the_survivor(play: Play) -> None:
    play.then("say", BEN).then("push")
    ben = play.world.record(play.world.people[BEN])
    play.then("look").then("crm_merges", ben, play.record).then("say", ANA).then("push")
    play.world.settle()
    assert len(play.world.side.live()) == 1


def test_a_write_to_a_contact_that_was_merged_is_guarded(play: Play) -> None:
    play.then("say", BEN).then("push")
    ben = play.world.record(play.world.people[BEN])
    play.then("crm_edits", ben, {play.world.side.word("crm"): "c"}).then("look")
    play.hub(crm="b").then("crm_merges", play.record, ben).then("push")
    left = play.world.record(play.world.people[ANA])
    there = (play.world.side.values(left) or {}).get(play.world.side.word("crm"))
    assert there == ("c" if play.world.side.follows else "b")  # Salesforce's winner keeps its blank, the hub fills it
    play.world.settle()


def test_a_write_that_never_happened_is_no_echo(play: Play) -> None:
    play.hub(size="m").then("push", "before").hub(size="s").then("push").then("look").crm(size="Medium")
    play.world.settle()
    assert play.there("size") == "Medium"


def test_what_is_asked_meanwhile_is_not_taken_for_written(play: Play) -> None:
    play.hub(hub="b", ask="b").then("push", "before").crm(ask="c").then("look")
    play.world.settle()
    assert (play.there("hub"), play.there("ask")) == ("b", "c")
    assert play.world.office.rows("SELECT ours, theirs, state FROM conflicts") == [("b", "c", "asked")]


def test_a_question_about_a_record_that_is_gone_closes(play: Play) -> None:
    play.hub(ask="b").crm(ask="c").then("look").then("crm_removes", play.record).then("look")
    play.then("say", ANA).then("push")
    play.world.settle()
    assert play.world.office.rows("SELECT ours, theirs, state FROM conflicts") == [("b", "c", "settled")]


def test_what_a_field_takes_by_the_time_of_the_restoration_is_written(play: Play) -> None:
    play.world.side.lock("ask", locked=True)
    play.hub(ask="b").then("push").then("crm_removes", play.record).then("look")
    play.world.side.lock("ask", locked=False)
    play.then("learn").then("crm_restores", play.record)
    play.world.settle()
    assert play.there("ask") == "b"


def test_what_somebody_restored_and_changed_is_compared_with_what_both_sides_had(play: Play) -> None:
    play.hub(crm="a", hub="a").then("push").then("crm_removes", play.record).then("look").hub(hub="b")
    play.then("crm_restores", play.record).crm(crm="c").then("say", ANA).then("push")
    play.world.settle()
    assert (play.there("crm"), play.there("hub")) == ("c", "b")


@pytest.fixture
def pair(play: Play) -> Play:
    """As `play`, with BEN linked as well, whose record is `ben`."""
    play.then("say", BEN).then("push").then("look")
    play.ben = play.world.record(play.world.people[BEN])
    return play


def test_who_lost_his_record_in_a_merge_writes_nothing_into_the_other_one(pair: Play) -> None:
    pair.then("crm_merges", pair.record, pair.ben).then("look")
    pair.then("hub_edits", BEN, {"attr.ask": "b"})
    pair.world.settle()
    assert pair.there("ask") == ""


def test_nor_does_a_command_of_his_that_waits(pair: Play) -> None:
    pair.then("hub_edits", BEN, {"attr.crm": "b"}).then("crm_merges", pair.record, pair.ben).then("look")
    pair.then("hub_edits", BEN, {"attr.crm": "d"}).then("push")
    pair.record = pair.world.record(pair.world.people[ANA])
    assert pair.there("crm") == ""
    pair.world.settle()


def test_what_is_decided_for_him_is_taken_by_whose_record_it_is(pair: Play) -> None:
    pair.then("hub_edits", BEN, {"attr.ask": "b"}).crm(ask="c").then("crm_merges", pair.record, pair.ben).then("look")
    assert pair.world.decides(random.Random(1)) == f"{pair.world.side.word('ask')} of {BEN}: hub"
    pair.world.settle()
    left = pair.world.record(pair.world.people[ANA])
    assert (pair.world.side.values(left) or {})[pair.world.side.word("ask")] == "b"


def test_a_field_that_was_left_out_is_written_into_what_a_merge_left(pair: Play) -> None:
    side = pair.world.side
    side.lock("size", locked=True)
    pair.then("learn").hub(size="s").then("push")
    pair.then("crm_merges", pair.record, pair.ben)
    pair.world.settle()
    left = pair.world.record(pair.world.people[ANA])
    assert (side.values(left) or {})[side.word("size")] == "Small"


@pytest.mark.parametrize("merged", [True, False])
def test_a_message_outlives_many_failures_and_then_a_lost_record(pair: Play, merged: bool) -> None:
    faults = pair.world.side.sim.faults
    faults.down = True
    pair.then("say", ANA)
    for _ in range(RELINKS + 2):
        pair.then("push").world.office.pass_time(120)
    faults.down = False
    if merged:
        pair.then("crm_merges", pair.ben, pair.record)
    else:
        pair.then("crm_removes", pair.record)
    pair.world.settle()
    assert pair.world.office.rows("SELECT cause FROM dead") == []


def test_a_merge_that_is_shown_late_makes_nobody_twice(pair: Play) -> None:
    pair.world.side.late(60)
    pair.then("crm_merges", pair.ben, pair.record).then("say", ANA).then("push")
    pair.world.settle()
    assert len(pair.world.side.live()) == 1


def test_a_new_address_in_a_shared_record_is_his_whose_record_it_is(pair: Play) -> None:
    pair.then("crm_merges", pair.ben, pair.record).then("look")
    left = pair.world.record(pair.world.people[BEN])
    email = pair.world.side.sim.words["email"]
    pair.then("crm_edits", left, {email: "ben@example.com"})
    pair.world.settle()
    assert pair.world.office.rows("SELECT phone FROM people WHERE email<>''") == [(BEN,)]


def test_a_record_that_is_restored_is_still_his_who_had_it_first(pair: Play) -> None:
    pair.then("crm_merges", pair.record, pair.ben).then("look")
    left = pair.world.record(pair.world.people[ANA])
    pair.then("crm_removes", left).then("look").hub(hub="b").then("crm_restores", left)
    pair.world.settle()
    assert (pair.world.side.values(left) or {}).get(pair.world.side.word("hub")) == "b"


def test_two_who_had_one_record_get_two_when_it_is_gone(pair: Play) -> None:
    pair.then("crm_merges", pair.record, pair.ben).then("look")
    left = pair.world.record(pair.world.people[ANA])
    pair.then("crm_removes", left).then("look").then("say", BEN).then("push").then("say", ANA).then("push")
    pair.world.settle()
    assert len(pair.world.side.live()) == 2


@pytest.fixture
def lead(tmp_path: Path) -> Iterator[Play]:
    """Salesforce, where the hub makes leads."""
    clock = Clock(BEGIN)
    made = simulated(clock, "salesforce")
    with serving(made.values()):
        world = World(tmp_path, made["salesforce"], clock, leads=True)
        yield Play(world)
        world.close()


def test_somebody_whose_converted_contact_was_deleted_is_made_again(lead: Play) -> None:
    lead.then("crm_converts", lead.record).then("look")
    lead.then("crm_removes", lead.world.record(lead.world.people[ANA])).then("say", ANA)
    lead.world.settle()
    assert len(lead.world.side.live()) == 1


def test_somebody_whose_converted_contact_was_restored_is_not_made_again(lead: Play) -> None:
    lead.then("crm_converts", lead.record).then("look")
    contact = lead.world.record(lead.world.people[ANA])
    lead.then("crm_removes", contact).then("look").then("crm_restores", contact).then("say", ANA).then("push")
    lead.world.settle()
    assert lead.world.side.live() == [contact]


def test_a_message_in_doubt_follows_a_conversion(lead: Play) -> None:
    faults = lead.world.side.sim.faults
    faults.down = True
    lead.then("say", ANA).then("push")
    faults.down = False
    lead.then("crm_converts", lead.record).then("push")
    lead.world.settle()
