"""The judge of requests itself: it must see what is wrong, else it proves nothing."""

from __future__ import annotations

import pytest

UPSERT = "/crm/v3/objects/contacts/batch/upsert"
CREATE = "/crm/v3/objects/notes/batch/create"


def upsert(**more):
    return {"inputs": [{"idProperty": "k", "id": "1", "properties": {"a": "b"}} | more]}


def note(type_id, to="1"):
    types = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": type_id}]
    return {"inputs": [{"properties": {"hs_note_body": "x"}, "associations": [{"to": {"id": to}, "types": types}]}]}


def test_right_requests_pass(judge):
    judge("POST", UPSERT, {}, upsert())
    judge("POST", CREATE, {}, note(202))
    judge("GET", "/crm/v3/objects/contacts", {"limit": ["1"]}, None)
    assert judge.complaints == []


@pytest.mark.parametrize(
    ("method", "path", "query", "body"),
    [
        ("POST", UPSERT, {}, upsert(properties={"a": 1})),
        ("POST", UPSERT, {}, upsert(id=None)),
        ("POST", UPSERT, {}, upsert(associations=[])),
        ("POST", UPSERT, {}, {"inputs": upsert()["inputs"] * 101}),
        ("POST", UPSERT, {}, {"inputs": upsert(objectWriteTraceId="t")["inputs"] * 2}),
        ("POST", UPSERT, {"limit": ["1"]}, upsert()),
        ("PUT", UPSERT, {}, upsert()),
        ("POST", "/crm/v3/objects/contacts/batch/upserts", {}, upsert()),
        ("POST", CREATE, {}, note(201)),
        ("POST", CREATE, {}, note(202, to=1)),
        ("GET", "/crm/v3/objects/contacts", {"size": ["1"]}, None),
    ],
)
def test_wrong_requests_do_not(judge, method, path, query, body):
    judge(method, path, query, body)
    assert judge.complaints
