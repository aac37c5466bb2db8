"""What a logged message looks like in HubSpot: its body is HTML there.

An inbound text stands as the person wrote it. An outbound one has a first line saying who answered, because HubSpot
shows no author of its own for logged messages.
"""

from __future__ import annotations

import html
import re

from hub import LogEntry
from hub_hubspot.paths import BODY

_TORN = re.compile(r"(?:&[^;<]{0,8}|<[^>]{0,4})$")
_ENDING = " …"


def render(entry: LogEntry) -> str:
    """The body of an entry: escaped, line ends as <br>, at most 65,536 characters."""
    text = entry.text
    if entry.direction == "out":
        text = f"Sent by {' '.join(entry.author.split()) or 'the hub'}:\n{text}"
    body = html.escape(text, quote=False).replace("\n", "<br>")
    if len(body) > BODY:
        body = _TORN.sub("", body[: BODY - len(_ENDING)]) + _ENDING
    return body


def read(body: str, direction: str) -> str:
    """The inverse of `render`: what was said, without the line that names the author."""
    if direction == "out":
        body = body.partition("<br>")[2]
    return html.unescape(body.replace("<br>", "\n"))
