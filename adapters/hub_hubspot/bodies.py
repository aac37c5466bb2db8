"""What a logged message looks like in HubSpot: its body is HTML there.

An inbound text stands as the person wrote it. An outbound one has a first line saying who answered, because HubSpot
shows no author of its own for logged messages. A session shows each of its messages: time (UTC) and author in bold,
then the text. Links to files come last.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from hub import LogEntry
from hub.model.records import LogLine
from hub_hubspot.paths import BODY

_TORN = re.compile(r"(?:&[^;<]{0,8}|<[^>]{0,4})$")
_ENDING = " …"
_CONTINUED = "… continued"
_TAIL = re.compile(r"(?:<br>[^<]*: <a href=\"[^\"]*\">[^<]*</a>)*(?:<br>In HubSpot's files: [\d, ]+)?$")
_ADDRESS = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
_LINK_ROOM = BODY // 4
"""Links are cut before the text is, but never take more than this."""


def render(entry: LogEntry, *, named: Sequence[str] = ()) -> str:
    """The body of an entry: escaped, line ends as <br>, at most 65,536 characters.

    `named` are ids of HubSpot files that this kind of record cannot carry: they are told in the text.
    """
    tail = _tail(entry.links, named)
    room = BODY - len(tail)
    if entry.lines:
        return _session(entry.lines, room) + tail
    text = entry.text
    if entry.direction == "out":
        text = f"Sent by {_one_line(entry.author) or 'the hub'}:\n{text}"
    return clipped(text, room) + tail


def read(body: str, direction: str) -> str:
    """The inverse of `render`: what was said, without the line that names the author and without links.

    Of a session each message is one line, `author: text`.
    """
    body = _TAIL.sub("", body)
    if body.startswith("<b>"):
        body = re.sub(r"<b>[-0-9]+ [:0-9]+ UTC · ([^<]*)</b><br>", r"\1: ", body)
    elif direction == "out":
        body = body.partition("<br>")[2]
    return html.unescape(body.replace("<br>", "\n"))


def clipped(text: str, room: int = BODY) -> str:
    """Plain text as HTML of at most `room` characters; no tag and no entity is torn."""
    return _cut(_escaped(text), room)


def _session(lines: Sequence[LogLine], room: int) -> str:
    """As many messages as fit, the oldest first; the hub begins a new part before any is left out."""
    shown = [_line(line) for line in lines]
    whole = "<br>".join(shown)
    if len(whole) <= room:
        return whole
    kept, used = 0, len(_CONTINUED)
    while kept < len(shown) and used + len(shown[kept]) + len("<br>") <= room:
        used += len(shown[kept]) + len("<br>")
        kept += 1
    return "<br>".join((*shown[:kept], _CONTINUED)) if kept else _cut(shown[0], room)


def _line(line: LogLine) -> str:
    who = _one_line(line.author) or ("contact" if line.direction == "in" else "the hub")
    when = datetime.fromtimestamp(line.at // 1_000, UTC)
    return f"<b>{when:%Y-%m-%d %H:%M} UTC · {_escaped(who)}</b><br>{_escaped(line.text)}"


def _cut(body: str, room: int) -> str:
    return body if len(body) <= room else _TORN.sub("", body[: room - len(_ENDING)]) + _ENDING


def _tail(links: Iterable[tuple[str, str]], named: Sequence[str]) -> str:
    """The lines at the end: links with an http(s) address, and files by their id."""
    lines = [
        f'<br>{_escaped(_one_line(name))}: <a href="{html.escape(address)}">{_escaped(address)}</a>'
        for name, address in links
        if _ADDRESS.fullmatch(address)
    ]
    if named:
        lines.append(f"<br>In HubSpot's files: {_escaped(', '.join(named))}")
    tail = ""
    for line in lines:
        if len(tail) + len(line) > _LINK_ROOM:
            break
        tail += line
    return tail


def _escaped(text: str) -> str:
    return html.escape(text, quote=False).replace("\n", "<br>")


def _one_line(text: str) -> str:
    return " ".join(text.split())
