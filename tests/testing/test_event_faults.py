"""What a channel's events must be like: each fault here is named, and a sound event has none."""

from dataclasses import replace

import pytest

from hub import (
    AccountNews,
    Identity,
    IdentityChanged,
    Media,
    MessageChanged,
    MessageEchoed,
    MessageReceived,
    RawEvent,
    RecordsTouched,
)
from hub.testing.payloads import differences, event_faults

RAW = RawEvent("1", "k", "l", 0, b"{}")
ADA, NEW = Identity("phone", "", "+447700900123"), Identity("phone", "", "+447700900124")
FILE = Media(kind="image", ref="7", mime="image/png", sha256="ab" * 32, size=9)
BASE = {"key": "k", "at": 1_790_000_000_000, "account": "1"}
MESSAGE = MessageReceived(**BASE, sender=(ADA,), address="447700900123", provider_id="m", media=(FILE,))
ECHO = MessageEchoed(**BASE, recipient=(ADA,), address="447700900123", provider_id="m")
CHANGED = MessageChanged(**BASE, provider_id="m", change="edited", text="new")
MOVED = IdentityChanged(**BASE, old=(ADA,), new=(NEW,), address="447700900124")
NEWS = AccountNews(**BASE, topic="template", subject="offer en", text="Template offer en is now paused.", bad=True)


@pytest.mark.parametrize("event", [MESSAGE, ECHO, CHANGED, MOVED, NEWS], ids=lambda event: event.kind)
def test_a_sound_event_has_no_fault(event):
    assert event_faults(event, RAW) == []


@pytest.mark.parametrize(
    ("event", "fault"),
    [
        (RecordsTouched(key="k", at=0), "no event of a channel"),
        (replace(MESSAGE, sender=()), "sender names nobody"),
        (replace(ECHO, recipient=()), "recipient names nobody"),
        (replace(ECHO, address=""), "address is empty"),
        (replace(MESSAGE, form="reaction"), "names the message it is about"),
        (replace(MESSAGE, referral={"source_id": ""}), "referral 'source_id'"),
        (replace(MESSAGE, referral={"source_id": 5}), "referral 'source_id'"),
        (replace(MESSAGE, payload=None), "payload is not text"),
        (replace(MESSAGE, media=("7",)), "no Media"),
        (replace(MESSAGE, media=(replace(FILE, kind="photo"),)), "media kind"),
        (replace(MESSAGE, media=(replace(FILE, ref=""),)), "nobody could fetch it"),
        (replace(MESSAGE, media=(replace(FILE, blob="b"),)), "a channel leaves it empty"),
        (replace(MESSAGE, media=(replace(FILE, size=-1),)), "no number of bytes"),
        (replace(MESSAGE, media=(replace(FILE, sha256="q83v"),)), "not 64 hex digits"),
        (replace(MESSAGE, media=(replace(FILE, name="a\0"),)), "media name"),
        (replace(CHANGED, provider_id=""), "a change of no message"),
        (replace(CHANGED, change=""), "change is empty"),
        (replace(MOVED, old=()), "old names nobody"),
        (replace(MOVED, new=()), "new names nobody"),
        (replace(MOVED, new=(ADA, NEW)), "share an identity"),
        (replace(MOVED, new=(Identity("phone", "", "x"),)), "E.164"),
        (replace(NEWS, subject=""), "subject is empty"),
        (replace(NEWS, text=""), "one sentence for the admin"),
        (replace(NEWS, topic=""), "topic is empty"),
        (replace(NEWS, account="2"), "account is '2'"),
    ],
)
def test_a_fault_is_named(event, fault):
    assert fault in "; ".join(event_faults(event, RAW))


def test_files_and_identities_are_stated_as_plain_data():
    file = {"kind": "image", "ref": "7", "mime": "image/png", "sha256": "ab" * 32, "size": 9}
    assert differences({"media": [file], "sender": [ADA.id]}, MESSAGE) == []
    assert differences({"media": [{**file, "size": 8}]}, MESSAGE)
    assert differences({"old": [ADA.id], "new": [NEW.id]}, MOVED) == []
    assert differences({"old": [NEW.id]}, MOVED)
