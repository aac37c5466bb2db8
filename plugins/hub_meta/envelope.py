"""Meta's webhook envelope: cut into single items, named, packed again. No meaning here; see `parse` for that.

`{object, entry: [{id, time?, changes: [{field, value: {metadata, contacts[], messages[] | statuses[] | ...}}]}]}`,
as Meta's Cloud API documentation describes it. Every array may hold any number of things, several numbers arrive at
one callback, and any part may be missing or of an unexpected type: what cannot be cut stays whole, nothing is dropped.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, TypeAlias

from hub import RawEvent
from hub.wire import json

Json: TypeAlias = dict[str, Any]
Kind: TypeAlias = Literal["message", "status", "echo", "preference", "update", "past", "error", "other"]

ARRAYS: dict[str, tuple[tuple[str, Kind], ...]] = {
    "messages": (("messages", "message"), ("statuses", "status"), ("errors", "error")),
    "smb_message_echoes": (("message_echoes", "echo"),),
    "user_preferences": (("user_preferences", "preference"),),
    "user_id_update": (("user_id_update", "update"),),
}
"""Webhook field -> the arrays of its value that are cut. `history` nests deeper; every other field stays whole."""

KEY_MAX = 400
"""Longer keys are replaced by their hash: an index must be able to hold them."""


class Item(NamedTuple):
    """One happening inside an envelope. `data` is its own part; `thread` the other side of a history thread.

    `contacts` are the people that travel with it, by `wa_id` and `user_id`.
    """

    kind: Kind
    entry: Json
    field: str
    value: Json
    data: Json
    contacts: Mapping[str, Json] = {}
    thread: str = ""


def items(payload: Any) -> list[Item]:
    """Every single happening of a payload, in its order. Raises ValueError for what is no WhatsApp envelope."""
    if type(payload) is not dict or payload.get("object") != "whatsapp_business_account":
        raise ValueError("not a WhatsApp envelope")
    entries = payload.get("entry")
    if type(entries) is not list:
        raise ValueError("a WhatsApp envelope without entries")
    found: list[Item] = []
    for entry in entries:
        changes = entry.get("changes") if type(entry) is dict else None
        if type(changes) is not list:
            found.append(Item("other", mapping(entry), "", {}, {"entry": entry}))
            continue
        for change in changes:
            _cut(entry, mapping(change, "change"), found)
    return found


def _cut(entry: Json, change: Json, found: list[Item]) -> None:
    field, value = word(change.get("field")), mapping(change.get("value"))
    before = len(found)
    contacts = _by_name(value["contacts"]) if "contacts" in value else {}
    for array, kind in ARRAYS.get(field, ()):
        if array in value:
            for data in sequence(value[array]):
                if type(data) is dict:
                    found.append(Item(kind, entry, field, value, data, contacts))
                else:
                    found.append(Item("other", entry, field, value, {array: data}))
    if field == "history":
        found += _past(entry, value, contacts)
    if len(found) == before:
        found.append(Item("other", entry, field, value, change))


def _past(entry: Json, value: Json, contacts: Mapping[str, Json]) -> list[Item]:
    """The messages of a history: by threads in chunks of a phase, and singly where a file is handed over later."""
    found: list[Item] = []
    for chunk in sequence(value.get("history")):
        before = len(found)
        for thread in map(mapping, sequence(mapping(chunk).get("threads"))):
            other = word(thread.get("id"))
            found += [
                Item("past", entry, "history", value, mapping(data, "message"), contacts, other)
                for data in sequence(thread.get("messages"))
            ]
        where = mapping(mapping(chunk).get("metadata"))
        if len(found) == before:
            found.append(Item("other", entry, "history", value, {"history": chunk}))
        elif word(where.get("progress")) == "100":
            found.append(Item("other", entry, "history", value, {"history": {"metadata": where}}))
    for data in sequence(value.get("messages")):
        message = mapping(data, "message")
        other = word(message.get("to")) or word(message.get("from")) or word(message.get("from_user_id"))
        found.append(Item("past", entry, "history", value, message, contacts, other))
    return found


def _by_name(contacts: Any) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for contact in sequence(contacts):
        if type(contact) is dict:
            for name in (word(contact.get("user_id")), word(contact.get("wa_id"))):
                if name:
                    found.setdefault(name, contact)
    return found


def split(body: bytes) -> list[RawEvent]:
    """Cut a webhook's body into raw events; the only one of a payload keeps the very bytes that came.

    Raises ValueError for a body that is not JSON or no WhatsApp envelope, or nests deeper than can be written again.
    """
    try:
        cut = items(json.loads(body))
        if len(cut) == 1:
            return [_raw(cut[0], body)]
        return [_raw(item, _pack(item)) for item in cut]
    except RecursionError:
        raise ValueError("it nests too deep") from None


def _raw(item: Item, body: bytes) -> RawEvent:
    return RawEvent(account_of(item), key_of(item), _lane(item), at_of(item), body)


def at_of(item: Item) -> int:
    """When it happened, in ms; 0 when the payload does not say."""
    return seconds(item.data.get("timestamp")) or seconds(item.entry.get("time"))


def account_of(item: Item) -> str:
    """The number's id; for news about a whole WhatsApp Business account, that account's id."""
    name = word(mapping(item.value.get("metadata")).get("phone_number_id")) or word(item.entry.get("id"))
    return name if len(name) <= KEY_MAX else _digest(name)


def key_of(item: Item) -> str:
    """What names this happening at every redelivery: its own id where it has one, else a hash of all it says."""
    kind, data = item.kind, item.data
    own = word(data.get("id"))
    if own and kind != "other":
        key = own
        if kind == "status":
            key = f"status:{own}:{word(data.get('status'))}"
            if member := word(data.get("recipient_participant_id")):
                key = f"{key}:{member}"
        elif kind == "echo" or (kind == "past" and outward(item)):
            key = f"echo:{own}"
        if kind == "past" and data.get("type") == "media_placeholder":  # the file itself may come later
            key = f"placeholder:{key}"
        return key if len(key) <= KEY_MAX else _digest(key)
    return f"{item.field[:64]}:{_digest([item.entry.get('id'), item.entry.get('time'), item.field, data])}"


def _digest(value: Any) -> str:
    return hashlib.sha256(json.canonical(value)).hexdigest()[:32]


LANES: dict[Kind, tuple[str, ...]] = {
    "message": ("from_user_id", "from"),
    "status": ("recipient_user_id", "recipient_id"),
    "echo": ("to_user_id", "to"),
    "preference": ("user_id", "wa_id"),
    "update": ("wa_id",),
}


def _lane(item: Item) -> str:
    for name in LANES.get(item.kind, ()):
        if found := word(item.data.get(name)):
            return found[:KEY_MAX]
    return item.thread[:KEY_MAX] or account_of(item)


def outward(item: Item) -> bool:
    """Whether the business wrote a history message. Its thread is named after the person, by phone or by user id."""
    data = item.data
    author = word(data.get("from"))
    business = word(mapping(item.value.get("metadata")).get("display_phone_number"))
    if business and author and author == "".join(filter(str.isdigit, business)):
        return True
    if item.thread and item.thread in (author, word(data.get("from_user_id"))):
        return False
    return bool(word(data.get("to"))) or not business


def contact_of(item: Item, *names: Any) -> Json:
    """The contact that belongs to an item: joined by `wa_id` or `user_id`, never by its place in the list."""
    if item.contacts:
        for name in names:
            if (known := word(name)) and (contact := item.contacts.get(known)):
                return contact
    return {}


NAMES = ("from_user_id", "from", "to_user_id", "to", "recipient_user_id", "recipient_id", "user_id", "wa_id")
"""Where an item may name people; their contacts travel with it."""


def _pack(item: Item) -> bytes:
    """An envelope that holds this item only: the same shape, so `normalise` knows one."""
    data, value = item.data, item.value
    change: Json = {"field": item.field}
    if item.kind != "other":
        kept: Json = {k: value[k] for k in ("messaging_product", "metadata") if k in value}
        if contact := contact_of(item, *(data.get(name) for name in NAMES)):
            kept["contacts"] = [contact]
        if item.kind == "past":
            kept["history"] = [{"threads": [{"id": item.thread, "messages": [data]}]}]
        else:
            array = next(array for array, kind in ARRAYS[item.field] if kind == item.kind)
            kept[array] = [data]
        change["value"] = kept
    elif "value" in data or "field" in data:
        change = data
    elif "history" in data:
        change["value"] = {"metadata": value.get("metadata"), "history": [data["history"]]}
    else:
        change["value"] = {"metadata": value.get("metadata"), "uncut": data}
    entry = {k: item.entry[k] for k in ("id", "time") if k in item.entry}
    return json.dumps({"object": "whatsapp_business_account", "entry": [{**entry, "changes": [change]}]})


# -- reading what may be of any type -----------------------------------------------------------------------------


def mapping(value: Any, name: str = "") -> Json:
    """`value` if it is an object; else an empty one, or one that keeps the odd value under `name`."""
    if type(value) is dict:
        return value
    return {name: value} if name else {}


def sequence(value: Any) -> list[Any]:
    """`value` if it is an array, else an empty one."""
    return value if type(value) is list else []


def clean(value: Any) -> str:
    """Text as a database can hold it: without NUL, half emojis replaced; everything else as it came."""
    if type(value) is not str:
        return ""
    if "\0" in value:
        value = value.replace("\0", "")
    try:
        value.encode()
    except UnicodeEncodeError:
        value = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return str(value)


def word(value: Any) -> str:
    """An id or a name of something: text, or a number written as such; "" for anything else."""
    if type(value) is str:
        return value if value.isascii() and "\0" not in value else clean(value)
    return str(value) if type(value) is int else ""


def seconds(value: Any) -> int:
    """A timestamp in seconds, text or number, as ms; 0 when it is none (Meta sends text, some fields numbers)."""
    text = word(value)
    return int(text) * 1000 if text.isdecimal() and text.isascii() and len(text) <= 11 else 0
