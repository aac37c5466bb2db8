"""After an erasure for privacy nothing in the store tells of the person: every table and column is searched."""

from __future__ import annotations

import json

import pytest

from hub.contracts.crm import Written
from hub.model.by_hand import HumanReplied, PersonEdited
from hub.model.events import PluginAnswered, RecordsRead
from hub.model.happened import RecordChanged
from hub.model.people import Identity
from hub.model.records import CrmObject, Gone, Record
from hub.store import checking, traces
from hub.store.dialects.tables import tables
from hub.testing.tabletop import Tabletop

ANA, BEN = "12025550101", "12025550102"
NEW = "12025550177"
SECRETS = (
    ANA,
    NEW,
    "Ana",
    "ana@example.com",
    "first words",
    "edited words",
    "human words",
    "noted words",
    "Ana roof",
    "nick words",
)


def posted(table: Tabletop, field: str = "messages", **value: object) -> None:
    metadata = {"display_phone_number": "12025550100", "phone_number_id": "1001"}
    change = {"field": field, "value": {"messaging_product": "whatsapp", "metadata": metadata, **value}}
    body = {"object": "whatsapp_business_account", "entry": [{"id": "9", "changes": [change]}]}
    table.post("meta", json.dumps(body).encode())


def said(table: Tabletop, number: str, who: str, kind: str, part: object, **more: object) -> None:
    name = {ANA: "Ana Example", BEN: "Ben Example"}.get(who, "")
    message = {"from": who, "id": f"wamid.{number}", "timestamp": str(table.now // 1000), "type": kind, kind: part}
    message |= more
    posted(table, contacts=[{"wa_id": who, "profile": {"name": name}}], messages=[message])


def everything(table: Tabletop) -> dict[str, str]:
    return {name: repr(table.rows(f"SELECT * FROM {name}")) for name in tables() if name != "configurations"}


def told_of(table: Tabletop) -> set[tuple[str, str]]:
    return {(name, secret) for name, text in everything(table).items() for secret in SECRETS if secret in text}


def record(number: str, phone: str, name: str, *more: Identity) -> Record:
    return Record(id=number, identities=(Identity("phone", "", f"+{phone}"), *more), name=name)


def lived(table: Tabletop) -> None:
    """Ana and Ben write and are known in the CRM; Ana does all that leaves something behind."""
    mail = Identity("email", "", "ana@example.com")
    table.crm_knows(record("9001", ANA, "Ana Example", mail), record("9002", BEN, "Ben Example"))
    said(table, "1", ANA, "text", {"body": "first words, and the price"})
    said(table, "2", BEN, "text", {"body": "my own words"})
    table.step()
    table.crm_answers(*(Written(outbox=entry.outbox, record=f"n{entry.outbox}") for entry in table.crm("log").logs))
    table.sent(table.lease()[0], "wamid.out")
    edit = {"original_message_id": "wamid.1", "message": {"type": "text", "text": {"body": "edited words"}}}
    said(table, "e", ANA, "edit", edit)
    failed = {"id": "wamid.out", "status": "failed", "timestamp": "1800000005", "recipient_id": ANA}
    posted(table, statuses=[failed | {"errors": [{"code": 131026, "title": f"Ana {ANA}"}]}])
    posted(table, statuses=[{"id": "wamid.unknown", "status": "sent", "timestamp": "1800000005", "recipient_id": ANA}])
    posted(table, field="user_preferences", user_preferences=[preference(ANA)])
    said(table, "s", ANA, "system", {"type": "user_changed_number", "body": "moved", "wa_id": NEW})
    ((known,),) = table.rows("SELECT person FROM identities WHERE id=?", f"phone::+{ANA}")
    table.happen(HumanReplied(key="h", at=table.now, person=f"p{known}", text="human words"))
    note = {"note": "noted words"}
    table.happen(PluginAnswered(key="p.1", at=table.now, plugin="x", event=2, ok=True, commands=(note,)))
    deal = CrmObject(type="deal", id="77", title="Ana roof", contacts=("9001",))
    shared = CrmObject(type="deal", id="78", title="Ben roof", contacts=("9002",))
    more = {"cursor": "5", "objects": (deal, shared)}
    again = (record("9001", ANA, "Ana Example"), record("9002", BEN, "Ben Example"))
    table.happen(RecordsRead(key="r", at=table.now, crm="main", records=again, feed="recent", **more))
    table.step()
    table.store.db.run(
        "UPDATE dead SET person=0, state='open', handled=0, cause=? WHERE id=1", (f"+{ANA} belongs to person 2",)
    )
    number = table.rows("SELECT person FROM identities WHERE id=?", f"phone::+{ANA}")[0][0]
    table.happen(PersonEdited(key="nick", at=table.now, person=f"p{number}", values={"nick": "nick words"}))
    change = {"crm": "main", "type": "contact", "record": "9001", "field": "nick", "before": "", "after": "nick words"}
    table.happen(RecordChanged(key="nick", at=table.now, person=number, **change))
    table.step()
    lost = (number, "main", "9001", "nick", "crm", "nick words", "other nick words", "crm", "settled")
    table.store.db.run(
        "INSERT INTO conflicts (at, person, crm, record, field, rule, ours, theirs, kept, state, mapping, event)"
        " VALUES (1,?,?,?,?,?,?,?,?,?,1,1)",
        lost,
    )


def preference(who: str) -> dict[str, object]:
    return {
        "wa_id": who,
        "detail": "stopped marketing",
        "category": "marketing_messages",
        "value": "stop",
        "timestamp": 1800000006,
    }


def erased(table: Tabletop) -> None:
    gone = (Gone(record="9001", erased=True),)
    table.happen(RecordsRead(key="gone", at=table.now, crm="main", records=(), feed="touched", gone=gone))
    table.step()


def waits(table: Tabletop) -> bool:
    return bool(table.rows("SELECT 1 FROM timers WHERE armed=1 AND rule='erase'"))


def test_nothing_of_an_erased_person_is_left_anywhere(table: Tabletop) -> None:
    lived(table)
    before = {secret for _, secret in told_of(table)}
    assert before == set(SECRETS)

    erased(table)
    while waits(table):
        table.tick(1)

    assert told_of(table) == set()
    rest = everything(table)
    assert "my own words" in rest["messages"]
    assert BEN in rest["journal"]
    assert "Ben Example" in rest["journal"]  # the page of the CRM stays without her
    assert "Ben roof" in rest["journal"]
    assert not any(name.startswith("erasing") for (name,) in table.rows("SELECT name FROM cursors"))
    assert [
        found.rule for found in checking.check_store(table.store.db, lambda blob: True, table.now) if found.broken
    ] == []


def test_what_she_said_in_the_conversation_of_others_goes_too(table: Tabletop) -> None:
    """A group's conversation is its first person's."""
    lived(table)
    said(table, "g1", BEN, "text", {"body": "my group words"}, group_id="g")
    said(table, "g2", ANA, "text", {"body": "first words in the group"}, group_id="g")
    table.step()
    assert len(table.rows("SELECT DISTINCT person FROM messages WHERE text LIKE '%group%'")) == 2

    erased(table)
    while waits(table):
        table.tick(1)

    assert told_of(table) == set()
    assert "my group words" in everything(table)["messages"]


def test_what_waits_for_a_human_goes_only_where_it_is_hers(table: Tabletop) -> None:
    lived(table)
    for number, who, words in (("8", ANA, "first words again"), ("9", BEN, f"ask Ana, {ANA}")):
        message = {"from": who, "id": f"wamid.{number}", "timestamp": "1800000007", "type": "text"}
        value = {"messaging_product": "whatsapp", "metadata": {"phone_number_id": "7777"}}
        change = {"field": "messages", "value": value | {"messages": [message | {"text": {"body": words}}]}}
        table.post(
            "meta",
            json.dumps({"object": "whatsapp_business_account", "entry": [{"id": "9", "changes": [change]}]}).encode(),
        )
    table.step()
    assert table.rows("SELECT count(*) FROM dead WHERE kind='unrouted'") == [(2,)]
    erased(table)
    while waits(table):
        table.tick(1)

    rows = table.rows(
        "SELECT d.state, CASE WHEN length(j.body)>0 THEN 1 ELSE 0 END FROM dead d JOIN journal j ON j.seq=d.ref"
        " WHERE kind='unrouted' ORDER BY j.seq"
    )
    assert rows == [("dropped", 0), ("open", 1)]


def test_an_erasure_goes_on_after_the_hub_was_killed(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traces, "PART", 2)
    hub = Tabletop(tmp_path)
    lived(hub)
    erased(hub)
    hub.tick(1)
    assert told_of(hub)
    hub.close()

    hub = Tabletop(tmp_path)
    hub.now += 1000
    try:
        parts = 0
        while waits(hub):
            hub.tick(1)
            parts += 1
        assert parts > 5
        assert told_of(hub) == set()
    finally:
        hub.close()


def test_who_writes_while_an_erasure_goes_on_is_somebody_new(table: Tabletop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traces, "PART", 2)
    lived(table)
    ((last,),) = table.rows("SELECT max(id) FROM people")
    erased(table)
    said(table, "9", ANA, "text", {"body": "new words"})
    while waits(table):
        table.tick(1)

    assert "new words" in everything(table)["journal"]
    assert table.rows("SELECT text FROM messages WHERE person>?", last) == [("new words",)]
