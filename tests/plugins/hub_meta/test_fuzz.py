"""Nothing that can be written in JSON makes the channel raise, lose an event or name two alike."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub import RawEvent
from hub_meta.channel import WhatsApp, WhatsAppSettings

CHANNEL = WhatsApp(
    WhatsAppSettings.model_validate(dict.fromkeys(("app_secret", "verify_token", "access_token"), "x")), "c"
)

NAMES_SEEN = """
id from from_user_id to to_user_id type text body timestamp status errors code title message contacts wa_id user_id
profile name image caption location latitude longitude interactive nfm_reply reaction emoji message_id edit order
original_message_id product_items quantity context group_id system recipient_id value history threads messages
biz_opaque_callback_data metadata phone_number_id unsupported error_data details button payload
"""
WORDS_SEEN = """
text image location interactive reaction edit revoke order system unsupported contacts button sent read failed
stop resume 447700900123 US.134 1790000000 131047 wamid.1 ٣
"""
ARRAYS_SEEN = "messages statuses errors message_echoes user_preferences history contacts metadata"
NAMES = st.sampled_from(NAMES_SEEN.split())
WORDS = st.sampled_from(WORDS_SEEN.split())
ARRAYS = st.sampled_from(ARRAYS_SEEN.split())
SCALAR = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=8), WORDS)
VALUE = st.recursive(
    SCALAR | st.sampled_from(["\ud800", "a\0b"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | st.text(max_size=4), inner, max_size=5),
    max_leaves=20,
)
OBJECT = st.dictionaries(NAMES, VALUE, max_size=8)
FIELDS = st.sampled_from(["messages", "smb_message_echoes", "user_preferences", "history", "account_update"])
CHANGE = st.fixed_dictionaries(
    {"field": FIELDS | VALUE, "value": st.dictionaries(ARRAYS, st.lists(OBJECT | VALUE, max_size=4) | VALUE) | VALUE}
)
ENTRY = st.fixed_dictionaries({"id": VALUE, "time": VALUE, "changes": st.lists(CHANGE | VALUE, max_size=3) | VALUE})
ENVELOPE = st.fixed_dictionaries(
    {"object": st.just("whatsapp_business_account"), "entry": st.lists(ENTRY | VALUE, max_size=3)}
)


def finite(value):
    if isinstance(value, dict):
        return all(finite(v) for v in value.values())
    if isinstance(value, list):
        return all(finite(v) for v in value)
    return not isinstance(value, float) or abs(value) != float("inf")


@settings(max_examples=200, deadline=None)
@given(ENVELOPE.filter(finite))
def test_any_envelope_is_cut_and_understood(payload):
    raws = CHANNEL.split(json.dumps(payload).encode())
    assert raws or not payload["entry"] or all(isinstance(e, dict) and e.get("changes") == [] for e in payload["entry"])
    for raw in raws:
        for text in (raw.account, raw.key, raw.lane):
            assert "\0" not in text.encode().decode()
        (event,) = CHANNEL.normalise(raw)
        assert (event.key, event.account) == (raw.key, raw.account)
        for name in (
            "text",
            "name",
            "what",
            "address",
            "form",
            "error",
            "provider_id",
            "callback",
            "thread",
            "reply_to",
        ):
            assert "\0" not in getattr(event, name, "").encode().decode()
        for identity in (*getattr(event, "sender", ()), *getattr(event, "recipient", ())):
            assert identity.key.encode()


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200) | VALUE.map(lambda v: json.dumps(v).encode()))
def test_any_bytes_normalise(body):
    (event,) = CHANNEL.normalise(RawEvent("1", "k", "l", 5, body))
    assert (event.key, event.kind) == ("k", "unknown")


ODD = (None, True, 5, -1.5, "", "x", [], [[]], [None], {}, {"a": 1}, [{}])


def spoilt(value: Any, odd: Any) -> Iterator[Any]:
    """Every copy of `value` in which one part, at any depth, is replaced by `odd`, and one in which it is missing."""
    yield odd
    if isinstance(value, dict):
        for name, part in value.items():
            yield {k: v for k, v in value.items() if k != name}
            for changed in spoilt(part, odd):
                yield {**value, name: changed}
    elif isinstance(value, list):
        for n, part in enumerate(value):
            for changed in spoilt(part, odd):
                yield [*value[:n], changed, *value[n + 1 :]]


@pytest.mark.parametrize(
    "path", sorted((Path(__file__).parent / "fixtures").glob("*.json")), ids=lambda path: path.stem
)
def test_a_good_payload_with_any_one_part_spoilt(path):
    good = json.loads(path.read_text())["body"]
    tried = 0
    for odd in ODD:
        for entry in spoilt(good["entry"], odd):
            if not isinstance(entry, list):
                continue
            tried += 1
            raws = CHANNEL.split(json.dumps({**good, "entry": entry}).encode())
            assert len({(raw.account, raw.key) for raw in raws}) == len(raws)
            for raw in raws:
                (event,) = CHANNEL.normalise(raw)
                assert (event.key, event.account) == (raw.key, raw.account)
    assert tried > 100
