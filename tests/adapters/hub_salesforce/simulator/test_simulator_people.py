"""What stands in the simulator for the hub's tests: people, messages, and what people do with them."""

import pytest
import requests

from hub_salesforce.paths import DIRECTION, LEAD, MESSAGE, SENT_AT, SEQUENCE

FIELDS = {
    MESSAGE: {"type": "Text", "length": 100, "label": "Message", "externalId": True, "unique": True},
    SENT_AT: {"type": "DateTime", "label": "Sent at"},
    SEQUENCE: {"type": "Number", "label": "Sequence", "precision": 18, "scale": 0},
    DIRECTION: {"type": "Text", "label": "Direction", "length": 10},
}


def log(sim, who, number, *, direction="in", text="", field="WhoId"):
    values = {MESSAGE: f"m{number}", SENT_AT: "2026-09-21T14:13:20.500Z", SEQUENCE: number, DIRECTION: direction}
    return sim.org.insert("Task", {"Description": text, field: who, **values}, user=sim.org.me).id


@pytest.fixture
def fields(sim):
    for name, metadata in FIELDS.items():
        sim.org.add_field(f"Activity.{name}", metadata)


def test_people_are_filled_by_the_names_the_hub_uses(sim, client):
    filled = [{"name": "Ana de la Cruz", "phone": "+447700900001", "email": "ana@example.com", "Title": "Dr"}]
    (id_,) = sim.fill(filled)
    (ana,) = sim.contacts()
    assert (ana["id"], ana["name"], ana["FirstName"], ana["LastName"]) == (id_, "Ana de la Cruz", "Ana", "de la Cruz")
    assert (ana["phone"], ana["Phone"], ana["email"], ana["Title"]) == ("+447700900001",) * 2 + (
        "ana@example.com",
        "Dr",
    )
    assert len(client.query("SELECT Id FROM Contact")["records"]) == 1, "queries see them at once"


def test_one_name_is_the_last_name_and_a_mobile_is_a_phone_too(sim):
    sim.fill([{"name": "Ana", "mobilephone": "+447700900001"}])
    (ana,) = sim.contacts()
    assert (ana["LastName"], ana["MobilePhone"], ana["phone"]) == ("Ana", "+447700900001", "+447700900001")


def test_leads_and_person_accounts_are_people_once(sim):
    sim.org.person_accounts = True
    for kind in ("Contact", "Lead", "Account"):
        sim.person = kind
        sim.fill([{"name": f"Ana {kind}", "phone": "+447700900001", "email": "ana@example.com"}])
    people = sim.contacts()
    assert [p["name"] for p in people] == ["Ana Contact", "Ana Lead", "Ana Account"]
    assert {(p["phone"], p["email"]) for p in people} == {("+447700900001", "ana@example.com")}
    sim.org.insert_many("Account", [{"Name": "Acme"}])
    assert len(sim.contacts()) == 3, "a company is nobody"


def test_messages_stand_in_the_order_of_their_creation(sim, fields):
    ana, ben = sim.fill([{"name": "Ana"}, {"name": "Ben"}])
    first = log(sim, ana, 7, text="hello")
    second = log(sim, ben, 3, direction="out", text="Sent by the hub:\nhello you")
    sim.org.insert("Task", {"Subject": "a call of somebody", "WhoId": ana}, user=sim.org.me)
    rows = sim.logged()
    assert [(m.record, m.contact, m.text, m.direction, m.sequence) for m in rows] == [
        (first, ana, "hello", "in", 7),
        (second, ben, "hello you", "out", 3),
    ]
    assert rows[0].order < rows[1].order
    assert [m.at for m in rows] == [1_790_000_000_000] * 2, "Salesforce keeps seconds"
    sim.remove(first)
    assert [m.record for m in sim.logged()] == [second]


def test_a_message_written_by_the_api_has_the_time_it_was_stored(sim, client, fields):
    (ana,) = sim.fill([{"name": "Ana"}])
    client.call("POST", "/sobjects/Task", {MESSAGE: "m1", "WhoId": ana, DIRECTION: "in"})
    assert sim.logged()[0].stored > 0


def test_somebody_edits_removes_restores_and_merges(sim):
    ana, ben = sim.fill([{"name": "Ana"}, {"name": "Ben"}])
    sim.edit(ana, {"email": "ana@example.com", "Title": "Dr"})
    sim.edit(ana, {"Title": ""})
    assert (sim.contacts()[0]["email"], sim.contacts()[0].get("Title")) == ("ana@example.com", None)
    with pytest.raises(ValueError, match="INVALID_EMAIL_ADDRESS"):
        sim.edit(ana, {"email": "no mail"})
    sim.remove(ben)
    assert [c["id"] for c in sim.contacts()] == [ana]
    sim.restore(ben)
    assert {c["id"] for c in sim.contacts()} == {ana, ben}
    assert sim.merge(ben, ana) == ben
    assert [c["id"] for c in sim.contacts()] == [ben]


def test_a_converted_lead_is_a_contact(sim, client):
    sim.person = LEAD
    (lead,) = sim.fill([{"name": "Ana Lead"}])
    contact = sim.convert(lead)
    assert [(c["id"], c["name"]) for c in sim.contacts()] == [(contact, "Ana Lead")]
    reply = client.call("PATCH", f"/sobjects/Lead/{lead}", {"FirstName": "An"})
    assert client.code(reply) == (400, "CANNOT_UPDATE_CONVERTED_LEAD")


def test_the_page_shows_people_and_their_messages(sim, fields):
    (ana,) = sim.fill([{"name": "Ana <b>", "phone": "+447700900001"}])
    log(sim, ana, 1, text="hello <script>")
    page = requests.get(sim.url, timeout=10).text
    assert "Ana &lt;b&gt;" in page
    assert "hello &lt;script&gt;" in page
    assert "<script>" not in page
