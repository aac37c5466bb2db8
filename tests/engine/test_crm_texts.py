"""What stands in the CRM of messages that hold more than their text, and of answers that cannot be sent."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hub.model.events import RecordsRead
from hub.model.people import Identity
from hub.model.records import Answer, Record
from hub.testing.tabletop import Tabletop


def logged(table: Tabletop) -> list[str]:
    table.step()
    table.crm_knows(Record(id="77", identities=(Identity("phone", "", "+15550101"),)))
    return [entry.text for entry in table.crm("log").logs]


def test_a_form_an_order_a_place_and_an_advertisement_are_readable(table: Tabletop, text: Any) -> None:
    answers = json.dumps({"flow_token": "t", "roof": "flat", "rooms": ["a", "b"]})
    form = {"type": "nfm_reply", "nfm_reply": {"name": "flow", "body": "Sent", "response_json": answers}}
    table.post("meta", text(1, "", type="interactive", interactive=form))
    item = {"product_retailer_id": "tile", "quantity": 2, "item_price": 3.5, "currency": "EUR"}
    table.post("meta", text(2, "", type="order", order={"text": "please", "product_items": [item]}))
    place = {"latitude": 51.5, "longitude": -0.25, "name": "Dock"}
    table.post("meta", text(3, "", type="location", location=place))
    came = {"source_type": "ad", "source_url": "https://ads.example.com/1", "headline": "New roofs"}
    table.post("meta", text(4, "hello", referral=came))
    assert logged(table) == [
        "Sent\nroof: flat\nrooms: a, b",
        "please\n2 x tile at 3.5 EUR",
        "[location: Dock] https://www.openstreetmap.org/?mlat=51.5&mlon=-0.25#map=16/51.5/-0.25",
        "hello\ncame from an ad: New roofs (https://ads.example.com/1)",
    ]


def test_what_a_message_answers_is_quoted_where_it_is_known(table: Tabletop, text: Any) -> None:
    table.post("meta", text(1, "shall I come at nine?"))
    table.post("meta", text(2, "yes", context={"id": "wamid.1"}))
    table.post("meta", text(3, "and that?", context={"id": "wamid.before-the-hub"}))
    assert logged(table) == ["shall I come at nine?", "in answer to “shall I come at nine?”\nyes", "and that?"]


@pytest.mark.parametrize(
    ("contact", "words", "why"),
    [("77", "", "there is no text to send"), ("", "Hello", "this task belongs to no contact")],
)
def test_an_answer_that_cannot_be_sent_is_told_so_once(
    table: Tabletop, text: Any, contact: str, words: str, why: str
) -> None:
    table.post("meta", text(1, "hello"))
    table.post("meta", text(2, "hello", "15550102"))  # somebody whose record is not made yet
    table.step()
    table.crm_knows(Record(id="77", identities=(Identity("phone", "", "+15550101"),)))

    def asked(key: str) -> None:
        answer = Answer(type="task", id="5", contact=contact, text=words, agent="501")
        table.happen(
            RecordsRead(key=key, at=table.now, crm="main", records=(), feed="touched", answers=(answer,), cursor="")
        )
        table.step()

    asked("a")
    asked("b")
    (told,) = table.crm("object").objects
    assert (told.record, told.reply_status, told.reply_result) == ("5", "failed", why)
    assert table.lease() == []


def test_a_gap_in_what_the_crm_tells_is_kept_as_news(table: Tabletop) -> None:
    gap = "the journal does not reach back"
    table.happen(RecordsRead(key="g", at=table.now, crm="main", records=(), feed="recent", cursor="9", gap=gap))
    table.step()
    assert table.rows("SELECT connection, topic, text, bad FROM news") == [("main", "gap", gap, 1)]
    assert table.rows("SELECT value FROM cursors WHERE name='crm.main.recent'") == [("9",)]
