"""Sending: the exact call, what comes back, and what each reply means."""

import json

import pytest

from hub import Outgoing, Receipt
from hub.contracts.errors import AuthFailed, Rejected, Unavailable, Uncertain

SENT = {"messaging_product": "whatsapp", "contacts": [{"wa_id": "447700900123"}], "messages": [{"id": "wamid.OUT1"}]}


def out(**changes):
    base = {"account": "100000000000001", "address": "447700900123", "text": "Grüße / 👋", "callback": "outbox-17"}
    return Outgoing(**{**base, **changes})


def test_the_call_and_the_receipt(channel, answer):
    (call,), receipt = answer(channel.send(out()), (200, SENT))
    assert (call.method, call.url) == ("POST", "https://graph.facebook.com/v23.0/100000000000001/messages")
    assert call.headers["authorization"] == "Bearer an-access-token"
    assert call.repeatable is False
    assert json.loads(call.body) == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": "447700900123",
        "type": "text",
        "text": {"body": "Grüße / 👋", "preview_url": False},
        "biz_opaque_callback_data": "outbox-17",
    }
    assert receipt == Receipt("wamid.OUT1")


@pytest.mark.parametrize(
    ("field", "address", "part"),
    [
        ("recipient", "447700900123", {"to": "447700900123"}),
        ("recipient", "+447700900123", {"to": "+447700900123"}),
        ("recipient", "US.1349", {"recipient": "US.1349"}),
        ("to", "US.1349", {"to": "US.1349"}),
        ("recipient", "group:Z3I", {"to": "Z3I", "recipient_type": "group"}),
    ],
)
def test_who_it_goes_to(make, answer, field, address, part):
    (call,), _ = answer(make(user_id_field=field).send(out(address=address)), (200, SENT))
    body = json.loads(call.body)
    assert {k: body[k] for k in body.keys() & {"to", "recipient", "recipient_type"}} == {
        "recipient_type": "individual",
        **part,
    }


def test_an_answer_quotes_the_message_it_answers(channel, answer):
    (call,), _ = answer(channel.send(out(reply_to="wamid.IN1")), (200, SENT))
    assert json.loads(call.body)["context"] == {"message_id": "wamid.IN1"}


def test_an_account_cannot_leave_its_place_in_the_address(make, answer):
    channel = make(base_url="http://127.0.0.1:9/", api_version="v24.0")
    (call,), _ = answer(channel.send(out(account="1/../2?x")), (200, SENT))
    assert call.url == "http://127.0.0.1:9/v24.0/1%2F..%2F2%3Fx/messages"


@pytest.mark.parametrize("text", ["", "x" * 4097])
def test_a_text_whatsapp_would_refuse_never_leaves(channel, answer, text):
    with pytest.raises(Rejected):
        answer(channel.send(out(text=text)))


def test_the_longest_text_leaves(channel, answer):
    calls, _ = answer(channel.send(out(text="👋" * 4096)), (200, SENT))
    assert len(calls) == 1


@pytest.mark.parametrize("body", [b'{"messages":[]}', b'{"messages":{}}', b'{"messages":[{"id":7.5}]}'])
def test_a_200_that_cannot_be_read_is_uncertain(channel, answer, body):
    with pytest.raises(Uncertain):
        answer(channel.send(out()), (200, body))


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (400, {"error": {"code": 131008}}, Rejected),
        (401, {"error": {"code": 190}}, AuthFailed),
        (500, {"error": {"code": 131000}}, Unavailable),
        (503, b"", Unavailable),
        (200, {"error": {"code": 190}}, AuthFailed),
    ],
)
def test_a_refusal_is_raised(channel, answer, status, body, error):
    with pytest.raises(error):
        answer(channel.send(out()), (status, body))


def test_probe_lists_the_numbers(make, answer):
    rows = {"data": [{"id": "100000000000001", "display_phone_number": "+1 202-555-0100"}]}
    (call,), findings = answer(make(waba_id="200000000000001").probe(), (200, rows))
    assert call.method == "GET"
    assert call.repeatable
    assert "/v23.0/200000000000001/phone_numbers?" in call.url
    assert [f.ok for f in findings] == [True]
    assert "100000000000001" in findings[0].what


def test_probe_without_an_account_only_tests_the_token(channel, answer):
    (call,), findings = answer(channel.probe(), (200, {"id": "1"}))
    assert call.url.endswith("/v23.0/me")
    assert findings[0].ok


def test_probe_says_what_is_wrong(make, answer):
    _, findings = answer(make(waba_id="2").probe(), (401, {"error": {"code": 190}}))
    assert [f.ok for f in findings] == [False]
    assert "access token" in findings[0].what
    assert findings[0].remedy
    _, findings = answer(make(waba_id="2").probe(), (200, {"data": []}))
    assert [f.ok for f in findings] == [False]


def test_probe_leaves_a_passing_trouble_to_the_hub(channel, answer):
    with pytest.raises(Unavailable):
        answer(channel.probe(), (503, b""))


def test_connect_subscribes_the_account(make, answer):
    calls, findings = answer(make(waba_id="2").connect("https://hub.example.com/in/main"), (200, {"success": True}))
    assert (calls[0].method, calls[0].url) == ("POST", "https://graph.facebook.com/v23.0/2/subscribed_apps")
    assert json.loads(calls[0].body) == {
        "override_callback_uri": "https://hub.example.com/in/main",
        "verify_token": "a-verify-token",
    }
    assert all(f.ok for f in findings)


def test_connect_without_an_account_says_what_to_paste_where(channel, answer):
    calls, findings = answer(channel.connect("https://hub.example.com/in/main"))
    assert calls == []
    assert not any(f.ok for f in findings)
    told = " ".join(f.remedy for f in findings)
    assert "https://hub.example.com/in/main" in told
    assert "verify_token" in told
    assert "a-verify-token" not in told


def test_connect_reports_a_refusal(make, answer):
    _, findings = answer(make(waba_id="2").connect("https://hub.example.com"), (400, {"error": {"code": 2200}}))
    assert [f.ok for f in findings] == [False]
