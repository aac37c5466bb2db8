"""Webhook payloads as WhatsApp writes them: escaped JSON, people by phone and by business-scoped user id."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

WABA = "200000000000001"
NUMBERS = {"100000000000001": "12025550100", "100000000000002": "12025550101"}
"""Phone number id -> the number's digits (reserved for fiction)."""


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


def message(account: str, person: str, text: str, *, wamid: str, name: str, at: int) -> dict[str, Any]:
    """A text that a person wrote."""
    said = {"from_user_id": user_id(person), "id": wamid, "timestamp": str(at), "type": "text", "text": {"body": text}}
    if wa_id(person):
        said["from"] = wa_id(person)
    return envelope(account, "messages", {"contacts": [contact(person, name)], "messages": [said]}, at=at)


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
    report: dict[str, Any] = {"id": wamid, "status": said, "timestamp": str(at), "recipient_user_id": user_id(person)}
    if wa_id(person):
        report["recipient_id"] = wa_id(person)
    if callback:
        report["biz_opaque_callback_data"] = callback
    if errors:
        report["errors"] = list(errors)
    return envelope(account, "messages", {"contacts": [contact(person)], "statuses": [report]}, at=at)


def echo(account: str, person: str, text: str, *, wamid: str, at: int) -> dict[str, Any]:
    """A text that somebody of the business wrote on the phone."""
    said = {"from": NUMBERS[account], "to_user_id": user_id(person), "id": wamid, "timestamp": str(at)}
    if wa_id(person):
        said["to"] = wa_id(person)
    body = {**said, "type": "text", "text": {"body": text}}
    return envelope(account, "smb_message_echoes", {"contacts": [contact(person)], "message_echoes": [body]}, at=at)


def preference(account: str, person: str, wants: bool, *, at: int) -> dict[str, Any]:
    """A person used WhatsApp's own switch for marketing messages."""
    value = "resume" if wants else "stop"
    told = {"category": "marketing_messages", "value": value, "timestamp": at, "user_id": user_id(person)}
    if wa_id(person):
        told["wa_id"] = wa_id(person)
    told["detail"] = f"User requested to {value} marketing messages"
    return envelope(account, "user_preferences", {"contacts": [contact(person)], "user_preferences": [told]}, at=at)


def refusal(body: Any) -> str:
    """What is wrong with the body of a send request, as the Cloud API reference defines it; "" when nothing is."""
    if not isinstance(body, dict):
        return "the body is not an object"
    known = {"messaging_product", "recipient_type", "to", "recipient", "type", "text", "context"}
    if extra := sorted(set(body) - known - {"biz_opaque_callback_data"}):
        return f"unexpected {extra[0]}"
    text, context = body.get("text"), body.get("context", {"message_id": "none"})
    callback = body.get("biz_opaque_callback_data", "none")
    for wrong, right in (
        ("messaging_product", body.get("messaging_product") == "whatsapp"),
        ("recipient_type", body.get("recipient_type", "individual") == "individual"),
        ("to or recipient", all(_words(body.get(k, "none")) for k in ("to", "recipient"))),
        ("to and recipient", ("to" in body) != ("recipient" in body)),
        ("type", body.get("type") == "text"),
        ("text", isinstance(text, dict) and not set(text) - {"body", "preview_url"}),
        ("text.body", isinstance(text, dict) and _words(text.get("body"), 4096)),
        ("text.preview_url", isinstance(text, dict) and isinstance(text.get("preview_url", False), bool)),
        ("context", isinstance(context, dict) and _words(context.get("message_id"))),
        ("biz_opaque_callback_data", _words(callback, 512)),
    ):
        if not right:
            return f"wrong {wrong}"
    return ""


def _words(value: Any, most: int = 512) -> bool:
    return isinstance(value, str) and 0 < len(value) <= most
