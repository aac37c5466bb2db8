"""Messages that people wrote, by their names: for those who learn from them. For read-only connections."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from hub.store.dialects.database import Database

_OURS = re.compile(r"m?(\d{1,18})")


class Heard(NamedTuple):
    """An inbound message: the hub's id and its text; "" = it has none any more, or never had."""

    id: int
    text: str


def message(db: Database, name: str) -> Heard | None:
    """The inbound message of this name (12, m12 or the platform's id), the newest if there are several."""
    found = _OURS.fullmatch(name)
    rows = db.rows(
        "SELECT id, text FROM messages WHERE direction='in' AND (id=? OR (provider_id=? AND provider_id<>''))"
        " ORDER BY id=? DESC, id DESC LIMIT 1",
        (number := int(found[1]) if found else 0, name, number),
    )
    return Heard(int(rows[0][0]), str(rows[0][1])) if rows else None


def texts(db: Database, ids: Sequence[int]) -> dict[int, str]:
    """Message -> its text, of those that still have one."""
    rows = db.rows_in("SELECT id, text FROM messages WHERE id IN (*)", ids)
    return {int(number): str(text) for number, text in rows if text}
