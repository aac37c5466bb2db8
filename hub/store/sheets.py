"""People as a table of a spreadsheet shows them. Read only."""

from __future__ import annotations

from typing import NamedTuple

from hub.store.dialects.database import Database


class Sheeted(NamedTuple):
    """A person with his values. `created`: when he was met first (ms); `attributes`: further values by name, JSON."""

    person: int
    name: str
    phone: str
    email: str
    language: str
    created: int
    attributes: str


def people(db: Database, numbers: list[int] | None = None, after: int = 0, limit: int = 0) -> list[Sheeted]:
    """These people, or with None the next `limit` behind the number `after`; in the order of their numbers, but for
    those who are erased or merged."""
    asked = "SELECT id, name, phone, email, language, created, attributes FROM people WHERE redirect=0 AND erased=0"
    if numbers is not None:
        return [Sheeted(*row) for row in sorted(db.rows_in(f"{asked} AND id IN (*)", numbers))]
    return [Sheeted(*row) for row in db.rows(f"{asked} AND id>? ORDER BY id LIMIT ?", (after, limit))]
