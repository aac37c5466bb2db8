"""What chaos once found: truth that comes at an awkward moment must still bring every message into the CRM."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.contracts.crm import Written
from hub.testing.tabletop import Tabletop

PERSON, CONTACT = "12025550111", "777"


@pytest.fixture
def table(tmp_path: Path) -> Iterator[Tabletop]:
    made = Tabletop(tmp_path)
    yield made
    made.close()


def webhook(table: Tabletop, **value: object) -> bytes:
    """A WhatsApp payload of one change, as the Cloud API writes it."""
    metadata = {"display_phone_number": "12025550100", "phone_number_id": "1001"}
    change = {"field": "messages", "value": {"messaging_product": "whatsapp", "metadata": metadata, **value}}
    entry = {"id": "2001", "time": table.now // 1000, "changes": [change]}
    return json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()


def writes(table: Tabletop, text: str, wamid: str) -> None:
    said = {"from": PERSON, "id": wamid, "timestamp": str(table.now // 1000), "type": "text", "text": {"body": text}}
    contact = {"wa_id": PERSON, "profile": {"name": "Ada Example"}}
    table.post("meta", webhook(table, contacts=[contact], messages=[said]))


def test_somebody_who_writes_in_the_same_batch_as_the_last_page_of_the_first_read_gets_a_contact(
    table: Tabletop,
) -> None:
    writes(table, "hello", "wamid.1")
    table.crm_knows()  # the last page, in one batch with the message before it
    table.step()
    assert len(table.crm("person").persons) == 1


def test_a_status_that_comes_after_the_send_was_given_up_as_uncertain_brings_it_into_the_crm(table: Tabletop) -> None:
    table.crm_knows()
    table.step()
    writes(table, "price please", "wamid.1")
    table.step()
    (person,) = table.crm("person").persons
    table.crm_answers(Written(outbox=person.outbox, record=CONTACT, new=True))
    (leased,) = table.lease()
    table.sent(leased, outcome="uncertain", reason="no answer")
    report = {
        "id": "wamid.out",
        "status": "delivered",
        "timestamp": str(table.now // 1000),
        "recipient_id": PERSON,
        "biz_opaque_callback_data": leased.message.callback,
    }
    table.post("meta", webhook(table, statuses=[report]))
    table.step()
    assert [(entry.direction, entry.record) for entry in table.crm("log").logs] == [("in", CONTACT), ("out", CONTACT)]
