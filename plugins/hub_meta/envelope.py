"""Meta's webhook envelope: cut into single items, named, packed again. No meaning here; see `parse` for that.

`{object, entry: [{id, time?, changes: [{field, value: {metadata, contacts[], messages[] | statuses[] | ...}}]}]}`,
as Meta's Cloud API documentation describes it. Every array may hold any number of things, several numbers arrive at
one callback, and any part may be missing or of an unexpected type: what cannot be cut stays whole, nothing is dropped.
"""

from __future__ import annotations

import hashlib
from typing import Any, Literal, NamedTuple, TypeAlias

from hub import RawEvent
from hub.wire import json

Json: TypeAlias = dict[str, Any]
Kind: TypeAlias = Literal["message", "status", "echo", "preference", "past", "error", "other"]

ARRAYS: dict[str, tuple[tuple[str, Kind], ...]] = {
    "messages": (("messages", "message"), ("statuses", "status"), ("errors", "error")),
    "smb_message_echoes": (("message_echoes", "echo"),),
    "user_preferences": (("user_preferences", "preference"),),
}
"""Webhook field -> the arrays of its value that are cut. `history` nests deeper; every other field stays whole."""

KEY_MAX = 400
"""Longer keys are replaced by their hash: an index must be able to hold them."""


class Item(NamedTuple):
    """One happening inside an envelope. `data` is its own part; `thread` the other side of a history thread."""

    kind: Kind
    entry: Json
    field: str
    value: Json
    data: Json
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
    for array, kind in ARRAYS.get(field, ()):
        if array in value:
            for data in sequence(value[array]):
                if type(data) is dict:
                    found.append(Item(kind, entry, field, value, data))
                else:
                    found.append(Item("other", entry, field, value, {array: data}))
    if field == "history":
        for chunk in sequence(value.get("history")):
            past = [
                Item("past", entry, field, value, mapping(data, "message"), word(thread.get("id")))
                for thread in map(mapping, sequence(mapping(chunk).get("threads")))
                for data in sequence(thread.get("messages"))
            ]
            found += past or [Item("other", entry, field, value, {"history": chunk})]
    if len(found) == before:
        found.append(Item("other", entry, field, value, change))


def split(body: bytes) -> list[RawEvent]:
    """Cut a webhook's body into raw events; the only one of a payload keeps the very bytes that came.

    Raises ValueError for a body that is not JSON or no WhatsApp envelope.
    """
    cut = items(json.loads(body))
    if len(cut) == 1:
        return [_raw(cut[0], body)]
    return [_raw(item, _pack(item)) for item in cut]


def _raw(item: Item, body: bytes) -> RawEvent:
    return RawEvent(account_of(item), key_of(item), _lane(item), at_of(item), body)


def at_of(item: Item) -> int:
    """When it happened, in ms; 0 when the payload does not say."""
    return seconds(item.data.get("timestamp")) or seconds(item.entry.get("time"))


def account_of(item: Item) -> str:
    """The number's id; for news about a whole WhatsApp Business account, that account's id."""
    return word(mapping(item.value.get("metadata")).get("phone_number_id")) or word(item.entry.get("id"))


def key_of(item: Item) -> str:
    """What names this happening at every redelivery: its own id where it has one, else a hash of all it says."""
    kind, data = item.kind, item.data
    own = word(data.get("id"))
    if own and kind != "other":
        key = own
        if kind == "status":
            key = f"status:{own}:{word(data.get('status'))}"
        elif kind == "echo" or (kind == "past" and not from_thread(item)):
            key = f"echo:{own}"
        return key if len(key) <= KEY_MAX else _digest(key)
    return f"{item.field[:64]}:{_digest([item.entry.get('id'), item.entry.get('time'), item.field, data])}"


def _digest(value: Any) -> str:
    return hashlib.sha256(json.canonical(value)).hexdigest()[:32]


LANES: dict[Kind, tuple[str, str]] = {
    "message": ("from_user_id", "from"),
    "status": ("recipient_user_id", "recipient_id"),
    "echo": ("to_user_id", "to"),
    "preference": ("user_id", "wa_id"),
}


def _lane(item: Item) -> str:
    for name in LANES.get(item.kind, ()):
        if found := word(item.data.get(name)):
            return found
    return item.thread or account_of(item)


def from_thread(item: Item) -> bool:
    """Whether a history message was written by the person the thread is with."""
    return bool(item.thread) and item.thread in (word(item.data.get("from")), word(item.data.get("from_user_id")))


def contact_of(item: Item, *names: Any) -> Json:
    """The contact that belongs to an item: joined by `wa_id` or `user_id`, never by its place in the list."""
    wanted = {name for name in map(word, names) if name}
    for contact in sequence(item.value.get("contacts")):
        if type(contact) is dict and (word(contact.get("wa_id")) in wanted or word(contact.get("user_id")) in wanted):
            return contact
    return {}


NAMES = ("from", "from_user_id", "to", "to_user_id", "recipient_id", "recipient_user_id", "wa_id", "user_id")
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
