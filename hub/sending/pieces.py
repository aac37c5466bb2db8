"""What is said, in the messages that a channel takes: long texts are split, nothing is cut."""

from __future__ import annotations

from hub.model.content import PLAIN, Content
from hub.sending.split import split_text

CHOICES = ("buttons", "list")
CAPTIONED = ("image", "video", "document")
"""Forms whose message carries a text beside its file. Sounds and stickers carry none on most channels."""

Piece = tuple[str, Content]


def pieces(text: str, content: Content, text_max: int, caption_max: int) -> list[Piece]:
    """The messages (text, content) in the order in which they are to arrive; none when there is nothing to say.

    A plain text is split at `text_max`. A body of buttons or a list that is longer than `caption_max` (0 = as
    `text_max`): what comes before its last piece goes first as plain text, so that the choices stand last. A caption
    that is too long goes on as plain text behind the file. A text beside a form that carries none follows it.
    """
    if content is PLAIN or content.form == "text":
        return _plain(text, text_max)
    most = caption_max or text_max
    if content.form in ("template", "reaction"):
        return [(text, content)]
    text = text.strip()
    if content.form in CHOICES:
        body = split_text(text, most)[-1:]
        before = text[: len(text) - len(body[0])].rstrip() if body else ""
        return [*_plain(before, text_max), (body[0] if body else "", content)]
    if content.form not in CAPTIONED:
        return [("", content), *_plain(text, text_max)]
    caption = split_text(text, most)[:1]
    rest = text[len(caption[0]) :].strip() if caption else ""
    return [(caption[0] if caption else "", content), *_plain(rest, text_max)]


def _plain(text: str, most: int) -> list[Piece]:
    return [(part, PLAIN) for part in split_text(text, most)]


def shown(content: Content) -> str:
    """What a record shows of a template, whose text only the platform knows; "" for everything else."""
    if content.template is None:
        return ""
    return f"[template {content.template.name}] {', '.join(content.template.body)}".rstrip()
