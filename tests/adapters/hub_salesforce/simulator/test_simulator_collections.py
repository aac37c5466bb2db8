"""The simulator's collections: up to 200 records, a fate for each."""

import pytest

from hub_salesforce.simulator_rules import DuplicateRule


def people(count, kind="Contact", **more):
    return [{"attributes": {"type": kind}, "LastName": f"N{n}", **more} for n in range(count)]


def keyed(*keys):
    return [{**person, "Hub_Key__c": key} for person, key in zip(people(len(keys)), keys, strict=True)]


def write(client, method, records, *, to="", none=False, **more):
    body = {"allOrNone": none, "records": records}
    return client.call(method, f"/composite/sobjects{to}", body, **more)


def test_each_record_has_a_row_in_the_order_given(client, sim):
    records = people(4)
    records[1] = {"attributes": {"type": "Contact"}, "FirstName": "no last name"}
    records[2]["Nothing__c"] = "x"
    reply = write(client, "POST", records)
    assert reply.status_code == 200
    assert client.codes(reply.json()) == ["", "REQUIRED_FIELD_MISSING", "INVALID_FIELD", ""]
    assert reply.json()[1]["errors"][0]["fields"] == ["LastName"]
    assert [c["LastName"] for c in sim.contacts()] == ["N0", "N3"]
    ids = [reply.json()[0]["id"], reply.json()[3]["id"]]
    changes = [{"attributes": {"type": "Contact"}, "id": id_, "Email": "a@example.com"} for id_ in ids]
    changes.insert(1, {"attributes": {"type": "Contact"}, "id": "0035g00000zzzzzAAA", "Email": "a@example.com"})
    changed = write(client, "PATCH", changes).json()
    assert client.codes(changed)[::2] == ["", ""]
    assert client.codes(changed)[1] != ""
    assert {c["email"] for c in sim.contacts()} == {"a@example.com"}
    gone = client.call("DELETE", "/composite/sobjects", params={"ids": ",".join(ids), "allOrNone": "false"})
    assert client.codes(gone.json()) == ["", ""]
    assert sim.contacts() == []


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_more_than_200_are_refused_as_a_whole(client, sim, method):
    reply = write(client, method, people(201))
    assert client.code(reply) == (400, "EXCEEDED_ID_LIMIT")
    assert sim.contacts() == []


def test_201_ids_are_not_deleted(client, sim):
    ids = sim.fill([{"name": f"Ana N{n}"} for n in range(201)])
    reply = client.call("DELETE", "/composite/sobjects", params={"ids": ",".join(ids)})
    assert client.code(reply) == (400, "EXCEEDED_ID_LIMIT")
    assert len(sim.contacts()) == 201


def test_types_may_change_nine_times(client, sim):
    pairs = [record for n in range(6) for record in (*people(1), *people(1, "Lead", Company=f"C{n}"))]
    assert write(client, "POST", pairs[:10]).status_code == 200
    assert client.code(write(client, "POST", pairs[:11])) == (400, "EXCEEDED_MAX_TYPES_LIMIT")
    sorted_ = [*pairs[::2], *pairs[1::2]]
    assert client.codes(write(client, "POST", sorted_).json()) == [""] * 12


def test_all_or_none(client, sim):
    records = people(3)
    records[1].pop("LastName")
    reply = write(client, "POST", records, none=True)
    rolled = "ALL_OR_NONE_OPERATION_ROLLED_BACK"
    assert client.codes(reply.json()) == [rolled, "REQUIRED_FIELD_MISSING", rolled]
    assert sim.contacts() == []


def test_upsert_by_external_id(client, sim):
    client.add_key()
    first = write(client, "PATCH", keyed("a", "b/ü'"), to="/Contact/Hub_Key__c").json()
    again = write(client, "PATCH", keyed("B/Ü'", "c"), to="/Contact/Hub_Key__c").json()
    assert [row["created"] for row in (*first, *again)] == [True, True, False, True]
    assert again[0]["id"] == first[1]["id"], "external ids ignore case"
    bad = write(client, "PATCH", [*keyed("d"), *people(1)], to="/Contact/Hub_Key__c").json()
    assert client.codes(bad) == ["", "MISSING_ARGUMENT"], "a record without its key is not made"
    other = write(client, "PATCH", people(1, "Lead", Company="C", Hub_Key__c="e"), to="/Contact/Hub_Key__c").json()
    assert client.codes(other) == ["INVALID_TYPE"]


def test_a_key_twice_in_a_call_is_written_not_at_all(client, sim):
    client.add_key()
    reply = write(client, "PATCH", keyed("a", "b", "A"), to="/Contact/Hub_Key__c")
    assert client.codes(reply.json()) == ["DUPLICATE_VALUE", "", "DUPLICATE_VALUE"]


def test_a_duplicate_rule_names_its_match_unless_the_header_allows(client, sim):
    (ana,) = sim.fill([{"name": "Ana", "email": "ana@example.com"}])
    sim.org.duplicate_rules.append(DuplicateRule())
    records = people(1, Email="ANA@example.com")
    (row,) = write(client, "POST", records).json()
    assert client.codes([row]) == ["DUPLICATES_DETECTED"]
    found = row["errors"][0]["duplicateResult"]["matchResults"][0]["matchRecords"]
    assert [match["record"]["Id"] for match in found] == [ana]
    single = client.call("POST", "/sobjects/Contact", {"LastName": "N", "Email": "ana@example.com"})
    assert client.code(single) == (400, "DUPLICATES_DETECTED")
    assert "duplicateResult" in single.json()[0]
    header = {"Sforce-Duplicate-Rule-Header": "allowSave=true; runAsCurrentUser=true"}
    assert client.codes(write(client, "POST", records, headers=header).json()) == [""]
    assert len(sim.contacts()) == 2


def test_headers_of_a_call_inside_a_call_are_its_own(client, sim):
    sim.fill([{"name": "Ana", "email": "ana@example.com"}])
    sim.org.duplicate_rules.append(DuplicateRule())
    header = {"Sforce-Duplicate-Rule-Header": "allowSave=true"}
    part = {
        "method": "POST",
        "url": "/services/data/v59.0/composite/sobjects",
        "referenceId": "a",
        "body": {"records": people(1, Email="ana@example.com")},
    }
    outside = client.call("POST", "/composite", {"compositeRequest": [part]}, headers=header).json()
    inside = client.call("POST", "/composite", {"compositeRequest": [{**part, "httpHeaders": header}]}).json()
    told = [reply["compositeResponse"][0]["body"] for reply in (outside, inside)]
    assert [client.codes(rows) for rows in told] == [["DUPLICATES_DETECTED"], [""]]


def test_many_records_are_read_by_id(client, sim):
    ana, ben = sim.fill([{"name": "Ana"}, {"name": "Ben"}])
    sim.remove(ben)
    got = client.call("GET", "/composite/sobjects/Contact", params={"ids": f"{ben},{ana}", "fields": "Id,Name"})
    assert [row and row["Name"] for row in got.json()] == [None, "Ana"]
    body = {"ids": [ana[:15]], "fields": ["Name"]}
    assert [row["Name"] for row in client.call("POST", "/composite/sobjects/Contact", body).json()] == ["Ana"]
    wrong = client.call("POST", "/composite/sobjects/Contact", {"ids": ["x"], "fields": ["Name"]})
    assert client.code(wrong) == (400, "MALFORMED_ID")
    many = {"ids": [ana] * 2_001, "fields": ["Name"]}
    assert client.code(client.call("POST", "/composite/sobjects/Contact", many)) == (400, "EXCEEDED_ID_LIMIT")


def test_rows_under_a_locked_parent_are_refused(client, sim):
    sim.org.lock_share = 1.0
    (account,) = sim.org.insert_many("Account", [{"Name": "Acme"}])
    reply = write(client, "POST", [*people(1, AccountId=account.id), *people(1)])
    assert client.codes(reply.json())[0] == "UNABLE_TO_LOCK_ROW"
    sim.org.lock_share = 0.0
    assert client.codes(write(client, "POST", people(1, AccountId=account.id)).json()) == [""]


def test_parallel_writes_under_one_parent_meet_its_lock(client, sim):
    from concurrent.futures import ThreadPoolExecutor

    (account,) = sim.org.insert_many("Account", [{"Name": "Acme"}])
    sim.latency = 0.5
    client.log_in()
    with ThreadPoolExecutor(2) as pool:
        told = list(pool.map(lambda _: write(client, "POST", people(1, AccountId=account.id)).json(), range(2)))
    assert sorted(client.codes(told[0]) + client.codes(told[1])) == ["", "UNABLE_TO_LOCK_ROW"]
