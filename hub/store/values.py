"""The values of people, each in a row of its own beside `people.attributes`, so that everybody can be asked at once."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable

from hub.store.dialects.database import Database
from hub.words.compare import WORD_MAX, canonical, figure

_BITS = (1 << 63) - 1
NO_FIGURE = -_BITS
"""Orders before every number: the value is none."""
_SET = (
    "INSERT INTO person_values (person, name, text, figure) VALUES (?,?,?,?)"
    " ON CONFLICT (person, name) DO UPDATE SET text=excluded.text, figure=excluded.figure"
)


def order(number: float) -> int:
    """A whole number that orders as this one does, exactly: two engines compare it alike."""
    bits: int = struct.unpack("<q", struct.pack("<d", number + 0.0))[0]
    return bits if bits >= 0 else -(bits & _BITS)


def of(attributes: str) -> dict[str, tuple[str, int]]:
    """Name -> text and figure of the values in `people.attributes`; blank ones are none."""
    found: dict[str, tuple[str, int]] = {}
    for name, value in (json.loads(attributes) if attributes else {}).items():
        if text := canonical(str(value))[: WORD_MAX + 1]:
            number = figure(str(value))
            found[name] = (text, NO_FIGURE if number is None else order(number))
    return found


def save(db: Database, changed: Iterable[tuple[int, str, str]]) -> None:
    """Write the values that changed: (person, attributes before, attributes now)."""
    rows, gone = [], []
    for person, before, now in changed:
        old, new = of(before), of(now)
        rows += [(person, name, *value) for name, value in new.items() if old.get(name) != value]
        gone += [(person, name) for name in old if name not in new]
    if gone:
        db.run_many("DELETE FROM person_values WHERE person=? AND name=?", gone)
    if rows:
        db.run_many(_SET, rows)
