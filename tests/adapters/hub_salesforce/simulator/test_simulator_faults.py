"""The simulator's limits and faults: nothing is done where it says so, and what it keeps to itself is counted."""

import time
from email.utils import parsedate_to_datetime

import pytest
import requests

ANA = {"LastName": "Ana"}


def test_every_answer_names_the_use_and_the_day_ends(client, sim):
    sim.per_day = 3
    used = [client.call("POST", "/sobjects/Contact", ANA).headers["Sforce-Limit-Info"] for _ in range(3)]
    assert used == ["api-usage=1/3", "api-usage=2/3", "api-usage=3/3"]
    reply = client.call("POST", "/sobjects/Contact", ANA)
    assert client.code(reply) == (403, "REQUEST_LIMIT_EXCEEDED")
    assert reply.json()[0]["message"] == "TotalRequests Limit exceeded."
    assert len(sim.contacts()) == 3


def test_a_used_up_day_lasts_until_the_fault_ends(client, sim):
    sim.faults.used_up = time.monotonic() + 3_600
    assert client.code(client.call("POST", "/sobjects/Contact", ANA)) == (403, "REQUEST_LIMIT_EXCEEDED")
    assert client.log_in().status_code == 200, "log-ins are not counted"
    sim.faults.used_up = 0.0
    assert client.call("POST", "/sobjects/Contact", ANA).status_code == 201
    assert len(sim.contacts()) == 1


def test_throttled_calls_are_refused_and_nothing_is_done(client, sim):
    client.log_in()
    sim.faults.throttle = 1.0
    reply = client.call("POST", "/sobjects/Contact", ANA)
    assert client.code(reply) == (403, "REQUEST_LIMIT_EXCEEDED")
    assert reply.json()[0]["message"].startswith("ConcurrentPerOrgLongTxn")
    assert sim.contacts() == []


def test_errors_come_in_several_kinds_and_nothing_is_done(client, sim):
    client.log_in()
    sim.faults.error = 1.0
    told = {client.call("POST", "/sobjects/Contact", ANA).status_code for _ in range(30)}
    assert told == {500, 502, 503}
    assert sim.contacts() == []


@pytest.mark.parametrize(("fault", "stand"), [("lose_before", 0), ("lose_after", 1)])
def test_lost_answers_are_counted(client, sim, fault, stand):
    client.log_in()
    setattr(sim.faults, fault, 1.0)
    with pytest.raises(requests.ConnectionError):
        client.call("POST", "/sobjects/Contact", ANA)
    assert (sim.swallowed, len(sim.contacts())) == (1, stand)


def test_while_it_is_down_every_connection_is_dropped(client, sim):
    client.log_in()
    sim.faults.down = True
    for try_ in (client.log_in, lambda: client.call("POST", "/sobjects/Contact", ANA)):
        with pytest.raises(requests.ConnectionError):
            try_()
    sim.faults.down = False
    assert client.call("GET", "/limits").status_code == 200
    assert (sim.swallowed, sim.contacts()) == (0, [])


def test_the_date_is_that_of_the_organisation(client, sim, moment):
    moment.seconds += 86_400 * 365
    date = parsedate_to_datetime(client.call("GET", "/limits").headers["Date"])
    assert date.timestamp() == moment.seconds


def test_calls_are_counted_without_ids(client, sim):
    (ana,) = sim.fill([{"name": "Ana"}])
    client.call("GET", f"/sobjects/Contact/{ana}")
    client.call("GET", f"/sobjects/Contact/Hub_Key__c/{ana}")
    client.query("SELECT Id FROM Contact WHERE Name = 'x'")
    client.query("SELECT Id FROM Contact ORDER BY Id LIMIT 2000")
    client.call("GET", "/sobjects/Contact/describe")
    assert dict(sim.calls) == {
        "login": 1,
        "sobjects/Contact": 1,
        "sobjects/Contact/Hub_Key__c": 1,
        "query/Contact": 1,
        "list/Contact": 1,
        "sobjects/Contact/describe": 1,
    }
    assert set(sim.counted()) == {"sobjects/Contact", "sobjects/Contact/Hub_Key__c", "query/Contact"}


def test_observers_hear_calls_with_their_headers(client, sim):
    heard = []
    sim.observers.append(lambda method, path, headers, body: heard.append((method, path, headers.get("x-word"), body)))
    client.log_in()
    heard.clear()
    client.call("POST", "/sobjects/Contact", ANA, headers={"X-Word": "well"})
    assert heard == [("POST", "/services/data/v59.0/sobjects/Contact", "well", ANA)]
