"""What humans change in the CRM is an event of the hub that rules see; what the hub writes there is none."""

from __future__ import annotations

import json

import pytest

from hub.contracts.crm import Schema, Written
from hub.model.by_hand import PauseChanged, RecordEdited
from hub.model.events import RecordsRead
from hub.model.records import CrmObject, Owner, Record
from hub.testing.one_contact import ANA, OneContact
from hub.testing.tabletop import HUB_TOML

RULES = """
[[rule]]
name = "nick"
on = "record.changed"
field = "nick"
purpose = "inform"
reply = { text = "Now {{ change.after }}, once {{ change.before }}" }

[[rule]]
name = "won"
on = "deal.stage"
to = "won"
purpose = "inform"
reply = { text = "Thank you, {{ person.name }}" }

[[rule]]
name = "handed over"
on = "owner.changed"
task = { title = "Look after {{ person.name }}: {{ change.before }} to {{ change.after }}" }

[[rule]]
name = "called"
on = "task.done"
purpose = "inform"
reply = { text = "We are done" }
"""
LINES = ('nick = { from = "attr.nick", when = "always" }', 'city = { from = "attr.city", when = "always" }')


@pytest.fixture
def desk(desk_of, text) -> OneContact:
    """Ana wrote; her contact 7 was read, her deal 70 stands at `new`, her task 90 is open."""
    desk = desk_of(*LINES, toml=HUB_TOML + RULES)
    desk.shows(nick="Bo", city="Rome")
    desk.post("meta", text(1, "hello", "447700900101"))
    desk.step()
    objects(desk, deal(), task())
    assert happened(desk) == []
    return desk


def deal(stage: str = "1", label: str = "New", owner: str = "o1") -> CrmObject:
    return CrmObject(type="deal", id="70", stage=stage, owner=owner, contacts=("7",), fields={"stage_label": label})


def task(closed: bool = False) -> CrmObject:
    return CrmObject(type="task", id="90", closed=closed, contacts=("7",))


def objects(desk: OneContact, *read: CrmObject, feed: str = "recent") -> None:
    desk.now += 1
    desk.happen(RecordsRead(key=str(desk.now), at=desk.now, crm="main", records=(), objects=read, feed=feed))  # type: ignore[arg-type]
    desk.step()


def happened(desk: OneContact) -> list[str]:
    told = (
        json.loads(body or b"{}") for (body,) in desk.rows("SELECT body FROM journal WHERE source='hub' ORDER BY seq")
    )
    kinds = ("record.changed", "deal.stage", "owner.changed", "task.done")
    return [one["kind"] for one in told if one.get("kind") in kinds]


def said(desk: OneContact) -> list[tuple[str, str]]:
    return desk.rows(
        "SELECT m.text, o.class FROM outbox o JOIN messages m ON m.id=o.message WHERE o.kind='send' ORDER BY o.id"
    )


def test_a_field_changed_there_is_told_to_the_rules_once(desk):
    desk.shows(nick="Bea", city="Oslo")
    desk.shows(nick="Bea", city="Oslo")
    assert happened(desk) == ["record.changed", "record.changed"]
    assert said(desk) == [("Now Bea, once Bo", "outreach")]


def test_what_the_hub_wrote_is_no_event_when_it_comes_back(desk):
    desk.edits(nick="Bea")
    (write,) = desk.crm("person").persons
    desk.shows(nick="Bea")
    desk.crm_answers(Written(outbox=write.outbox, record="7"))
    desk.shows(nick="Bea")
    desk.edits(nick="Cleo Maria")
    desk.writes()
    desk.shows(nick="CLEO MARIA")
    assert happened(desk) == []


def test_one_reading_tells_one_event_of_a_field(desk):
    records = [Record(id="7", identities=(ANA,), fields={"nick": nick}) for nick in ("Bea", "Cleo", "Dora")]
    desk.crm_knows(*records, feed="recent")
    assert happened(desk) == ["record.changed"]
    assert said(desk) == [("Now Dora, once Bo", "outreach")]


def test_a_first_read_that_is_done_again_tells_nothing(desk):
    desk.crm_knows(Record(id="7", identities=(ANA,), fields={"nick": "Bea"}), feed="first")
    assert desk.has("nick") == "Bea"
    assert happened(desk) == []


def test_a_deal_that_moves_on_is_told_with_its_labels(desk):
    objects(desk, deal("2", "Half"))
    assert (happened(desk), said(desk)) == (["deal.stage"], [])
    objects(desk, deal("3", "Won"))
    assert said(desk) == [("Thank you, Ana Example", "outreach")]


def test_a_deal_that_the_hub_itself_moved_is_no_news(desk):
    desk.now += 1
    desk.happen(RecordEdited(key="e", at=desk.now, crm="main", type="deal", record="70", stage="Won"))
    desk.step()
    objects(desk, deal())  # read before it was done
    objects(desk, deal("3", "Won"))
    assert happened(desk) == []
    objects(desk, deal("1", "New"), deal("3", "Won"))
    assert said(desk) == []
    objects(desk, deal("1", "New"))
    objects(desk, deal("3", "Won"))
    assert happened(desk) == ["deal.stage", "deal.stage"]


def test_another_owner_and_a_task_done(desk):
    for owner in ("o1", "o2"):
        desk.now += 1
        desk.crm_knows(Record(id="7", identities=(ANA,), owner=owner), feed="recent")
    objects(desk, task(closed=True))
    objects(desk, task(closed=True))
    assert happened(desk) == ["owner.changed", "task.done"]
    assert said(desk) == [("We are done", "outreach")]
    ((body,),) = desk.rows("SELECT body FROM outbox WHERE kind='object'")
    assert "Look after Ana Example: o1 to o2" in body


def test_nothing_is_said_while_a_human_has_the_conversation(desk):
    desk.happen(PauseChanged(key="p", at=desk.now, person="p1", until=desk.now + 60_000))
    desk.step()
    desk.shows(nick="Bea")
    assert happened(desk) == ["record.changed"]
    assert said(desk) == []
    because = desk.rows("SELECT because FROM decisions WHERE because LIKE 'nick:%'")
    assert because == [("nick: nick became 'Bea'; nothing is said: a human has the conversation",)]


def test_where_no_rule_asks_no_event_is_kept(desk_of):
    desk = desk_of(*LINES)
    desk.shows(nick="Bo")
    desk.shows(nick="Bea")
    assert desk.has("nick") == "Bea"
    assert happened(desk) == []


def test_an_owner_that_the_hub_itself_wrote_is_no_news_and_another_one_is_told_once(desk_of):
    desk = desk_of('owner_id = { from = "owner", when = "always" }', toml=HUB_TOML + RULES)
    users = [Owner(id=f"{name}1", email=f"{name}@example.com") for name in ("eve", "joe", "lee")]
    desk.line.learn("main", Schema(), users)

    def shows(owner: str) -> None:
        told = Record(id="7", identities=(ANA,), owner=owner, fields={"owner_id": owner})
        desk.crm_knows(told, feed="recent")

    shows("eve1")
    desk.edits(owner="joe@example.com")
    (write,) = desk.crm("person").persons
    shows("joe1")  # before the answer
    desk.crm_answers(Written(outbox=write.outbox, record="7"))
    shows("joe1")
    assert happened(desk) == []
    shows("lee1")
    assert happened(desk) == ["owner.changed"]
    assert desk.has("owner") == "lee@example.com"
