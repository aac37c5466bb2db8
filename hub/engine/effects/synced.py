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


@dataclass(slots=True)
class Synced:
    """One field of one record. `known` is False until both sides were seen or the hub wrote it.

    `changed`: when the hub's value changed without being written yet (ms, 0 = not). `ordered` is the value that is to
    be written and `writing` the one on its way, None = none. `unseen`: the hub wrote it and has not read it since;
    `before` is what stood there until then. `asked`: a human is to decide. `left`: the CRM did not take `ours`.
    """

    ours: str = ""
    theirs: str = ""
    version: int = 0
    event: int = 0
    at: int = 0
    by: Literal["", "hub", "crm"] = ""
    known: bool = True
    changed: int = 0
    ordered: str | None = None
    writing: str | None = None
    unseen: bool = False
    before: str | None = None
    asked: bool = False
    left: bool = False

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
    ("ordered", "ordered", None),
    ("writing", "writing", None),
    ("unseen", "unseen", False),
    ("before", "before", None),
    ("asked", "asked", False),
    ("left", "left", False),
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
