"""Payloads collected from public sources, where they are at hand: none raises, none is lost, most are understood."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from hub import ConsentChanged, MessageEchoed, MessageReceived, StatusReported, Unknown

CORPUS = Path(__file__).parents[4] / "shared" / "data" / "corpus" / "whatsapp"
IN = {"message", "button", "form", "order", "reaction", "edit", "delete", "unsupported", "interactive_other"}
FLOOR = 1.0
"""Measured: every statement about kind, sender, text, target and time holds (an order's text lists its items too)."""


@pytest.fixture(scope="module")
def corpus():
    if not CORPUS.exists():
        pytest.skip("the corpus of payloads is not beside this checkout")
    rows = [json.loads(line) for line in (CORPUS / "expected.jsonl").read_text().splitlines()]
    return [((CORPUS / row["file"]).read_bytes(), row) for row in rows]


def understood(channel, body):
    raws = channel.split(body)
    assert len({(raw.account, raw.key) for raw in raws}) == len(raws)
    return [event for raw in raws for event in channel.normalise(raw)]


def fits(event, expected):
    """Whether an event says what the corpus states of it: kind, sender, text, target, time."""
    kind = expected["type"]
    outward = expected.get("direction") == "out"
    if kind == "status":
        if expected["status"] not in ("sent", "delivered", "read", "played", "failed"):
            return isinstance(event, Unknown)
        return (
            isinstance(event, StatusReported)
            and event.provider_id == expected["target"]
            and event.status == expected["status"].replace("played", "read")
            and event.at == expected["timestamp"] * 1000
        )
    if kind == "consent":
        return (
            isinstance(event, ConsentChanged)
            and event.wants == (expected["value"] != "stop")
            and event.address == expected["sender_id"]
        )
    if kind not in IN | {"echo"}:
        return isinstance(event, Unknown)
    people = event.recipient if isinstance(event, MessageEchoed) else getattr(event, "sender", ())
    named = {i.kind: i.key for i in people}
    digits = expected.get("phone", "")
    return (
        isinstance(event, MessageEchoed if outward else MessageReceived)
        and event.provider_id == expected["message_id"]
        and event.at == expected["timestamp"] * 1000
        and ("text" not in expected or event.text == expected["text"] or kind == "order")
        and (kind != "order" or event.text.startswith(expected.get("text", "")))
        and (not digits.isdecimal() or named.get("phone") == f"+{digits}")
        and ("phone" in expected or "phone" not in named)
        and named.get("whatsapp_user", expected.get("user_id")) == expected.get("user_id", named.get("whatsapp_user"))
        and ("name" not in expected or outward or event.name == expected["name"])
        and ("reply_to" not in expected or outward or event.reply_to == expected["reply_to"])
        and (kind != "unsupported" or event.form == "unsupported")
        and event.backfill == expected.get("backfill", False)
    )


def test_the_share_that_is_understood_does_not_fall(channel, corpus):
    judged, missed = 0, []
    for body, row in corpus:
        events = understood(channel, body)
        assert len(events) == len(row["events"]) or row.get("tolerant"), row["file"]
        for event, expected in zip(events, row["events"], strict=False):
            judged += 1
            if not fits(event, expected):
                missed.append((row["file"], event, expected))
    assert judged > 100
    assert 1 - len(missed) / judged >= FLOOR, missed


def test_it_could_fail(channel, corpus):
    """The judge refuses an event that was changed."""
    judged = 0
    for body, row in corpus:
        for event, expected in zip(understood(channel, body), row["events"], strict=False):
            if isinstance(event, MessageReceived) and expected["type"] == "message" and "text" in expected:
                judged += 1
                assert not fits(replace(event, text=event.text + "!"), expected)
                assert not fits(replace(event, sender=event.sender[:0]), expected) or "phone" not in expected
    assert judged > 10
