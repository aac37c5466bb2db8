"""What people and the business do on their phones, and what Meta has to tell: each as the webhook that it causes."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

from hub.contracts.simulator import Faults, Heard, Said
from hub_meta import simulator_payloads as payloads
from hub_meta.simulator_courier import Courier, Post
from hub_meta.simulator_media import MediaStore
from hub_meta.simulator_templates import Catalogue

FILE_KINDS = {"voice": "audio"}
"""Kind of a file -> the message type that carries it, where they differ."""


def now() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000


class People:
    """Everything is delivered in the background. `person` is a phone with + or a handle `@name`; `account` "" = the
    first number; `at` in ms, 0 = now. What a person writes is `heard`; methods return it, or the new id."""

    faults: Faults
    heard: list[Heard]
    said: list[Said]

    def __init__(self) -> None:
        self.app_secret = "simulated-app-secret"  # noqa: S105  # opens nothing
        self.media = MediaStore()
        self.templates = Catalogue()
        self._run = uuid.uuid4().hex[:12]
        self._ids = count(1)
        self._people: dict[str, str] = {}  # wa_id or user id -> the person as the caller names them
        self._known: set[str] = set()  # message ids of people, which the hub may mark, quote and react to
        self._last_heard: dict[tuple[str, str], int] = {}
        self._renamed: dict[str, str] = {}  # a person's first user id -> the one of today
        self._courier = Courier(lambda: self.faults)

    # -- messages ------------------------------------------------------------------------------------------------

    async def say(self, person: str, text: str, *, name: str = "", account: str = "", at: int = 0) -> Heard:
        """A person writes a text."""
        return self._write(person, "text", {"body": text}, text, name=name, account=account, at=at)

    async def say_media(
        self,
        person: str,
        kind: str,
        data: bytes,
        mime: str,
        name: str = "",
        caption: str = "",
        *,
        account: str = "",
        at: int = 0,
    ) -> Heard:
        """A person sends a file; `kind` is image, video, audio, voice, document or sticker, `name` the file's own."""
        kind, part = self._file(kind, data, mime, name, caption)
        return self._write(person, kind, part, caption, account=account, at=at)

    def react(self, person: str, message: str, emoji: str = "", *, account: str = "") -> Heard:
        """A person reacts to a message; without `emoji` the reaction is taken back."""
        part = {"message_id": message, **({"emoji": emoji} if emoji else {})}
        return self._write(person, "reaction", part, emoji, account=account)

    def press(self, person: str, option: str, *, account: str = "") -> Heard:
        """A person presses what the hub offered last under this id: a button, a row, a template's quick reply.

        Raises LookupError when nothing like it was offered.
        """
        for said in reversed(self.said):
            if said.person != person or not said.delivered:
                continue
            for kind, part, title in _offers(said, self.templates):
                if (part.get("id") or part.get("payload")) == option:
                    body = part if kind == "button" else {"type": kind, kind: part}
                    form = "button" if kind == "button" else "interactive"
                    return self._write(person, form, body, title, account=account or said.account, reply_to=said.id)
        raise LookupError(f"{person} was never offered {option!r}")

    def answer_form(self, person: str, answers: Mapping[str, Any], *, reply_to: str = "", account: str = "") -> Heard:
        """A person fills in a form (a flow)."""
        reply = {"name": "flow", "body": "Sent", "response_json": json.dumps(dict(answers))}
        part = {"type": "nfm_reply", "nfm_reply": reply}
        return self._write(person, "interactive", part, "Sent", account=account, reply_to=reply_to)

    def order(
        self, person: str, items: Sequence[tuple[str, int, float]], text: str = "", *, account: str = ""
    ) -> Heard:
        """A person orders from the catalogue: (article, quantity, price of one in EUR)."""
        rows = [
            {"product_retailer_id": article, "quantity": quantity, "item_price": price, "currency": "EUR"}
            for article, quantity, price in items
        ]
        part = {"catalog_id": "900000000000001", "text": text, "product_items": rows}
        return self._write(person, "order", part, text, account=account)

    def share_location(
        self, person: str, latitude: float, longitude: float, name: str = "", address: str = "", *, account: str = ""
    ) -> Heard:
        """A person shares a place."""
        named = {k: v for k, v in (("name", name), ("address", address)) if v}
        return self._write(
            person, "location", {"latitude": latitude, "longitude": longitude, **named}, name, account=account
        )

    def share_contacts(self, person: str, cards: Mapping[str, str], *, account: str = "") -> Heard:
        """A person shares contact cards: name -> phone."""
        part = [
            {"name": {"formatted_name": name, "first_name": name}, "phones": [{"phone": phone, "type": "CELL"}]}
            for name, phone in cards.items()
        ]
        return self._write(person, "contacts", part, ", ".join(cards), account=account)

    def edit(self, person: str, message: str, text: str, *, account: str = "") -> str:
        """A person edits a message; returns the edit's own id."""
        part = {"original_message_id": message, "message": {"type": "text", "text": {"body": text}}}
        return self._change(person, "edit", part, account)

    def revoke(self, person: str, message: str, *, account: str = "") -> str:
        """A person takes a message back; returns the id of that."""
        return self._change(person, "revoke", {"original_message_id": message}, account)

    # -- the business on its phone -------------------------------------------------------------------------------

    def echo(self, person: str, text: str, *, account: str = "") -> str:
        """Somebody of the business answers on the phone; returns the message id."""
        return self._echo(person, "text", {"body": text}, account)

    def echo_media(
        self, person: str, kind: str, data: bytes, mime: str, name: str = "", caption: str = "", *, account: str = ""
    ) -> str:
        """Somebody of the business sends a file from the phone; returns the message id."""
        return self._echo(person, *self._file(kind, data, mime, name, caption), account)

    def history(
        self, person: str, lines: Sequence[tuple[bool, str, int]], *, progress: int = 100, account: str = ""
    ) -> list[str]:
        """The business shares what was written before: (by the person, text, at in ms); returns the message ids."""
        account, digits = account or self._first(), payloads.wa_id(person)
        self._meet(person)
        told = []
        for theirs, text, at in lines:
            sides = {"from": digits} if theirs else {"from": payloads.NUMBERS[account], "to": digits}
            facts = {"id": self._wamid(), "timestamp": str(at // 1000), "history_context": {"status": "READ"}}
            told.append({**sides, **facts, "type": "text", "text": {"body": text}})
        self._post(person, payloads.past(account, person, told, phase=0, progress=progress, at=now() // 1000))
        return [str(message["id"]) for message in told]

    # -- who people are ------------------------------------------------------------------------------------------

    def prefer(self, person: str, wants: bool, *, account: str = "") -> None:
        """A person uses WhatsApp's own switch for marketing messages."""
        self._meet(person)
        self._post(person, payloads.preference(account or self._first(), person, wants, at=now() // 1000))

    def change_number(self, person: str, new: str, *, account: str = "") -> str:
        """A person moves to another number, from now on `new`, with another user id; returns the message id."""
        self._meet(new)
        old, digits = payloads.wa_id(person), payloads.wa_id(new)
        part = {"type": "user_changed_number", "wa_id": digits, "body": f"User changed from {old} to {digits}"}
        return self._system(person, part, account)

    def change_user_id(self, person: str, *, account: str = "") -> str:
        """A person gets another business-scoped user id; returns it."""
        first = payloads.user_id(person)
        old, new = self._renamed.get(first, first), f"US.{uuid.uuid4().int % 10**18}"
        part = {"type": "user_changed_user_id", "previous_user_id": old, "user_id": new, "body": "User changed id"}
        self._system(person, part, account)
        self._renamed[first] = new
        self._people[new] = person
        return new

    # -- news ----------------------------------------------------------------------------------------------------

    def news_template(self, name: str, language: str, status: str, reason: str = "NONE") -> None:
        """A template gets another status (APPROVED, PAUSED, DISABLED, REJECTED), in the catalogue too."""
        self.templates.mark(name, language, status)
        named = {"message_template_id": 1, "message_template_name": name, "message_template_language": language}
        self._news("message_template_status_update", {"event": status, **named, "reason": reason})

    def news_template_quality(self, name: str, language: str, before: str, after: str) -> None:
        """A template's quality changes (GREEN, YELLOW, RED)."""
        named = {"message_template_id": 1, "message_template_name": name, "message_template_language": language}
        scores = {"previous_quality_score": before, "new_quality_score": after}
        self._news("message_template_quality_update", {**named, **scores})

    def news_quality(self, event: str, limit: str = "TIER_1K", *, account: str = "") -> None:
        """A number's limit changes: `event` FLAGGED, UNFLAGGED, UPGRADE, DOWNGRADE."""
        digits = payloads.NUMBERS[account or self._first()]
        value = {"display_phone_number": digits, "event": event, "current_limit": limit}
        self._news("phone_number_quality_update", value)

    def news_account(self, event: str, **more: Any) -> None:
        """Something happens to the account: ACCOUNT_RESTRICTION, DISABLED_UPDATE, ..."""
        self._news("account_update", {"event": event, **more})

    # -- how it is done ------------------------------------------------------------------------------------------

    def _write(
        self,
        person: str,
        kind: str,
        part: Any,
        text: str,
        *,
        name: str = "",
        account: str = "",
        at: int = 0,
        reply_to: str = "",
    ) -> Heard:
        account, seconds = account or self._first(), (at or now()) // 1000
        self._meet(person)
        heard = Heard(id=self._wamid(), person=person, account=account, text=text, at=seconds * 1000)
        last = self._last_heard.get((account, person), 0)
        self._last_heard[account, person] = max(last, heard.at)
        self._known.add(heard.id)
        self.heard.append(heard)
        payload = payloads.said(account, person, kind, part, wamid=heard.id, name=name, at=seconds, reply_to=reply_to)
        self._post(person, payload, heard)
        return heard

    def _change(self, person: str, kind: str, part: Mapping[str, Any], account: str) -> str:
        """Like `_write`, but nothing new was said, and no window opens."""
        self._meet(person)
        wamid, account = self._wamid(), account or self._first()
        self._post(person, payloads.said(account, person, kind, part, wamid=wamid, at=now() // 1000))
        return wamid

    def _system(self, person: str, part: Mapping[str, Any], account: str) -> str:
        wamid, account = self._wamid(), account or self._first()
        payload = payloads.system(account, person, part, wamid=wamid, at=now() // 1000)
        self._courier.post(Post(person, payloads.dump(payload), self.app_secret.encode()))
        return wamid

    def _echo(self, person: str, kind: str, part: Any, account: str) -> str:
        self._meet(person)
        wamid, account = self._wamid(), account or self._first()
        self._post(person, payloads.echo(account, person, kind, part, wamid=wamid, at=now() // 1000))
        return wamid

    def _news(self, field: str, value: Mapping[str, Any]) -> None:
        self._post("", payloads.news(field, value, at=now() // 1000))

    def _file(self, kind: str, data: bytes, mime: str, name: str, caption: str) -> tuple[str, dict[str, Any]]:
        more: dict[str, Any] = {"caption": caption} if caption else {}
        if kind == "document" and name:
            more["filename"] = name
        if kind in ("audio", "voice"):
            more["voice"] = kind == "voice"
        return FILE_KINDS.get(kind, kind), self.media.part(self.media.keep(data, mime, name), **more)

    def _post(self, person: str, payload: Mapping[str, Any], heard: Heard | None = None) -> None:
        body = payloads.dump(payload)
        for old, new in self._renamed.items():
            body = body.replace(f'"{old}"'.encode(), f'"{new}"'.encode())
        self._courier.post(Post(person, body, self.app_secret.encode(), heard))

    def _meet(self, person: str) -> None:
        self._people[payloads.user_id(person)] = person
        if digits := payloads.wa_id(person):
            self._people[digits] = person

    def _first(self) -> str:
        return next(iter(payloads.NUMBERS))

    def _wamid(self) -> str:
        return f"wamid.{self._run}{next(self._ids):08d}=="


def _offers(said: Said, templates: Catalogue) -> list[tuple[str, dict[str, Any], str]]:
    """What can be pressed in a message: (kind, the reply's part, title)."""
    if said.form == "template":
        return [("button", {"payload": p, "text": text}, text) for p, text in templates.replies(said.part)]
    if said.form != "interactive":
        return []
    action = said.part["action"]
    buttons = [
        ("button_reply", dict(button["reply"]), button["reply"]["title"]) for button in action.get("buttons", ())
    ]
    rows = [
        ("list_reply", dict(row), row["title"]) for section in action.get("sections", ()) for row in section["rows"]
    ]
    return buttons + rows
