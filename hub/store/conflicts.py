"""Values that lost, and those that a human is asked about: table `conflicts`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.store.dialects.database import Database
from hub.store.rows import ConflictRow
from hub.store.workspace import Workspace


def asked(work: Workspace, person: int, crm: str, field: str) -> ConflictRow | None:
    """The open question about a field; one query for all people at hand."""
    if person not in work.questions:
        wanted = sorted({person, *work.people.rows} - work.questions)
        work.conflicts.fetch_by("person", wanted, "AND state='asked'")
        work.questions.update(wanted)
    named = (person, crm, field)
    rows = work.conflicts.rows.values()
    return next((r for r in rows if r.state == "asked" and (r.person, r.crm, r.field) == named), None)


def listed(db: Database, *, open_only: bool = False, person: int = 0, limit: int = 200) -> list[Mapping[str, Any]]:
    """Conflicts for people to read, the newest first."""
    where = ["1=1"]
    args: list[Any] = []
    if open_only:
        where.append("state='asked'")
    if person:
        where.append("person=?")
        args.append(person)
    names = ("id", "at", "person", "crm", "record", "field", "rule", "ours", "theirs", "kept", "state")
    sql = f"SELECT {', '.join(names)} FROM conflicts WHERE {' AND '.join(where)} ORDER BY id DESC LIMIT ?"  # noqa: S608
    return [dict(zip(names, row, strict=True)) for row in db.rows(sql, (*args, limit))]
