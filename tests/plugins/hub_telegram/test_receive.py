"""What comes in: the webhook's secret, the cut, the meaning."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError

from hub import RawEvent, Request, Unknown
from hub.contracts.errors import BadSignature
from hub_telegram import TelegramChannel, TelegramSettings

HEADER = "x-telegram-bot-api-secret-token"
SECRET = "our_own-Secret"
CASES = {file.stem: json.loads(file.read_text()) for file in Path(__file__).with_name("fixtures").glob("*.json")}
BOT = TelegramChannel(TelegramSettings(token="5550100:our-own_invented-TOKEN"), "telegram-main")  # type: ignore[arg-type]


def request(headers: dict[str, str], body: bytes = b"{}") -> Request:
    return Request("POST", "https://hub.example.com/in/telegram-main", {}, headers, body)


# -- the secret --------------------------------------------------------------------------------------------------


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


# -- the cut -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(CASES))
def test_split_keeps_the_body_and_its_key(name: str) -> None:
    update, (event,) = CASES[name]["body"], CASES[name]["expected"]
    body = json.dumps(update).encode()
    (raw,) = BOT.split(body)
    assert (raw.account, raw.key, raw.at) == ("5550100", str(update["update_id"]), event["at"])
    assert raw.body == body


def test_the_lane_is_the_chat_or_else_the_person() -> None:
    lanes = {name: BOT.split(json.dumps(case["body"]).encode())[0].lane for name, case in CASES.items()}
    assert lanes["text"] == "7000000001"
    assert lanes["group"] == "-1005550199"
    assert lanes["a_pressed_button"] == "7000000001"
    assert lanes["a_kind_nobody_knows"] == ""
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


def test_a_body_that_turned_unreadable_is_unknown() -> None:
    (event,) = BOT.normalise(RawEvent("5550100", "7", "1", 5, b"\xff"))
    assert event == Unknown(key="7", at=5, account="5550100", what="unreadable update")
