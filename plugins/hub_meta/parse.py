"""From an item of the envelope to what it means. Pure; any shape is survived, unknown ones become visible.

Field names from Meta's Cloud API webhook documentation ("messages" webhooks, SMB message echoes, user preferences,
history), including the business-scoped user ids of 2026: a person who adopted a username may come without a phone.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from hub import ConsentChanged, Identity, MessageEchoed, MessageReceived, RawEvent, StatusReported, Unknown
from hub.model.events import Event
from hub.wire import json
from hub_meta.envelope import (
    Item,
    Json,
    at_of,
    clean,
    contact_of,
    from_thread,
    items,
    key_of,
    mapping,
    sequence,
    word,
)
from hub_meta.errors import sentence

GROUP = "group:"
"""How an address says that it names a group: `group:<group id>`."""

STATUSES = {"sent": "sent", "delivered": "delivered", "read": "read", "played": "read", "failed": "failed"}
E164 = re.compile(r"[1-9][0-9]{1,14}")
CONSENTS = {"stop": False, "resume": True, "signup": True}


def events(raw: RawEvent, scope: str) -> list[Event]:
    """What a raw event says; `scope` is the portfolio whose business-scoped user ids these are. Never raises."""
    try:
        found = items(json.loads(raw.body))
    except ValueError:
        found = []
    if not found:
        return [_unknown(raw, "an empty or unreadable envelope")]
    if len(found) == 1:
        return [_event(found[0], raw, scope)]
    # Only a raw event cut by another version holds more: read all of it rather than lose a part.
    return [_event(item, raw._replace(key=key_of(item)), scope) for item in found]


def _event(item: Item, raw: RawEvent, scope: str) -> Event:
    raw = raw._replace(at=at_of(item) or raw.at)
    return READ[item.kind](item, raw, scope)


def _unknown(raw: RawEvent, what: str) -> Unknown:
    return Unknown(key=raw.key, at=raw.at, account=raw.account, what=what[:120])


def _message(item: Item, raw: RawEvent, scope: str) -> Event:
    data = item.data
    if data.get("type") == "system":
        return _unknown(raw, f"system message {word(mapping(data.get('system')).get('type'))}".rstrip())
    contact = contact_of(item, data.get("from"), data.get("from_user_id"))
    sender, address = _people(scope, data.get("from"), contact.get("wa_id"), data.get("from_user_id"), contact)
    if not sender:
        return _unknown(raw, "a message without a sender")
    profile = mapping(contact.get("profile"))
    group = word(data.get("group_id"))
    form, text, reply_to = content(data)
    return MessageReceived(
        key=raw.key,
        at=raw.at,
        account=raw.account,
        sender=sender,
        address=GROUP + group if group else address,
        provider_id=word(data.get("id")),
        form=form,
        text=text,
        name=clean(profile.get("name")) or clean(profile.get("username")),
        thread=group,
        reply_to=reply_to,
    )


def _status(item: Item, raw: RawEvent, scope: str) -> Event:
    data = item.data
    said, provider_id = word(data.get("status")), word(data.get("id"))
    status = STATUSES.get(said)
    if status is None or not provider_id:
        return _unknown(raw, f"status {said}".rstrip())
    error = next(iter(sequence(data.get("errors"))), None)
    return StatusReported(
        key=raw.key,
        at=raw.at,
        account=raw.account,
        provider_id=provider_id,
        status=status,  # type: ignore[arg-type]  # the values of STATUSES
        callback=word(data.get("biz_opaque_callback_data")),
        error=sentence(mapping(error)) if error is not None else "",
    )


def _echo(item: Item, raw: RawEvent, scope: str, *, backfill: bool = False) -> Event:
    data = item.data
    to = data.get("to") or item.thread
    contact = contact_of(item, to, data.get("to_user_id"))
    recipient, address = _people(scope, to, contact.get("wa_id"), data.get("to_user_id"), contact)
    if not recipient:
        return _unknown(raw, "an echo without a recipient")
    form, text, _ = content(data)
    return MessageEchoed(
        key=raw.key,
        at=raw.at,
        account=raw.account,
        recipient=recipient,
        address=address,
        provider_id=word(data.get("id")),
        form=form,
        text=text,
        callback=word(data.get("biz_opaque_callback_data")),
        backfill=backfill,
    )


def _past(item: Item, raw: RawEvent, scope: str) -> Event:
    data = item.data
    form, text, reply_to = content(data)
    if not item.thread or not word(data.get("id")) or form == "unsupported":
        return _unknown(raw, f"history message {word(data.get('type'))}".rstrip())
    if not from_thread(item):
        return _echo(item, raw, scope, backfill=True)
    contact = contact_of(item, item.thread)
    sender, address = _people(scope, item.thread, contact.get("wa_id"), data.get("from_user_id"), contact)
    if not sender:
        return _unknown(raw, "a history message without a sender")
    return MessageReceived(
        key=raw.key,
        at=raw.at,
        account=raw.account,
        sender=sender,
        address=address,
        provider_id=word(data.get("id")),
        form=form,
        text=text,
        name=clean(mapping(contact.get("profile")).get("name")),
        reply_to=reply_to,
        backfill=True,
    )


def _preference(item: Item, raw: RawEvent, scope: str) -> Event:
    data = item.data
    wants = CONSENTS.get(word(data.get("value")))
    contact = contact_of(item, data.get("wa_id"), data.get("user_id"))
    sender, address = _people(scope, data.get("wa_id"), contact.get("wa_id"), data.get("user_id"), contact)
    if wants is None or not sender:
        return _unknown(raw, f"preference {word(data.get('value'))}".rstrip())
    return ConsentChanged(key=raw.key, at=raw.at, account=raw.account, sender=sender, address=address, wants=wants)


def _error(item: Item, raw: RawEvent, scope: str) -> Event:
    return _unknown(raw, f"account error {sentence(item.data)}")


def _other(item: Item, raw: RawEvent, scope: str) -> Event:
    return _unknown(raw, f"field {item.field}" if item.field else "an entry without changes")


READ: dict[str, Callable[[Item, RawEvent, str], Event]] = {
    "message": _message,
    "status": _status,
    "echo": _echo,
    "past": _past,
    "preference": _preference,
    "error": _error,
    "other": _other,
}


# -- who ---------------------------------------------------------------------------------------------------------


def phone(value: Any) -> str:
    """The digits of a phone number, or "" for anything else, above all a business-scoped user id (`US.134...`).

    Only the shape of ITU-T E.164 is asked for (else a sender `0` would be one person for many), not whether the number
    is a valid one: WhatsApp reports numbers that number plans call impossible.
    """
    digits = word(value).removeprefix("+")
    return digits if E164.fullmatch(digits) else ""


def _people(scope: str, name: Any, wa_id: Any, user: Any, contact: Json) -> tuple[tuple[Identity, ...], str]:
    """The identities of a person, the most stable first, and where an answer goes: the phone where one is known."""
    digits = phone(name) or phone(wa_id)
    user_id = word(user) or word(contact.get("user_id")) or ("" if phone(name) else word(name))
    found = []
    if user_id and len(user_id) <= 200:
        found.append(Identity("whatsapp_user", scope, user_id))
    if digits:
        found.append(Identity("phone", "", f"+{digits}"))
    return tuple(found), digits or (user_id if found else "")


# -- what --------------------------------------------------------------------------------------------------------


def content(message: Json) -> tuple[str, str, str]:
    """Form, short text and the id of the message it refers to. What cannot be read is `unsupported`, with a text."""
    form = word(message.get("type"))
    part = message.get(form) if form else None
    reader = TEXTS.get(form)
    text = reader(part) if reader else None
    about = mapping(part)
    reply_to = (
        word(about.get("original_message_id"))
        or (word(about.get("message_id")) if form == "reaction" else "")
        or word(mapping(message.get("context")).get("id"))
    )
    if text is None:
        named = word(mapping(message.get("unsupported")).get("type")) or form
        label = f": {named[:40]}" if named and named != "unsupported" else ""
        return "unsupported", f"[unsupported message{label}]", reply_to
    return form, text, reply_to


def _body(part: Any) -> str | None:
    body = mapping(part).get("body")
    return clean(body) if type(body) is str else None


def _media(part: Any) -> str | None:
    if type(part) is not dict:
        return None
    return clean(part.get("caption")) or clean(part.get("filename"))


def _location(part: Any) -> str | None:
    here = mapping(part)
    point = [str(here[k]) for k in ("latitude", "longitude") if type(here.get(k)) in (int, float, str)]
    if len(point) != 2:
        return None
    name = clean(here.get("name")) or clean(here.get("address"))
    return clean(f"{', '.join(point)} {name}".rstrip())


def _contacts(part: Any) -> str | None:
    if type(part) is not list:
        return None
    names = (clean(mapping(mapping(card).get("name")).get("formatted_name")) for card in part)
    return ", ".join(name for name in names if name)


def _button(part: Any) -> str | None:
    return clean(mapping(part).get("text")) or clean(mapping(part).get("payload")) or None


def _interactive(part: Any) -> str | None:
    chosen = mapping(part)
    kind = word(chosen.get("type"))
    reply = mapping(chosen.get(kind))
    if kind == "call_permission_reply":
        return f"[call permission: {word(reply.get('response'))}]"
    return clean(reply.get("title")) or clean(reply.get("body")) or clean(reply.get("name")) or None


def _order(part: Any) -> str | None:
    if type(part) is not dict:
        return None
    wanted = [
        f"{word(row.get('quantity')) or '1'} x {word(row.get('product_retailer_id'))}"
        for row in map(mapping, sequence(part.get("product_items")))
    ]
    return "\n".join(line for line in (clean(part.get("text")), ", ".join(wanted)) if line)


def _reaction(part: Any) -> str | None:
    return clean(part.get("emoji")) if type(part) is dict else None  # none or empty: taken back


def _edit(part: Any) -> str | None:
    new = mapping(mapping(part).get("message"))
    return None if word(new.get("type")) in ("", "edit") else content(new)[1]


def _revoke(part: Any) -> str | None:
    return "" if type(part) is dict else None


TEXTS: dict[str, Callable[[Any], str | None]] = {
    "text": _body,
    "image": _media,
    "video": _media,
    "audio": _media,
    "document": _media,
    "sticker": _media,
    "location": _location,
    "contacts": _contacts,
    "button": _button,
    "interactive": _interactive,
    "order": _order,
    "reaction": _reaction,
    "edit": _edit,
    "revoke": _revoke,
}
"""Message type -> its short text; None means that the type's part is not readable."""
