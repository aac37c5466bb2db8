"""The body of an outgoing message, as `POST /{version}/{phone number id}/messages` wants it (Cloud API reference).

Every form of `hub.model.content.Content`. What WhatsApp would refuse raises Rejected, in one sentence with the remedy,
before anything leaves: no text is cut, no id changed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Literal, TypeAlias

from hub import Card, Content, Media, Option, Outgoing, Place
from hub.contracts.errors import Rejected
from hub.model.content import MEDIA_KINDS
from hub_meta.templates import template_object
from hub_meta.who import GROUP, phone

Json: TypeAlias = dict[str, Any]
UserIdField = Literal["recipient", "to"]

TEXT_MAX, CAPTION_MAX, LINE_MAX = 4096, 1024, 60
"""Characters of a text; of a caption and the body of buttons and lists; of a header or footer."""
BUTTONS_MAX, ROWS_MAX, CARDS_MAX = 3, 10, 5
BUTTON_TITLE, ROW_TITLE, ROW_DESCRIPTION = 20, 24, 72
BUTTON_ID, ROW_ID = 256, 200
CAPTIONED = frozenset({"image", "video", "document"})


def message_body(message: Outgoing, user_id_field: UserIdField) -> Json:
    """The whole body. Phones go into `to`, business-scoped user ids into `user_id_field`, groups by their own type.

    Raises Rejected for what WhatsApp does not take.
    """
    form = message.content.form
    part = PARTS.get(form)
    if part is None:
        raise Rejected(f"WhatsApp has no message of the form {form[:20]!r}")
    sent: Json = {"messaging_product": "whatsapp", "recipient_type": "individual"}
    address = message.address
    if address.startswith(GROUP):
        sent["recipient_type"] = "group"
        sent["to"] = address.removeprefix(GROUP)
    elif phone(address):
        sent["to"] = address
    else:
        sent[user_id_field] = address
    kind, value = part(message)
    sent["type"] = kind
    sent[kind] = value
    if message.reply_to and form != "reaction":
        sent["context"] = {"message_id": message.reply_to}
    if message.callback:
        sent["biz_opaque_callback_data"] = message.callback
    return sent


def refused(content: Content, text: str) -> str:
    """Why no message can be made of this, as one sentence; "" = it can. Files of the hub count as uploaded."""
    template = content.template
    if template is not None and template.media is not None:
        template = replace(template, media=_given(template.media))
    tried = replace(content, media=_given(content.media) if content.media else None, template=template)
    try:
        message_body(Outgoing("", "+12025550100", text, "", "wamid", tried), "recipient")
    except Rejected as error:
        return str(error)
    return ""


def _given(media: Media) -> Media:
    return replace(media, ref="id", blob="") if media.blob else media


# -- the forms ---------------------------------------------------------------------------------------------------


def _text(message: Outgoing) -> tuple[str, Any]:
    return "text", {"body": _words("text", message.text, TEXT_MAX, "send it as several"), "preview_url": False}


def _media(message: Outgoing) -> tuple[str, Any]:
    form, media, text = message.content.form, message.content.media, message.text
    if media is None or media.kind != form:
        raise Rejected(f"a message of the form {form} needs a file of that kind")
    part = media_object(media)
    if text and form not in CAPTIONED:
        raise Rejected(f"WhatsApp shows no text beside {form}: send the text as a message of its own")
    if text:
        part["caption"] = _words("caption", text, CAPTION_MAX, "send the text as a message of its own")
    if form == "voice":
        part["voice"] = True
    return ("audio" if form == "voice" else form), part


def media_object(media: Media) -> Json:
    """A file by its id at WhatsApp or its public address; a document with its name. Raises Rejected without either."""
    if media.ref:
        part = {"id": media.ref}
    elif media.url.startswith(("https://", "http://")):
        part = {"link": media.url}
    elif media.url:
        raise Rejected("the file's address does not begin with https://")
    else:
        raise Rejected("the file has neither an id at WhatsApp nor an address: upload it first")
    if media.kind == "document" and media.name:
        part["filename"] = media.name
    return part


def _template(message: Outgoing) -> tuple[str, Any]:
    template = message.content.template
    if template is None:
        raise Rejected("a message of the form template needs a template")
    media = template.media
    if media is not None and media.kind not in CAPTIONED:
        raise Rejected(f"a template's header is an image, a video or a document, not {media.kind}")
    return "template", template_object(template, media_object(media) if media else None)


def _buttons(message: Outgoing) -> tuple[str, Any]:
    options = message.content.options
    _options("button", options, BUTTONS_MAX, BUTTON_TITLE, BUTTON_ID)
    if len({option.title for option in options}) < len(options):
        raise Rejected("two buttons have the same title: WhatsApp wants different ones")
    replies = [{"type": "reply", "reply": {"id": option.id, "title": option.title}} for option in options]
    return "interactive", {"type": "button", **_frame(message), "action": {"buttons": replies}}


def _list(message: Outgoing) -> tuple[str, Any]:
    options = message.content.options
    _options("row", options, ROWS_MAX, ROW_TITLE, ROW_ID)
    rows: list[Json] = []
    for option in options:
        row = {"id": option.id, "title": option.title}
        if option.description:
            row["description"] = _words("row's description", option.description, ROW_DESCRIPTION, "shorten it")
        rows.append(row)
    opens = _words("list's button", message.content.button, BUTTON_TITLE, "shorten it")
    return "interactive", {"type": "list", **_frame(message), "action": {"button": opens, "sections": [{"rows": rows}]}}


def _frame(message: Outgoing) -> Json:
    """Header, body and footer of buttons or a list."""
    content, frame = message.content, {}
    if content.header:
        frame["header"] = {"type": "text", "text": _words("header", content.header, LINE_MAX, "shorten it")}
    remedy = "send the long part as a text before"
    frame["body"] = {"text": _words("text beside buttons or a list", message.text, CAPTION_MAX, remedy)}
    if content.footer:
        frame["footer"] = {"text": _words("footer", content.footer, LINE_MAX, "shorten it")}
    return frame


def _options(what: str, options: Sequence[Option], most: int, title: int, name: int) -> None:
    if not 1 <= len(options) <= most:
        raise Rejected(f"WhatsApp takes 1 to {most} {what}s, not {len(options)}")
    for option in options:
        _words(f"{what}'s title", option.title, title, "shorten it")
        _words(f"{what}'s id", option.id, name, "give it a shorter one")
        if option.id != option.id.strip():
            raise Rejected(f"a {what}'s id begins or ends with a space: take it away")
    if len({option.id for option in options}) < len(options):
        raise Rejected(f"two {what}s have the same id: give each its own")


def _location(message: Outgoing) -> tuple[str, Any]:
    place = message.content.place
    if place is None or not _on_earth(place):
        raise Rejected("a location needs a latitude of -90 to 90 and a longitude of -180 to 180 degrees")
    part = {"latitude": f"{place.latitude:.7f}", "longitude": f"{place.longitude:.7f}"}
    return "location", part | {k: v for k, v in (("name", place.name), ("address", place.address)) if v}


def _on_earth(place: Place) -> bool:
    values = ((place.latitude, 90), (place.longitude, 180))
    return all(isinstance(v, int | float) and math.isfinite(v) and abs(v) <= most for v, most in values)


def _contacts(message: Outgoing) -> tuple[str, Any]:
    cards = message.content.cards
    if not 1 <= len(cards) <= CARDS_MAX:
        raise Rejected(f"WhatsApp takes 1 to {CARDS_MAX} contact cards in a message, not {len(cards)}")
    return "contacts", [_card(card) for card in cards]


def _card(card: Card) -> Json:
    if not card.name.strip():
        raise Rejected("a contact card needs a name")
    # beside the formatted name WhatsApp wants one more part of it
    part: Json = {"name": {"formatted_name": card.name, "first_name": card.name}}
    if card.phones:
        part["phones"] = [{"phone": number} for number in card.phones]
    if card.emails:
        part["emails"] = [{"email": mailbox} for mailbox in card.emails]
    if card.organisation:
        part["org"] = {"company": card.organisation}
    return part


def _reaction(message: Outgoing) -> tuple[str, Any]:
    if not message.reply_to:
        raise Rejected("a reaction needs the message that it is about")
    return "reaction", {"message_id": message.reply_to, "emoji": message.text}  # "" takes it back


PARTS: dict[str, Callable[[Outgoing], tuple[str, Any]]] = {
    "text": _text,
    **dict.fromkeys(MEDIA_KINDS, _media),
    "template": _template,
    "buttons": _buttons,
    "list": _list,
    "location": _location,
    "contacts": _contacts,
    "reaction": _reaction,
}
"""Form of a `Content` -> WhatsApp's type and that type's part."""


def _words(what: str, text: str, most: int, remedy: str) -> str:
    if not text.strip():
        raise Rejected(f"the {what} is empty: WhatsApp takes none")
    if len(text) > most:
        raise Rejected(f"the {what} has {len(text)} characters, WhatsApp takes {most}: {remedy}")
    return text
