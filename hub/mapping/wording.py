"""How a message reads in the CRM: one body of plain text for whatever it holds. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from hub.mapping.details import answers, articles, came
from hub.model.content import MEDIA_KINDS, Content

QUOTED = 20
"""Characters of the message that a reaction is about, which are shown."""

REASON = 200
"""Characters of the reason that are shown of a message that did not arrive."""
ANSWERED = 80
"""Characters of the message that another one answers, which are shown."""

_POINT = re.compile(r"(-?\d{1,2}(?:\.\d{1,20})?), ?(-?\d{1,3}(?:\.\d{1,20})?)(?:,? (.*))?", re.DOTALL)
_MAP = "https://www.openstreetmap.org/?mlat={0}&mlon={1}#map=16/{0}/{1}"


def body_of(
    content: Content,
    form: str,
    text: str,
    *,
    about: str = "",
    edited: bool = False,
    deleted: bool = False,
    failed: bool = False,
    reason: str = "",
    payload: str = "",
    referral: Mapping[str, str] | None = None,
) -> str:
    """The body of a logged message. `form` is the message's, `about` the text of the message that it reacts to or
    answers ("" = not known), `payload` and `referral` as in `MessageReceived`.

    The answers of a form, the prices of an order and the advertisement that led here are lines below the text.
    Of a deleted message nothing is kept but that it was there; one that `failed` never arrived, and says why.
    """
    if deleted:
        return "[deleted by the sender]"
    beside = answers(payload) if payload and form != "order" else []
    if form == "order" and payload:
        beside, listed = articles(payload)
        text = "\n".join(line for line in text.split("\n") if line != listed)
    body = _body(content, form, text, about)
    body = f"{body} (edited)" if edited and body else body
    quote = f"in answer to {_quoted(about, ANSWERED)}" if about and form != "reaction" else ""
    body = "\n".join(line for line in (quote, body, *beside, *came(referral or {})) if line)
    return _joined(body, f"(not delivered: {reason[:REASON] or 'the platform does not say why'})") if failed else body


def _body(content: Content, form: str, text: str, about: str) -> str:
    if form in MEDIA_KINDS:
        name = content.media.name if content.media else ""
        return _joined(f"[{form}: {name}]" if name else f"[{form}]", text if text != name else "")
    match form:
        case "reaction":
            quote = _quoted(about, QUOTED) if about else "a message"
            return f"[reacted {text} to {quote}]" if text else "[took back a reaction]"
        case "template" if content.template is not None:
            values = ", ".join(value for value in (*content.template.header, *content.template.body) if value)
            return _joined(f"[template {content.template.name}]", text or values)
        case "buttons" | "list":
            choices = " ".join(f"[{option.title}]" for option in content.options)
            parts = (content.header, text, content.footer, choices)
            return "\n".join(part for part in parts if part)
        case "location" if content.place is not None:
            place = content.place
            named = ", ".join(part for part in (place.name, place.address) if part)
            return _joined(f"[location{': ' + named if named else ''}]", _MAP.format(place.latitude, place.longitude))
        case "location" if point := _POINT.fullmatch(text):
            return _joined(f"[location{': ' + point[3] if point[3] else ''}]", _MAP.format(point[1], point[2]))
        case "contacts" if content.cards:
            cards = (", ".join((card.name, *card.phones, *card.emails)) for card in content.cards)
            return "\n".join(f"[contact: {card}]" for card in cards)
        case "text":
            return text
    return text or f"[{form}]"


def _quoted(text: str, room: int) -> str:
    return f"“{' '.join(text[:room].splitlines())}{'…' if len(text) > room else ''}”"


def _joined(label: str, text: str) -> str:
    return f"{label} {text}" if text else label
