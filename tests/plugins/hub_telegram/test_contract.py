"""A Telegram bot keeps the contract of a channel."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from hub.testing.channel_contract import ChannelContract
from hub_telegram import TelegramChannel

SECRET = "our_own-Secret_of-these-tests"
CHAT = {"id": 7000000001, "type": "private"}
ADA = {"id": 7000000001, "is_bot": False, "first_name": "Ada"}


class TestTelegram(ChannelContract):
    channel = TelegramChannel
    settings = {"token": "5550100:our-own_invented-TOKEN", "mode": "webhook", "secret": SECRET}
    fixtures = Path(__file__).parent / "fixtures"
    accepted = [{"ok": True, "result": {"message_id": 9, "chat": CHAT, "date": 1767225600}}]
    signs_body = False
    polling = {"mode": "poll"}
    polled = {
        "ok": True,
        "result": [
            {"update_id": 7, "message": {"message_id": 1, "from": ADA, "chat": CHAT, "date": 1767225600, "text": "hi"}},
            {"update_id": 8, "message": {"message_id": 2, "from": ADA, "chat": CHAT, "date": 1767225601, "text": "ho"}},
        ],
    }

    def sign(self, body: bytes) -> Mapping[str, str]:
        return {"X-Telegram-Bot-Api-Secret-Token": SECRET}
