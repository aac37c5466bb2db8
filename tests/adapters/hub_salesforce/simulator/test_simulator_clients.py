"""simple-salesforce, which knows nothing of us, finds Salesforce in the simulator."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from requests.adapters import HTTPAdapter
from simple_salesforce import Salesforce
from simple_salesforce.exceptions import (
    SalesforceAuthenticationFailed,
    SalesforceExpiredSession,
    SalesforceMalformedRequest,
    SalesforceMoreThanOneRecord,
    SalesforceResourceNotFound,
)
from simple_salesforce.format import format_external_id, format_soql

from hub_salesforce.simulator import SalesforceSimulator

ODD = "whatsapp:+44/77 'ünal?#%\\&"


class Loopback(HTTPAdapter):
    """Sends what is meant for Salesforce to the simulator."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self.address = address

    def send(self, request: Any, *args: Any, **more: Any) -> requests.Response:
        parts = urlsplit(request.url)
        assert parts.scheme == "https"
        request.url = parts._replace(scheme="http", netloc=self.address).geturl()
        return super().send(request, *args, **more)


@pytest.fixture
def connect(sim: SalesforceSimulator) -> Iterator[Callable[..., Salesforce]]:
    with requests.Session() as session:
        session.mount("https://", Loopback(urlsplit(sim.url).netloc))

        def made(flow: str = "client_credentials", **changes: Any) -> Salesforce:
            table = {n: v for n, v in sim.config(flow).items() if n not in ("adapter", "instance_url")} | changes
            if "private_key" in table:
                table["privatekey"] = table.pop("private_key")
            return Salesforce(session=session, **table)

        yield made


@pytest.mark.parametrize("flow", ["client_credentials", "password", "soap"])
def test_every_log_in_it_knows(connect, flow):
    assert connect(flow).limits()["DailyApiRequests"]["Max"] == 100_000


def test_jwt_bearer(served):
    """Its assertions are signed by the clock of this machine."""
    simulator = served(SalesforceSimulator())
    with requests.Session() as session:
        session.mount("https://", Loopback(urlsplit(simulator.url).netloc))
        table = {n: v for n, v in simulator.config("jwt").items() if n not in ("adapter", "instance_url")}
        key = table.pop("private_key")
        assert Salesforce(session=session, privatekey=key, **table).limits()
        with pytest.raises(SalesforceAuthenticationFailed):
            Salesforce(session=session, privatekey=key, **{**table, "consumer_key": "another-app"})


@pytest.mark.parametrize(
    ("flow", "wrong"),
    [
        ("client_credentials", {"consumer_secret": "x"}),
        ("password", {"password": "x"}),
        ("soap", {"security_token": "x"}),
    ],
)
def test_wrong_credentials(connect, flow, wrong):
    with pytest.raises(SalesforceAuthenticationFailed):
        connect(flow, **wrong)


def test_query_all_over_pages(connect, sim):
    ids = sim.fill([{"name": f"Ana N{n}"} for n in range(2_500)])
    found = connect().query_all("SELECT Id, Name FROM Contact")
    assert (found["totalSize"], found["done"]) == (2_500, True)
    assert [row["Id"] for row in found["records"]] == ids
    assert (sim.calls["query/Contact"], sim.calls["query/more"]) == (1, 1)


def test_what_it_escapes_is_found(connect, sim):
    for name in ("O'Neil", "a\\b", 'x" OR Name != "', "%_", "line\nend"):
        sim.fill([{"LastName": name}])
        soql = format_soql("SELECT LastName FROM Contact WHERE LastName = {}", name)
        assert [row["LastName"] for row in connect().query(soql)["records"]] == [name]


def test_upsert_by_an_external_id_with_odd_characters(connect, sim, client):
    client.add_key()
    contact, path = connect().Contact, format_external_id("Hub_Key__c", ODD)
    made = contact.upsert(path, {"LastName": "Alba"}, raw_response=True)
    assert (made.status_code, made.json()["created"]) == (201, True)
    assert contact.upsert(path, {"LastName": "Boa"}) == 200
    assert contact.get(path)["LastName"] == "Boa"
    assert [c["Hub_Key__c"] for c in sim.contacts()] == [ODD]
    with pytest.raises(SalesforceResourceNotFound):
        contact.upsert(f"Hub_Key__c/{ODD.partition('?')[0]}", {"LastName": "C"})


def test_an_ambiguous_external_id(connect, sim):
    sim.org.add_field("Contact.Old__c", {"type": "Text", "length": 20, "label": "Old", "externalId": True})
    sim.org.insert_many("Contact", [{"LastName": name, "Old__c": "7"} for name in "AB"])
    with pytest.raises(SalesforceMoreThanOneRecord) as caught:
        connect().Contact.upsert("Old__c/7", {"LastName": "C"})
    assert len(caught.value.content) == 2


def test_describe_and_errors(connect):
    force = connect()
    assert {"LastName", "Email", "MobilePhone"} <= {field["name"] for field in force.Contact.describe()["fields"]}
    assert any(one["name"] == "Contact" for one in force.describe()["sobjects"])
    with pytest.raises(SalesforceMalformedRequest) as caught:
        force.Contact.create({"FirstName": "Ana"})
    assert caught.value.content[0]["errorCode"] == "REQUIRED_FIELD_MISSING"
    with pytest.raises(SalesforceMalformedRequest) as caught:
        force.query("SELECT Id FROM Contact WHERE")
    assert caught.value.content[0]["errorCode"] == "MALFORMED_QUERY"


def test_its_renewal_loses_the_headers_of_a_call(connect, sim):
    """Why the adapter repeats a call by itself: what it sends again shows here."""
    force, heard = connect(), []
    sim.observers.append(lambda method, path, headers, body: heard.append((path, headers.get("x-word"))))
    sim.end_sessions()
    force.restful("limits", headers={"X-Word": "well"})
    assert [word for path, word in heard if path.endswith("/limits")] == ["well", None]
    assert sim.log_ins.count == 2


def test_a_session_nobody_takes(connect, sim):
    force = connect()
    sim.log_ins.fail = True
    with pytest.raises(SalesforceExpiredSession):
        force.restful("limits")


def test_bulk_query_and_upsert(connect, sim, client):
    client.add_key()
    sim.bulk_page = 1_000
    bulk = connect().bulk2.Contact
    rows = [{"Hub_Key__c": f"k{n}", "LastName": f"N{n}"} for n in range(2_100)]
    (job,) = bulk.upsert(records=rows, external_id_field="Hub_Key__c", wait=0)
    assert (job["numberRecordsProcessed"], job["numberRecordsFailed"]) == (2_100, 0)
    pages = list(bulk.query("SELECT Id, LastName FROM Contact", wait=0))
    found = [row["LastName"] for page in pages for row in csv.DictReader(io.StringIO(page))]
    assert len(pages) == 3
    assert sorted(found) == sorted(row["LastName"] for row in rows)
