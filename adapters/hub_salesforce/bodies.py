"""What a logged message looks like in Salesforce: the subject and the plain text of a completed task.

An inbound text stands as the person wrote it. An outbound one has a first line saying who answered, for the owner of
the task may be somebody else. A session shows each of its messages: time in the organisation's zone and author, then
the text. Links to files come last.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, tzinfo
from typing import NamedTuple

from hub import LogEntry
from hub.model.records import LogLine
from hub_salesforce.paths import DESCRIPTION, SUBJECT

CHANNELS = {"whatsapp": "WhatsApp", "telegram": "Telegram", "instagram": "Instagram", "messenger": "Messenger"}
"""How people write the names of channels; any other has a capital letter."""
FIRST_WORDS = 100
"""Characters of the text that the subject shows."""
_MARK = "\n… (cut here, all of it is in the hub)"
_CONTINUED = "… continued"
_LINKS = "\n\nFiles:"
_LINK_ROOM = DESCRIPTION // 4
"""Links are cut before the text is, but never take more than this."""
_TAIL = re.compile(r"\n\nFiles:(?:\n[^\n]*: https?://\S+)+$")
_LINE = re.compile(r"(?m)^\d{4}-\d\d-\d\d \d\d:\d\d · ([^\n]*)\n")
_ADDRESS = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


class Body(NamedTuple):
    """The fields of a task that show a message. `cut` says in one sentence what does not stand there, "" = all does."""

    subject: str
    text: str
    cut: str = ""


def render(entry: LogEntry, zone: tzinfo = UTC) -> Body:
    """An entry as a task shows it: a subject of at most 255 characters, a text of at most 32,000."""
    tail, fewer = _tail(entry.links)
    room = DESCRIPTION - units(tail)
    if entry.lines:
        text, cut = _session(entry.lines, room, zone)
    else:
        whole = plain(entry.text)
        if entry.direction == "out":
            whole = f"Sent by {_one_line(entry.author) or 'the hub'}:\n{whole}"
        text = fitted(whole, room)
        cut = (
            ""
            if text == whole
            else f"the text is longer than the {DESCRIPTION} characters that a task holds: it is cut"
        )
    return Body(subject(entry), text + tail, cut or fewer)


def subject(entry: LogEntry) -> str:
    """Channel, direction and the first words, on one line."""
    channel = CHANNELS.get(entry.channel, entry.channel[:40].capitalize())
    if entry.lines:
        head, said = f"{channel}, {len(entry.lines)} messages", entry.lines[0].text
    else:
        head, said = f"{channel} {entry.direction}", entry.text
    words = _one_line(said[: 8 * FIRST_WORDS])
    if len(words) > FIRST_WORDS:
        words = words[:FIRST_WORDS].rsplit(" ", 1)[0] + " …"
    return fitted(f"{head}: {words}" if words else head, SUBJECT, "…")


def read(body: str, direction: str) -> str:
    """The inverse of the text of `render`: what was said, without the line that names the author and without links.

    Of a session each message is one line, `author: text`.
    """
    body = _TAIL.sub("", body)
    if _LINE.match(body):
        return _LINE.sub(r"\1: ", body)
    return body.partition("\n")[2] if direction == "out" else body


def fitted(text: str, room: int, mark: str = _MARK) -> str:
    """The text, cut with a mark where it has more than `room` characters as Salesforce counts them."""
    if units(text) <= room:
        return text
    raw = text.encode("utf-16-le", "replace")[: 2 * (room - units(mark))]
    return raw.decode("utf-16-le", "ignore").rstrip() + mark


def units(text: str) -> int:
    """The length of a text in UTF-16, in which an emoji counts two."""
    return len(text) + sum(char > "\uffff" for char in text) if not text.isascii() else len(text)


def plain(text: str) -> str:
    """Without control characters, which Salesforce refuses or loses; line ends as one character."""
    if text.isprintable():  # far the quickest way to know that nothing is to be done
        return text
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def _session(lines: Sequence[LogLine], room: int, zone: tzinfo) -> tuple[str, str]:
    """As many messages as fit, the oldest first, and what does not stand there."""
    shown = [_line(line, zone) for line in lines]
    whole = "\n".join(shown)
    if units(whole) <= room:
        return whole, ""
    kept, used = 0, units(_CONTINUED)
    while kept < len(shown) and used + units(shown[kept]) + 1 <= room:
        used += units(shown[kept]) + 1
        kept += 1
    if not kept:
        return fitted(shown[0], room), f"the first message fills the {DESCRIPTION} characters that a task holds"
    told = (
        f"{len(shown) - kept} of {len(shown)} messages are longer than the {DESCRIPTION} characters that a task holds"
    )
    return "\n".join((*shown[:kept], _CONTINUED)), told


def _line(line: LogLine, zone: tzinfo) -> str:
    who = _one_line(line.author) or ("contact" if line.direction == "in" else "the hub")
    when = datetime.fromtimestamp(line.at // 1_000, zone)
    return f"{when:%Y-%m-%d %H:%M} · {who}\n{plain(line.text)}"


def _tail(links: Iterable[tuple[str, str]]) -> tuple[str, str]:
    """The lines at the end, links with an http(s) address, and what does not stand there."""
    lines = [f"\n{_one_line(name)}: {address}" for name, address in links if _ADDRESS.fullmatch(address)]
    tail = ""
    for line in lines:
        if units(tail) + units(line) > _LINK_ROOM:
            return _LINKS + tail, "there are more links to files than a task holds"
        tail += line
    return (_LINKS + tail, "") if tail else ("", "")


def _one_line(text: str) -> str:
    return " ".join(plain(text).split())
