"""Answers that agents write in HubSpot: on a contact or on a task, with the status set to "send"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html.parser import HTMLParser

from hub import Answer
from hub_hubspot.paths import REPLY_STATUS, REPLY_TEXT

_BREAKS = frozenset(("br", "p", "div", "li", "tr", "h1", "h2", "h3", "blockquote"))
_SILENT = frozenset(("style", "script", "head"))


def of_contact(id_: str, values: Mapping[str, str]) -> Answer | None:
    """The answer that stands on a contact, if it is to be sent; also one without a text, which the agent is told."""
    if values.get(REPLY_STATUS) != "send":
        return None
    text = values.get(REPLY_TEXT, "").strip()
    return Answer(type="contact", id=id_, contact=id_, text=text, agent=values.get("hubspot_owner_id", ""))


def of_task(id_: str, values: Mapping[str, str], contacts: Sequence[str]) -> Answer | None:
    """The answer that stands on a task: its reply text, else its notes. For the task's first contact.

    One without a text or a contact is an answer too: the agent is told that it cannot be sent.
    """
    if values.get(REPLY_STATUS) != "send":
        return None
    text = values.get(REPLY_TEXT, "").strip() or plain(values.get("hs_task_body", ""))
    contact = contacts[0] if contacts else ""
    return Answer(type="task", id=id_, contact=contact, text=text, agent=values.get("hubspot_owner_id", ""))


def plain(html: str) -> str:
    """HTML as HubSpot's editors write it, as text: paragraphs are lines, at most one empty line between them."""
    reader = _Text()
    reader.feed(html)
    reader.close()
    lines = [" ".join(line.split()) for line in "".join(reader.parts).split("\n")]
    kept: list[str] = []
    for line in lines:
        if line or (kept and kept[-1]):
            kept.append(line)
    return "\n".join(kept).strip()


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag in _SILENT:
            self._silent += 1
        elif tag == "br" or (tag in _BREAKS and self.parts and not self.parts[-1].endswith("\n")):
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        elif tag in _BREAKS and tag != "br" and self.parts and not self.parts[-1].endswith("\n"):
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.parts.append(data.replace("\r", "").replace("\n", " "))
