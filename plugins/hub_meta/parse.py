"""From an item of the envelope to the event it means. Pure; any shape is survived, unknown ones become visible.

Who it is about: `who` · what a message holds: `what` · what Meta tells the business: `news`. Field names from Meta's
Cloud API webhook reference ("messages", SMB message echoes, history, user preferences, user id update).
"""

from __future__ import annotations

from collections.abc import Callable

from hub import (
    AccountNews,
    ConsentChanged,
    Identity,
    IdentityChanged,
    MessageChanged,
    MessageEchoed,
    MessageReceived,
    RawEvent,
    StatusReported,
    Unknown,
)
from hub.model.events import Event
from hub.wire import json
from hub_meta.envelope import Item, at_of, contact_of, items, key_of, mapping, outward, sequence, word
from hub_meta.errors import error_name, sentence
from hub_meta.news import News, news, told
from hub_meta.what import about, content, referral
from hub_meta.who import GROUP, changed, people, reader, updated, writer

STATUSES = {"sent": "sent", "delivered": "delivered", "read": "read", "played": "read", "failed": "failed"}
CONSENTS = {"stop": False, "resume": True, "signup": True}
CHANGES = {"edit": "edited", "revoke": "deleted"}
MOVES = frozenset({"user_changed_number", "customer_changed_number", "user_changed_user_id"})


def events(raw: RawEvent, scope: str) -> list[Event]:
    """What a raw event says; `scope` is the portfolio whose business-scoped user ids these are. Never raises."""
    try:
        found = items(json.loads(raw.body))
        if len(found) == 1:
            return [_event(found[0], raw, scope)]
        if found:  # cut by another version of the hub: read all of it rather than lose a part
            return [_event(item, raw._replace(key=key_of(item)), scope) for item in found]
    except (ValueError, RecursionError):
        pass
    return [_unknown(raw, "an empty or unreadable envelope")]


def _event(item: Item, raw: RawEvent, scope: str) -> Event:
    at = at_of(item)
    return READ[item.kind](item, raw if not at or at == raw.at else raw._replace(at=at), scope)


def _unknown(raw: RawEvent, what: str) -> Unknown:
    return Unknown(key=raw.key, at=raw.at, account=raw.account, what=what[:120])


def _message(item: Item, raw: RawEvent, scope: str, *, backfill: bool = False) -> Event:
    data = item.data
    kind = data.get("type")
    if kind == "system":
        return _system(item, raw, scope)
    if change := _changed(item, raw):
        return change
    (sender, address), name = writer(item, scope)
    if not sender:
        return _unknown(raw, "a message without a sender")
    group = word(data.get("group_id"))
    form, text, media, payload = content(data)
    return MessageReceived(
        key=raw.key,
        at=raw.at,
        account=raw.account,
        sender=sender,
        address=GROUP + group if group else address,
        provider_id=word(data.get("id")),
        form=form,
        text=text,
        name=name,
        thread=group,
        reply_to=about(data),
        media=media,
        payload=payload,
        referral=referral(data),
        backfill=backfill,
    )


def _echo(item: Item, raw: RawEvent, scope: str, *, backfill: bool = False) -> Event:
    data = item.data
    if data.get("type") == "system":
        return _unknown(raw, "a system message of the business")
    if change := _changed(item, raw):
        return change
    if word(data.get("group_id")):
        return _unknown(raw, "what the business wrote into a group from elsewhere")
    recipient, address = reader(item, scope)
    if not recipient:
        return _unknown(raw, "an echo without a recipient")
    form, text, media, _ = content(data)
    return MessageEchoed(
        key=raw.key,
        at=raw.at,
        account=raw.account,
        recipient=recipient,
        address=address,
        provider_id=word(data.get("id")),
        form=form,
        text=text,
        reply_to=about(data),
        media=media,
        callback=word(data.get("biz_opaque_callback_data")),
        backfill=backfill,
    )


def _past(item: Item, raw: RawEvent, scope: str) -> Event:
    if not word(item.data.get("id")):
        return _unknown(raw, f"history message {word(item.data.get('type'))}".rstrip())
    return (_echo if outward(item) else _message)(item, raw, scope, backfill=True)


def _changed(item: Item, raw: RawEvent) -> Event | None:
    """An edited message, or one taken back. Without the id of that message it stays a message people can see."""
    kind = item.data.get("type")
    if kind not in ("edit", "revoke"):
        return None
    part = mapping(item.data.get(kind))
    original = word(part.get("original_message_id"))
    if not original:
        return None
    form, text = content(mapping(part.get("message")))[:2] if kind == "edit" else ("text", "")
    return MessageChanged(
        key=raw.key,
        at=raw.at,
        account=raw.account,
        provider_id=original,
        change=CHANGES[kind],  # type: ignore[arg-type]  # the values of CHANGES
        text=text,
        form=form,
    )


def _system(item: Item, raw: RawEvent, scope: str) -> Event:
    kind = word(mapping(item.data.get("system")).get("type"))
    if kind in MOVES:
        old, (new, address) = changed(item, scope)
        if old and new:
            return _moved(raw, old, new, address)
    if kind == "customer_identity_changed":
        return _unknown(raw, "a person's security code changed: a new phone, or WhatsApp installed again")
    return _unknown(raw, f"system message {kind}".rstrip())


def _update(item: Item, raw: RawEvent, scope: str) -> Event:
    old, (new, address) = updated(item, scope)
    return _moved(raw, old, new, address) if old and new else _unknown(raw, "a user id update without both ids")


def _moved(raw: RawEvent, old: tuple[Identity, ...], new: tuple[Identity, ...], address: str) -> Event:
    return IdentityChanged(key=raw.key, at=raw.at, account=raw.account, old=old, new=new, address=address)


def _status(item: Item, raw: RawEvent, scope: str) -> Event:
    data = item.data
    said, provider_id = word(data.get("status")), word(data.get("id"))
    status = STATUSES.get(said)
    if status is None or not provider_id:
        return _unknown(raw, f"status {said}".rstrip())
    if status == "failed" and word(data.get("recipient_participant_id")):
        return _unknown(raw, "a message that did not reach one member of its group")
    error = next(iter(sequence(data.get("errors"))), None)
    return StatusReported(
        key=raw.key,
        at=raw.at,
        account=raw.account,
        provider_id=provider_id,
        status=status,  # type: ignore[arg-type]  # the values of STATUSES
        callback=word(data.get("biz_opaque_callback_data")),
        error=sentence(mapping(error)) if error is not None else "",
        code=error_name(mapping(error)) if error is not None else "",
    )


def _preference(item: Item, raw: RawEvent, scope: str) -> Event:
    data = item.data
    wants = CONSENTS.get(word(data.get("value")))
    contact = contact_of(item, data.get("user_id"), data.get("wa_id"))
    sender, address = people(scope, data.get("wa_id"), data.get("user_id"), contact)
    if wants is None or not sender:
        return _unknown(raw, f"preference {word(data.get('value'))}".rstrip())
    return ConsentChanged(key=raw.key, at=raw.at, account=raw.account, sender=sender, address=address, wants=wants)


def _error(item: Item, raw: RawEvent, scope: str) -> Event:
    number = told(mapping(item.value.get("metadata")).get("display_phone_number"))
    return _news(raw, News("account", number, f"WhatsApp reports an error: {sentence(item.data)}.", True))


def _other(item: Item, raw: RawEvent, scope: str) -> Event:
    if found := news(item.field, item.value):
        return _news(raw, found)
    if note := NOTES.get(item.field):
        return _unknown(raw, note(item))
    return _unknown(raw, f"field {item.field}" if item.field else "an entry without changes")


def _news(raw: RawEvent, told: News) -> Event:
    return AccountNews(
        key=raw.key,
        at=raw.at,
        account=raw.account,
        topic=told.topic,
        subject=told.subject or raw.account or "WhatsApp",
        text=told.text,
        bad=told.bad,
    )


# -- what is only noted ------------------------------------------------------------------------------------------


def _history_note(item: Item) -> str:
    chunk = mapping(item.data.get("history"))
    for error in map(mapping, sequence(chunk.get("errors"))):
        return f"history: {sentence(error)}"
    where = mapping(chunk.get("metadata"))
    return f"history: phase {word(where.get('phase')) or '?'}, {word(where.get('progress')) or '?'} % done"


def _book_note(item: Item) -> str:
    """An address book makes nobody a person of the hub or a contact of the CRM: who writes is one."""
    return f"address book of the phone: {len(sequence(item.value.get('state_sync')))} entries"


def _call_note(item: Item) -> str:
    call = mapping(next(iter(sequence(item.value.get("calls"))), None))
    return f"a call: {word(call.get('event'))}".rstrip(": ")


NOTES: dict[str, Callable[[Item], str]] = {
    "history": _history_note,
    "smb_app_state_sync": _book_note,
    "calls": _call_note,
}

READ: dict[str, Callable[[Item, RawEvent, str], Event]] = {
    "message": _message,
    "status": _status,
    "echo": _echo,
    "preference": _preference,
    "update": _update,
    "past": _past,
    "error": _error,
    "other": _other,
}
