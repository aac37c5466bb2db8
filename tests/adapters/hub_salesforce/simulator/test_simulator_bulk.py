"""The simulator's Bulk API 2.0: jobs, CSV in and out, what became of each row."""

import csv
import io

import pytest

CSV = {"Content-Type": "text/csv"}


def table(rows, line="\n"):
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]), lineterminator=line)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def ingest(client, operation, rows, *, key="", line="LF", data=b""):
    body = {"object": "Contact", "operation": operation, "contentType": "CSV", "lineEnding": line}
    job = client.call("POST", "/jobs/ingest", body | ({"externalIdFieldName": key} if key else {})).json()
    path = f"/jobs/ingest/{job['id']}"
    assert client.call("PUT", f"{path}/batches", data=data or table(rows), headers=CSV).status_code == 201
    assert client.call("PATCH", path, {"state": "UploadComplete"}).json()["state"] == "UploadComplete"
    return path


def finished(client, path):
    for _ in range(10):
        job = client.call("GET", path).json()
        if job["state"] not in ("UploadComplete", "InProgress"):
            return job
    raise AssertionError("the job never ends")


def rows_of(reply):
    assert reply.status_code == 200
    reply.encoding = "utf-8"
    return list(csv.DictReader(io.StringIO(reply.text, newline="")))


def test_2500_rows_go_in_and_come_out(client, sim):
    client.add_key()
    names = ['with "quotes"', "a, b", "two\nlines", "Ünal 👋"]
    rows = [{"Hub_Key__c": f"k{n}", "LastName": names[n % 4], "DoNotCall": "true"} for n in range(2_500)]
    rows[7]["LastName"] = ""
    path = ingest(client, "upsert", rows, key="Hub_Key__c")
    assert client.code(client.call("GET", f"{path}/successfulResults")) == (400, "INVALIDJOBSTATE")
    job = finished(client, path)
    assert (job["state"], job["numberRecordsProcessed"], job["numberRecordsFailed"]) == ("JobComplete", 2_500, 1)
    done = rows_of(client.call("GET", f"{path}/successfulResults"))
    assert {row["sf__Created"] for row in done} == {"true"}
    assert [row["Hub_Key__c"] for row in done] != [f"k{n}" for n in range(2_500) if n != 7], "in no order"
    (bad,) = rows_of(client.call("GET", f"{path}/failedResults"))
    assert bad["Hub_Key__c"] == "k7"
    assert bad["sf__Error"].startswith("REQUIRED_FIELD_MISSING:")
    assert rows_of(client.call("GET", f"{path}/unprocessedrecords")) == []
    by_key = {row["Hub_Key__c"]: row["sf__Id"] for row in done}
    stands = {c["Hub_Key__c"]: c for c in sim.contacts()}
    assert {key: c["id"] for key, c in stands.items()} == by_key
    assert stands["k2"]["LastName"] == "two\nlines"
    assert stands["k0"]["DoNotCall"] == "True"

    sim.bulk_page = 1_000
    job = client.call("POST", "/jobs/query", {"operation": "query", "query": "SELECT Id, LastName FROM Contact"}).json()
    path, found, locator, pages = f"/jobs/query/{job['id']}", [], "", 0
    finished(client, path)
    while locator != "null":
        reply = client.call("GET", f"{path}/results", params={"locator": locator} if locator else {})
        found += rows_of(reply)
        locator, pages = reply.headers["Sforce-Locator"], pages + 1
    assert (pages, reply.headers["Sforce-NumberOfRecords"]) == (3, "499")
    assert {row["Id"]: row["LastName"] for row in found} == {c["id"]: c["LastName"] for c in sim.contacts()}
    assert client.call("DELETE", path).status_code == 204
    assert client.call("GET", path).status_code == 404


def test_a_cell_that_is_empty_leaves_alone_and_na_blanks(client, sim):
    ids = sim.fill([{"name": "Ana A", "email": "a@example.com"}, {"name": "Ben B", "email": "b@example.com"}])
    rows = [{"Id": ids[0], "Email": ""}, {"Id": ids[1], "Email": "#N/A"}]
    assert finished(client, ingest(client, "update", rows))["numberRecordsFailed"] == 0
    assert [c["email"] for c in sim.contacts()] == ["a@example.com", ""]


def test_insert_and_delete(client, sim):
    finished(client, ingest(client, "insert", [{"LastName": "A"}, {"LastName": "B"}]))
    ids = [c["id"] for c in sim.contacts()]
    path = ingest(client, "delete", [{"Id": ids[0]}, {"Id": "0035g00000zzzzzAAA"}])
    assert finished(client, path)["numberRecordsFailed"] == 1
    assert [c["id"] for c in sim.contacts()] == ids[1:]


@pytest.mark.parametrize(
    ("line", "data", "told"),
    [
        ("LF", b"LastName\r\nA\r\n", "LineEnding"),
        ("CRLF", b"LastName\nA\n", "LineEnding"),
        ("LF", b"Nothing__c\nA\n", "Nothing__c"),
    ],
)
def test_data_that_does_not_fit_fails_the_job(client, sim, line, data, told):
    job = finished(client, ingest(client, "insert", [], line=line, data=data))
    assert job["state"] == "Failed"
    assert told in job["errorMessage"]
    assert sim.contacts() == []


def test_a_job_is_done_after_some_questions(client, sim):
    sim.bulk_polls = 2
    path = ingest(client, "insert", [{"LastName": "A"}])
    assert sim.contacts() == []
    assert [client.call("GET", path).json()["state"] for _ in range(3)] == ["InProgress"] * 2 + ["JobComplete"]


def test_a_row_with_other_columns_fails_alone(client, sim):
    path = ingest(client, "insert", [], data=b"LastName,FirstName\nA,B\nC\n")
    assert finished(client, path)["numberRecordsFailed"] == 1
    assert len(sim.contacts()) == 1


def test_jobs_are_refused_at_once(client, sim):
    def ask(soql, operation="query"):
        return client.code(client.call("POST", "/jobs/query", {"operation": operation, "query": soql}))

    assert ask("SELECT Id FROM") == (400, "MALFORMED_QUERY")
    assert ask("SELECT Nothing__c FROM Contact") == (400, "INVALID_FIELD")
    assert ask("SELECT COUNT() FROM Contact") == (400, "API_ERROR")
    assert ask("SELECT Id FROM Contact", "insert") == (400, "INVALIDOPERATION")
    body = {"object": "Contact", "operation": "upsert"}
    assert client.code(client.call("POST", "/jobs/ingest", body)) == (400, "INVALIDJOB")
    job = client.call("POST", "/jobs/ingest", {"object": "Contact", "operation": "insert"}).json()
    path = f"/jobs/ingest/{job['id']}"
    assert client.call("PUT", f"{path}/batches", data=b"LastName\nA\n", headers=CSV).status_code == 201
    twice = client.call("PUT", f"{path}/batches", data=b"LastName\nA\n", headers=CSV)
    assert client.code(twice) == (400, "INVALIDJOBSTATE")
    assert client.call("PATCH", path, {"state": "Aborted"}).json()["state"] == "Aborted"
    assert client.code(client.call("PATCH", path, {"state": "UploadComplete"})) == (400, "INVALIDJOBSTATE")
    assert sim.contacts() == []


def test_a_query_of_the_recycle_bin_and_times_in_csv(client, sim):
    ana, ben = sim.fill([{"name": "Ana"}, {"name": "Ben"}])
    sim.remove(ben)
    soql = "SELECT Id, IsDeleted, SystemModstamp, Account.Name FROM Contact"
    job = client.call("POST", "/jobs/query", {"operation": "queryAll", "query": soql}).json()
    finished(client, f"/jobs/query/{job['id']}")
    rows = {row["Id"]: row for row in rows_of(client.call("GET", f"/jobs/query/{job['id']}/results"))}
    assert (rows[ana]["IsDeleted"], rows[ben]["IsDeleted"]) == ("false", "true")
    assert (rows[ana]["SystemModstamp"], rows[ana]["Account.Name"]) == ("2026-09-21T14:13:20.000Z", "")
