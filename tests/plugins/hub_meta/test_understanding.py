"""What each kind of message becomes; whole payloads stand in fixtures/, with what they must become."""

import json

import pytest

from hub import Identity, Unknown

ONE, WABA = "100000000000001", "200000000000001"


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


@pytest.mark.parametrize(
    "name", ["US.13491208655302741918", "1349120865530274191812", "GB-ABC", "٤٤٧٧", "0", "0447700900123"]
)
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
