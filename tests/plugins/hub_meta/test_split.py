"""Cutting payloads: nothing lost, nothing named twice, stable names."""

import json
from pathlib import Path

import pytest

from hub import MessageReceived
from hub.wire import json as wire
from hub_meta import envelope

FIXTURES = Path(__file__).parent / "fixtures"
NUMBER = {"phone_number_id": "100000000000001", "display_phone_number": "12025550100"}


def payload(*changes, **entry):
    body = {"id": "200000000000001", **entry, "changes": list(changes)}
    return json.dumps({"object": "whatsapp_business_account", "entry": [body]}).encode()


def change(field="messages", **value):
    return {"field": field, "value": {"metadata": NUMBER, **value}}


def text(wamid, sender="447700900123", body="x"):
    return {"from": sender, "id": wamid, "timestamp": "1790000000", "type": "text", "text": {"body": body}}


def test_one_event_keeps_the_very_bytes(channel, fixture_bytes):
    body = fixture_bytes("text")
    (raw,) = channel.split(body)
    assert raw.body is body


def test_a_hundred_messages_become_a_hundred_events_with_their_own_contact(channel):
    people = [f"44770090{n:04d}" for n in range(100)]
    contacts = [{"wa_id": wa_id, "profile": {"name": f"P{wa_id}"}} for wa_id in reversed(people)]
    body = payload(change(contacts=contacts, messages=[text(f"wamid.{p}", p, "long " * 500) for p in people]))
    raws = channel.split(body)
    assert [raw.key for raw in raws] == [f"wamid.{p}" for p in people]
    assert [raw.lane for raw in raws] == people
    for raw, person in zip(raws, people, strict=True):
        assert len(raw.body) < 4000
        assert channel.split(raw.body) == [raw]  # an envelope of one is an envelope
        (event,) = channel.normalise(raw)
        assert (event.sender[0].key, event.name) == (f"+{person}", f"P{person}")


@pytest.mark.parametrize("name", sorted(path.stem for path in FIXTURES.glob("*.json")))
def test_cutting_twice_gives_the_same(channel, fixture_bytes, name):
    raws = channel.split(fixture_bytes(name))
    assert raws == channel.split(fixture_bytes(name))
    for raw in raws:
        (again,) = channel.split(raw.body)
        assert (again.account, again.lane, again.at, again.body) == (raw.account, raw.lane, raw.at, raw.body)
        assert [type(e) for e in channel.normalise(raw)] == [type(e) for e in channel.normalise(again)]


@pytest.mark.parametrize("name", sorted(path.stem for path in FIXTURES.glob("*.json")))
def test_the_cut_already_knows_whose_and_when(channel, fixture_bytes, name):
    for raw in channel.split(fixture_bytes(name)):
        (event,) = channel.normalise(raw)
        assert (raw.account, raw.key, raw.at) == (event.account, event.key, event.at)
        assert raw.lane


def test_news_without_an_id_is_named_by_what_it_says(channel):
    news = {"field": "account_update", "value": {"event": "DISABLED_UPDATE"}}
    (first,) = channel.split(payload(news, time=1790000000))
    (same,) = channel.split(b" " + payload(dict(reversed(news.items())), time=1790000000))
    (later,) = channel.split(payload(news, time=1790000001))
    assert first.key == same.key != later.key
    assert first.account == "200000000000001"


def test_keys_do_not_depend_on_the_json_library(channel, fixture_bytes, monkeypatch):
    names = ["preferences_stop", "unknown_field", "account_error", "two_numbers_and_news", "text"]
    fast = [[(r.key, r.at, r.lane) for r in channel.split(fixture_bytes(name))] for name in names]
    monkeypatch.setattr(wire, "FAST", False)
    assert fast == [[(r.key, r.at, r.lane) for r in channel.split(fixture_bytes(name))] for name in names]


def test_a_status_and_its_message_have_different_keys(channel):
    body = payload(change(messages=[text("wamid.1")], statuses=[{"id": "wamid.1", "status": "sent"}]))
    assert [raw.key for raw in channel.split(body)] == ["wamid.1", "status:wamid.1:sent"]


def test_a_very_long_id_is_replaced_by_its_hash(channel):
    (raw,) = channel.split(payload(change(messages=[text("w" * 5000)])))
    assert len(raw.key) < 100


def test_two_preferences_that_say_different_things_differ(channel):
    stop = {"wa_id": "447700900123", "value": "stop", "timestamp": 1790000000}
    raws = channel.split(payload(change("user_preferences", user_preferences=[stop, {**stop, "value": "resume"}])))
    assert len({raw.key for raw in raws}) == 2


@pytest.mark.parametrize(
    "odd",
    [
        [{"id": "9"}],
        ["x"],
        [{"id": "9", "changes": ["x"]}],
        [{"id": "9", "changes": [{"field": "messages"}]}],
        [{"id": "9", "changes": [{"field": "messages", "value": {"messages": ["x", 5]}}]}],
        [{"id": "9", "changes": [{"field": "history", "value": {"history": [1, {"threads": [{"messages": [7]}]}]}}]}],
    ],
)
def test_odd_parts_are_kept_whole(channel, odd):
    raws = channel.split(json.dumps({"object": "whatsapp_business_account", "entry": odd}).encode())
    assert raws
    assert len({raw.key for raw in raws}) == len(raws)
    for raw in raws:
        (event,) = channel.normalise(raw)
        assert event.kind == "unknown"
        assert event.key == raw.key


def test_an_empty_envelope_holds_nothing(channel):
    assert channel.split(b'{"object":"whatsapp_business_account","entry":[]}') == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"x"',
        b"{}",
        b'{"object":"page","entry":[]}',
        b'{"object":"whatsapp_business_account"}',
        b'{"object":"whatsapp_business_account","entry":{}}',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"object":"whatsapp_business_account","entry":[NaN]}',
    ],
)
def test_what_is_no_envelope_is_refused(channel, body):
    with pytest.raises(ValueError):
        channel.split(body)


def test_half_an_emoji_costs_no_message(channel):
    body = payload(change(messages=[text("wamid.1", body="\ud83d"), text("wamid.\ud83d", body="ok")]))
    first, second = channel.split(body)
    assert [e.text for raw in (first, second) for e in channel.normalise(raw)] == ["\ufffd", "ok"]
    second.key.encode()


def test_a_raw_event_cut_by_another_version_is_read_whole(channel):
    body = payload(change(messages=[text("wamid.1"), text("wamid.2")]))
    whole = channel.split(payload(change(messages=[text("wamid.1")])))[0]._replace(body=body, key="old")
    events = channel.normalise(whole)
    assert [(type(e), e.key) for e in events] == [(MessageReceived, "wamid.1"), (MessageReceived, "wamid.2")]


def test_a_name_is_joined_never_guessed():
    item = envelope.items(
        json.loads(
            payload(change(contacts=[{"wa_id": "12025550143", "profile": {"name": "Bob"}}], messages=[text("w")]))
        )
    )[0]
    assert envelope.contact_of(item, "447700900123", None) == {}
    assert envelope.contact_of(item, "12025550143")["profile"]["name"] == "Bob"


@pytest.mark.parametrize("depth", [200, 300, 700, 900, 990, 1020, 1100, 5000])
def test_what_nests_deep_is_cut_or_refused(channel, depth):
    deep = b'{"a":' * depth + b"1" + b"}" * depth
    for body in (
        payload({"field": "tomorrow", "value": {"a": "DEEP"}}),
        payload(change(messages=[text("wamid.1"), {**text("wamid.2"), "type": "order", "order": "DEEP"}])),
    ):
        try:
            raws = channel.split(body.replace(b'"DEEP"', deep))
        except ValueError:
            continue
        for raw in raws:
            assert channel.normalise(raw)


def test_every_message_of_a_giant_batch_keeps_its_own_contact(channel):
    people = [f"1202555{n:04d}" for n in range(2000)]
    contacts = [{"wa_id": person, "profile": {"name": person}} for person in people]
    raws = channel.split(payload(change(contacts=contacts, messages=[text(f"w{p}", p) for p in people])))
    assert [channel.normalise(raw)[0].name for raw in raws] == people
    first = json.loads(raws[0].body)["entry"][0]["changes"][0]["value"]
    assert first["contacts"] == contacts[:1]


def test_names_longer_than_an_index_holds_are_cut(channel):
    long = "9" * 5000
    (raw,) = channel.split(
        payload(change(messages=[{**text("wamid.1"), "from": long}], metadata={"phone_number_id": long}))
    )
    assert max(map(len, (raw.account, raw.key, raw.lane))) <= envelope.KEY_MAX
    (event,) = channel.normalise(raw)
    assert event.account == raw.account
