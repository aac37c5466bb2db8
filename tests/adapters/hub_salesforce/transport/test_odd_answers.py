"""Whatever comes back over the wire, and through whatever call: an answer or an error of the hub, never a traceback."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from hub import LogEntry, PersonWrite, Ref, Written
from hub.contracts.errors import AuthFailed, Refused, Temporary, Uncertain
from hub.model.records import FileWrite, ObjectWrite
from hub_salesforce import bulk
from hub_salesforce.crm import Salesforce
from hub_salesforce.readable import readable
from hub_salesforce.settings import SalesforceSettings
from hub_salesforce.transport import Transport

ANA = "0035g00000AAAAAAA0"
OPEN = "0015g00000AAAAAAA0"
IDS = (ANA, "00Q5g00000AAAAAAA0", OPEN, "00T5g00000AAAAAAA0", "5005g00000AAAAAAA0", "0065g00000AAAAAAA0")
KEYS = """
    records nextRecordsUrl done totalSize fields name type label picklistValues value active compositeResponse body
    httpStatusCode httpHeaders referenceId id Id success created errors errorCode statusCode message
    DailyApiRequests Max Remaining state deletedRecords deletedDate latestDateCovered ContentDocumentId IsDeleted
    MasterRecordId SystemModstamp LastName ConvertedContactId IsConverted TimeZoneSidKey MasterLabel IsClosed
    duplicateResult matchResults matchRecords record childRelationships relationshipName Hub_ReplyStatus__c Name
"""

TEXTS = [
    "", "r0", "c0", "c1", "r1", ANA, OPEN, "Send", "JobComplete", "Failed", "DUPLICATES_DETECTED", "UNABLE_TO_LOCK_ROW",
    "INVALID_FIELD", "ENTITY_IS_DELETED", "INVALID_SESSION_ID", "2026-01-31T10:00:00.000+0000", "2026-99-99T10:00:00Z",
    "No such column 'Title' on entity", "/services/data/v59.0/query/01g-2000", "string", "datetime", "99999999999999",
]  # fmt: skip
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-5, 10**20), st.floats(), st.sampled_from(TEXTS), st.text())
JSON = st.recursive(
    SCALARS,
    lambda more: st.one_of(
        st.lists(more, max_size=5), st.dictionaries(st.sampled_from(KEYS.split()), more, max_size=6)
    ),
    max_leaves=30,
)
ROWS = st.lists(st.dictionaries(st.sampled_from(KEYS.split()), JSON, max_size=6), max_size=4)
SHAPES = st.one_of(
    JSON,
    ROWS,
    st.builds(lambda rows, more: {"records": rows, "nextRecordsUrl": more, "fields": rows}, ROWS, SCALARS),
    st.builds(
        lambda parts: {
            "compositeResponse": [
                {"referenceId": f"{letter}{n}", "httpStatusCode": status, "httpHeaders": {}, "body": body}
                for n, (status, body) in enumerate(parts)
                for letter in "cr"
            ]
        },
        st.lists(st.tuples(st.sampled_from([200, 201, 204, 300, 400, 404, 500, None, "200", "x"]), JSON), max_size=6),
    ),
)
BODIES = st.one_of(
    st.sampled_from(["", "<html><body>Maintenance</body></html>", "null", "[]", "{}", "\ufeff1",
                     '{"records": [{"Id": "003',
                     '"Id","sf__Id"\n"x', "a,b\n1,2,3\n4\n", "[" * 5_000, '{"records": [' + "{}," * 5_000 + "{}]}"]),
    st.builds(lambda told: json.dumps(told), SHAPES),
)  # fmt: skip
STATUSES = st.sampled_from([200, 200, 200, 201, 204, 300, 301, 302, 400, 401, 403, 404, 409, 412, 414, 429, 500, 503])
HEADERS = st.sampled_from(
    [
        {},
        {"Sforce-Limit-Info": "api-usage=x/0"},
        {"Retry-After": "soon", "Date": "yesterday"},
        {"Retry-After": "1e9", "Sforce-Locator": "MTAw"},
        {"Location": "http://127.0.0.1:9/elsewhere"},
        {"Sforce-Limit-Info": "api-usage=5/999999999999999999999", "Content-Encoding": "gzip"},
    ]
)
ANSWERS = st.lists(st.tuples(STATUSES, BODIES, HEADERS), min_size=1, max_size=4)
LOOK = '{"d":{},"k":{"Contact":[1700000000000],"Task":[1700000000000,1,"00T",5]},"n":1,"s":1700000000000}'
QUICK = settings(
    max_examples=25,
    deadline=None,
    phases=[Phase.reuse, Phase.generate],  # what fails is shown as it is: each try costs several calls
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def entry(number: int, **more: Any) -> LogEntry:
    usual = {"outbox": number, "message": f"m-{number}", "record": ANA, "direction": "in", "channel": "whatsapp"}
    return LogEntry(**{**usual, "author": "Ana", "text": "hello", "at": 1, "sequence": number, **more})


def calls(crm: Salesforce, folder: Path) -> dict[str, Any]:
    """Every way into the adapter, by name."""
    (folder / "f").write_bytes(b"x")
    people = [PersonWrite(outbox=n, key=f"k{n}", fields={"LastName": "Li", "Title": "Dr"}) for n in (1, 2)]
    linked = [
        PersonWrite(outbox=n, key=f"k{n}", record=record, fields={"Title": ""}) for n, record in enumerate(IDS[:3])
    ]
    logs = [entry(1), entry(2, logged=IDS[3], files=("0695g00000AAAAAAA0",)), entry(3, logged=IDS[3], deleted=True)]
    made = [
        ObjectWrite(outbox=n, type=kind, key=f"o{n}", contact=ANA) for n, kind in enumerate(("task", "deal", "note"))
    ]
    made += [ObjectWrite(outbox=9, type="contact", key="o9", record=OPEN, reply_status="sent")]
    rows = [{"Hub_Key__c": f"k{n}", "LastName": "Li"} for n in range(3)]
    return {
        "describe": crm.describe,
        "ensure": crm.ensure,
        "probe": crm.probe,
        "first": lambda: crm.first_read(""),
        "first, of a job": lambda: crm.first_read("Contact|003|750000000000000AAA|MTAw"),
        "changes": lambda: crm.changes(LOOK),
        "get": lambda: crm.get([Ref("contact", i) for i in IDS] + [Ref("task", IDS[3]), Ref("company", OPEN)]),
        "owners": crm.owners,
        "new people": lambda: crm.upsert(people),
        "linked people": lambda: crm.upsert(linked),
        "log": lambda: crm.log(logs),
        "write": lambda: crm.write(made),
        "attach": lambda: crm.attach(
            FileWrite(outbox=1, key="f-1", path=str(folder / "f"), name="a.txt", mime="text/plain", size=1)
        ),
        "bulk ingest": readable(lambda: bulk.ingest(crm.transport, "Contact", "upsert", rows, "Hub_Key__c")),
    }


NAMES = list(
    calls(Salesforce(SalesforceSettings(domain="acme.my", consumer_key="k", consumer_secret="s")), Path("/tmp"))
)


@pytest.mark.parametrize("name", NAMES)
def test_no_answer_ends_in_a_traceback(double, clock, tmp_path, name):
    crm = Salesforce(SalesforceSettings(
        instance_url=double.url, domain="acme.my", consumer_key="app", consumer_secret="s", answers=True, threads=2
    ))  # fmt: skip

    @QUICK
    @given(ANSWERS)
    def scenario(answers: list[tuple[int, str, dict[str, str]]]) -> None:
        transport = Transport(crm.settings, report=lambda *_: None, sleep=clock.sleep, clock=clock)
        crm.use(transport)
        double.asked.clear()
        clock.now += 10_000

        def answer(_: Any) -> tuple[int, str]:
            status, body, double.told = answers[(len(double.calls) - 1) % len(answers)]
            return status, "" if status == 204 else body

        double.answer = answer
        try:
            found = calls(crm, tmp_path)[name]()
        except (AuthFailed, Refused, Temporary, Uncertain):
            pass
        else:
            if isinstance(found, list) and found and isinstance(found[0], Written):
                assert all(bool(row.record) != bool(row.error) for row in found), "each row stands, or says why not"
        finally:
            double.told = {}
            transport.close()
        assert len(double.asked) < 500

    scenario()


@pytest.mark.parametrize("flow", ["client", "soap", "refresh"])
def test_no_answer_to_a_log_in_ends_in_a_traceback(double, clock, flow):
    given_ = {
        "client": {"domain": "acme.my", "consumer_key": "app", "consumer_secret": "s"},
        "soap": {"username": "u@example.com", "password": "p", "security_token": "t"},
        "refresh": {"consumer_key": "app", "refresh_token": "r"},
    }[flow]
    words = st.sampled_from(["access_token", "instance_url", "error", "error_description", "serverUrl", "sessionId"])
    tags = st.builds(lambda name, text: f"<r><result><{name}>{text}</{name}></result></r>", words, st.text())
    told = st.builds(json.dumps, st.dictionaries(words, SCALARS))

    @QUICK
    @given(STATUSES, st.one_of(BODIES, tags, told), HEADERS)
    def scenario(status: int, body: str, headers: dict[str, str]) -> None:
        double.asked.clear()
        double.told = headers
        double.log_in = lambda _: (status, "" if status == 204 else body)
        settings_ = SalesforceSettings(instance_url=double.url, **given_)
        transport = Transport(settings_, report=lambda *_: None, sleep=clock.sleep, clock=clock)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                transport.query("SELECT Id FROM Contact")
        except (AuthFailed, Refused, Temporary, Uncertain):
            pass
        finally:
            double.told = {}
            transport.close()
        assert len(double.asked) <= 12

    scenario()
