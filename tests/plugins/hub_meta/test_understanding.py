"""What each kind of message becomes; whole payloads stand in fixtures/, with what they must become."""

import base64
import json

import pytest

from hub import Identity, Unknown
from hub_meta.news import NEWS

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
        ({"type": "audio", "audio": {"id": "1", "voice": True}}, "voice", "", ""),
        ({"type": "sticker", "sticker": {"id": "1"}}, "sticker", "", ""),
        ({"type": "document", "document": {"id": "1", "filename": "offer.pdf"}}, "document", "", ""),
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
            "Bob\nEve",
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
        ({"type": "reaction", "reaction": {"emoji": "👍"}}, "unsupported", "[unsupported message: reaction]", ""),
        ({"type": "edit", "edit": {"message": {}}}, "unsupported", "[unsupported message: edit]", ""),
        ({"type": "image", "image": {"caption": "x"}}, "image", "x", ""),
        ({"type": "contacts", "contacts": []}, "unsupported", "[unsupported message: contacts]", ""),
        ({"type": "order", "order": {}}, "unsupported", "[unsupported message: order]", ""),
        (
            {"type": "unsupported", "errors": [{"code": 131060}]},
            "unsupported",
            "[unsupported message: code 131060]",
            "",
        ),
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


def understood(channel, **part):
    (raw,) = channel.split(message(**part))
    (event,) = channel.normalise(raw)
    return event


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("00" * 32, "00" * 32),
        ("AB" * 32, "ab" * 32),
        (base64.b64encode(bytes(range(32))).decode(), bytes(range(32)).hex()),
        ("", ""),
        ("zz" * 32, ""),
        ("AAAA", ""),
        ("half \ud83d", ""),
        (None, ""),
        (7, ""),
        ([], ""),
    ],
)
def test_a_files_hash_becomes_hex_or_nothing(channel, given, wanted):
    event = understood(channel, type="image", image={"id": "1", "sha256": given})
    assert event.media[0].sha256 == wanted


def test_what_a_file_says_of_itself_is_kept_within_bounds(channel):
    odd = {"id": "1", "filename": "n" * 5000, "mime_type": "m" * 5000, "file_size": "12", "voice": True}
    (file,) = understood(channel, type="document", document=odd).media
    assert (file.kind, len(file.name), len(file.mime), file.size) == ("document", 255, 255, 12)
    for size in (-1, 1.5, "x", "9" * 40, None, True):
        assert understood(channel, type="image", image={"id": "1", "file_size": size}).media[0].size == 0


def test_answers_of_a_form_that_are_an_object_become_json_text(channel):
    reply = {"name": "flow", "response_json": {"day": "Monday"}}
    event = understood(channel, type="interactive", interactive={"type": "nfm_reply", "nfm_reply": reply})
    assert (event.text, json.loads(event.payload)) == ("flow", {"day": "Monday"})


def test_an_endless_number_costs_no_order(channel):
    body = message(type="order", order={"product_items": [{"product_retailer_id": "S1", "item_price": 0.5}]})
    (raw,) = channel.split(body.replace(b"0.5", b"1e999"))
    (event,) = channel.normalise(raw)
    assert json.loads(event.payload) == [{"product_retailer_id": "S1"}]


def test_only_what_changed_is_old_or_new(channel):
    both = {"type": "user_changed_number", "wa_id": "447700900124", "user_id": "GB.1"}
    event = understood(channel, type="system", system=both, from_user_id="GB.1")
    assert event.old == (Identity("phone", "", "+447700900123"),)
    assert event.new == (Identity("whatsapp_user", "main", "GB.1"), Identity("phone", "", "+447700900124"))
    same = {"type": "user_changed_number", "wa_id": "447700900123"}
    assert isinstance(understood(channel, type="system", system=same), Unknown)


def test_the_person_stays_reachable_by_phone_after_his_user_id_changed(channel):
    update = {"wa_id": "447700900123", "previous_user_id": "GB.1", "user_id": "GB.2"}
    value = {"metadata": {"phone_number_id": ONE}, "user_id_update": [update]}
    change = {"field": "user_id_update", "value": value}
    body = {"object": "whatsapp_business_account", "entry": [{"id": WABA, "changes": [change]}]}
    (raw,) = channel.split(json.dumps(body).encode())
    (event,) = channel.normalise(raw)
    assert [i.key for i in event.old] == ["GB.1"]
    assert [i.key for i in event.new] == ["GB.2", "+447700900123"]
    assert event.address == "447700900123"


def history(display, *threads):
    value = {"metadata": {"phone_number_id": ONE, "display_phone_number": display}, "history": [{"threads": threads}]}
    change = {"field": "history", "value": value}
    return json.dumps({"object": "whatsapp_business_account", "entry": [{"id": WABA, "changes": [change]}]}).encode()


@pytest.mark.parametrize(
    ("display", "thread", "data", "kind"),
    [
        ("12025550100", "447700900123", {"from": "447700900123"}, "message.received"),
        ("12025550100", "447700900123", {"from": "12025550100", "to": "447700900123"}, "message.echoed"),
        ("+1 202-555-0100", "447700900123", {"from": "12025550100"}, "message.echoed"),
        ("12025550100", "GB.1", {"from": "447700900123", "from_user_id": "GB.1"}, "message.received"),
        ("12025550100", "GB.1", {"from": "447700900123"}, "message.received"),
        ("12025550100", "GB.1", {"from": "12025550100"}, "message.echoed"),
        ("", "447700900123", {"from": "12025550100"}, "message.echoed"),
        ("", "447700900123", {"from": "447700900123"}, "message.received"),
    ],
)
def test_who_wrote_an_old_message(channel, display, thread, data, kind):
    old = {**data, "id": "wamid.H", "timestamp": "1780000000", "type": "text", "text": {"body": "x"}}
    (raw,) = channel.split(history(display, {"id": thread, "messages": [old]}))
    (event,) = channel.normalise(raw)
    assert (event.kind, event.backfill) == (kind, True)
    assert event.address in (thread, "447700900123")
    assert raw.key == ("wamid.H" if kind == "message.received" else "echo:wamid.H")
    assert raw.lane == thread


def test_a_file_handed_over_later_is_not_taken_for_its_placeholder(channel, fixture_bytes):
    placeholder = [raw for raw in channel.split(fixture_bytes("history")) if "H3" in raw.key]
    later = [raw for raw in channel.split(fixture_bytes("history_files")) if "H3" in raw.key]
    assert len(placeholder) == len(later) == 1
    assert placeholder[0].key != later[0].key


def test_unknown_words_of_news_are_told_as_they_are(channel):
    for field in NEWS:
        for event in ("{} {0} {x}", 5, None, ["x"], "DISABLED_UPDATE"):
            change = {"field": field, "value": {"event": event, "display_phone_number": "{}", "decision": event}}
            body = {"object": "whatsapp_business_account", "entry": [{"id": WABA, "changes": [change]}]}
            (raw,) = channel.split(json.dumps(body).encode())
            (told,) = channel.normalise(raw)
            assert (told.kind, told.account, told.text[-1]) == ("account.news", WABA, ".")
