"""Bots and a driver for the channel's generators."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from hub import Calls, HttpCall, HttpReply
from hub_telegram import TelegramChannel, TelegramSettings

TOKEN = "5550100:our-own_invented-TOKEN"
SECRET = "our_own-Secret"


class Driver:
    """Runs a generator against replies and keeps the calls it made."""

    def __init__(self) -> None:
        self.calls: list[HttpCall] = []

    def __call__(self, calls: Calls[Any], *replies: HttpReply | Exception) -> Any:
        self.calls = []
        waiting = list(replies)
        try:
            call = next(calls)
            while True:
                self.calls.append(call)
                reply = waiting.pop(0)
                call = calls.throw(reply) if isinstance(reply, Exception) else calls.send(reply)
        except StopIteration as done:
            assert not waiting, "fewer calls than replies"
            return done.value

    def bodies(self) -> list[tuple[str, dict[str, Any]]]:
        """(method, JSON body) of every call."""
        return [(call.url.rpartition("/")[2], json.loads(call.body)) for call in self.calls]


@pytest.fixture
def drive() -> Driver:
    return Driver()


@pytest.fixture
def bot() -> Callable[..., TelegramChannel]:
    def build(**settings: Any) -> TelegramChannel:
        return TelegramChannel(TelegramSettings(**{"token": TOKEN, **settings}), "telegram-main")

    return build


@pytest.fixture
def reply() -> Callable[..., HttpReply]:
    def build(data: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> HttpReply:
        body = data if isinstance(data, bytes) else json.dumps(data).encode()
        return HttpReply(status, headers or {}, body)

    return build


@pytest.fixture
def webhook_bot(bot: Callable[..., TelegramChannel]) -> TelegramChannel:
    return bot(mode="webhook", secret=SECRET)
