"""What each side had when a person and his record were compared last, field by field: the form of `links.synced`.

JSON: CRM field -> {"ours": the hub's value in the CRM's form, "theirs": the CRM's, "v": mapping version, "e": event,
"at": ms, "by": hub or crm}, and, only where it is so, what is under way: see `Synced`. Nobody else reads or writes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from hub.mapping.merge import Base
from hub.wire import json

ROUNDS = 8
"""How often within a day the CRM may replace what the hub writes into a field, until the hub lets it be."""
DAY = 86_400_000  # ms
STUCK = ('%"left":true%', '%"told":true%')
"""What a text of the form is like in which a field was left out, or is let be."""


@dataclass(slots=True)
class Synced:
    """One field of one record. `known` is False until both sides were seen or the hub wrote it.

    `changed`: when the hub's value changed to `wanted` without being written yet (ms, 0 = not). `ordered` is the value
    that is to be written, None = none: as long as nothing else was settled. `writing` is the one on its way by the
    command `writer` since `began` (ms), None = none. `unseen`: the hub wrote it and has not read it since; `before` is
    what stood there until then. `asked`: a human is to decide. `left`: the CRM did not take `ours`, and
    `retried`: it had a second try of its own accord.
    `rounds`: how often somebody there replaced what the hub had written by itself, since `since` (ms); `told`: an admin
    knows that the hub lets it be.
    """

    ours: str = ""
    theirs: str = ""
    version: int = 0
    event: int = 0
    at: int = 0
    by: Literal["", "hub", "crm"] = ""
    known: bool = True
    changed: int = 0
    wanted: str = ""
    ordered: str | None = None
    writing: str | None = None
    writer: int = 0
    began: int = 0
    unseen: bool = False
    before: str | None = None
    asked: bool = False
    left: bool = False
    retried: bool = False
    rounds: int = 0
    since: int = 0
    told: bool = False

    @property
    def under_way(self) -> bool:
        """Whether equal values on both sides do not mean yet that there is nothing to do."""
        return not self.known or self.unseen or self.asked or self.writing is not None or self.ordered is not None

    def now_wanted(self, ours: str, now: int) -> None:
        """The hub has this value, since now unless it is known to have it."""
        if not self.changed or self.wanted != ours:
            self.wanted, self.changed = ours, now

    def replaced(self, now: int) -> None:
        """What the hub wrote was replaced there."""
        if now >= self.since + DAY:
            self.rounds, self.since, self.told = 0, now, False
        self.rounds += 1

    def restless(self, now: int) -> bool:
        """Whether the CRM replaces whatever the hub writes: a program there, as no human is that patient."""
        return self.rounds >= ROUNDS and now < self.since + DAY

    @property
    def base(self) -> Base | None:
        """For the comparison; None = never compared."""
        return Base(self.ours, self.theirs) if self.known else None

    def settle(self, ours: str, theirs: str, by: Literal["", "hub", "crm"], version: int, event: int, at: int) -> None:
        """Both were compared, or one was written: from now on this counts."""
        self.ours, self.theirs, self.version, self.event, self.at = ours, theirs, version, event, at
        self.by, self.known, self.asked, self.left = by or self.by, True, False, False


_NAMES = (
    ("ours", "ours", None),
    ("theirs", "theirs", None),
    ("version", "v", 0),
    ("event", "e", 0),
    ("at", "at", 0),
    ("by", "by", ""),
    ("known", "known", True),
    ("changed", "changed", 0),
    ("wanted", "wanted", ""),
    ("ordered", "ordered", None),
    ("writing", "writing", None),
    ("writer", "writer", 0),
    ("began", "began", 0),
    ("unseen", "unseen", False),
    ("before", "before", None),
    ("asked", "asked", False),
    ("left", "left", False),
    ("retried", "retried", False),
    ("rounds", "rounds", 0),
    ("since", "since", 0),
    ("told", "told", False),
)
_LONG = {short: name for name, short, _ in _NAMES}


def load(text: str) -> dict[str, Synced]:
    """CRM field -> what is known of it; "" = nothing."""
    if not text:
        return {}
    data: Mapping[str, Mapping[str, Any]] = json.loads(text.encode("utf-8", "surrogatepass"))
    return {field: Synced(**{_LONG[key]: value for key, value in one.items()}) for field, one in data.items()}


def dump(fields: Mapping[str, Synced]) -> str:
    """The inverse of `load`."""
    if not fields:
        return ""
    data = {
        field: {short: value for name, short, usual in _NAMES if (value := getattr(one, name)) != usual}
        for field, one in fields.items()
    }
    return json.dumps(data).decode("utf-8", "surrogatepass")


def nothing_ordered(text: str) -> str:
    """The form without what is ordered or on its way: the record is gone. What was left out of it is still to be
    written, should it come back."""
    known = load(text)
    for one in known.values():
        one.ordered = one.writing = None
        if one.left:
            one.ours, one.left = one.theirs, False
    return dump(known)


def new_record(text: str) -> str:
    """The form for a record that was made in place of one that was deleted: only what is being written into it, or was
    left out."""
    fresh = {}
    for name, one in load(text).items():
        if one.writing is not None:
            fresh[name] = Synced(
                version=one.version, known=False, writing=one.writing, writer=one.writer, began=one.began
            )
        elif one.left:
            one.theirs, fresh[name] = "", one
    return dump(fresh)


def moved_on(text: str) -> str:
    """The form for another record that took the first one's place: what both sides had stays what they agreed on, so
    that what stands there counts as changed by the CRM; nothing of what the hub wrote will show there."""
    known = load(text)
    for one in known.values():
        if one.left:  # the other record may take it: it is still to be written
            one.ours = one.theirs
        one.unseen, one.before, one.left, one.rounds = False, None, False, 0
    return dump(known)
