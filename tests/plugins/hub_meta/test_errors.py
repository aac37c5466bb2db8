"""The error table: complete, in the right classes, in sentences, without secrets."""

import pytest

from hub.contracts.errors import (
    AuthFailed,
    NotFound,
    OptedOut,
    RateLimited,
    Rejected,
    Temporary,
    Unavailable,
    Uncertain,
    WindowClosed,
)
from hub_meta.errors import TABLE, error_for, sentence

CLASSES = {
    Unavailable: {1, 2, 131000, 131016, 131057},
    RateLimited: {4, 80007, 130429, 131048, 131056, 133016},
    AuthFailed: {0, 3, 10, 190, 368, *range(200, 300), 131005, 131031, 131037, 131042, 131045, 133010},
    NotFound: {131026, 137000},
    WindowClosed: {131047},
    OptedOut: {131050},
    Rejected: {
        *(100, 130472, 130497, 131008, 131009, 131021, 131030, 131049, 131051, 131052, 131053, 131062, 135000),
        *(132000, 132001, 132005, 132007, 132008, 132012, 132015, 132016, 132018),
    },
}


def graph(code, **more):
    return {"error": {"code": code, "message": "words", "type": "OAuthException", **more}}


@pytest.mark.parametrize("error", CLASSES)
def test_every_documented_code_has_its_class(error):
    for code in CLASSES[error]:
        raised = error_for(400, {}, graph(code))
        assert type(raised) is error, code
        assert f"code {code}" in str(raised)


def test_the_table_holds_nothing_else():
    assert set(TABLE) == set().union(*CLASSES.values())


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (131047, "24 hours"),
        (131049, "not send it again for a day"),
        (131050, "stopped marketing"),
        (132015, "paused"),
        (132016, "disabled"),
        (131056, "too many messages to this person"),
    ],
)
def test_a_status_says_the_same_as_a_reply(code, told):
    error = {"code": code, "title": "words", "message": "words"}
    assert sentence(error) == str(error_for(400, {}, {"error": error}))
    assert told in sentence(error)


def test_every_sentence_is_a_clause_for_people():
    for known in TABLE.values():
        assert 15 < len(known.sentence) < 100
        assert not known.sentence.endswith(".")


@pytest.mark.parametrize("code", [987654, -1, "190", None, [], 1.0])
def test_an_unknown_code_is_rejected_and_visible(code):
    raised = error_for(400, {}, graph(code, error_data={"details": "something new"}))
    assert type(raised) is Rejected
    assert "does not know" in str(raised)
    assert "something new" in str(raised)


@pytest.mark.parametrize(
    ("status", "answer", "error"),
    [
        (429, None, RateLimited),
        (429, graph(131000), RateLimited),
        (500, None, Unavailable),
        (500, graph(777777), Unavailable),
        (503, "<html>", Unavailable),
        (502, None, Uncertain),
        (504, None, Uncertain),
        (504, graph(2), Unavailable),
        (401, None, AuthFailed),
        (403, {}, AuthFailed),
        (404, None, Rejected),
        (400, {"error": "odd"}, Rejected),
        (400, graph(100, error_subcode=33), AuthFailed),
        (302, None, Rejected),
    ],
)
def test_without_a_known_code_the_http_status_decides(status, answer, error):
    assert type(error_for(status, {}, answer)) is error


@pytest.mark.parametrize(
    ("code", "header", "seconds"),
    [
        (130429, "17", 17),
        (130429, None, 0),
        (131056, None, 6),
        (131056, "2.5", 6),
        (4, "-3", 0),
        (4, "nan", 0),
        (4, "inf", 0),
        (4, "1e9", 86_400),
        (4, "Wed, 21 Oct 2026 07:28:00 GMT", 0),
    ],
)
def test_the_pause_is_what_meta_asks_for(code, header, seconds):
    raised = error_for(400, {"retry-after": header} if header else {}, graph(code))
    assert isinstance(raised, Temporary)
    assert raised.retry_after == seconds


def test_no_token_and_no_phone_number_gets_into_a_sentence():
    token, phone = "EAABwzLixnjYBOzYmNMJJGfHq9DgNhK", "+44 7700 900123"
    assert token not in str(error_for(401, {}, graph(190, message=f"Malformed access token {token}")))
    for code in (100, 987654):
        told = str(error_for(400, {}, graph(code, message=f"bad {token} for {phone} or 447700900123")))
        assert "bad" in told
        assert token not in told
        assert "900123" not in told


def test_odd_error_objects_make_a_sentence():
    for odd in ({}, {"code": {}}, {"code": 1, "error_data": 5}, {"code": 100, "message": "\udcff\0"}, {"title": ["x"]}):
        sentence(odd).encode()
