"""What follow-up has learned of silences, for everybody."""

from __future__ import annotations

from hub.store.dialects.database import Database


def everybody(db: Database) -> tuple[int, int, int]:
    """How all people together answer: asked, answered, logs (see hub.followup.rhythm)."""
    found = db.rows("SELECT asked, answered, logs FROM rhythm WHERE name='everybody'")
    return (int(found[0][0]), int(found[0][1]), int(found[0][2])) if found else (0, 0, 0)


def rows(db: Database) -> list[tuple[int, str, int, int]]:
    """The table of chances: step, kind, cases, answered."""
    found = db.rows("SELECT step, kind, cases, answered FROM chances ORDER BY step, kind")
    return [(int(step), str(kind), int(cases), int(answered)) for step, kind, cases, answered in found]
