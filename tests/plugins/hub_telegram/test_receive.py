"""What comes in: the webhook's secret, the cut, the meaning."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from hub import MessageReceived, RawEvent, Request, Unknown
from hub.contracts.errors import BadSignature
from hub.model.events import Event
from hub_telegram import TelegramChannel, TelegramSettings

HEADER = "x-telegram-bot-api-secret-token"
SECRET = "our_own-Secret"
CASES: list[dict[str, Any]] = json.loads(Path(__file__).with_name("updates.json").read_text())
BOT = TelegramChannel(TelegramSettings(token="5550100:our-own_invented-TOKEN"), "telegram-main")  # type: ignore[arg-type]


def request(headers: dict[str, str], body: bytes = b"{}") -> Request:
    return Request("POST", "https://hub.example.com/in/telegram-main", {}, headers, body)


def plain(event: Event) -> dict[str, Any]:
    """An event as the fixtures write it, without its key."""
    data = {"kind": event.kind, **asdict(event)}
    if "sender" in data:
        data["sender"] = [":".join(identity) for identity in data["sender"]]
    del data["key"]
    return data


# -- the secret --------------------------------------------------------------------------------------------------


def test_the_right_secret_passes(webhook_bot: TelegramChannel) -> None:
    webhook_bot.verify(request({HEADER: SECRET}))


@pytest.mark.parametrize(
    "headers", [{}, {HEADER: ""}, {HEADER: "our_own-secret"}, {HEADER: SECRET + "x"}, {HEADER: "ü\udc80"}]
)
def test_a_wrong_or_missing_secret_does_not(webhook_bot: TelegramChannel, headers: dict[str, str]) -> None:
    with pytest.raises(BadSignature) as caught:
        webhook_bot.verify(request(headers))
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("setup", [{"secret": SECRET}, {"mode": "webhook"}, {}])
@pytest.mark.parametrize("given_secret", [SECRET, ""])
def test_without_webhook_mode_and_secret_every_webhook_is_refused(
    bot: Callable[..., TelegramChannel], setup: dict[str, str], given_secret: str
) -> None:
    with pytest.raises(BadSignature):
        bot(**setup).verify(request({HEADER: given_secret}))


@pytest.mark.parametrize("secret", ["", "x" * 257, "with space", "ümlaut", "dot."])
def test_a_secret_outside_telegrams_alphabet_is_a_mistake(bot: Callable[..., TelegramChannel], secret: str) -> None:
    with pytest.raises(ValidationError, match="webhook secret"):
        bot(secret=secret)


@pytest.mark.parametrize("token", ["nonsense-token", "5550100:", ":abc", "5550100:a/b", "5550100:abc\n"])
def test_a_bad_token_is_refused_and_never_shown(bot: Callable[..., TelegramChannel], token: str) -> None:
    with pytest.raises(ValidationError) as caught:
        bot(token=token)
    assert token not in str(caught.value)


def test_secrets_do_not_print(webhook_bot: TelegramChannel) -> None:
    assert "invented" not in repr(webhook_bot.settings)
    assert SECRET not in repr(webhook_bot.settings)


# -- the cut -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["name"]))
def test_split_keeps_the_body_and_its_key(case: dict[str, Any]) -> None:
    body = json.dumps(case["update"]).encode()
    (raw,) = BOT.split(body)
    assert raw.account == "5550100"
    assert raw.key == str(case["update"]["update_id"])
    assert raw.at == case["event"]["at"]
    assert raw.body == body


def test_the_lane_is_the_chat_or_else_the_person() -> None:
    lanes = {case["name"]: BOT.split(json.dumps(case["update"]).encode())[0].lane for case in CASES}
    assert lanes["text"] == "7000000001"
    assert lanes["group"] == "-1005550199"
    assert lanes["a pressed button"] == "7000000001"
    assert lanes["a kind nobody knows"] == ""
    (answer,) = BOT.split(b'{"update_id":1,"poll_answer":{"poll_id":"p","user":{"id":7000000009}}}')
    assert answer.lane == "7000000009"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no json",
        b"[]",
        b"1",
        b"{}",
        b'{"update_id":"1"}',
        b'{"update_id":true}',
        b'{"update_id":null}',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"update_id":' + b"9" * 5000 + b"}",
    ],
)
def test_split_refuses_what_telegram_does_not_send(body: bytes) -> None:
    with pytest.raises(ValueError):
        BOT.split(body)


# -- the meaning -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["name"]))
def test_each_update_means_what_its_fixture_says(case: dict[str, Any]) -> None:
    (raw,) = BOT.split(json.dumps(case["update"]).encode())
    (event,) = BOT.normalise(raw)
    assert event.key == raw.key
    assert plain(event) == case["event"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
FIELDS = sorted(
    {field for case in CASES for part in case["update"].values() if isinstance(part, dict) for field in part}
)


@settings(max_examples=200, deadline=None)
@given(
    case=st.sampled_from(CASES),
    damage=st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=5),
    dropped=st.sets(st.sampled_from(FIELDS), max_size=3),
    junk=st.binary(max_size=40),
    cut=st.integers(0, 3),
)
def test_normalise_never_raises(
    case: dict[str, Any], damage: dict[str, Any], dropped: set[str], junk: bytes, cut: int
) -> None:
    update = {
        field: {name: value for name, value in {**part, **damage}.items() if name not in dropped}
        if isinstance(part, dict)
        else part
        for field, part in case["update"].items()
    }
    body = json.dumps(update).encode()
    raw = BOT.split(body)[0]
    spoilt = [body, junk, body[: len(body) // 2], body + junk][cut]
    (event,) = BOT.normalise(RawEvent(raw.account, raw.key, raw.lane, raw.at, spoilt))
    assert event.key == raw.key
    if isinstance(event, MessageReceived):
        assert event.sender
        assert event.address
        json.dumps(plain(event), ensure_ascii=False).encode()  # no half surrogate gets through
        assert "\0" not in event.text + event.name


def test_a_body_that_turned_unreadable_is_unknown() -> None:
    (event,) = BOT.normalise(RawEvent("5550100", "7", "1", 5, b"\xff"))
    assert event == Unknown(key="7", at=5, account="5550100", what="unreadable update")
