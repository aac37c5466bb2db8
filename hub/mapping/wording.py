"""How a message reads in the CRM: one body of plain text for whatever it holds. Pure."""

from __future__ import annotations

from hub.model.content import MEDIA_KINDS, Content

QUOTED = 20
"""Characters of the message that a reaction is about, which are shown."""

_MAP = "https://www.openstreetmap.org/?mlat={0}&mlon={1}#map=16/{0}/{1}"


def body_of(
    content: Content, form: str, text: str, *, about: str = "", edited: bool = False, deleted: bool = False
) -> str:
    """The body of a logged message. `form` is the message's, `about` the text of the message a reaction is for.

    Of a deleted message nothing is kept but that it was there.
    """
    if deleted:
        return "[deleted by the sender]"
    body = _body(content, form, text, about)
    return f"{body} (edited)" if edited and body else body


def _body(content: Content, form: str, text: str, about: str) -> str:
    if form in MEDIA_KINDS:
        name = content.media.name if content.media else ""
        return _joined(f"[{form}: {name}]" if name else f"[{form}]", text if text != name else "")
    match form:
        case "reaction":
            quote = f"“{about[:QUOTED]}{'…' if len(about) > QUOTED else ''}”" if about else "a message"
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
        case "contacts" if content.cards:
            cards = (", ".join((card.name, *card.phones, *card.emails)) for card in content.cards)
            return "\n".join(f"[contact: {card}]" for card in cards)
        case "text":
            return text
    return text or f"[{form}]"


def _joined(label: str, text: str) -> str:
    return f"{label} {text}" if text else label
