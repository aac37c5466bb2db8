"""The simulator's calls inside calls: references, limits, all or none."""

import pytest

from hub_salesforce.paths import DATA


def part(name, method, path, body=None):
    made = {"method": method, "url": f"{DATA}{path}", "referenceId": name}
    return made if body is None else {**made, "body": body}


def send(client, *parts, **more):
    return client.call("POST", "/composite", {"compositeRequest": list(parts), **more})


def told(reply):
    return {one["referenceId"]: (one["httpStatusCode"], one["body"]) for one in reply.json()["compositeResponse"]}


def test_later_calls_use_values_of_earlier_ones(client, sim):
    records = [{"attributes": {"type": "Contact"}, "LastName": "Ben"}]
    reply = send(
        client,
        part("account", "POST", "/sobjects/Account", {"Name": "Acme"}),
        part("ana", "POST", "/sobjects/Contact", {"LastName": "Ana", "AccountId": "@{account.id}"}),
        part("more", "POST", "/composite/sobjects", {"records": records}),
        part("task", "POST", "/sobjects/Task", {"Subject": "Hello", "WhoId": "@{more[0].id}"}),
        part("found", "GET", "/query?q=SELECT+Id+FROM+Contact+WHERE+LastName='Ana'"),
        part("change", "PATCH", "/sobjects/Contact/@{found.records[0].Id}", {"FirstName": "An"}),
    )
    answers = told(reply)
    assert [status for status, _ in answers.values()] == [201, 201, 200, 201, 200, 204]
    ana, ben = sim.contacts()
    assert (ana["AccountId"], ana["FirstName"]) == (answers["account"][1]["id"], "An")
    (task,) = sim.org.rows["Task"].values()
    assert task.values["WhoId"] == ben["id"]
    assert sim.calls["composite/sobjects"] == 1
    assert sim.parts["query"] == 1


def test_a_reference_to_nothing_halts_its_call_alone(client, sim):
    reply = send(
        client,
        part("bad", "POST", "/sobjects/Contact", {"FirstName": "no last name"}),
        part("task", "POST", "/sobjects/Task", {"WhoId": "@{bad.id}"}),
        part("ana", "POST", "/sobjects/Contact", {"LastName": "Ana"}),
    )
    answers = told(reply)
    assert [status for status, _ in answers.values()] == [400, 400, 201]
    assert answers["task"][1][0]["errorCode"] == "PROCESSING_HALTED"
    assert len(sim.contacts()) == 1
    assert not sim.org.rows["Task"]


def test_all_or_none_undoes_the_calls_before(client, sim):
    parts = (
        part("ana", "POST", "/sobjects/Contact", {"LastName": "Ana"}),
        part("bad", "POST", "/sobjects/Contact", {"FirstName": "no last name"}),
        part("ben", "POST", "/sobjects/Contact", {"LastName": "Ben"}),
    )
    answers = told(send(client, *parts, allOrNone=True))
    codes = {name: body[0]["errorCode"] for name, (_, body) in answers.items()}
    assert codes == {"ana": "PROCESSING_HALTED", "bad": "REQUIRED_FIELD_MISSING", "ben": "PROCESSING_HALTED"}
    assert sim.contacts() == []
    assert [status for status, _ in told(send(client, *parts)).values()] == [201, 400, 201]


@pytest.mark.parametrize("path", ["/query?q=SELECT+Id+FROM+Contact", "/queryAll?q=SELECT+Id+FROM+Contact"])
def test_five_queries_or_collections_and_no_more(client, path):
    parts = [part(f"r{n}", "GET", path) for n in range(6)]
    assert client.code(send(client, *parts)) == (400, "LIMIT_EXCEEDED")
    assert {status for status, _ in told(send(client, *parts[:5])).values()} == {200}


def test_collections_count_with_queries(client, sim):
    body = {"records": [{"attributes": {"type": "Contact"}, "LastName": "A"}]}
    parts = [part(f"c{n}", "POST", "/composite/sobjects", body) for n in range(5)]
    assert client.code(send(client, *parts, part("q", "GET", "/query?q=SELECT+Id+FROM+Contact")))[0] == 400
    assert sim.contacts() == []
    assert len(told(send(client, *parts))) == 5


def test_25_calls_and_no_more(client):
    parts = [part(f"r{n}", "GET", "/limits") for n in range(26)]
    assert client.code(send(client, *parts)) == (400, "LIMIT_EXCEEDED")
    assert client.code(send(client)) == (400, "LIMIT_EXCEEDED")
    used = client.simulator.used
    assert len(told(send(client, *parts[:25]))) == 25
    assert client.simulator.used == used + 1, "calls inside a call cost nothing"


def test_names_are_there_once_and_calls_go_no_deeper(client):
    one = part("a", "GET", "/limits")
    assert client.code(send(client, one, one))[0] == 400
    assert client.code(send(client, {**one, "referenceId": "a-b"}))[0] == 400
    inner = part("a", "POST", "/composite", {"compositeRequest": [one]})
    assert told(send(client, inner))["a"][0] == 400
    assert told(send(client, {**one, "url": "/limits"}))["a"][0] == 400


def graph(name, *parts):
    return {"graphId": name, "compositeRequest": list(parts)}


def pair(n, *, good=True):
    person = {"LastName": f"N{n}"} if good else {"FirstName": "no last name"}
    task = {"Subject": "Hello", "WhoId": f"@{{p{n}.id}}"}
    return graph(
        f"g{n}", part(f"p{n}", "POST", "/sobjects/Contact", person), part(f"t{n}", "POST", "/sobjects/Task", task)
    )


def graphs(client, *all_):
    return client.call("POST", "/composite/graph", {"graphs": list(all_)})


def test_a_graph_is_written_as_a_whole_or_not_at_all(client, sim):
    half = graph("half", *pair(7)["compositeRequest"], part("bad", "POST", "/sobjects/Contact", {}))
    reply = graphs(client, pair(1), half, pair(2)).json()["graphs"]
    assert [one["isSuccessful"] for one in reply] == [True, False, True]
    assert [c["LastName"] for c in sim.contacts()] == ["N1", "N2"]
    assert len(sim.org.rows["Task"]) == 2
    codes = [one["body"][0]["errorCode"] for one in reply[1]["graphResponse"]["compositeResponse"]]
    assert codes == ["PROCESSING_HALTED", "PROCESSING_HALTED", "REQUIRED_FIELD_MISSING"]


def test_after_14_failed_graphs_the_rest_is_halted(client, sim):
    reply = graphs(client, *(pair(n, good=False) for n in range(14)), pair(14), pair(15)).json()["graphs"]
    assert [one["isSuccessful"] for one in reply] == [False] * 16
    last = reply[-1]["graphResponse"]["compositeResponse"]
    assert {one["body"][0]["errorCode"] for one in last} == {"PROCESSING_HALTED"}
    assert sim.contacts() == []
    assert graphs(client, *(pair(n, good=False) for n in range(13)), pair(14)).json()["graphs"][-1]["isSuccessful"]


def test_graphs_have_limits(client):
    assert client.code(graphs(client, *(pair(n) for n in range(76)))) == (400, "LIMIT_EXCEEDED")
    whole = graph("g", *(part(f"p{n}", "POST", "/sobjects/Contact", {"LastName": "A"}) for n in range(501)))
    assert client.code(graphs(client, whole)) == (400, "LIMIT_EXCEEDED")
    query = graph("q", part("a", "GET", "/query?q=SELECT+Id+FROM+Contact"))
    assert graphs(client, query).json()["graphs"][0]["isSuccessful"] is False
