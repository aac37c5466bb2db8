"""A platform's payloads for contract tests: read from a folder, spoilt on purpose, and what may come of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeAlias

from hub.contracts.channel import RawEvent
from hub.model.content import MEDIA_KINDS, Media
from hub.model.events import (
    AccountNews,
    ConsentChanged,
    Event,
    IdentityChanged,
    MessageChanged,
    MessageEchoed,
    MessageReceived,
    StatusReported,
    Unknown,
)
from hub.model.people import Identity

LONGEST = 400
"""Characters of an account, a key or a lane: an index must be able to hold them."""
EARLIEST = 10**11
"""A time below this (ms; March 1973) was meant in seconds."""
LATEST = 2**63

Place: TypeAlias = tuple[str | int, ...]

_PHONE = re.compile(r"\+[1-9][0-9]{1,14}")  # E.164 names no least length
_KIND = re.compile(r"[a-z][a-z0-9_]*")
_STORED = ("key", "account", "address", "provider_id", "form", "thread", "reply_to", "callback", "status")
_SAID = ("text", "name", "what", "error", "payload", "subject")
_NEVER_EMPTY = ("key", "form", "what", "topic", "subject", "change")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_CHANNEL_EVENTS = (
    MessageReceived
    | MessageEchoed
    | MessageChanged
    | StatusReported
    | ConsentChanged
    | IdentityChanged
    | AccountNews
    | Unknown
)


@dataclass(frozen=True, slots=True)
class Payload:
    """One delivery of a platform, and the events it must become: of each only the fields that are stated."""

    name: str
    body: bytes
    headers: Mapping[str, str]
    expected: list[dict[str, Any]]


def read_payloads(folder: Path) -> list[Payload]:
    """The payloads in a folder, one JSON file each: `{"headers"?, "body" (JSON or text), "expected": [...]}`.

    A body that is text is delivered as it stands, anything else as JSON. Raises ValueError naming the file that is
    wrong, or the folder when it holds none.
    """
    found = [_read(file) for file in sorted(folder.glob("*.json"))]
    if not found:
        raise ValueError(f"{folder} holds no payload: put what the platform really sends there, one JSON file each")
    return found


def _read(file: Path) -> Payload:
    try:
        given = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{file} is not JSON: {error}") from None
    if not isinstance(given, dict) or "body" not in given or not isinstance(given.get("expected"), list):
        raise ValueError(f'{file}: a payload is {{"body": ..., "expected": [events]}}, "headers" if need be')
    if unknown := sorted(set(given) - {"headers", "body", "expected"}):
        raise ValueError(f"{file}: unknown {', '.join(unknown)}")
    body = given["body"]
    data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    headers = {name.lower(): value for name, value in given.get("headers", {}).items()}
    return Payload(file.stem, data, headers, given["expected"])


def plain(event: Event) -> dict[str, Any]:
    """An event as payload files state it: its kind and fields, identities as `kind:scope:key`, of files what is set."""
    data = {"kind": event.kind, **asdict(event)}
    for name in data.keys() & {"sender", "recipient", "old", "new"}:
        data[name] = [identity.id for identity in getattr(event, name)]
    if "media" in data:
        data["media"] = [{name: value for name, value in file.items() if value} for file in data["media"]]
    return data


def differences(expected: Mapping[str, Any], event: Event) -> list[str]:
    """Where an event is not what was stated."""
    got = plain(event)
    found = [f"{event.kind} has no field {name}" for name in expected if name not in got]
    wrong = (name for name in expected if name in got and got[name] != expected[name])
    return found + [f"{name}: expected {expected[name]!r}, got {got[name]!r}" for name in wrong]


def raw_faults(raw: RawEvent) -> list[str]:
    """Why a raw event cannot be stored."""
    found = []
    for name in ("account", "key", "lane"):
        value = getattr(raw, name)
        if not isinstance(value, str) or not _storable(value):
            found.append(f"{name} {value!r} is not text that can be stored: no NUL, no half surrogate")
        elif len(value) > LONGEST:
            found.append(f"{name} has {len(value)} characters, {LONGEST} at most: keep a hash of a long one")
    if not raw.key:
        found.append("key is empty: take the platform's own id, or hash hub.wire.json.canonical(what it says)")
    body: object = raw.body
    if not isinstance(body, bytes):
        found.append("body is not bytes")
    if type(raw.at) is not int or not 0 <= raw.at < LATEST:
        found.append(f"at {raw.at!r} is no time in ms (0 = the payload does not say)")
    return found


def event_faults(event: object, raw: RawEvent) -> list[str]:
    """Why an event that a channel made of `raw` is none that the hub can work with."""
    if not isinstance(event, _CHANNEL_EVENTS):
        return [f"{type(event).__name__} is no event of a channel: see hub.model.events, `from channels`"]
    found = []
    if event.account != raw.account:
        found.append(f"account is {event.account!r}, that of the raw event {raw.account!r}")
    if type(event.at) is not int or not 0 <= event.at < LATEST:
        found.append(f"at {event.at!r} is no time in ms (0 = the payload does not say)")
    found += [f"{name} is empty" for name in _NEVER_EMPTY if getattr(event, name, None) == ""]
    for name in _STORED:
        value = getattr(event, name, "")
        if not isinstance(value, str) or not _storable(value):
            found.append(f"{name} {value!r} is not text that can be stored: no NUL, no half surrogate")
    found += [f"{name} is not text" for name in _SAID if not isinstance(getattr(event, name, ""), str)]
    for name in ("sender", "recipient", "old", "new"):
        who = getattr(event, name, None)
        if who is not None and not who:
            found.append(f"{name} names nobody: an event about nobody is Unknown")
        found += [fault for identity in who or () for fault in identity_faults(identity)]
    match event:
        case MessageReceived() | MessageEchoed() | ConsentChanged() if not event.address:
            found.append("address is empty")
        case MessageChanged() if not event.provider_id:
            found.append("provider_id is empty: a change of no message is Unknown")
        case IdentityChanged() if set(event.old) & set(event.new):
            found.append("old and new share an identity: name only what changed")
        case AccountNews() if not event.text:
            found.append("text is empty: one sentence for the admin")
    return found + _content_faults(event)


def _content_faults(event: Event) -> list[str]:
    found = [fault for file in getattr(event, "media", ()) for fault in media_faults(file)]
    if getattr(event, "form", "") == "reaction" and isinstance(event, MessageReceived) and not event.reply_to:
        found.append("a reaction names the message it is about in reply_to")
    for name, value in getattr(event, "referral", {}).items():
        if not isinstance(value, str) or not _storable(name) or not _storable(value) or not value:
            found.append(f"referral {name!r} is {value!r}: text that can be stored, and no empty one")
    return found


def media_faults(file: object) -> list[str]:
    """Why a file of an inbound message is none that the hub can fetch."""
    if not isinstance(file, Media):
        return [f"{file!r} is no Media"]
    found = [
        f"media {name} {value!r} is not text that can be stored"
        for name in ("kind", "ref", "url", "blob", "mime", "name", "sha256")
        if not isinstance(value := getattr(file, name), str) or not _storable(value)
    ]
    if file.kind not in MEDIA_KINDS:
        found.append(f"media kind {file.kind!r} is none of {', '.join(MEDIA_KINDS)}")
    if not file.ref and not file.url:
        found.append("media has neither ref nor url: nobody could fetch it")
    if file.blob:
        found.append("media blob is the hub's own name of a stored file: a channel leaves it empty")
    if type(file.size) is not int or not 0 <= file.size < LATEST:
        found.append(f"media size {file.size!r} is no number of bytes (0 = the platform does not say)")
    if file.sha256 and not _SHA256.fullmatch(file.sha256):
        found.append(f"media sha256 {file.sha256!r} is not 64 hex digits: base64 must be changed into hex")
    return found


def identity_faults(identity: object) -> list[str]:
    """Why an identity is illegal."""
    if not isinstance(identity, Identity):
        return [f"{identity!r} is no Identity"]
    found = []
    if not _KIND.fullmatch(identity.kind):
        found.append(f"identity kind {identity.kind!r} is not made of a-z, 0-9 and _")
    if ":" in identity.scope:
        found.append(f"identity scope {identity.scope!r} has a colon: only the key may")
    if not identity.key or not all(map(_storable, identity)):
        found.append(f"identity key {identity.key!r} is empty or cannot be stored")
    if identity.kind == "phone" and not _PHONE.fullmatch(identity.key):
        found.append("an identity of kind phone has an E.164 key: +, country code, number, digits only")
    if identity.kind in ("phone", "email", "telegram") and identity.scope:
        found.append(f"an identity of kind {identity.kind} has the scope ''")
    return found


def _storable(text: str) -> bool:
    try:
        return b"\0" not in text.encode()
    except UnicodeEncodeError:
        return False


# -- spoiling ----------------------------------------------------------------------------------------------------

GONE: Any = ...
"""As a value in `spoilt`: the part is missing."""


def places(value: Any, here: Place = ()) -> Iterator[Place]:
    """The way to every part of a JSON value, at any depth, the whole first."""
    yield here
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, part in inner:
        yield from places(part, (*here, step))


def spoilt(value: Any, place: Place, part: Any) -> Any:
    """A copy of `value` with `part` at `place`."""
    if not place:
        return None if part is GONE else part
    step, rest = place[0], place[1:]
    copy = value.copy()
    if part is GONE and not rest:
        del copy[step]
    else:
        copy[step] = spoilt(value[step], rest, part)
    return copy


def damaged(body: bytes, changes: Sequence[tuple[int, Any]], junk: bytes | None) -> bytes:
    """The body with parts of its JSON replaced or missing, and bytes of junk in it."""
    try:
        value = json.loads(body)
    except ValueError:
        pass
    else:
        for number, part in changes:
            ways = list(places(value))
            value = spoilt(value, ways[number % len(ways)], part)
        body = json.dumps(value).encode()
    if junk is None:
        return body
    at = changes[0][0] % (len(body) + 1) if changes else len(body)
    return body[:at] + junk + body[at + len(junk) :]


def respelt(body: bytes) -> bytes:
    """The same JSON with other spaces and the fields of objects in another order; anything else as it is."""

    def turned(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: turned(value[name]) for name in reversed(value)}
        return [turned(part) for part in value] if isinstance(value, list) else value

    try:
        return json.dumps(turned(json.loads(body)), indent=1).encode()
    except ValueError:
        return body
