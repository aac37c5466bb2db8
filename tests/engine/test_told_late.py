"""What the hub learns late is told: people who stopped it, messages that did not arrive or were taken back, contacts
that are gone."""

from __future__ import annotations

import json

import pytest

from hub.contracts.crm import Written
from hub.model.by_hand import HumanReplied
from hub.model.events import CrmSettled, MediaSettled, RowOutcome
from hub.model.people import Identity
from hub.model.records import Record
from hub.testing.tabletop import HUB_TOML, Tabletop

ANA = "12025550101"
PHONE = Identity("phone", "", f"+{ANA}")


def posted(table: Tabletop, **value: object) -> None:
    metadata = {"display_phone_number": "12025550100", "phone_number_id": "1001"}
    change = {"field": "messages", "value": {"messaging_product": "whatsapp", "metadata": metadata, **value}}
    table.post(
        "meta",
        json.dumps({"object": "whatsapp_business_account", "entry": [{"id": "9", "changes": [change]}]}).encode(),
    )
    table.step()


def said(table: Tabletop, number: int | str, kind: str, part: object) -> None:
    message = {"from": ANA, "id": f"wamid.{number}", "timestamp": str(table.now // 1000), "type": kind, kind: part}
    posted(table, contacts=[{"wa_id": ANA, "profile": {"name": "Ana"}}], messages=[message])


def failed(table: Tabletop, code: int, callback: str = "") -> None:
    item = {"id": "wamid.out", "status": "failed", "timestamp": "1800000005", "recipient_id": ANA}
    item |= {"biz_opaque_callback_data": callback} if callback else {}
    posted(table, statuses=[item | {"errors": [{"code": code, "title": "x"}]}])


def logged(table: Tabletop, kind: str = "log") -> list:
    """The next batch, which the CRM takes."""
    rows = list(table.crm(kind).rows)
    table.now += 1
    if rows:
        table.crm_answers(*(Written(outbox=row.outbox, record=f"n{row.outbox}") for row in rows))
    return rows


@pytest.fixture
def known(table: Tabletop) -> Tabletop:
    """Ana is contact 7."""
    table.crm_knows(Record(id="7", identities=(PHONE,), name="Ana"))
    return table


# -- stopped by the person ------------------------------------------------------------------------------------


def test_a_send_that_is_refused_because_the_person_stopped_us_opts_him_out(known: Tabletop) -> None:
    said(known, 1, "text", {"body": "price"})
    (send,) = known.lease()
    known.sent(send, outcome="dead", reason="stopped", error="OptedOut")

    assert known.rows("SELECT opted_out FROM people") == [(1,)]
    assert known.rows("SELECT count(*) FROM decisions WHERE person>0 AND because LIKE 'opted out%'") == [(1,)]
    said(known, 2, "text", {"body": "price"})
    assert known.lease() == []


@pytest.mark.parametrize("by", ["callback", "id"])
def test_a_late_word_that_the_person_stopped_us_opts_him_out(known: Tabletop, by: str) -> None:
    said(known, 1, "text", {"body": "price"})
    (send,) = known.lease()
    known.sent(send, "wamid.out")
    failed(known, 131050, send.message.callback if by == "callback" else "")

    assert known.rows("SELECT opted_out FROM people") == [(1,)]
    assert known.rows("SELECT count(*) FROM decisions WHERE person>0 AND because LIKE 'opted out%'") == [(1,)]


def test_any_other_refusal_opts_nobody_out(known: Tabletop) -> None:
    said(known, 1, "text", {"body": "price"})
    (send,) = known.lease()
    known.sent(send, "wamid.out")
    failed(known, 131026)

    assert known.rows("SELECT opted_out FROM people") == [(0,)]


# -- not delivered --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["callback", "id"])
def test_a_message_that_fails_late_says_so_in_the_crm_and_no_more_when_it_arrives_after_all(known, by) -> None:
    said(known, 1, "text", {"body": "price"})
    (send,) = known.lease()
    known.sent(send, "wamid.out")
    assert [entry.text for entry in logged(known)] == ["price", "Price list for price"]
    failed(known, 131026, send.message.callback if by == "callback" else "")

    (entry,) = logged(known)
    assert entry.text.startswith("Price list for price (not delivered: ")
    assert entry.logged.startswith("n")
    failed(known, 131026)
    assert logged(known) == []
    posted(known, statuses=[{"id": "wamid.out", "status": "delivered", "timestamp": "1800000009", "recipient_id": ANA}])
    assert [entry.text for entry in logged(known)] == ["Price list for price"]


def test_a_message_that_fails_before_it_was_logged_is_logged_once(known: Tabletop) -> None:
    said(known, 1, "text", {"body": "price"})
    (send,) = known.lease()
    known.sent(send, "wamid.out")
    failed(known, 131026)

    assert ["not delivered" in entry.text for entry in logged(known)] == [False, True]
    assert logged(known) == []


# -- taken back -----------------------------------------------------------------------------------------------


def image(table: Tabletop) -> None:
    said(table, 1, "image", {"id": "M1", "mime_type": "image/jpeg"})


def revoke(table: Tabletop) -> None:
    said(table, "r", "revoke", {"original_message_id": "wamid.1"})


def stored(table: Tabletop) -> None:
    key = f"{table.now}.stored"
    table.happen(
        MediaSettled(key=key, at=table.now, media=1, outcome="stored", blob="ab" * 32, mime="image/jpeg", size=3)
    )
    table.step()


def test_a_file_that_waits_is_not_fetched_when_its_message_is_taken_back(known: Tabletop) -> None:
    image(known)
    revoke(known)
    assert known.rows("SELECT state, ref, reason FROM media") == [("expired", "", "its writer took the message back")]
    stored(known)  # it was under way

    assert known.rows("SELECT state, blob FROM media") == [("expired", "")]
    assert logged(known, "file") == []


def test_a_stored_file_is_not_put_into_the_crm_when_its_message_is_taken_back(known: Tabletop) -> None:
    image(known)
    stored(known)
    revoke(known)

    assert known.rows("SELECT state, blob FROM media") == [("expired", "")]
    assert logged(known, "file") == []


def test_what_is_taken_back_says_that_no_file_may_stay(known: Tabletop) -> None:
    image(known)
    stored(known)
    logged(known)
    logged(known, "file")
    (entry,) = logged(known)
    assert (len(entry.files), entry.deleted) == (1, False)
    revoke(known)

    (entry,) = logged(known)
    assert (entry.files, entry.deleted, entry.text) == ((), True, "[deleted by the sender]")


def test_a_removal_that_overtook_its_message_fetches_no_file(known: Tabletop) -> None:
    revoke(known)
    image(known)

    assert known.rows("SELECT deleted > 0 FROM messages") == [(1,)]
    assert known.rows("SELECT count(*) FROM media") == [(0,)]


# -- contacts that are gone -----------------------------------------------------------------------------------


def lost(table: Tabletop, *entries: object) -> None:
    table.now += 1
    rows = tuple(RowOutcome(outbox=e.outbox, outcome="relink", reason="no such contact") for e in entries)
    table.happen(CrmSettled(key=f"lost.{table.now}", at=table.now, crm="main", rows=rows))
    table.step()


def answered(table: Tabletop, words: str) -> None:
    table.now += 1
    ((number,),) = table.rows("SELECT id FROM people WHERE redirect=0")
    table.happen(HumanReplied(key=words, at=table.now, person=f"p{number}", text=words))
    table.step()
    (send,) = table.lease()
    table.sent(send, f"wamid.{words}")


def test_what_the_business_says_makes_no_contact_again(known: Tabletop) -> None:
    said(known, 1, "text", {"body": "hello"})
    logged(known)
    answered(known, "coming")
    lost(known, *known.crm("log").logs)

    assert known.rows("SELECT state, record FROM links") == [("gone", "7")]
    assert known.crm("person").persons == []
    assert known.rows("SELECT state FROM outbox WHERE kind='log' ORDER BY id DESC LIMIT 1") == [("held",)]
    assert known.rows("SELECT type, record FROM crm_touched") == [("contact", "7")]  # it may have been merged
    answered(known, "here")
    assert known.crm("log").logs == []
    said(known, 2, "text", {"body": "thanks"})
    assert len(logged(known, "person")) == 1
    assert [entry.text for entry in logged(known)] == ["coming", "here", "thanks"]


def test_a_contact_that_was_merged_gets_what_found_the_old_one_gone(known: Tabletop) -> None:
    said(known, 1, "text", {"body": "hello"})
    logged(known)
    answered(known, "coming")
    lost(known, *known.crm("log").logs)
    known.crm_knows(Record(id="8", identities=(PHONE,), name="Ana", merged=("7",)), feed="touched")

    assert [(entry.text, entry.record) for entry in known.crm("log").logs] == [("coming", "8")]


def test_a_change_of_somebody_whose_contact_is_gone_makes_no_contact(tmp_path) -> None:
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings" / "hubspot.toml").write_text('[person]\nphone = { from = "phone", when = "always" }\n')
    table = Tabletop(tmp_path, HUB_TOML)
    try:
        table.crm_knows(Record(id="7", identities=(PHONE,), name="Ana"))
        said(table, 1, "text", {"body": "hello"})
        logged(table)
        said(table, "s", "system", {"type": "user_changed_number", "body": "moved", "wa_id": "12025550177"})
        writes = table.crm("person").persons
        assert [write.record for write in writes] == ["7"]
        lost(table, *writes)

        assert table.rows("SELECT state FROM links") == [("gone",)]
        assert table.crm("person").persons == []
    finally:
        table.close()


def test_whoever_wrote_himself_gets_a_contact_again_and_all_goes_there(known: Tabletop) -> None:
    said(known, 1, "text", {"body": "price"})
    known.sent(known.lease()[0], "wamid.out")
    lost(known, *reversed(known.crm("log").logs))

    assert len(logged(known, "person")) == 1
    assert len(logged(known)) == 2
