"""From Telegram's updates to the hub's events. Pure, and tolerant: what has an odd shape is unknown, never an error.

Shapes: Telegram Bot API, sections "Update", "Message", "ChatMemberUpdated" and "Contact".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub import ConsentChanged, Identity, MessageReceived, RawEvent, Unknown
from hub.model.events import Event
from hub.wire.json import dumps, loads

MEDIA = {
    "photo": "image",
    "video": "video",
    "video_note": "video",
    "animation": "video",  # stands before document: Telegram sends an animation as both
    "voice": "voice",
    "audio": "audio",
    "document": "document",
    "sticker": "sticker",
}
"""Message field -> form of the event. The caption is the text."""

SERVICE = frozenset(
    {
        "new_chat_members",
        "left_chat_member",
        "new_chat_title",
        "new_chat_photo",
        "delete_chat_photo",
        "group_chat_created",
        "supergroup_chat_created",
        "channel_chat_created",
        "message_auto_delete_timer_changed",
        "migrate_to_chat_id",
        "migrate_from_chat_id",
        "pinned_message",
        "successful_payment",
        "refunded_payment",
        "connected_website",
        "write_access_allowed",
        "proximity_alert_triggered",
        "boost_added",
        "chat_background_set",
        "forum_topic_created",
        "forum_topic_edited",
        "forum_topic_closed",
        "forum_topic_reopened",
        "general_forum_topic_hidden",
        "general_forum_topic_unhidden",
        "giveaway_created",
        "giveaway_completed",
        "video_chat_scheduled",
        "video_chat_started",
        "video_chat_ended",
        "video_chat_participants_invited",
    }
)
"""Fields of messages that nobody wrote: Telegram reports something about the chat. Kept as `Unknown`."""

LATEST = 1 << 40  # seconds; a later date would not fit the store's 64-bit milliseconds


def load(body: bytes) -> dict[str, Any]:
    """The update in a webhook body. Raises ValueError when it is not a JSON object with an integer update_id."""
    update = loads(body)
    if not isinstance(update, dict) or not number(update.get("update_id")):
        raise ValueError("the body is not a Telegram update")
    return update


def store(update: Mapping[str, Any]) -> bytes:
    """One polled update as bytes. What JSON cannot say again must not stop the others: then its id alone is kept."""
    try:
        return dumps(update)
    except (ValueError, RecursionError):
        return dumps({"update_id": update["update_id"]})


def raw_event(update: Mapping[str, Any], account: str, body: bytes) -> RawEvent:
    """The raw event of one update: the key is its update_id, the lane its chat (or else who did it)."""
    _, content = kind_of(update)
    chat = number(table(content.get("chat")).get("id")) or number(
        table(table(content.get("message")).get("chat")).get("id")
    )
    lane = chat or number(table(content.get("from")).get("id")) or number(table(content.get("user")).get("id"))
    return RawEvent(account, number(update["update_id"]), lane, moment(content), body)


def events(raw: RawEvent) -> list[Event]:
    """What one update means; always exactly one event, and never an exception."""
    try:
        kind, content = kind_of(load(raw.body))
        if kind == "message":
            return [message(content, raw)]
        if kind == "my_chat_member":
            return [membership(content, raw)]
        return [unknown(raw, kind)]
    except Exception:  # the rule of the contract: a shape that surprised us must cost no other message
        return [unknown(raw, "unreadable update")]


def message(content: Mapping[str, Any], raw: RawEvent) -> Event:
    """A message somebody wrote to the bot, in private or in a group."""
    sender, room = table(content.get("from")), table(content.get("chat"))
    user, chat, message_id = number(sender.get("id")), number(room.get("id")), number(content.get("message_id"))
    if not (user and chat and message_id):
        return unknown(raw, "message without a sender")
    if user == raw.account:
        return unknown(raw, "own message")
    # An anonymous admin or a linked channel writes through one shared stand-in user: that is no person.
    if sender.get("is_bot") is True or "sender_chat" in content:
        return unknown(raw, "message of a bot or in the name of a chat")
    for field in content:
        if field in SERVICE:
            return unknown(raw, field)
    form, text = wording(content)
    answered = number(table(content.get("reply_to_message")).get("message_id"))
    return MessageReceived(
        key=raw.key,
        at=raw.at,
        account=raw.account,
        sender=(Identity("telegram", "", user), *shared_phone(content, user)),
        address=chat,
        provider_id=f"{chat}:{message_id}",
        form=form,
        text=text,
        name=full_name(sender),
        thread="" if chat == user or room.get("type") == "private" else chat,
        reply_to=f"{chat}:{answered}" if answered else "",
    )


def membership(content: Mapping[str, Any], raw: RawEvent) -> Event:
    """The bot's own membership changed. In a private chat that is the person blocking or unblocking it."""
    user, room = number(table(content.get("from")).get("id")), table(content.get("chat"))
    wants = {"kicked": False, "member": True}.get(clean(table(content.get("new_chat_member")).get("status")))
    if room.get("type") != "private" or not user or wants is None:
        return unknown(raw, "my_chat_member")
    sender = (Identity("telegram", "", user),)
    address = number(room.get("id")) or user
    return ConsentChanged(key=raw.key, at=raw.at, account=raw.account, sender=sender, address=address, wants=wants)


def wording(content: Mapping[str, Any]) -> tuple[str, str]:
    """Form and text of a message: a caption for media, one readable line for a place or a contact."""
    if isinstance(content.get("text"), str):
        return "text", clean(content["text"])
    for field, form in MEDIA.items():
        if field in content:
            return form, clean(content.get("caption"))
    if venue := table(content.get("venue")):
        parts = (clean(venue.get("title")), clean(venue.get("address")), place(table(venue.get("location"))))
        return "location", ", ".join(part for part in parts if part)
    if location := table(content.get("location")):
        return "location", place(location)
    if contact := table(content.get("contact")):
        return "contacts", " ".join(part for part in (full_name(contact), clean(contact.get("phone_number"))) if part)
    return "unsupported", clean(content.get("caption"))


def shared_phone(content: Mapping[str, Any], user: str) -> list[Identity]:
    """The sender's own phone. Anybody can share anybody's contact: it counts only if Telegram says it is his own."""
    contact = table(content.get("contact"))
    if number(contact.get("user_id")) != user:
        return []
    digits = "".join(c for c in clean(contact.get("phone_number")) if c in "0123456789")
    return [Identity("phone", "", f"+{digits}")] if 7 <= len(digits) <= 15 and digits[0] != "0" else []


def kind_of(update: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """The kind of an update (the name of its one field beside update_id) and its content."""
    for field, content in update.items():
        if isinstance(content, dict):
            return clean(field)[:64], content
    return "empty update", {}


def moment(content: Mapping[str, Any]) -> int:
    """When it happened, in ms; 0 where the payload does not say. An edit happened when it was edited."""
    for field in ("edit_date", "date"):
        seconds = content.get(field)
        if isinstance(seconds, int) and 0 < seconds < LATEST:
            return seconds * 1000
    return 0


def unknown(raw: RawEvent, what: str) -> Unknown:
    """An update of no use to the hub, by name."""
    return Unknown(key=raw.key, at=raw.at, account=raw.account, what=what)


def full_name(user: Mapping[str, Any]) -> str:
    """First and last name of a user or contact."""
    return " ".join(part for part in (clean(user.get("first_name")), clean(user.get("last_name"))) if part).strip()


def place(location: Mapping[str, Any]) -> str:
    """Latitude and longitude in degrees."""
    values = (location.get("latitude"), location.get("longitude"))
    return ", ".join(clean(str(value)[:32]) for value in values if value is not None)


def clean(text: object) -> str:
    """Text that every store and wire can carry: no NUL, no half of a surrogate pair; "" for anything but text."""
    return text.replace("\0", "").encode("utf-8", "ignore").decode() if isinstance(text, str) else ""


def table(value: object) -> Mapping[str, Any]:
    """The value if it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def number(value: object) -> str:
    """An id as text (ids need 64 bits and are never reckoned with); "" for anything but an integer."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""
