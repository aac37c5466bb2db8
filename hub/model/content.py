"""What a message holds beside its text: files, choices, templates, places, cards.

One shape for what comes and what goes: a channel says in `Capabilities.forms` which forms it can send; whatever it
receives it maps to these, or to a placeholder in the text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

MediaKind = Literal["image", "video", "audio", "voice", "document", "sticker"]
MEDIA_KINDS: tuple[str, ...] = ("image", "video", "audio", "voice", "document", "sticker")


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """A file of a message.

    Inbound: `ref` is the platform's name of it, fetched later through `FetchesMedia`. Outbound: one of `ref` (uploaded
    to the platform before), `url` (public https address) or `blob` (stored in the hub; uploaded before the send).
    `size` in bytes and `sha256` (hex) as the platform declares them, 0 and "" = it does not say.
    """

    kind: MediaKind
    ref: str = ""
    url: str = ""
    blob: str = ""
    mime: str = ""
    name: str = ""
    size: int = 0
    sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One thing to choose: a button, or a row of a list. `id` comes back as the payload of the choice."""

    id: str
    title: str
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A text the platform approved beforehand, by name and language, and the values of its variables in order.

    `buttons` are the values of those buttons that take one, in order ("" for a button without). `names` are the names
    of the variables, the header's first, where the platform has named ones (WhatsApp: `{{first_name}}`).
    """

    name: str
    language: str
    body: tuple[str, ...] = ()
    header: tuple[str, ...] = ()
    buttons: tuple[str, ...] = ()
    media: Media | None = None
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A point on the map, degrees (WGS 84)."""

    latitude: float
    longitude: float
    name: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A contact card."""

    name: str
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    organisation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """`form` tells what the message is; only that form's parts are set. The message's text is the body or caption.

    text · image video audio voice document sticker (`media`) · template (`template`) · buttons (`options`) ·
    list (`options`, and `button` that opens it) · location (`place`) · contacts (`cards`) · reaction (the text is the
    emoji, "" takes it back; `reply_to` names the message). `header` and `footer` belong to buttons and list.
    """

    form: str = "text"
    media: Media | None = None
    template: Template | None = None
    options: tuple[Option, ...] = ()
    button: str = ""
    header: str = ""
    footer: str = ""
    place: Place | None = None
    cards: tuple[Card, ...] = field(default=())

    def dump(self) -> dict[str, Any]:
        """Plain data with what is set, for the store; `load` is its inverse."""
        return _bare(asdict(self))

    @staticmethod
    def load(data: Mapping[str, Any]) -> Content:
        """From plain data, as a person or a plugin may have written it. Raises ValueError naming the wrong key."""
        try:
            return Content(
                form=str(data.get("form", "text")),
                media=_part(Media, data.get("media")),
                template=_template(data.get("template")),
                options=tuple(_made(Option, option) for option in data.get("options", ())),
                button=str(data.get("button", "")),
                header=str(data.get("header", "")),
                footer=str(data.get("footer", "")),
                place=_part(Place, data.get("place")),
                cards=tuple(_card(card) for card in data.get("cards", ())),
            )
        except (TypeError, AttributeError) as error:
            raise ValueError(f"not a message's content: {error}") from None


PLAIN = Content()


def _bare(data: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: _bare(value)
        if isinstance(value, dict)
        else [_bare(row) if isinstance(row, dict) else row for row in value]
        if isinstance(value, tuple | list)
        else value
        for name, value in data.items()
        if value not in (None, "", 0, ()) or isinstance(value, float)
    }


def _made(cls: Any, data: Mapping[str, Any]) -> Any:
    return cls(**data)


def _part(cls: Any, data: Mapping[str, Any] | None) -> Any:
    return None if not data else cls(**data)


def _template(data: Mapping[str, Any] | None) -> Template | None:
    if not data:
        return None
    lists = {name: tuple(map(str, data[name])) for name in ("body", "header", "buttons", "names") if name in data}
    return Template(**{**data, **lists, "media": _part(Media, data.get("media"))})


def _card(data: Mapping[str, Any]) -> Card:
    lists = {name: tuple(map(str, data[name])) for name in ("phones", "emails") if name in data}
    return Card(**{**data, **lists})
