"""The line from a posted body to rows, with everything real but the sockets."""

import json

import pytest

from hub.contracts.crm import Written
from hub.model.by_hand import DeadHandled, HumanReplied, PauseChanged
from hub.model.people import Identity
from hub.model.records import Record
from hub.store.chain import chains
from hub.testing.tabletop import Tabletop

PHONE = Identity("phone", "", "+15550101")
HOUR = 3_600_000


def record(number: int, *identities: Identity, **more) -> Record:
    return Record(id=str(number), identities=identities, **more)


def test_a_text_makes_a_person_a_message_a_reply_and_a_log_that_waits(table: Tabletop, text):
    table.post("meta", text(1, "price please"))
    done = table.step()

    assert done.events == 1
    assert "sales" in done.woken
    assert table.rows("SELECT name, phone FROM people") == [("Ana", "+15550101")]
    assert table.rows("SELECT direction, text, status FROM messages ORDER BY id") == [
        ("in", "price please", "accepted"),
        ("out", "Price list for price please", "queued"),
    ]
    assert table.rows("SELECT kind, state FROM outbox ORDER BY kind") == [("log", "held"), ("send", "waiting")]
    assert table.rows("SELECT state, reason FROM links") == [("unread", "waits for the first read of the CRM")]


def test_the_same_delivery_twice_is_one_message(table: Tabletop, text):
    body = text(1, "price")
    assert table.post("meta", body) == [1]
    assert table.post("meta", body) == [0]
    table.step()

    assert table.rows("SELECT count(*) FROM messages WHERE direction='in'") == [(1,)]


def test_a_reply_is_sent_once_and_logged_after_it_was_taken(table: Tabletop, text):
    table.crm_knows(record(7, PHONE))
    table.post("meta", text(1, "price"))
    table.step()
    (send,) = table.lease()
    assert send.message.text == "Price list for price"
    assert send.message.address == "15550101"
    assert table.lease() == []

    table.sent(send, "wamid.out1")

    assert table.rows("SELECT status, provider_id FROM messages WHERE direction='out'") == [("accepted", "wamid.out1")]
    assert [entry.direction for entry in table.crm("log").logs] == ["in", "out"]


def test_why_knows_a_message_by_its_key_in_the_crm(table: Tabletop, text):
    table.crm_knows(record(7, PHONE))
    table.post("meta", text(1, "price"))
    table.post("meta", text(2, "hello"))
    table.step()

    keys = {entry.text: entry.message for entry in table.crm("log").logs}
    for words, key in keys.items():
        assert [chain["message"]["text"] for chain in chains(table.store.db, key)] == [words]
    assert chains(table.store.db, f"{table.line.tag}-i{'0' * 20}") == []


def test_sends_to_one_person_leave_one_after_the_other(table: Tabletop, text):
    for n in range(3):
        table.post("meta", text(n, f"price {n}"))
    table.step()

    order = []
    while leased := table.lease():
        assert len(leased) == 1
        order.append(leased[0].message.text[-1])
        table.sent(leased[0], f"out{leased[0].outbox}")
    assert order == ["0", "1", "2"]


def test_a_send_without_an_answer_is_settled_by_its_status(table: Tabletop, text, status):
    table.post("meta", text(1, "price"))
    table.step()
    (send,) = table.lease()
    table.sent(send, outcome="evidence", due=table.now + 60_000)
    assert table.rows("SELECT state FROM outbox WHERE kind='send'") == [("evidence",)]

    table.post("meta", status("wamid.out", "delivered", callback=send.message.callback))
    table.step()
    table.tick(61_000)

    assert table.rows("SELECT state FROM outbox WHERE kind='send'") == [("done",)]
    assert table.rows("SELECT status, provider_id FROM messages WHERE direction='out'") == [("delivered", "wamid.out")]
    assert table.rows("SELECT count(*) FROM dead") == [(0,)]


def test_silence_makes_it_uncertain_and_never_sends_it_again(table: Tabletop, text):
    table.post("meta", text(1, "price"))
    table.post("meta", text(2, "price again"))
    table.step()
    (send,) = table.lease()
    table.sent(send, outcome="evidence", due=table.now + 60_000)
    assert table.lease() == []  # the next one of this person waits, for the evidence time at most

    table.tick(61_000)

    assert table.rows("SELECT kind, state FROM dead") == [("uncertain", "open")]
    assert table.rows("SELECT status FROM messages WHERE id=?", 2)[0] != ("queued",)
    (second,) = table.lease()
    assert second.message.text == "Price list for price again"


def test_a_late_status_resolves_what_was_uncertain(table: Tabletop, text, status):
    table.post("meta", text(1, "price"))
    table.step()
    (send,) = table.lease()
    table.sent(send, outcome="uncertain", reason="no answer")
    table.post("meta", status("wamid.out", "read", callback=send.message.callback))
    table.step()

    assert table.rows("SELECT state FROM outbox WHERE kind='send'") == [("done",)]
    assert table.rows("SELECT state FROM dead") == [("settled",)]


def test_a_crash_leaves_started_sends_to_their_evidence(table: Tabletop, text):
    table.crm_knows(record(7, PHONE))
    table.post("meta", text(1, "price"))
    table.step()
    table.lease()
    table.crm("log")
    assert table.store.recover(table.now, {"sales": table.now + 60_000}) == 2

    assert table.rows("SELECT kind, state, doubt FROM outbox ORDER BY kind") == [
        ("log", "waiting", 1),
        ("send", "evidence", 0),
    ]
    assert table.crm("log").logs[0].doubtful


def test_statuses_only_climb(table: Tabletop, text, status):
    table.post("meta", text(1, "price"))
    table.step()
    (send,) = table.lease()
    table.sent(send, "wamid.out")
    for name in ("read", "sent", "delivered"):
        table.post("meta", status("wamid.out", name))
    table.step()

    assert table.rows("SELECT status FROM messages WHERE direction='out'") == [("read",)]
    assert table.rows("SELECT count(*) FROM statuses") == [(3,)]


def test_a_failed_status_is_a_dead_letter_with_the_platforms_words(table: Tabletop, text, status):
    table.post("meta", text(1, "price"))
    table.step()
    (send,) = table.lease()
    table.sent(send, "wamid.out")
    errors = [{"code": 131026, "title": "Message undeliverable"}]
    table.post("meta", status("wamid.out", "failed", callback=send.message.callback, errors=errors))
    table.step()

    ((kind, cause),) = table.rows("SELECT kind, cause FROM dead")
    assert kind == "send"
    assert "131026" in cause


def test_a_callback_of_another_hub_is_not_ours(table: Tabletop, text, status):
    table.post("meta", text(1, "price"))
    table.step()
    table.lease()
    table.post("meta", status("wamid.x", "delivered", callback="deadbeef.2"))
    table.step()

    assert table.rows("SELECT state FROM outbox WHERE kind='send'") == [("started",)]


def test_a_human_answer_pauses_the_bot_until_it_is_released(table: Tabletop, text):
    table.post("meta", text(1, "hello"))
    table.step()
    table.happen(HumanReplied(key="h1", at=table.now, person="phone::+15550101", text="It is me", agent="Mia"))
    table.step()
    (send,) = table.lease()
    assert send.message.text == "It is me"
    table.sent(send, "wamid.h")

    table.post("meta", text(2, "price"))
    table.step()
    assert table.lease() == []

    table.happen(PauseChanged(key="r1", at=table.now, person="p1", until=0))
    table.step()
    table.post("meta", text(3, "price"))
    table.step()
    assert len(table.lease()) == 1


def test_a_pause_ends_by_itself(table: Tabletop, text):
    table.post("meta", text(1, "hello"))
    table.step()
    table.happen(HumanReplied(key="h1", at=table.now, person="p1", text="It is me"))
    table.step()
    table.sent(table.lease()[0])
    table.tick(13 * HOUR)

    assert table.rows("SELECT paused_until FROM conversations") == [(0,)]
    table.post("meta", text(2, "price"))
    table.step()
    assert len(table.lease()) == 1


def test_stop_means_no_message_at_all(table: Tabletop, text):
    table.post("meta", text(1, "STOP"))
    table.post("meta", text(2, "price"))
    table.step()
    table.happen(HumanReplied(key="h1", at=table.now, person="p1", text="Are you sure?"))
    table.step()

    assert table.lease() == []
    assert ("dropped",) in table.rows("SELECT state FROM outbox WHERE kind='send'")


def test_a_closed_window_drops_the_send_with_its_reason(table: Tabletop, text):
    table.post("meta", text(1, "hello"))
    table.step()
    table.now += 25 * HOUR
    table.happen(HumanReplied(key="h1", at=table.now, person="p1", text="Still there?"))
    table.step()

    assert table.lease() == []
    ((state, reason),) = table.rows("SELECT state, reason FROM outbox WHERE kind='send'")
    assert state == "dropped"
    assert "window" in reason


def test_old_messages_are_kept_but_not_answered(table: Tabletop, text):
    table.post("meta", text(1, "price", seconds=-7 * 3600))
    table.step()

    assert table.lease() == []
    assert table.rows("SELECT count(*) FROM messages") == [(1,)]


def test_an_account_without_an_inbox_is_a_dead_letter_and_can_be_taken_up_later(table: Tabletop, text):
    table.post("meta", text(1, "hello").replace(b'"1001"', b'"4004"'))
    table.step()
    ((number, kind, cause),) = table.rows("SELECT id, kind, cause FROM dead")
    assert kind == "unrouted"
    assert "4004" in cause

    table.happen(DeadHandled(key="d1", at=table.now, ids=(number,), action="retry"))
    table.step()
    assert table.rows("SELECT state FROM dead ORDER BY id") == [("retried",), ("open",)]


def test_what_a_person_sends_that_no_database_can_hold_is_cleaned(table: Tabletop, text):
    body = text(1, "PLACE").replace(b"PLACE", b"a\\u0000b \\ud83d rtl\\u200f")
    table.post("meta", body)
    done = table.step()

    assert done.buried == 0
    ((kept,),) = table.rows("SELECT text FROM messages")
    assert kept == "ab \ufffd rtl\u200f"


def test_sixty_kilobytes_are_kept_whole(table: Tabletop, text):
    table.post("meta", text(1, "й" * 30_000))
    table.step()

    assert table.rows("SELECT length(text) FROM messages") == [(30_000,)]


def test_one_broken_event_does_not_hold_the_others(table: Tabletop, text, monkeypatch):
    channel = table.config.connections["meta"].channel
    understand = channel.normalise

    def fragile(raw):
        if b"poison" in raw.body:
            raise ZeroDivisionError("a plugin's mistake")
        return understand(raw)

    monkeypatch.setattr(channel, "normalise", fragile)
    for n, words in enumerate(("one", "poison", "two")):
        table.post("meta", text(n, words))
    done = table.step()

    assert (done.events, done.buried) == (3, 1)
    assert table.rows("SELECT text FROM messages ORDER BY id") == [("one",), ("two",)]
    ((kind, cause),) = table.rows("SELECT kind, cause FROM dead")
    assert kind == "event"
    assert "ZeroDivisionError" in cause


def test_an_event_that_breaks_the_batch_is_found_and_buried_alone(table: Tabletop, text, monkeypatch):
    from hub.store.workspace import Workspace

    save = Workspace.save

    def fragile(work):
        if any("poison" in m.text for m in work.messages.rows.values()):
            raise OverflowError("what no column can hold")
        save(work)

    monkeypatch.setattr(Workspace, "save", fragile)
    for n, words in enumerate(("one", "poison", "two")):
        table.post("meta", text(n, words))
    done = table.step()

    assert (done.events, done.buried) == (3, 1)
    assert table.rows("SELECT text FROM messages ORDER BY id") == [("one",), ("two",)]


def test_a_late_message_keeps_its_own_time(table: Tabletop, text):
    table.post("meta", text(1, "second"))
    table.post("meta", text(2, "first", seconds=-30))
    table.post("meta", text(3, "first too", seconds=-30))
    table.step()

    rows = dict(table.rows("SELECT text, at FROM messages"))
    assert rows["first"] == table.now - 30_000
    assert rows["first too"] == rows["first"] + 1
    assert rows["second"] > rows["first too"]


def test_somebody_without_a_number_is_the_same_person_when_the_number_shows(table: Tabletop, text):
    hidden = json.loads(text(1, "hello"))
    value = hidden["entry"][0]["changes"][0]["value"]
    del value["contacts"][0]["wa_id"]
    value["contacts"][0]["user_id"] = value["messages"][0]["from_user_id"] = "US.ana"
    del value["messages"][0]["from"]
    table.post("meta", json.dumps(hidden).encode())
    shown = json.loads(text(2, "it is me"))
    shown["entry"][0]["changes"][0]["value"]["contacts"][0]["user_id"] = "US.ana"
    table.post("meta", json.dumps(shown).encode())
    table.step()

    assert table.rows("SELECT count(*) FROM people") == [(1,)]
    assert table.rows("SELECT count(*) FROM conversations") == [(1,)]
    assert table.rows("SELECT phone FROM people") == [("+15550101",)]


def test_a_contact_made_by_the_hub_and_seen_in_the_feed_is_the_same_person(table: Tabletop, text):
    table.crm_knows()
    table.post("meta", text(1, "hello"))
    table.step()
    (write,) = table.crm("person").persons
    table.crm_knows(record(9, PHONE, name="Ana", key=write.key), feed="recent")  # before its receipt

    assert table.rows("SELECT state, record FROM links") == [("linked", "9")]
    table.crm_answers(Written(outbox=write.outbox, record="9", new=True))
    assert table.rows("SELECT count(*) FROM people") == [(1,)]
    assert [entry.record for entry in table.crm("log").logs] == ["9"]


def echo(number: int, words: str, **to) -> bytes:
    item = {
        "from": "15550100",
        "id": f"wamid.e{number}",
        "timestamp": "1800000000",
        "type": "text",
        "text": {"body": words},
    }
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "15550100", "phone_number_id": "1001"},
        "message_echoes": [item | to],
    }
    change = {"field": "smb_message_echoes", "value": value}
    return json.dumps({"object": "whatsapp_business_account", "entry": [{"id": "9", "changes": [change]}]}).encode()


@pytest.mark.parametrize("to", [{"to": "15550101", "to_user_id": "US.15550101"}, {"to": "15550101"}])
def test_an_answer_from_the_phone_pauses_the_bot_however_it_names_the_person(table: Tabletop, text, to):
    table.crm_knows(record(7, PHONE))
    table.post("meta", text(1, "hello"))
    table.step()
    table.post("meta", echo(1, "Mia here", **to))
    table.post("meta", text(2, "price"))
    table.step()

    assert table.lease() == []
    assert table.rows("SELECT count(*) FROM conversations") == [(1,)]
    assert [(e.text, e.direction, e.author) for e in table.crm("log").logs][1] == ("Mia here", "out", "phone")


def test_a_message_that_gives_the_number_only_stays_in_the_conversation(table: Tabletop, text):
    table.post("meta", text(1, "hello"))
    body = json.loads(text(2, "price"))
    del body["entry"][0]["changes"][0]["value"]["contacts"][0]["user_id"]
    table.post("meta", json.dumps(body).encode())
    table.step()

    assert table.rows("SELECT count(*) FROM conversations") == [(1,)]


def test_a_humans_answer_that_may_not_leave_is_shown(table: Tabletop, text):
    table.post("meta", text(1, "STOP"))
    table.step()
    table.happen(HumanReplied(key="h1", at=table.now, person="p1", text="Are you sure?"))
    table.step()
    table.lease()

    ((kind, cause),) = table.rows("SELECT kind, cause FROM dead")
    assert kind == "send"
    assert "no more messages" in cause


def test_the_platforms_own_stop_switch_is_opt_out(table: Tabletop, text):
    table.post("meta", text(1, "hello"))
    table.step()
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "15550100", "phone_number_id": "1001"},
        "contacts": [{"profile": {"name": "Ana"}, "wa_id": "15550101"}],
        "user_preferences": [
            {
                "wa_id": "15550101",
                "detail": "stop",
                "category": "marketing_messages",
                "value": "stop",
                "timestamp": 1800000000,
            }
        ],
    }
    change = {"field": "user_preferences", "value": value}
    body = {"object": "whatsapp_business_account", "entry": [{"id": "9", "changes": [change]}]}
    table.post("meta", json.dumps(body).encode())
    table.step()

    assert table.rows("SELECT opted_out FROM people") == [(1,)]
