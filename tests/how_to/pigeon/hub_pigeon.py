"""Pigeon, an invented messenger, as a channel of the hub."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar
from urllib.parse import quote

from pydantic import SecretStr

from hub import (
    Calls,
    Capabilities,
    Channel,
    HttpCall,
    Identity,
    MessageReceived,
    Outgoing,
    PluginSettings,
    RawEvent,
    Receipt,
    Request,
    Unknown,
    hookimpl,
)
from hub.contracts.errors import AuthFailed, BadSignature, RateLimited, Rejected, Unavailable, Uncertain
from hub.model.events import Event
from hub.wire import json
from hub.wire.signatures import hmac_sha256_hex, same


class PigeonSettings(PluginSettings):
    """One Pigeon account."""

    secret: SecretStr
    """Signs the webhooks: in Pigeon's console, Webhooks > Signing secret."""
    token: SecretStr
    """Lets the hub send: in Pigeon's console, Access tokens."""
    base_url: str = "https://api.pigeon.example"
    """Pigeon, or a simulator."""


class Pigeon(Channel[PigeonSettings]):
    """Notes to and from a loft (what Pigeon calls an account)."""

    name: ClassVar[str] = "pigeon"
    Settings: ClassVar[type[PluginSettings]] = PigeonSettings
    capabilities: ClassVar[Capabilities] = Capabilities(proof="none", text_max=2000, rate=5)

    def verify(self, request: Request) -> None:
        """`X-Pigeon-Signature`: HMAC-SHA256 over the raw bytes. Nothing is parsed before it fits."""
        secret = self.settings.secret.get_secret_value().encode()
        if not same(request.headers.get("x-pigeon-signature", ""), hmac_sha256_hex(secret, request.body)):
            raise BadSignature("X-Pigeon-Signature does not fit the body")

    def split(self, body: bytes) -> Sequence[RawEvent]:
        """`{"loft": ..., "notes": [...]}`: one event for each note. Called before Pigeon gets its 200."""
        payload = json.loads(body)
        notes = payload.get("notes") if isinstance(payload, dict) else None
        if not isinstance(notes, list):
            raise ValueError("not what Pigeon sends")
        return [self._cut(word(payload.get("loft")), note) for note in notes]

    def _cut(self, loft: str, note: Any) -> RawEvent:
        if not isinstance(note, dict) or not word(note.get("id")):
            raise ValueError("a note without an id")
        sent = note.get("sent")
        at = sent if type(sent) is int and 0 < sent < 2**53 else 0
        return RawEvent(loft, word(note["id"]), word(note.get("from")), at, json.dumps(note))

    def normalise(self, raw: RawEvent) -> Sequence[Event]:
        """What a note says. Called later and perhaps again; never raises."""
        try:
            note = json.loads(raw.body)
        except ValueError:
            note = None
        sender = word(note.get("from")) if isinstance(note, dict) else ""
        if not sender:
            return [Unknown(key=raw.key, at=raw.at, account=raw.account, what="a note from nobody")]
        text = note.get("text")
        return [
            MessageReceived(
                key=raw.key,
                at=raw.at,
                account=raw.account,
                sender=(Identity("pigeon", "", sender),),
                address=sender,
                provider_id=raw.key,
                form="text" if isinstance(text, str) else "unsupported",
                text=text if isinstance(text, str) else "",
                name=word(note.get("name")),
            )
        ]

    def send(self, message: Outgoing) -> Calls[Receipt]:
        """Yield the call, get the reply, return the receipt or raise what the reply means to the hub."""
        url = f"{self.settings.base_url}/lofts/{quote(message.account, safe='')}/notes"
        token = self.settings.token.get_secret_value()
        note = {"to": message.address, "text": message.text}
        reply = yield HttpCall.json("POST", url, note, {"authorization": f"Bearer {token}"})
        if reply.status in (401, 403):
            raise AuthFailed(f"Pigeon does not accept the token ({reply.status})")
        if reply.status == 429:
            wait = reply.headers.get("retry-after", "")
            raise RateLimited("Pigeon asks to wait", int(wait) if wait.isdecimal() and len(wait) < 5 else 0)
        if reply.status >= 500:
            raise Unavailable(f"Pigeon is not available ({reply.status})")
        if reply.status >= 300:
            raise Rejected(f"Pigeon refused the note ({reply.status})")
        answer = reply.json()
        note_id = word(answer.get("id")) if isinstance(answer, dict) else ""
        if not note_id:
            raise Uncertain("Pigeon's answer does not name the note")
        return Receipt(note_id)


def word(value: object) -> str:
    """An id or a name as the store can hold it; "" for anything but text."""
    return value.replace("\0", "").encode(errors="replace").decode() if isinstance(value, str) else ""


@hookimpl
def hub_channels() -> Iterable[type[Channel[Any]]]:
    """The channel `pigeon`."""
    return [Pigeon]
