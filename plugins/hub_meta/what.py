"""What a message holds: from the part that its type names to a form, a text for people, files and a machine value.

Field names from Meta's Cloud API webhook reference, "messages". Pure; whatever cannot be read becomes a placeholder.
"""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from hub import Media
from hub.model.content import MediaKind
from hub.wire import json
from hub_meta.envelope import Json, clean, mapping, sequence, word

NAME_MAX = 255
"""Characters of a file's name that are kept: as many as a file system holds."""


class What(NamedTuple):
    """What a message says; `payload` is the machine value of a choice."""

    form: str
    text: str
    media: tuple[Media, ...] = ()
    payload: str = ""


def content(message: Json) -> What:
    """What a message says. What cannot be read is `unsupported`, with a text that people can see."""
    form = word(message.get("type"))
    read = READERS.get(form)
    found = read(message.get(form)) if read else None
    return found or _placeholder(form, message)


def about(message: Json) -> str:
    """The id of the message that this one answers, or reacts to."""
    if message.get("type") == "reaction":
        return word(mapping(message.get("reaction")).get("message_id"))
    return word(mapping(message.get("context")).get("id"))


REFERRAL = (
    *("source_type", "source_id", "source_url", "headline", "body", "ctwa_clid"),
    *("media_type", "image_url", "video_url", "thumbnail_url"),
)
PRODUCT = ("catalog_id", "product_retailer_id")


def referral(message: Json) -> dict[str, str]:
    """How the person came: the advertisement or post, and the product of a catalogue he asks about."""
    found: dict[str, str] = {}
    if "referral" in message:
        came = mapping(message["referral"])
        found = {name: value for name in REFERRAL if (value := _said(came.get(name)))}
        if welcome := clean(mapping(came.get("welcome_message")).get("text")):
            found["welcome_message"] = welcome
    if "context" in message:
        product = mapping(mapping(message["context"]).get("referred_product"))
        found |= {name: value for name in PRODUCT if (value := _said(product.get(name)))}
    return found


def sha256_hex(value: Any) -> str:
    """A SHA-256 as Meta writes it, base64 in webhooks and sometimes hex, as hex; "" for anything else."""
    text = word(value)
    try:
        raw = bytes.fromhex(text) if len(text) == 64 else base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        return ""
    return raw.hex() if len(raw) == 32 else ""


def size_of(value: Any) -> int:
    """A number of bytes, written as a number or as text; 0 when it is none."""
    text = word(value)
    return int(text) if text.isdecimal() and text.isascii() and len(text) <= 15 else 0


def _said(value: Any) -> str:
    return clean(value) if type(value) is str else word(value)


def _placeholder(form: str, message: Json) -> What:
    label = word(mapping(message.get("unsupported")).get("type")) or ("" if form == "unsupported" else form)
    code = next((mapping(error).get("code") for error in sequence(message.get("errors"))), None)
    told = [label[:40]] if label and label != "unknown" else []
    if type(code) is int and code != NOT_SUPPORTED:
        told.append(f"code {code}")
    return What("unsupported", f"[unsupported message: {', '.join(told)}]" if told else "[unsupported message]")


NOT_SUPPORTED = 131051
"""The code that says nothing but "unsupported"; others tell why."""


# -- one reader for each type of message: None means that the type's part is not readable ------------------------------


def _text(part: Any) -> What | None:
    body = mapping(part).get("body")
    return What("text", clean(body)) if type(body) is str else None


def _file(kind: MediaKind, part: Any) -> What | None:
    if type(part) is not dict:
        return None
    if kind == "audio" and part.get("voice") is True:
        kind = "voice"
    ref, caption = word(part.get("id")), clean(part.get("caption"))
    if not ref:
        return What(kind, caption) if caption else None
    file = Media(
        kind=kind,
        ref=ref,
        mime=word(part.get("mime_type"))[:NAME_MAX],
        name=clean(part.get("filename"))[:NAME_MAX],
        size=size_of(part.get("file_size")),
        sha256=sha256_hex(part["sha256"]) if "sha256" in part else "",
    )
    return What(kind, caption, (file,))


def _not_handed_over(part: Any) -> What:
    return What("unsupported", "[a file that WhatsApp did not hand over]")


def _location(part: Any) -> What | None:
    here = mapping(part)
    point = [str(here[k]) for k in ("latitude", "longitude") if type(here.get(k)) in (int, float, str)]
    if len(point) != 2:
        return None
    name = clean(here.get("name")) or clean(here.get("address"))
    return What("location", clean(f"{', '.join(point)} {name}".rstrip()))


def _contacts(part: Any) -> What | None:
    lines = (" ".join(filter(None, _card(mapping(card)))) for card in sequence(part))
    text = "\n".join(line for line in lines if line)
    return What("contacts", text) if text else None


def _card(card: Json) -> tuple[str, str]:
    phones = (_said(row.get("phone")) or phone_of(row) for row in map(mapping, sequence(card.get("phones"))))
    mails = (clean(row.get("email")) for row in map(mapping, sequence(card.get("emails"))))
    name, firm = clean(mapping(card.get("name")).get("formatted_name")), clean(mapping(card.get("org")).get("company"))
    return f"{name} ({firm})" if name and firm else name or firm, ", ".join(filter(None, (*phones, *mails)))


def phone_of(row: Json) -> str:
    """The WhatsApp number of a card, where it says none for people."""
    digits = word(row.get("wa_id"))
    return f"+{digits}" if digits else ""


def _button(part: Any) -> What | None:
    chosen = mapping(part)
    payload = _said(chosen.get("payload"))
    text = clean(chosen.get("text")) or payload
    return What("button", text, (), payload) if text else None


def _interactive(part: Any) -> What | None:
    chosen = mapping(part)
    kind = word(chosen.get("type"))
    reply = mapping(chosen.get(kind))
    if kind == "call_permission_reply":
        answer = word(reply.get("response"))
        return What("interactive", f"[call permission: {answer}]", (), answer)
    if kind == "nfm_reply":
        answers = reply.get("response_json")
        payload = json.dumps(answers).decode() if type(answers) is dict else clean(answers)
        text = clean(reply.get("body")) or clean(reply.get("name")) or ("[form]" if payload else "")
    else:
        payload = _said(reply.get("id"))
        text = clean(reply.get("title")) or clean(reply.get("body")) or payload
    return What("interactive", text, (), payload) if text else None


WANTED = ("product_retailer_id", "quantity", "item_price", "currency")


def _order(part: Any) -> What | None:
    if type(part) is not dict:
        return None
    rows = [mapping(row) for row in sequence(part.get("product_items"))]
    wanted = ", ".join(f"{word(row.get('quantity')) or '1'} x {_said(row.get('product_retailer_id'))}" for row in rows)
    text = "\n".join(line for line in (clean(part.get("text")), wanted) if line)
    items = [{name: value for name in WANTED if (value := _plain(row.get(name))) is not None} for row in rows]
    return What("order", text, (), json.dumps(items).decode()) if text else None


def _plain(value: Any) -> str | int | float | None:
    """A value that JSON can say again, or None."""
    if type(value) is float:
        return value if math.isfinite(value) else None
    return value if type(value) is int else clean(value) or None


def _reaction(part: Any) -> What | None:
    reaction = mapping(part)  # no emoji, or an empty one: taken back
    return What("reaction", clean(reaction.get("emoji"))) if word(reaction.get("message_id")) else None


READERS: dict[str, Callable[[Any], What | None]] = {
    "text": _text,
    "image": partial(_file, "image"),
    "video": partial(_file, "video"),
    "audio": partial(_file, "audio"),
    "document": partial(_file, "document"),
    "sticker": partial(_file, "sticker"),
    "media_placeholder": _not_handed_over,
    "location": _location,
    "contacts": _contacts,
    "button": _button,
    "interactive": _interactive,
    "order": _order,
    "reaction": _reaction,
}
