"""Fields that the hub and a CRM both change: compared one by one, by the rule of their line."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hub.contracts.crm import Written
from hub.engine.effects import synced
from hub.model.events import CrmSettled, RowOutcome
from hub.model.records import Record
from hub.testing.one_contact import ANA, BEN, OneContact, line

Make = Callable[..., OneContact]


def agreed(make: Make, rule: str = "crm", **more: str) -> OneContact:
    """Both sides have the nick Bo."""
    desk = make(line(rule, **more), 'city = { from = "attr.city", when = "always" }')
    desk.shows(nick="Bo", city="Rome")
    assert (desk.has("nick"), desk.has("city")) == ("Bo", "Rome")
    assert desk.writes() == []
    return desk


EVERY = ("crm", "hub", "newest", "append", "ask")


@pytest.mark.parametrize("rule", EVERY)
def test_what_only_the_crm_changed_is_taken(desk_of, rule):
    desk = agreed(desk_of, rule)
    desk.shows(nick="Bea")
    assert desk.has("nick") == "Bea"
    assert desk.writes() == []
    assert desk.conflicts() == []


@pytest.mark.parametrize("rule", EVERY)
def test_what_only_the_hub_changed_is_written_and_nothing_else(desk_of, rule):
    desk = agreed(desk_of, rule)
    desk.edits(nick="Bea")
    (write,) = desk.writes()
    assert (write.record, write.fields, write.expected) == ("7", {"nick": "Bea"}, {"nick": "Bo"})
    desk.shows(nick="Bea")
    assert desk.writes() == []
    assert desk.conflicts() == []
    assert desk.has("nick") == "Bea"


BOTH = [
    ("crm", 0, "There", [], [("nick", "crm", "Here", "There", "crm", "settled")]),
    ("hub", 0, "Here", [{"nick": "Here"}], [("nick", "hub", "Here", "There", "hub", "settled")]),
    ("newest", 1, "There", [], [("nick", "newest", "Here", "There", "crm", "settled")]),
    ("newest", -1, "Here", [{"nick": "Here"}], [("nick", "newest", "Here", "There", "hub", "settled")]),
    ("append", 0, "Here; There", [{"nick": "Here; There"}], []),
    ("ask", 0, "Here", [], [("nick", "ask", "Here", "There", "", "asked")]),
    ("fill-blank", 0, "Here", [], []),
]


@pytest.mark.parametrize(("rule", "later", "stays", "written", "conflicts"), BOTH)
def test_where_both_changed_the_rule_decides_and_the_loser_is_kept(desk_of, rule, later, stays, written, conflicts):
    desk = agreed(desk_of, rule)
    desk.edits(nick="Here")
    desk.shows(nick="There", modified=desk.now + later)
    assert desk.has("nick") == stays
    assert [write.fields for write in desk.writes()] == written
    assert desk.conflicts() == conflicts
    for _ in range(2):  # what was decided stays decided
        desk.shows(**(written[0] if written else {}))
        assert desk.writes() == []
    assert desk.has("nick") == stays
    assert desk.conflicts() == conflicts


@pytest.mark.parametrize(("rule", "later", "stays", "written", "conflicts"), BOTH)
def test_at_first_sight_both_count_as_changed(desk_of, rule, later, stays, written, conflicts):
    desk = desk_of(line(rule))
    desk.shows()
    desk.edits(nick="Here")
    desk.store.db.run("DELETE FROM outbox WHERE kind='person'")
    desk.store.db.run(
        "UPDATE links SET synced=?", (synced.dump({"nick": synced.Synced(known=False, changed=desk.now)}),)
    )
    desk.shows(nick="There", modified=desk.now + later)
    assert desk.has("nick") == stays
    assert [write.fields for write in desk.writes()] == written
    assert desk.conflicts() == conflicts


def test_each_field_is_decided_on_its_own(desk_of):
    desk = agreed(desk_of)
    desk.edits(nick="Bea")
    desk.shows(city="Oslo")
    assert (desk.has("nick"), desk.has("city")) == ("Bea", "Oslo")
    assert [write.fields for write in desk.writes()] == [{"nick": "Bea"}]
    assert desk.conflicts() == []


@pytest.mark.parametrize(
    ("blank", "emptied", "stays", "written"),
    [("keep", "hub", "", []), ("send", "hub", "", [{"nick": ""}]), ("keep", "crm", "Bo", []), ("send", "crm", "", [])],
)
def test_an_emptied_value_empties_the_other_side_only_where_the_line_says_so(desk_of, blank, emptied, stays, written):
    desk = agreed(desk_of, blank=blank)
    desk.edits(nick="") if emptied == "hub" else desk.shows(nick="")
    assert desk.has("nick") == stays
    assert [write.fields for write in desk.writes()] == written


@pytest.mark.parametrize(("direction", "taken", "written"), [("push", "Bo", []), ("pull", "Bea", [])])
def test_a_change_in_the_crm_goes_the_way_of_the_direction(desk_of, direction, taken, written):
    desk = desk_of(
        line(direction=direction).replace('when = "always", ', "" if direction == "pull" else 'when = "always", ')
    )
    desk.shows(nick="")
    desk.edits(nick="Bo")
    assert [write.fields for write in desk.writes()] == ([{"nick": "Bo"}] if direction == "push" else [])
    desk.shows(nick="Bo")
    desk.shows(nick="Bea")
    assert desk.has("nick") == taken
    assert [write.fields for write in desk.writes()] == written


def test_a_push_line_whose_rule_is_hub_writes_over_what_was_typed_there_and_keeps_it(desk_of):
    desk = desk_of(line("hub", direction="push"))
    desk.shows(nick="")
    desk.edits(nick="Bo")
    desk.writes()
    desk.shows(nick="Bea")
    assert [write.fields for write in desk.writes()] == [{"nick": "Bo"}]
    assert desk.conflicts() == [("nick", "hub", "Bo", "Bea", "hub", "settled")]


def test_a_constant_and_a_value_that_the_table_does_not_have_are_never_taken(desk_of):
    table = '[table.words]\nyes = "Ja"\nno = "Nein"\n'
    desk = desk_of('fixed = { value = "Web" }', line(table="words"), more=table)
    desk.shows(nick="Ja", fixed="Web")
    assert desk.has("nick") == "yes"
    for _ in range(2):
        desk.shows(nick="Vielleicht", fixed="Shop")
        assert desk.has("nick") == "yes"
        assert desk.writes() == []
    desk.edits(nick="no")
    assert [write.fields for write in desk.writes()] == [{"nick": "Nein"}]


def test_an_own_write_that_comes_back_says_nothing_even_without_the_ledger(desk_of):
    desk = agreed(desk_of)
    desk.edits(nick="Bea")
    desk.writes()
    desk.store.db.run("DELETE FROM write_ledger")
    desk.edits(nick="Cleo")
    desk.shows(nick="Bea")
    assert desk.has("nick") == "Cleo"
    assert [write.fields for write in desk.writes()] == [{"nick": "Cleo"}]
    assert desk.conflicts() == []


def test_an_own_write_seen_before_its_answer_is_no_change(desk_of):
    desk = agreed(desk_of)
    desk.edits(nick="Bea")
    (write,) = desk.crm("person").persons
    desk.shows(nick="Bea")
    desk.edits(nick="Cleo")
    desk.crm_answers(Written(outbox=write.outbox, record="7"))
    assert [write.fields for write in desk.writes()] == [{"nick": "Cleo"}]
    assert desk.conflicts() == []


def test_a_change_made_there_while_the_hub_was_writing_is_taken(desk_of):
    desk = agreed(desk_of)
    desk.edits(nick="Bea")
    (write,) = desk.crm("person").persons
    desk.shows(nick="Cleo")  # after the hub's write
    assert desk.has("nick") == "Cleo"
    desk.crm_answers(Written(outbox=write.outbox, record="7"))
    desk.shows(nick="Cleo")
    assert desk.has("nick") == "Cleo"
    assert desk.writes() == []


def test_a_change_made_there_that_the_hub_wrote_over_is_written_again(desk_of):
    desk = agreed(desk_of)
    desk.edits(nick="Bea")
    (write,) = desk.crm("person").persons
    desk.shows(nick="Cleo")  # just before the hub's write came
    desk.crm_answers(Written(outbox=write.outbox, record="7"))
    desk.shows(nick="Bea")
    assert desk.has("nick") == "Cleo"
    assert [write.fields for write in desk.writes()] == [{"nick": "Cleo"}]


def test_the_same_page_twice_and_a_late_one_change_nothing(desk_of):
    desk = agreed(desk_of)
    before = desk.now
    desk.edits(nick="Bea")
    desk.writes()
    for _ in range(2):
        desk.shows(nick="Bea")
    assert desk.rows("SELECT count(*) FROM outbox WHERE kind='person'") == [(1,)]
    desk.edits(nick="Cleo")
    desk.writes()
    desk.now, now = before, desk.now  # a page whose reading began before the hub wrote
    desk.shows(nick="Bea")
    desk.now = now
    assert desk.has("nick") == "Cleo"
    desk.shows(nick="Cleo")
    assert desk.has("nick") == "Cleo"
    assert desk.writes() == []


def test_a_crash_between_the_write_and_its_answer_makes_no_change_of_it(desk_of):
    desk = agreed(desk_of)
    desk.edits(nick="Bea")
    (write,) = desk.crm("person").persons
    desk.store.recover(desk.now, {})
    desk.shows(nick="Bea")  # it had arrived
    assert desk.crm("person").persons == []
    assert desk.has("nick") == "Bea"
    assert desk.rows("SELECT state FROM outbox WHERE id=?", write.outbox) == [("dropped",)]
    assert desk.conflicts() == []


def test_a_value_that_the_crm_puts_in_order_is_no_change(desk_of):
    desk = agreed(desk_of)
    desk.edits(nick="bea maria")
    desk.writes()
    for _ in range(2):
        desk.shows(nick="Bea  MARIA")
        assert desk.has("nick") == "bea maria"
        assert desk.writes() == []
    desk.shows(nick="Bea Maria")  # and now a human writes it otherwise
    assert desk.has("nick") == "Bea Maria"


def test_what_was_overtaken_is_read_again_and_decided_anew(desk_of):
    desk = agreed(desk_of)
    desk.edits(nick="Bea")
    (write,) = desk.crm("person").persons
    row = RowOutcome(outbox=write.outbox, outcome="overtaken", reason="nick was changed there meanwhile")
    desk.happen(CrmSettled(key="c1", at=desk.now, crm="main", rows=(row,)))
    desk.step()
    assert desk.rows("SELECT type, record FROM crm_touched") == [("contact", "7")]
    assert desk.rows("SELECT state, reason FROM outbox WHERE kind='person'") == [("dropped", row.reason)]
    desk.shows(city="Oslo")  # another field only: what the hub had is ordered once more
    assert [write.fields for write in desk.writes()] == [{"nick": "Bea"}]


def test_a_field_that_the_crm_does_not_take_is_one_dead_letter_and_not_tried_again(desk_of):
    desk = agreed(desk_of)
    desk.edits(nick="Bea", city="Oslo")
    (write,) = desk.writes(nick="too long")
    assert write.fields == {"nick": "Bea", "city": "Oslo"}
    for _ in range(2):
        desk.shows(city="Oslo")
        assert desk.writes() == []
    assert desk.rows("SELECT state FROM outbox WHERE kind='person'") == [("done",)]
    assert desk.rows("SELECT kind, cause, state FROM dead") == [("field", "main does not take nick: too long", "open")]

    desk.edits(nick="Cleo")  # another value may do
    assert [write.fields for write in desk.writes(nick="too long")] == [{"nick": "Cleo"}]
    assert desk.rows("SELECT cause FROM dead") == [("main does not take nick: too long (for 2 people)",)]


def test_somebody_elses_address_is_never_taken(desk_of):
    desk = desk_of('phone = { from = "phone", when = "always" }')
    desk.crm_knows(Record(id="8", identities=(BEN,), fields={"phone": BEN.key}), feed="recent")
    desk.crm_knows(Record(id="7", identities=(ANA,), fields={"phone": ANA.key}), feed="recent")
    desk.crm_knows(Record(id="7", identities=(ANA,), fields={"phone": BEN.key}), feed="recent")
    assert desk.rows("SELECT phone FROM people ORDER BY id") == [(BEN.key,), (ANA.key,)]
    assert desk.writes() == []


def test_two_people_with_one_record_do_not_write_over_each_other(desk_of):
    desk = desk_of(line("hub"))
    for number, who in (("7", ANA), ("8", BEN)):
        desk.crm_knows(Record(id=number, identities=(who,), fields={"nick": f"of {number}"}), feed="recent")
    one = Record(id="9", identities=(ANA, BEN), merged=("7", "8"), fields={"nick": "of 7"})
    desk.crm_knows(one, feed="recent")
    for _ in range(3):
        for write in desk.writes():
            one = Record(id="9", identities=(ANA, BEN), fields=write.fields)
        desk.crm_knows(one, feed="recent")
    assert desk.writes() == []
    assert dict(one.fields) == {"nick": "of 7"}


def test_a_merge_while_a_write_is_under_way_compares_with_the_survivor_afresh(desk_of):
    desk = agreed(desk_of)
    desk.edits(nick="Bea")
    (write,) = desk.crm("person").persons
    desk.crm_knows(Record(id="9", identities=(ANA,), merged=("7",), fields={"nick": "Old"}), feed="recent")
    desk.crm_answers(Written(outbox=write.outbox, record="9"))
    assert desk.rows("SELECT record FROM links") == [("9",)]
    assert desk.has("nick") == "Old"  # the CRM wins, and what lost is kept
    assert desk.conflicts() == [("nick", "crm", "Bea", "Old", "crm", "settled")]
    assert desk.writes() == []


def test_a_line_for_an_inbox_counts_once_the_person_wrote_there(desk_of, text):
    desk = desk_of('source = { value = "Sales", inbox = "sales", when = "always" }')
    desk.shows(source="")
    assert desk.writes() == []
    desk.post("meta", text(1, "hello", "447700900101"))
    desk.step()
    assert [write.fields for write in desk.writes()] == [{"source": "Sales"}]
    desk.shows(source="Sales")
    assert desk.writes() == []


def test_what_is_synced_reads_back_as_it_was_kept():
    fields = {
        "a": synced.Synced("x", "y", 3, 4, 5, "hub"),
        "changed": synced.Synced(known=False, writing="", before="ü"),
    }
    assert synced.load(synced.dump(fields)) == fields
    assert synced.load("") == {}


def test_what_waits_to_be_written_is_not_ordered_again_by_every_reading(desk_of):
    desk = agreed(desk_of)
    desk.edits(nick="Bea")
    for city in ("Oslo", "Paris"):
        desk.shows(city=city)
    assert desk.rows("SELECT count(*) FROM outbox WHERE kind='person'") == [(1,)]


def test_what_is_never_taken_is_written_over_again_where_the_hub_rules(desk_of):
    desk = desk_of(line("hub", transform="upper"))
    desk.shows(nick="")
    desk.edits(nick="bo")
    desk.writes()
    desk.shows(nick="BO")
    desk.shows(nick="Bea")
    assert [write.fields for write in desk.writes()] == [{"nick": "BO"}]
    assert desk.conflicts() == [("nick", "hub", "BO", "Bea", "hub", "settled")]


def test_a_command_that_waits_writes_only_what_is_still_to_be_written(desk_of):
    desk = agreed(desk_of, "newest")
    desk.edits(nick="Here", city="Oslo")
    desk.shows(nick="There", modified=desk.now + 1)
    assert [write.fields for write in desk.writes()] == [{"city": "Oslo"}]

    desk.shows(city="Oslo")
    desk.edits(nick="Here")
    assert len(desk.crm("person").persons) == 1
    desk.store.recover(desk.now, {})  # it died before the call
    desk.edits(city="Rome")
    desk.shows(nick="Elsewhere", modified=desk.now + 1)
    assert [write.fields for write in desk.writes()] == [{"city": "Rome"}]
    assert desk.has("nick") == "Elsewhere"


def test_a_line_that_takes_nothing_leaves_what_was_typed_there_though_a_command_waits(desk_of):
    desk = desk_of(line(transform="upper"))
    desk.shows(nick="BO")
    desk.edits(nick="cleo")
    desk.shows(nick="Bea")
    assert desk.writes() == []


def test_a_change_keeps_its_time_when_another_value_is_changed(desk_of):
    desk = agreed(desk_of, "newest")
    desk.edits(nick="Here")
    there = desk.now + 1
    (write,) = desk.crm("person").persons
    row = RowOutcome(outbox=write.outbox, outcome="overtaken", reason="nick was changed there meanwhile")
    desk.happen(CrmSettled(key="c1", at=desk.now, crm="main", rows=(row,)))
    desk.step()
    desk.now += 5
    desk.edits(city="Oslo")
    desk.shows(nick="There", modified=there)
    assert desk.has("nick") == "There"


@pytest.mark.parametrize("first_told", ["overtaken", "done"])
def test_an_outcome_is_about_the_fields_of_its_own_command(desk_of, first_told):
    desk = agreed(desk_of, "hub")
    desk.edits(city="Oslo")
    desk.edits(nick="Bea")
    first, second = desk.crm("person").persons
    rows = (
        RowOutcome(outbox=first.outbox, outcome="overtaken", reason="city was changed there meanwhile"),
        RowOutcome(outbox=second.outbox, outcome="done", record="7"),
    )
    rows = rows if first_told == "overtaken" else rows[::-1]
    desk.happen(CrmSettled(key="c1", at=desk.now, crm="main", rows=rows))
    desk.step()
    desk.shows(nick="Cleo")  # only the CRM changed it since
    assert desk.has("nick") == "Cleo"
    assert [write.fields for write in desk.writes()] == [{"city": "Oslo"}]


def test_a_name_learned_from_a_channel_is_written_for_somebody_who_had_none(desk_of, text):
    desk = desk_of('first = { from = "name", when = "always" }')
    desk.crm_knows(Record(id="7", identities=(ANA,), fields={"first": ""}), feed="recent")
    assert desk.rows("SELECT name FROM people") == [("",)]
    desk.post("meta", text(1, "hello", "447700900101", name="Ana Example"))
    desk.step()
    assert [(write.record, write.fields) for write in desk.writes()] == [("7", {"first": "Ana Example"})]
    desk.post("meta", text(2, "hello", "447700900101", name="Ana Other"))
    desk.step()
    assert desk.writes() == []


def test_a_write_that_never_happened_is_no_echo(desk_of):
    desk = agreed(desk_of)
    desk.edits(nick="Bea")
    assert len(desk.crm("person").persons) == 1
    desk.store.recover(desk.now, {})  # it died before the call
    desk.edits(nick="Cleo")
    assert [write.fields for write in desk.writes()] == [{"nick": "Cleo"}]
    desk.shows(nick="Cleo")
    desk.shows(nick="Bea")
    assert desk.has("nick") == "Bea"
    assert desk.writes() == []
