"""Payloads collected from public sources, where they are at hand: none raises, none is lost, all are understood.

Every event is told again in the corpus' own words and compared with all that the corpus states of it.
"""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from hub import (
    AccountNews,
    ConsentChanged,
    IdentityChanged,
    MessageChanged,
    MessageEchoed,
    MessageReceived,
    StatusReported,
)

CORPUS = Path(__file__).parents[4] / "shared" / "data" / "corpus" / "whatsapp"

UNSAID = {
    "parent_user_id": "an identity's scope is the portfolio; ids above it name the same person elsewhere",
    "username": "the name a person gives himself is shown, the username only where that is missing",
    "field": "which webhook field it was stands in the raw event; the news say it in words",
    "recipient_id": "a status names the message, and the outbox knows whom it went to",
    "group": "as above",
    "category": "the hub knows one switch for all that is sent by itself",
}
"""What the corpus states and our events do not carry, and why."""

UNSAID_OF = {
    "edit": ({"sender_id", "phone", "user_id", "name"}, "a change names its message, which knows its people"),
    "delete": ({"sender_id", "phone", "user_id", "name"}, "a change names its message, which knows its people"),
    "contact_sync": ({"phone", "name", "action"}, "an address book makes nobody a person of the hub: it is noted only"),
}

DISAGREE = {
    "pywa_outgoing_message_text.json": "its recipient is a placeholder of documentation, <...>, not a phone",
    "pywa_system_identity_change.json": "a changed security code changes no identity: noted, and no person is touched",
}
"""File -> why we understand it otherwise than the corpus suggests."""


def told(event):
    """An event in the words of the corpus."""
    said = {"timestamp": event.at // 1000}
    match event:
        case MessageReceived() | MessageEchoed():
            out = isinstance(event, MessageEchoed)
            who = {i.kind: i.key for i in (event.recipient if out else event.sender)}
            phone, user = who.get("phone", "").removeprefix("+"), who.get("whatsapp_user", "")
            said |= {"message_id": event.provider_id, "text": event.text, "reply_to": event.reply_to}
            said |= {"phone": phone, "user_id": user, "sender_id": phone or user, "backfill": event.backfill}
            said |= {"direction": "out", "type": "echo"} if out else {"name": event.name} | content(event)
        case MessageChanged():
            said |= {"type": "edit" if event.change == "edited" else "delete", "target": event.provider_id}
            said |= {"text": event.text, "message_id": event.key.removeprefix("echo:")}
            said["direction"] = "out" if event.key.startswith("echo:") else "in"
        case StatusReported():
            said |= {"type": "status", "target": event.provider_id, "status": event.status} | code(event.error)
        case ConsentChanged():
            said |= {"type": "consent", "sender_id": event.address, "value": "resume" if event.wants else "stop"}
        case IdentityChanged():
            old, new = ({i.kind: i.key.removeprefix("+") for i in them} for them in (event.old, event.new))
            said |= {"type": "identity_change", "message_id": event.key, "old_user_id": old.get("whatsapp_user")}
            said |= {"new_user_id": new.get("whatsapp_user"), "new_phone": new.get("phone")}
            said |= {"phone": old.get("phone"), "sender_id": old.get("phone")}
            said["subtype"] = "user_changed_number" if "phone" in old else "user_changed_user_id"
        case AccountNews(topic="template"):
            status = re.search(r" is now (\w+)", event.text)
            said |= {"type": "template_update", "template": event.subject.split()[0]}
            said["status"] = status[1].upper() if status else ""
        case AccountNews():
            error = event.text.startswith("WhatsApp reports an error")
            said |= {"type": "account_error" if error else "account_event"} | code(event.text)
        case _:
            said["type"] = noted(event.what)
            if said["type"] == "status":  # one the hub has no use for: its key says which, of what
                said |= dict(zip(("target", "status"), event.key.split(":")[1:], strict=True))
    return said


def content(event):
    """What kind of message it is, and what only this kind has."""
    form, payload = event.form, event.payload
    said = {"type": "message", "media_kind": form, "group_id": event.thread, "payload": payload}
    said |= {"referral_source": event.referral.get("source_type"), "referral_id": event.referral.get("source_id")}
    if event.media:
        (file,) = event.media
        said |= {"media_kind": file.kind, "media_ref": file.ref, "mime": file.mime, "filename": file.name}
    if form == "contacts":
        said["count"] = len(event.text.splitlines())
    elif form == "location":
        said |= dict(zip(("lat", "lon"), map(float, re.findall(r"-?[\d.]+", event.text)[:2]), strict=True))
    elif form == "reaction":
        said |= {"type": "reaction", "target": event.reply_to, "emoji": event.text, "removed": not event.text}
    elif form == "order":
        said |= {"type": "order", "items": len(json.loads(payload)), "text": event.text.splitlines()[0]}
    elif form == "unsupported":
        label = re.search(r"message: (\w+)", event.text)
        said |= {"type": "unsupported", "subtype": label and label[1], "error_code": 131051} | code(event.text)
    elif form == "button" or (form == "interactive" and not payload.startswith("{")):
        said["type"] = "button"
        if event.text.startswith("[call permission"):
            said |= {"type": "interactive_other", "subtype": "call_permission_reply"}
    elif form == "interactive":
        said |= {"type": "form", "form": "flow"}
        json.loads(payload)
    return said


def code(text):
    """The error code in a sentence."""
    found = re.search(r"code (\d+)", text)
    return {"error_code": int(found[1])} if found else {}


def noted(what):
    """What is only noted."""
    kinds = {"address book": "contact_sync", "a person's security": "identity_change", "a call": "account_event"}
    kinds |= {"field group_": "account_event", "status ": "status"}
    return next((kind for start, kind in kinds.items() if what.startswith(start)), what)


def disagreements(event, expected):
    """Where an event does not say what the corpus states of it."""
    kind = expected["type"]
    skipped = UNSAID_OF.get(kind, (set(),))[0] | UNSAID.keys()
    wanted = {name: value for name, value in expected.items() if name not in skipped}
    if kind in ("status", "consent"):  # played is read to the end; signing up is wanting messages
        same = {"played": "read", "signup": "resume"}
        wanted = {
            name: same.get(value, value) if name in ("status", "value") else value for name, value in wanted.items()
        }
    if kind == "message" and "media_kind" not in wanted:
        wanted["media_kind"] = "text"
    said = told(event)
    return [f"{name}: {value!r}, not {said.get(name)!r}" for name, value in wanted.items() if said.get(name) != value]


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


def test_every_payload_is_understood_as_the_corpus_says(channel, corpus):
    assert len(corpus) > 100
    missed = {}
    for body, row in corpus:
        events, expected = understood(channel, body), row["events"]
        found = [f"{len(events)} events, not {len(expected)}"] if len(events) != len(expected) else []
        for event, wanted in zip(events, expected, strict=False):
            found += disagreements(event, wanted)
        if found:
            missed[row["file"]] = found
    assert set(missed) == set(DISAGREE), missed
    assert len(missed) / len(corpus) <= 0.02


def test_the_judge_refuses_an_event_that_was_changed(channel, corpus):
    judged = 0
    for body, row in corpus:
        if row["file"] in DISAGREE:
            continue
        for event, expected in zip(understood(channel, body), row["events"], strict=False):
            assert disagreements(replace(event, at=event.at + 1000), expected) or "timestamp" not in expected
            if isinstance(event, MessageReceived):
                judged += 1
                assert disagreements(replace(event, sender=()), expected)
                assert disagreements(replace(event, provider_id="x"), expected)
                assert disagreements(replace(event, text="7, 7"), expected) or "text" not in expected
                assert disagreements(replace(event, media=()), expected) or "media_ref" not in expected
                assert disagreements(replace(event, payload="[]"), expected) or "payload" not in expected
    assert judged > 50
