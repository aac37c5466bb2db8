"""What the send gate says about a message."""

from __future__ import annotations

from typing import Literal, NamedTuple

HOUR = 3_600_000  # ms
DAY = 24 * HOUR


class Verdict(NamedTuple):
    """`send` now, `wait` until `due` (ms), `drop` for ever, drop it and let the inbox's `template` go instead, or drop
    it and `hand_over` the conversation to a human: `reason` is kept with the message. `limit` is the short name of what
    stood against it, for counting."""

    action: Literal["send", "drop", "hand_over", "template", "wait"]
    reason: str = ""
    due: int = 0
    limit: str = ""


SEND = Verdict("send")


def span(ms: int) -> str:
    """A length of time in words: `24 h`, `1 h 30 min`, `5 min`, `3 d`."""
    if ms >= 2 * DAY and ms % DAY == 0:
        return f"{ms // DAY} d"
    hours, minutes = divmod(ms // 60_000, 60)
    return f"{hours} h" if not minutes else f"{hours} h {minutes} min" if hours else f"{minutes} min"
