"""Payloads that nobody here wrote: none may raise, and most must mean what their collector says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hub import ConsentChanged, Identity, MessageReceived
from hub_telegram import TelegramChannel, TelegramSettings

CORPUS = Path(__file__).parents[3] / ".." / "shared" / "data" / "corpus" / "telegram"
FLOOR = 0.93
"""Messages of the corpus that come out with the same text, sender, chat, id and time. The rest are written in a
business account or a broadcast channel, neither of which a bot that talks to customers is."""


def test_the_corpus_comes_through() -> None:
    if not CORPUS.exists():
        pytest.skip("the corpus does not lie beside this checkout")
    bot = TelegramChannel(TelegramSettings(token="777:invented"), "t")  # type: ignore[arg-type]
    lines = [json.loads(line) for line in (CORPUS / "expected.jsonl").read_text().splitlines()]
    agreed, differing, others = 0, [], 0
    for line in lines:
        (raw,) = bot.split((CORPUS / line["file"]).read_bytes())
        (event,) = bot.normalise(raw)
        (wanted,) = line["events"]
        if wanted["type"] == "message":
            same = isinstance(event, MessageReceived) and matches(event, wanted)
            agreed += same
            differing += [] if same else [line["file"]]
        elif wanted["type"] == "consent":
            assert isinstance(event, ConsentChanged)
            assert event.wants is (wanted["value"] != "stop")
            assert event.sender == (Identity("telegram", "", wanted["sender_id"]),)
        elif wanted["type"] == "unsupported":
            assert isinstance(event, MessageReceived)
            assert event.form == "unsupported"
        else:
            others += 1
            assert event.kind == "unknown"
    assert len(lines) > 40
    assert others > 10
    assert agreed / (agreed + len(differing)) >= FLOOR, differing


def matches(event: MessageReceived, wanted: dict[str, Any]) -> bool:
    telegram, *more = event.sender
    return (
        (event.form in ("location", "contacts") or event.text == wanted.get("text", ""))
        and event.form == wanted.get("media_kind", "text")
        and telegram == Identity("telegram", "", wanted["sender_id"])
        and [identity.key for identity in more] == [wanted[k] for k in ("verified_phone",) if k in wanted]
        and event.address == wanted["chat_id"]
        and event.provider_id == f"{wanted['chat_id']}:{wanted['message_id']}"
        and event.name == wanted["name"]
        and event.at == wanted["timestamp"] * 1000
        and event.reply_to.rpartition(":")[2] == wanted.get("reply_to", "")
    )
