"""People and their CRM records: who is linked, created, shared, merged, and what is logged where."""

import json

from hub.contracts.crm import Written
from hub.model.by_hand import DeadHandled
from hub.model.events import CrmSettled, RowOutcome
from hub.model.people import Identity
from hub.model.records import Record
from hub.testing.tabletop import Tabletop

PHONE = Identity("phone", "", "+15550101")


def record(number: int, *identities: Identity, **more) -> Record:
    return Record(id=str(number), identities=identities, **more)


def test_nobody_is_created_in_the_crm_before_everybody_was_read(table: Tabletop, text):
    table.post("meta", text(1, "hello"))
    table.step()
    assert table.crm("person").persons == []

    table.crm_knows(record(77, Identity("phone", "", "+15550199")))

    (write,) = table.crm("person").persons
    assert write.record == ""
    assert write.fields["firstname"] == "Ana"


def test_a_person_the_crm_knows_is_linked_and_never_created(table: Tabletop, text):
    table.post("meta", text(1, "hello"))
    table.step()
    table.crm_knows(record(77, PHONE, name="Ana Known"))

    assert table.crm("person").persons == []
    (entry,) = table.crm("log").logs
    assert entry.record == "77"
    assert entry.text == "hello"


def test_a_new_person_is_created_once_and_his_messages_follow_in_order(table: Tabletop, text):
    table.crm_knows()
    for n in range(3):
        table.post("meta", text(n, f"word {n}"))
    table.step()
    batch = table.crm("person")
    assert len(batch.persons) == 1
    assert table.crm("log").logs == []

    table.crm_answers(Written(outbox=batch.persons[0].outbox, record="501", new=True))

    logs = table.crm("log").logs
    assert [entry.text for entry in logs] == ["word 0", "word 1", "word 2"]
    assert [entry.record for entry in logs] == ["501"] * 3
    assert [entry.at for entry in logs] == sorted({entry.at for entry in logs})  # one second, three times


def test_two_records_with_one_number_never_make_a_third(table: Tabletop, text):
    table.crm_knows(record(1, PHONE, created=2000), record(2, PHONE, created=1000))
    table.post("meta", text(1, "hello"))
    table.step()

    assert table.crm("person").persons == []
    assert table.crm("log").logs[0].record == "2"  # the older one
    ((state, also, reason),) = table.rows("SELECT state, also, reason FROM links")
    assert (state, json.loads(also)) == ("ambiguous", ["1"])
    assert "+15550101" in reason


def test_what_only_the_second_record_has_belongs_to_somebody_of_its_own(table: Tabletop):
    mail = Identity("email", "", "ben@example.com")
    table.crm_knows(record(1, PHONE), record(2, PHONE, mail))

    owners = dict(table.rows("SELECT id, person FROM identities"))
    assert owners[PHONE.id] != owners[mail.id]


def test_a_refused_person_is_a_dead_letter_and_his_logs_say_what_they_wait_for(table: Tabletop, text):
    table.crm_knows()
    table.post("meta", text(1, "hello"))
    table.step()
    (write,) = table.crm("person").persons
    refused = RowOutcome(outbox=write.outbox, outcome="dead", reason="the CRM says no")
    table.happen(CrmSettled(key="c1", at=table.now, crm="main", rows=(refused,)))
    table.step()
    ((state, reason),) = table.rows("SELECT state, reason FROM outbox WHERE kind='log'")
    assert state == "held"
    assert "the CRM says no" in reason

    ((number,),) = table.rows("SELECT id FROM dead")
    table.happen(DeadHandled(key="d1", at=table.now, ids=(number,), action="retry"))
    table.step()
    (again,) = table.crm("person").persons
    table.crm_answers(Written(outbox=again.outbox, record="9"))
    assert [entry.record for entry in table.crm("log").logs] == ["9"]


def test_a_record_that_is_gone_is_made_again_and_the_message_follows(table: Tabletop, text):
    table.crm_knows(record(7, PHONE))
    table.post("meta", text(1, "hello"))
    table.step()
    (entry,) = table.crm("log").logs
    gone = RowOutcome(outbox=entry.outbox, outcome="relink", reason="no such contact")
    table.happen(CrmSettled(key="c1", at=table.now, crm="main", rows=(gone,)))
    table.step()
    (write,) = table.crm("person").persons
    table.crm_answers(Written(outbox=write.outbox, record="8"))

    assert [e.record for e in table.crm("log").logs] == ["8"]


def test_a_name_changed_in_the_crm_is_the_name_but_the_hubs_own_write_is_no_change(table: Tabletop, text):
    table.crm_knows()
    table.post("meta", text(1, "hello", name="Ana Original"))
    table.step()
    (write,) = table.crm("person").persons
    table.crm_answers(Written(outbox=write.outbox, record="9", new=True))
    table.store.db.run("UPDATE people SET name='Ana Local'")

    table.crm_knows(record(9, PHONE, name="Ana Original", key=write.key), feed="recent")
    assert table.rows("SELECT name FROM people") == [("Ana Local",)]  # our own write came back: no change

    table.crm_knows(record(9, PHONE, name="Ana Married", key=write.key), feed="recent")
    assert table.rows("SELECT name FROM people") == [("Ana Married",)]


def test_nothing_is_written_before_everybody_was_read(table: Tabletop, text):
    table.post("meta", text(1, "hello"))
    table.step()
    table.crm_knows(record(7, PHONE, created=2000), final=False)
    assert table.crm("log").logs == []

    table.crm_knows(record(8, PHONE, created=1000))

    assert [entry.record for entry in table.crm("log").logs] == ["8"]


def test_records_merged_in_the_crm_are_one_again(table: Tabletop, text):
    table.crm_knows(record(1, PHONE, created=1000), record(2, PHONE, created=2000))
    table.crm_knows(record(3, PHONE, created=3000, merged=("1", "2")), feed="recent")

    assert table.rows("SELECT state, record, also FROM links") == [("linked", "3", "[]")]
    table.post("meta", text(1, "hello"))
    table.step()
    assert [entry.record for entry in table.crm("log").logs] == ["3"]


def test_a_crm_that_comes_later_gets_the_people_who_write(table: Tabletop, text):
    table.crm_knows()
    table.post("meta", text(1, "hello"))
    table.step()
    table.store.db.run("DELETE FROM links")  # as if the CRM had not been there yet
    table.store.db.run("DELETE FROM outbox")
    table.post("meta", text(2, "again"))
    table.step()

    (write,) = table.crm("person").persons
    table.crm_answers(Written(outbox=write.outbox, record="5", new=True))
    assert [entry.text for entry in table.crm("log").logs] == ["again"]


def test_a_message_in_doubt_is_looked_for_where_it_was_tried(table: Tabletop, text):
    table.crm_knows(record(2, PHONE, created=2000))
    table.post("meta", text(1, "hello"))
    table.step()
    (entry,) = table.crm("log").logs
    doubt = RowOutcome(outbox=entry.outbox, outcome="doubt", reason="no answer")
    table.happen(CrmSettled(key="c1", at=table.now, crm="main", rows=(doubt,)))
    table.step()
    table.crm_knows(record(1, PHONE, created=1000), feed="recent")  # an older record shows: the link goes there
    assert table.rows("SELECT record FROM links") == [("1",)]

    (again,) = table.crm("log").logs
    assert (again.record, again.doubtful) == ("2", True)
    table.post("meta", text(2, "next"))
    table.step()
    table.crm_answers(Written(outbox=again.outbox, record="501"))
    assert [e.record for e in table.crm("log").logs] == ["1"]
