"""The simulator's calls for queries and single records, and what it tells beside them."""

from email.utils import formatdate

import pytest

from hub_salesforce.paths import DATA


def test_records_are_made_read_changed_and_deleted(client, sim):
    made = client.call("POST", "/sobjects/Contact", {"FirstName": "Ana", "LastName": "Alba"})
    assert made.status_code == 201
    id_ = made.json()["id"]
    assert made.json() == {"id": id_, "success": True, "errors": []}
    assert len(id_) == 18
    row = client.call("GET", f"/sobjects/Contact/{id_[:15]}").json()
    assert (row["Id"], row["Name"], row["Email"], row["DoNotCall"]) == (id_, "Ana Alba", None, False)
    assert client.call("PATCH", f"/sobjects/contact/{id_}", {"Email": "ana@example.com"}).status_code == 204
    some = client.call("GET", f"/sobjects/Contact/{id_}", params={"fields": "Email,LastName"}).json()
    assert some == {"attributes": row["attributes"], "Email": "ana@example.com", "LastName": "Alba"}
    assert client.call("DELETE", f"/sobjects/Contact/{id_}").status_code == 204
    assert client.code(client.call("GET", f"/sobjects/Contact/{id_}")) == (404, "ENTITY_IS_DELETED")
    assert client.code(client.call("PATCH", f"/sobjects/Contact/{id_}", {"Email": ""})) == (404, "ENTITY_IS_DELETED")
    assert client.code(client.call("GET", "/sobjects/Contact/0035g00000ZZZZZAAA")) == (404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("method", "path", "body", "expected"),
    [
        ("POST", "/sobjects/Contact", {"FirstName": "Ana"}, (400, "REQUIRED_FIELD_MISSING")),
        ("POST", "/sobjects/Contact", {"LastName": "A", "Nothing__c": 1}, (400, "INVALID_FIELD")),
        ("POST", "/sobjects/Contact", {"LastName": "A" * 81}, (400, "STRING_TOO_LONG")),
        ("POST", "/sobjects/Nothing", {"LastName": "A"}, (404, "INVALID_TYPE")),
        ("POST", "/sobjects/Contact", ["LastName"], (400, "JSON_PARSER_ERROR")),
        ("PUT", "/sobjects/Contact/x", {"LastName": "A"}, (405, "METHOD_NOT_ALLOWED")),
        ("GET", "/nothing/here", None, (404, "NOT_FOUND")),
        ("GET", "/query", None, (400, "MALFORMED_QUERY")),
    ],
)
def test_refusals_name_their_code(client, method, path, body, expected):
    assert client.code(client.call(method, path, body)) == expected


def test_a_body_that_is_no_json_is_refused(client):
    reply = client.call("POST", "/sobjects/Contact", data=b"{'LastName'", headers={"Content-Type": "application/json"})
    assert client.code(reply) == (400, "JSON_PARSER_ERROR")


def test_upsert_by_external_id(client, sim):
    client.add_key()
    path = "/sobjects/Contact/Hub_Key__c/whatsapp%3A%2B49%2F5%20%27%C3%BC"
    made = client.call("PATCH", path, {"LastName": "Alba"})
    assert (made.status_code, made.json()["created"]) == (201, True)
    again = client.call("PATCH", path.replace("whatsapp", "WHATSAPP"), {"LastName": "Boa"})
    assert (again.status_code, again.json()["created"]) == (200, False), "case does not matter"
    assert again.json()["id"] == made.json()["id"]
    row = client.call("GET", path).json()
    assert (row["LastName"], row["Hub_Key__c"].lower()) == ("Boa", "whatsapp:+49/5 'ü")
    assert client.call("GET", "/sobjects/Contact/Hub_Key__c/nobody").status_code == 404
    assert client.call("PATCH", "/sobjects/Contact/Hub_Key__c/whatsapp:+49/5", {"LastName": "C"}).status_code == 404
    assert client.code(client.call("PATCH", path, {"Hub_Key__c": "x", "LastName": "D"})) == (400, "INVALID_FIELD")
    assert client.call("PATCH", "/sobjects/Contact/Email/ana@example.com", {"LastName": "E"}).status_code == 400


def test_an_external_id_that_is_not_unique_is_ambiguous(client, sim):
    sim.org.add_field("Contact.Old__c", {"type": "Text", "length": 20, "label": "Old", "externalId": True})
    ids = [row.id for row in sim.org.insert_many("Contact", [{"LastName": n, "Old__c": "7"} for n in "AB"])]
    for reply in (
        client.call("PATCH", "/sobjects/Contact/Old__c/7", {"LastName": "C"}),
        client.call("GET", "/sobjects/Contact/Old__c/7"),
    ):
        assert reply.status_code == 300
        assert reply.json() == [f"{DATA}/sobjects/Contact/{id_}" for id_ in ids]
    assert [c["LastName"] for c in sim.contacts()] == ["A", "B"]


def test_a_change_can_depend_on_the_time_of_the_last_one(client, sim, moment):
    (id_,) = sim.fill([{"name": "Ana"}])
    read_at = formatdate(moment.seconds, usegmt=True)
    path, since = f"/sobjects/Contact/{id_}", {"If-Unmodified-Since": read_at}
    assert client.call("PATCH", path, {"Email": "a@example.com"}, headers=since).status_code == 204
    moment.seconds += 5
    sim.edit(id_, {"email": "b@example.com"})
    assert client.call("PATCH", path, {"Email": "c@example.com"}, headers=since).status_code == 412
    assert sim.contacts()[0]["email"] == "b@example.com"
    assert client.call("GET", path, headers={"If-Modified-Since": read_at}).status_code == 200
    later = {"If-Modified-Since": formatdate(moment.seconds, usegmt=True)}
    assert client.call("GET", path, headers=later).status_code == 304


def test_queries_come_in_pages(client, sim):
    sim.fill([{"name": f"Ana N{n}"} for n in range(4_100)])
    first = client.query("SELECT Id FROM Contact")
    assert (first["totalSize"], first["done"], len(first["records"])) == (4_100, False, 2_000)
    pages = [first]
    while not pages[-1]["done"]:
        pages.append(client.call("GET", pages[-1]["nextRecordsUrl"].removeprefix(DATA)).json())
    assert [len(page["records"]) for page in pages] == [2_000, 2_000, 100]
    assert len({row["Id"] for page in pages for row in page["records"]}) == 4_100
    again = client.call("GET", first["nextRecordsUrl"].removeprefix(DATA))
    assert client.code(again) == (400, "INVALID_QUERY_LOCATOR"), "after its last page a query is closed"
    small = client.query("SELECT Id FROM Contact", headers={"Sforce-Query-Options": "batchSize=50"})
    assert len(small["records"]) == 200, "smaller pages there are not"


def test_only_ten_queries_stay_open(client, sim):
    sim.fill([{"name": f"Ana N{n}"} for n in range(201)])
    small = {"Sforce-Query-Options": "batchSize=200"}
    nexts = [client.query("SELECT Id FROM Contact", headers=small)["nextRecordsUrl"] for _ in range(11)]
    told = [client.call("GET", url.removeprefix(DATA), headers=small).status_code for url in nexts]
    assert told == [400] + [200] * 10


def test_an_address_can_be_too_long(client):
    soql = f"SELECT Id FROM Contact WHERE LastName IN ('{'x' * 20_000}')"
    assert client.call("GET", "/query", params={"q": soql}).status_code == 414


def test_query_all_shows_what_was_merged(client, sim):
    ana, ben = sim.fill([{"name": "Ana"}, {"name": "Ben"}])
    sim.merge(ana, ben)
    soql = {"q": "SELECT Id, MasterRecordId FROM Contact WHERE IsDeleted = true"}
    assert client.query(soql["q"])["records"] == []
    (row,) = client.call("GET", "/queryAll", params=soql).json()["records"]
    assert (row["Id"], row["MasterRecordId"]) == (ben, ana)


def test_updated_and_deleted(client, sim, moment):
    start = moment.seconds
    ana, ben = sim.fill([{"name": "Ana"}, {"name": "Ben"}])
    moment.seconds += 300
    sim.remove(ben)
    moment.seconds += 300

    def ask(which, begin, end):
        span = {"start": formatted(begin), "end": formatted(end)}
        return client.call("GET", f"/sobjects/Contact/{which}", params=span)

    def formatted(seconds):
        from datetime import UTC, datetime

        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00")

    assert ask("updated", start - 60, moment.seconds).json()["ids"] == [ana]
    gone = ask("deleted", start - 60, moment.seconds).json()
    assert [row["id"] for row in gone["deletedRecords"]] == [ben]
    assert gone["latestDateCovered"] <= "2026-09-21T14:23:20.000+0000"
    assert ask("deleted", start - 60, start + 240).json()["deletedRecords"] == []
    too_short = ask("deleted", start, start + 20)
    assert client.code(too_short) == (400, "INVALID_REPLICATION_DATE")
    too_old = ask("deleted", start - 31 * 86_400, start)
    assert client.code(too_old) == (400, "INVALID_REPLICATION_DATE")


def test_describe_names_fields_and_limits_name_the_use(client, sim):
    fields = {f["name"]: f for f in client.call("GET", "/sobjects/contact/describe").json()["fields"]}
    assert (fields["LastName"]["nillable"], fields["LastName"]["length"]) == (False, 80)
    assert "Contact" in {o["name"] for o in client.call("GET", "/sobjects").json()["sobjects"]}
    reply = client.call("GET", "/limits")
    assert reply.json()["DailyApiRequests"] == {"Max": 100_000, "Remaining": 99_997}
    assert reply.headers["Sforce-Limit-Info"] == "api-usage=3/100000"


def test_fields_are_added_by_the_tooling_api(client, sim):
    field = {"type": "Text", "length": 64, "label": "Hub key", "externalId": True, "unique": True}
    body = {"FullName": "Contact.Hub_Key__c", "Metadata": field}
    assert client.call("POST", "/tooling/sobjects/CustomField", body).status_code == 201
    assert client.call("POST", "/tooling/sobjects/CustomField", body).status_code == 400, "it is there already"
    soql = {"q": "SELECT DeveloperName, TableEnumOrId FROM CustomField"}
    (row,) = client.call("GET", "/tooling/query", params=soql).json()["records"]
    assert (row["DeveloperName"], row["TableEnumOrId"]) == ("Hub_Key", "Contact")
    sim.customize = False
    more = client.call("POST", "/tooling/sobjects/CustomField", {**body, "FullName": "Lead.Hub_Key__c"})
    assert client.code(more) == (403, "INSUFFICIENT_ACCESS")


def test_a_file_comes_as_multipart(client, sim):
    parts = {
        "entity_content": (None, '{"Title": "a.txt", "PathOnClient": "a.txt"}', "application/json"),
        "VersionData": ("a.txt", b"a file \x00\xff", "application/octet-stream"),
    }
    made = client.call("POST", "/sobjects/ContentVersion", files=parts)
    assert made.status_code == 201
    row = client.call("GET", f"/sobjects/ContentVersion/{made.json()['id']}").json()
    assert (row["Title"], row["ContentSize"]) == ("a.txt", 9)
