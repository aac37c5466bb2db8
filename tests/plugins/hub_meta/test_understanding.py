"""Each payload in fixtures/ and what it must become."""

import json
from dataclasses import fields
from pathlib import Path

import pytest

from hub import ConsentChanged, Identity, MessageEchoed, MessageReceived, StatusReported, Unknown

ONE, TWO, WABA = "100000000000001", "100000000000002", "200000000000001"
ADA = (Identity("whatsapp_user", "main", "GB.1111111111"), Identity("phone", "", "+447700900123"))
ADA_PHONE = ADA[1:]
BOB = (Identity("whatsapp_user", "main", "US.2222222222"), Identity("phone", "", "+12025550143"))
CLEO = (Identity("whatsapp_user", "main", "FR.3333333333"),)
T = 1_790_000_000_000


def got(key, at, text, sender=ADA, address="447700900123", name="Ada Example", account=ONE, **more):
    known = {"key": key, "at": at, "account": account, "sender": sender, "address": address, "name": name}
    return MessageReceived(**{**known, "text": text, "provider_id": key, **more})


def echoed(wamid, at, text, recipient, **more):
    known = {"key": f"echo:{wamid}", "at": at, "account": ONE, "recipient": recipient, "address": "447700900123"}
    return MessageEchoed(**known, provider_id=wamid, text=text, **more)


def status(name, at, key="", wamid="wamid.OUT1", account=ONE, **more):
    key = f"status:{wamid}:{key or name}"
    return StatusReported(key=key, at=at, account=account, provider_id=wamid, status=name, **more)


EXPECTED = {
    "text": [got("wamid.IN1", T, "Grüße \u200f👋 a/b", reply_to="wamid.OUT1")],
    "text_username_only": [got("wamid.IN2", T + 1000, "bonjour", CLEO, "FR.3333333333", "cleo")],
    "text_user_id_in_from": [got("wamid.IN3", T + 1000, "encore", CLEO, "FR.3333333333", "Cleo")],
    "two_senders": [
        got("wamid.B1", T + 2000, "Bob was second, Ada is listed first", BOB, "12025550143", "Bob Example"),
        got("wamid.A1", T + 1000, "Ada"),
    ],
    "two_numbers_and_news": [
        got("wamid.N1", T, "to the first number"),
        got("wamid.N2", T + 3000, "to the second number", BOB, "12025550143", "Bob Example", TWO),
        status("delivered", T + 4000, wamid="wamid.OUT2", account=TWO),
        ("200000000000009", T + 5000, "field account_alerts"),
    ],
    "status_callback": [status("delivered", T + 10_000, callback="outbox-17")],
    "status_failed": [
        status("failed", T + 10_000, error="more than 24 hours passed since the person last wrote (code 131047)")
    ],
    "statuses_reordered": [
        status("read", T + 10_000, "played"),
        status("sent", T + 10_000),
        (ONE, T + 10_000, "status warning"),
    ],
    "echo": [echoed("wamid.E1", T + 20_000, "A colleague answers", ADA)],
    "echo_without_contacts": [echoed("wamid.E2", T + 21_000, "", ADA_PHONE, form="image")],
    "preferences_stop": [
        ConsentChanged(key="*", at=T + 30_000, account=ONE, sender=ADA, address="447700900123", wants=False)
    ],
    "unknown_field": [(WABA, T + 40_000, "field account_update")],
    "account_error": [(ONE, T + 41_000, "account error the number sends faster than its limit (code 130429)")],
    "unsupported": [got("wamid.IN1", T, "[unsupported message: poll_creation]", form="unsupported")],
    "future_type": [got("wamid.IN1", T, "[unsupported message: hologram]", form="unsupported")],
    "number_change": [(ONE, T + 50_000, "system message user_changed_number")],
    "group_text": [got("wamid.IN1", T, "hello all", address="group:Z3JvdXA6MQ", thread="Z3JvdXA6MQ")],
    "history": [
        got("wamid.H1", 1_780_000_000_000, "old question", ADA_PHONE, name="", backfill=True),
        echoed("wamid.H2", 1_780_000_050_000, "old answer", ADA_PHONE, backfill=True),
        (ONE, 1_780_000_060_000, "history message media_placeholder"),
        (ONE, 0, "field history"),
    ],
}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_payload_becomes_its_events(channel, fixture_bytes, name):
    raws = channel.split(fixture_bytes(name))
    assert len(raws) == len(EXPECTED[name])
    for raw, expected in zip(raws, EXPECTED[name], strict=True):
        (event,) = channel.normalise(raw)
        if isinstance(expected, tuple):
            account, at, what = expected
            expected = Unknown(key=raw.key, at=at, account=account, what=what)
        if expected.key == "*":
            expected = type(expected)(
                **{f.name: getattr(expected, f.name) for f in fields(expected)} | {"key": raw.key}
            )
        assert event == expected
        assert (raw.account, raw.key, raw.at) == (event.account, event.key, event.at)
        assert raw.key
        assert raw.lane


def test_every_payload_has_an_expectation():
    assert {path.stem for path in (Path(__file__).parent / "fixtures").glob("*.json")} == set(EXPECTED)


def test_the_portfolio_is_the_scope_of_user_ids(make, fixture_bytes):
    for settings, scope in (({"portfolio": "acme"}, "acme"), ({"connection": "second"}, "second")):
        channel = make(**settings)
        (event,) = channel.normalise(channel.split(fixture_bytes("text"))[0])
        assert event.sender[0] == Identity("whatsapp_user", scope, "GB.1111111111")


def message(**data):
    base = {"from": "447700900123", "id": "wamid.X", "timestamp": "1790000000", **data}
    value = {"metadata": {"phone_number_id": ONE}, "messages": [base]}
    change = {"field": "messages", "value": value}
    return json.dumps({"object": "whatsapp_business_account", "entry": [{"id": WABA, "changes": [change]}]}).encode()


@pytest.mark.parametrize(
    ("part", "form", "text", "reply_to"),
    [
        ({"type": "image", "image": {"id": "1", "caption": "the roof"}}, "image", "the roof", ""),
        ({"type": "video", "video": {"id": "1"}}, "video", "", ""),
        ({"type": "audio", "audio": {"id": "1", "voice": True}}, "audio", "", ""),
        ({"type": "sticker", "sticker": {"id": "1"}}, "sticker", "", ""),
        ({"type": "document", "document": {"id": "1", "filename": "offer.pdf"}}, "document", "offer.pdf", ""),
        ({"type": "location", "location": {"latitude": 51.5, "longitude": -0.1}}, "location", "51.5, -0.1", ""),
        (
            {"type": "location", "location": {"latitude": "51.5", "longitude": "0", "name": "The Shop"}},
            "location",
            "51.5, 0 The Shop",
            "",
        ),
        ({"type": "location", "location": {"name": "nowhere"}}, "unsupported", "[unsupported message: location]", ""),
        (
            {
                "type": "contacts",
                "contacts": [{"name": {"formatted_name": "Bob"}}, {"name": {"formatted_name": "Eve"}}],
            },
            "contacts",
            "Bob, Eve",
            "",
        ),
        (
            {"type": "button", "button": {"text": "Yes", "payload": "Y"}, "context": {"id": "w.1"}},
            "button",
            "Yes",
            "w.1",
        ),
        (
            {"type": "interactive", "interactive": {"type": "list_reply", "list_reply": {"id": "3", "title": "Cut"}}},
            "interactive",
            "Cut",
            "",
        ),
        (
            {
                "type": "interactive",
                "interactive": {"type": "nfm_reply", "nfm_reply": {"name": "flow", "body": "Sent"}},
            },
            "interactive",
            "Sent",
            "",
        ),
        ({"type": "interactive"}, "unsupported", "[unsupported message: interactive]", ""),
        (
            {
                "type": "order",
                "order": {"text": "please", "product_items": [{"product_retailer_id": "S1", "quantity": 2}]},
            },
            "order",
            "please\n2 x S1",
            "",
        ),
        ({"type": "reaction", "reaction": {"message_id": "w.2", "emoji": "👍"}}, "reaction", "👍", "w.2"),
        ({"type": "reaction", "reaction": {"message_id": "w.2"}}, "reaction", "", "w.2"),
        (
            {
                "type": "edit",
                "edit": {"original_message_id": "w.3", "message": {"type": "text", "text": {"body": "5"}}},
            },
            "edit",
            "5",
            "w.3",
        ),
        ({"type": "revoke", "revoke": {"original_message_id": "w.4"}}, "revoke", "", "w.4"),
        ({"type": "text", "text": {"body": "   "}}, "text", "   ", ""),
        ({"type": "text", "text": {"body": "a\u0000b \ud83d!"}}, "text", "ab \ufffd!", ""),
        ({"type": "text", "text": {}}, "unsupported", "[unsupported message: text]", ""),
        ({}, "unsupported", "[unsupported message]", ""),
    ],
)
def test_every_type_of_message_has_a_form_and_a_text(channel, part, form, text, reply_to):
    (raw,) = channel.split(message(**part))
    (event,) = channel.normalise(raw)
    assert (event.form, event.text, event.reply_to, event.key) == (form, text, reply_to, "wamid.X")
    event.text.encode()


@pytest.mark.parametrize("name", ["US.13491208655302741918", "1349120865530274191812", "GB-ABC", "٤٤٧٧"])
def test_a_user_id_never_becomes_a_phone(channel, name):
    (event,) = channel.normalise(channel.split(message(**{"from": name, "type": "text", "text": {"body": "x"}}))[0])
    assert event.sender == (Identity("whatsapp_user", "main", name),)
    assert event.address == name


def test_a_message_from_nobody_is_kept_as_unknown(channel):
    (event,) = channel.normalise(channel.split(message(**{"from": None, "type": "text", "text": {"body": "x"}}))[0])
    assert isinstance(event, Unknown)


@pytest.mark.parametrize("timestamp", ["", "soon", "-5", "1790000000000", 1.5, None, True, [], "١٧٩"])
def test_a_bad_timestamp_leaves_the_time_of_arrival(channel, timestamp):
    (raw,) = channel.split(message(timestamp=timestamp, type="text", text={"body": "x"}))
    assert raw.at == 0
    (event,) = channel.normalise(raw._replace(at=77))
    assert event.at == 77
