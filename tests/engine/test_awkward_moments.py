"""What must hold at awkward moments: retries, merges, late truths, plugins that answer oddly, a hub that stops."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hub.contracts.channel import RawEvent
from hub.contracts.crm import Written
from hub.engine.ticks import tick
from hub.model.by_hand import DeadHandled, HumanReplied
from hub.model.events import CrmSettled, RecordsRead, RowOutcome, SendSettled
from hub.model.people import Identity
from hub.model.records import Record
from hub.testing.tabletop import HUB_TOML, Tabletop

PHONE = Identity("phone", "", "+15550101")
OTHER = Identity("phone", "", "+15550102")
MAIL = Identity("email", "", "ana@example.com")
HOUR = 3_600_000
CRM_TABLE = '[crm.main]\nadapter = "hubspot"\naccess_token = "crm-token"\nbase_url = "http://127.0.0.1:9"\n'
SECOND = CRM_TABLE.replace("crm.main", "crm.second")
PREFERENCE = {"wa_id": "15550101", "user_id": "US.15550101", "category": "marketing_messages", "value": "stop"}


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Callable[[str], Tabletop]]:
    """Open a hub with another hub.toml on one store; the one before is closed."""
    folder = tmp_path / "own"
    folder.mkdir()
    hubs: list[Tabletop] = []

    def open_(toml: str) -> Tabletop:
        if hubs:
            hubs.pop().close()
        hubs.append(Tabletop(folder, toml))
        return hubs[0]

    yield open_
    hubs.pop().close()


def record(number: int, *identities: Identity, **more: Any) -> Record:
    return Record(id=str(number), identities=identities, **more)


def handle(table: Tabletop, action: str = "retry") -> None:
    """A human handles every open dead letter."""
    ids = tuple(number for (number,) in table.rows("SELECT id FROM dead WHERE state='open'"))
    table.happen(DeadHandled(key=f"{action}.{ids}", at=table.now, ids=ids, action=action))  # type: ignore[arg-type]
    table.step()


def settled(table: Tabletop, key: str, **outcome: Any) -> None:
    table.happen(CrmSettled(key=key, at=table.now, crm="main", rows=(RowOutcome(**outcome),)))
    table.step()


def states(table: Tabletop, kind: str = "send") -> list[str]:
    return [state for (state,) in table.rows("SELECT state FROM outbox WHERE kind=? ORDER BY id", kind)]


def failed(status: Callable[..., bytes], callback: str) -> bytes:
    return status("wamid.out", "failed", callback=callback, errors=[{"code": 131026, "title": "Undeliverable"}])


def envelope(field: str, **value: Any) -> bytes:
    value |= {"messaging_product": "whatsapp", "metadata": {"phone_number_id": "1001"}}
    entry = {"id": "9", "changes": [{"field": field, "value": value}]}
    return json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()


# -- an outcome counts after every try ------------------------------------------------------------------------


def test_a_send_refused_again_after_a_retry_is_a_dead_letter_again(table, text):
    table.post("meta", text(1, "price"))
    table.step()
    for _ in range(2):
        (send,) = table.lease()
        table.sent(send, outcome="dead", reason="no")
        assert states(table) == ["dead"]
        handle(table)


def test_silence_after_a_retry_is_uncertain_again(table, text):
    table.post("meta", text(1, "price"))
    table.step()
    for _ in range(2):
        (send,) = table.lease()
        table.sent(send, outcome="evidence", due=table.now + 60_000)
        table.tick(61_000)
        assert states(table) == ["uncertain"]
        handle(table)


def test_silence_noticed_after_an_outcome_was_known_changes_nothing(table, text):
    table.post("meta", text(1, "price"))
    table.step()
    (send,) = table.lease()
    table.store.recover(table.now, {})  # killed while the outcome was accepted, but not worked on yet
    due = table.now + 1000
    table.happen(SendSettled(key="1.1.retry", at=table.now, outbox=send.outbox, outcome="retry", due=due))
    tick(table.store, table.now)
    table.step()

    assert states(table) == ["waiting"]
    assert table.rows("SELECT count(*) FROM dead") == [(0,)]


def test_a_crash_after_a_retry_ends_as_uncertain_too(table, text):
    table.post("meta", text(1, "price"))
    table.step()
    for _ in range(2):
        table.lease()
        table.store.recover(table.now, {"sales": table.now + 60_000})
        table.tick(61_000)
        assert states(table) == ["uncertain"]
        handle(table)


# -- names ----------------------------------------------------------------------------------------------------


def test_an_inbox_may_have_the_name_of_a_crm(own, text):
    hub = own(HUB_TOML.replace("[inbox.sales]", "[inbox.main]"))
    hub.post("meta", text(1, "price"))
    hub.step()
    assert len(hub.lease("main")) == 1


# -- logs never wait for a link that is made ------------------------------------------------------------------


def test_a_refused_write_of_a_linked_person_holds_no_message(table, text):
    table.crm_knows()
    table.post("meta", text(1, "hello"))
    table.step()
    (write,) = table.crm("person").persons
    table.crm_knows(record(77, PHONE), feed="recent")  # somebody made the contact meanwhile
    settled(table, "c", outbox=write.outbox, outcome="dead", reason="conflict")
    table.post("meta", text(2, "more"))
    table.step()
    assert [entry.text for entry in table.crm("log").logs] == ["hello", "more"]


def test_a_link_made_in_the_step_that_refused_the_person_lets_his_messages_go(table, text):
    table.crm_knows()
    table.post("meta", text(1, "hello"))
    table.step()
    (write,) = table.crm("person").persons
    refused = RowOutcome(outbox=write.outbox, outcome="dead", reason="conflict")
    table.happen(
        CrmSettled(key="c", at=table.now, crm="main", rows=(refused,)),
        RecordsRead(key="r", at=table.now, crm="main", records=(record(77, PHONE),), feed="recent", cursor="9"),
    )
    table.step()
    assert [entry.record for entry in table.crm("log").logs] == ["77"]


def test_an_answer_logged_before_the_crm_was_read_goes_out_with_the_link(own, text):
    hub = own(HUB_TOML.replace(CRM_TABLE, ""))
    hub.post("meta", text(1, "hello"))
    hub.step()
    hub = own(HUB_TOML)
    hub.happen(HumanReplied(key="h", at=hub.now, person="p1", text="It is me"))
    hub.step()
    hub.sent(hub.lease()[0], "wamid.h")
    hub.crm_knows(record(7, PHONE))
    assert [entry.record for entry in hub.crm("log").logs] == ["7"]


# -- what failed by a status ----------------------------------------------------------------------------------


def test_what_the_platform_took_and_then_failed_can_be_sent_again(table, text, status):
    table.crm_knows(record(7, PHONE))
    table.post("meta", text(1, "price"))
    table.step()
    (send,) = table.lease()
    table.sent(send, "wamid.out")
    table.post("meta", failed(status, send.message.callback))
    table.step()
    handle(table)
    (again,) = table.lease()
    assert again.message.text == send.message.text
    table.sent(again, "wamid.again")
    assert table.rows("SELECT status FROM messages WHERE direction='out' ORDER BY id") == [("failed",), ("accepted",)]


def test_what_arrived_after_all_needs_no_retry(table, text, status):
    table.post("meta", text(1, "price"))
    table.step()
    (send,) = table.lease()
    table.post("meta", failed(status, send.message.callback))
    table.post("meta", status("wamid.out", "delivered", callback=send.message.callback))
    table.step()
    handle(table)
    assert table.lease() == []
    assert table.rows("SELECT state FROM dead") == [("settled",)]


# -- statuses and settlements in one step ---------------------------------------------------------------------


def test_a_status_without_callback_beside_the_receipt_is_not_lost(table, text, status):
    table.post("meta", text(1, "price"))
    table.step()
    (send,) = table.lease()
    table.happen(SendSettled(key="k", at=table.now, outbox=send.outbox, outcome="done", provider_id="wamid.out"))
    table.post("meta", status("wamid.out", "delivered"))
    table.step()
    assert table.rows("SELECT status FROM messages WHERE direction='out'") == [("delivered",)]


# -- one raw event, two messages ------------------------------------------------------------------------------


def test_two_messages_in_one_raw_event_are_both_answered(table, text, monkeypatch):
    channel = table.config.connections["meta"].channel
    understand = channel.normalise

    def twice(raw: RawEvent) -> list[Any]:
        (event,) = understand(raw)
        return [event, replace(event, key=f"{event.key}.2", provider_id="wamid.1b")]

    monkeypatch.setattr(channel, "normalise", twice)
    table.post("meta", text(1, "price"))
    assert table.step().buried == 0
    assert states(table) == ["waiting", "waiting"]


# -- records that are always gone -----------------------------------------------------------------------------


def test_a_person_the_crm_never_finds_becomes_a_dead_letter(table, text):
    table.crm_knows()
    table.post("meta", text(1, "hello"))
    table.step()
    for number in range(50):
        table.now += HOUR
        if not (persons := table.crm("person").persons):
            break
        settled(table, f"c{number}", outbox=persons[0].outbox, outcome="relink", reason="404")
    assert table.rows("SELECT kind FROM dead") == [("person",)]


def test_a_message_whose_record_is_always_gone_becomes_a_dead_letter(table, text):
    table.crm_knows(record(7, PHONE))
    table.post("meta", text(1, "hello"))
    table.step()
    for number in range(50):
        table.now += HOUR
        if logs := table.crm("log").logs:
            settled(table, f"c{number}", outbox=logs[0].outbox, outcome="relink", reason="404")
        elif persons := table.crm("person").persons:
            table.crm_answers(Written(outbox=persons[0].outbox, record="7"))
    assert table.rows("SELECT kind FROM dead") == [("log",)]


def test_a_record_that_is_gone_is_not_asked_for_in_a_loop(table, text):
    table.crm_knows()
    table.post("meta", text(1, "hello"))
    table.step()
    for number in range(3):
        if persons := table.crm("person").persons:
            settled(table, f"c{number}", outbox=persons[0].outbox, outcome="relink", reason="404")
    assert table.crm("person").persons == []


# -- whose record ---------------------------------------------------------------------------------------------


def test_a_merge_moves_everybody_whose_record_went_into_it(table, text):
    table.crm_knows(record(7, PHONE, created=1000), record(8, OTHER, created=2000))
    table.crm_knows(record(7, PHONE, OTHER, merged=("8",), created=1000), feed="recent")
    table.post("meta", text(1, "hello", "15550102"))
    table.step()
    assert [entry.record for entry in table.crm("log").logs] == ["7"]


def test_a_second_record_made_by_the_hub_itself_is_put_before_a_human(table, text):
    table.crm_knows()
    table.post("meta", text(1, "hello"))
    table.step()
    (write,) = table.crm("person").persons
    table.crm_knows(record(77, PHONE, created=1), feed="recent")  # somebody made the contact meanwhile
    table.crm_answers(Written(outbox=write.outbox, record="501", new=True))
    table.crm_knows(record(501, PHONE, key=write.key, owner="stranger", created=2), feed="recent")
    assert table.rows("SELECT state, record, owner FROM links") == [("ambiguous", "77", "")]


def test_two_people_never_have_one_key(table):
    table.crm_knows(record(7, PHONE, created=1), record(8, PHONE, MAIL, created=2))
    keys = [key for (key,) in table.rows("SELECT key FROM links")]
    assert len(keys) == len(set(keys)) == 2


def test_a_record_found_by_key_is_looked_up_in_its_own_crm(own, text):
    hub = own(HUB_TOML + SECOND)
    hub.crm_knows()
    hub.crm_knows(crm="second")
    hub.post("meta", text(1, "hello"))
    hub.step()
    for crm, number in (("main", 1), ("second", 2)):
        (write,) = hub.crm("person", crm=crm).persons
        hub.crm_knows(record(number, key=write.key, name="Ana"), feed="recent", crm=crm)  # no phone stands there
    assert hub.rows("SELECT count(*) FROM people") == [(1,)]


def test_half_an_emoji_in_a_contacts_name_costs_no_page(table):
    table.crm_knows(record(7, PHONE, name="Ana \ud83d"), record(8, MAIL, name="Bo"))
    assert table.rows("SELECT name FROM people") == [("Ana \ufffd",), ("Bo",)]


def test_half_an_emoji_in_a_message_costs_no_answer(table, text, monkeypatch):
    channel = table.config.connections["meta"].channel
    understand = channel.normalise
    monkeypatch.setattr(channel, "normalise", lambda raw: [replace(e, text="price \ud83d") for e in understand(raw)])
    table.post("meta", text(1, "x"))
    assert table.step().buried == 0


# -- stop means stop ------------------------------------------------------------------------------------------


def test_who_stops_before_he_ever_wrote_is_remembered(table, text):
    table.post("meta", envelope("user_preferences", user_preferences=[PREFERENCE]))
    table.step()
    table.post("meta", text(1, "price"))
    table.step()
    assert table.lease() == []


# -- times ---------------------------------------------------------------------------------------------------


def test_two_answers_of_one_step_stand_one_after_the_other(own, text):
    more = '\n[[rule]]\nname = "list"\nkeywords = ["list"]\nreply = "list"\n'
    hub = own(HUB_TOML.replace("[texts]", '[texts]\nlist = "The list"') + more)
    hub.post("meta", text(1, "price list"))
    hub.step()
    first, second = (at for (at,) in hub.rows("SELECT at FROM messages WHERE direction='out' ORDER BY id"))
    assert first < second


def test_a_clock_set_back_holds_no_batch(table, text):
    table.crm_knows(record(7, PHONE))
    table.post("meta", text(1, "hello"))
    table.step()
    table.now -= HOUR
    assert table.crm("log", linger=1000).wait <= 1500


# -- plans ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("query", ["evidence", "due"])
@pytest.mark.usefixtures("on_sqlite")
def test_what_comes_due_is_found_by_an_index(table, query, monkeypatch):
    from hub.store import outbox

    seen: list[str] = []
    db = table.store.db
    rows = db.rows
    monkeypatch.setattr(db, "rows", lambda sql, args=(): (seen.append(sql), rows(sql, args))[1])
    if query == "evidence":
        outbox.expired_evidence(db, table.now)
        args: tuple[Any, ...] = (1, 1)
    else:
        outbox.next_due(db, "main", table.now)
        args = ("main", 1)
    ((*_, plan),) = rows(f"EXPLAIN QUERY PLAN {seen[0]}", args)
    assert "due" in plan
