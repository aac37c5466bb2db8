"""Webhook payloads as WhatsApp writes them: escaped JSON, people by phone and by business-scoped user id."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

WABA = "200000000000001"
NUMBERS = {"100000000000001": "12025550100", "100000000000002": "12025550101"}
"""Phone number id -> the number's digits (reserved for fiction)."""
GROUP = "group:"
"""How a person's name says that it is a group."""


def dump(payload: Mapping[str, Any]) -> bytes:
    r"""The bytes on the wire. Meta escapes `/` and everything beyond ASCII, so a hub that signs anew fails."""
    return json.dumps(payload, separators=(",", ":")).replace("/", "\\/").encode()


def user_id(person: str) -> str:
    """The person's business-scoped user id: always the same for the same person."""
    return f"US.{int(hashlib.sha256(person.encode()).hexdigest()[:16], 16)}"


def wa_id(person: str) -> str:
    """The digits of a person known by phone; "" for a handle (`@ada`), who adopted a username."""
    return "" if person.startswith("@") else person.removeprefix("+")


def envelope(account: str, field: str, value: Mapping[str, Any], *, at: int) -> dict[str, Any]:
    """A payload of one change of the number `account`; `at` in seconds."""
    metadata = {"display_phone_number": NUMBERS[account], "phone_number_id": account}
    change = {"value": {"messaging_product": "whatsapp", "metadata": metadata, **value}, "field": field}
    return {"object": "whatsapp_business_account", "entry": [{"id": WABA, "time": at, "changes": [change]}]}


def contact(person: str, name: str = "") -> dict[str, Any]:
    """The `contacts` entry of a person."""
    profile = {"name": name} if name else {}
    if not wa_id(person):
        return {"profile": {**profile, "username": person.removeprefix("@")}, "user_id": user_id(person)}
    return {**({"profile": profile} if profile else {}), "wa_id": wa_id(person), "user_id": user_id(person)}


def said(
    account: str, person: str, kind: str, part: Any, *, wamid: str, name: str = "", at: int, reply_to: str = ""
) -> dict[str, Any]:
    """Anything that a person wrote: `part` is what stands under its type."""
    told = {"from_user_id": user_id(person), "id": wamid, "timestamp": str(at), "type": kind, kind: part}
    if wa_id(person):
        told["from"] = wa_id(person)
    if reply_to:
        told["context"] = {"from": NUMBERS[account], "id": reply_to}
    return envelope(account, "messages", {"contacts": [contact(person, name)], "messages": [told]}, at=at)


def message(account: str, person: str, text: str, *, wamid: str, name: str, at: int) -> dict[str, Any]:
    """A text that a person wrote."""
    return said(account, person, "text", {"body": text}, wamid=wamid, name=name, at=at)


def system(account: str, person: str, part: Mapping[str, Any], *, wamid: str, at: int) -> dict[str, Any]:
    """WhatsApp's own word about a person, without a contact."""
    told: dict[str, Any] = {"id": wamid, "timestamp": str(at), "type": "system", "system": dict(part)}
    if wa_id(person):
        told["from"] = wa_id(person)
    return envelope(account, "messages", {"messages": [told]}, at=at)


def news(field: str, value: Mapping[str, Any], *, at: int) -> dict[str, Any]:
    """News about the WhatsApp Business account, not about a number."""
    change = {"value": dict(value), "field": field}
    return {"object": "whatsapp_business_account", "entry": [{"id": WABA, "time": at, "changes": [change]}]}


def past(
    account: str, person: str, messages: Sequence[Mapping[str, Any]], *, phase: int, progress: int, at: int
) -> dict[str, Any]:
    """A chunk of shared history with one person."""
    facts = {"phase": phase, "chunk_order": 1, "progress": progress}
    chunk = {"metadata": facts, "threads": [{"id": wa_id(person), "messages": list(messages)}]}
    return envelope(account, "history", {"history": [chunk]}, at=at)


def status(
    account: str,
    person: str,
    said: str,
    *,
    wamid: str,
    callback: str,
    at: int,
    errors: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """A report about a message that the hub sent."""
    report: dict[str, Any] = {"id": wamid, "status": said, "timestamp": str(at)}
    if person.startswith(GROUP):
        report |= {"recipient_id": person.removeprefix(GROUP), "recipient_type": "group"}
    else:
        report["recipient_user_id"] = user_id(person)
        if wa_id(person):
            report["recipient_id"] = wa_id(person)
    if callback:
        report["biz_opaque_callback_data"] = callback
    if errors:
        report["errors"] = list(errors)
    value: dict[str, Any] = {} if person.startswith(GROUP) else {"contacts": [contact(person)]}
    return envelope(account, "messages", {**value, "statuses": [report]}, at=at)


def echo(account: str, person: str, kind: str, part: Any, *, wamid: str, at: int) -> dict[str, Any]:
    """What somebody of the business wrote on the phone."""
    told = {"from": NUMBERS[account], "to_user_id": user_id(person), "id": wamid, "timestamp": str(at)}
    if wa_id(person):
        told["to"] = wa_id(person)
    body = {**told, "type": kind, kind: part}
    return envelope(account, "smb_message_echoes", {"contacts": [contact(person)], "message_echoes": [body]}, at=at)


def preference(account: str, person: str, wants: bool, *, at: int) -> dict[str, Any]:
    """A person used WhatsApp's own switch for marketing messages."""
    value = "resume" if wants else "stop"
    told = {"category": "marketing_messages", "value": value, "timestamp": at, "user_id": user_id(person)}
    if wa_id(person):
        told["wa_id"] = wa_id(person)
    told["detail"] = f"User requested to {value} marketing messages"
    return envelope(account, "user_preferences", {"contacts": [contact(person)], "user_preferences": [told]}, at=at)
