"""What platforms approved and hold for the hub: templates as they listed them last, and uploaded files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from hub.contracts.channel import TemplateInfo
from hub.store.dialects.database import Database
from hub.store.workspace import Workspace

_COLUMNS = ", ".join(TemplateInfo._fields)
_REPLACED = ", ".join(f"{column}=excluded.{column}" for column in (*TemplateInfo._fields, "at"))


@dataclass(frozen=True, slots=True)
class ListedTemplate:
    """A template as people see it: whose it is, what the platform says, and when it said so (ms)."""

    connection: str
    at: int
    info: TemplateInfo


def listed(db: Database, connection: str) -> list[TemplateInfo]:
    """A connection's templates; empty = never read, or it has none."""
    found = db.rows(f"SELECT {_COLUMNS} FROM templates WHERE connection=?", (connection,))  # noqa: S608 - ours
    return [_info(row) for row in found]


def everything(db: Database) -> list[ListedTemplate]:
    """All templates, for people."""
    found = db.rows(
        f"SELECT connection, at, {_COLUMNS} FROM templates ORDER BY connection, account, name, language"  # noqa: S608
    )
    return [ListedTemplate(row[0], row[1], _info(row[2:])) for row in found]


def replace(work: Workspace, connection: str, rows: Iterable[Mapping[str, Any]]) -> int:
    """These are a connection's templates from now on. Returns how many."""
    work.db.need_alone()
    work.then("DELETE FROM templates WHERE connection=?", (connection,))
    count = 0
    for row in rows:
        info = TemplateInfo(**row)
        values = [int(value) if isinstance(value, bool) else value for value in info]
        work.then(
            f"INSERT INTO templates (connection, {_COLUMNS}, at) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)"  # noqa: S608
            f" ON CONFLICT (connection, account, name, language) DO UPDATE SET {_REPLACED}",
            (connection, *values, work.now),
        )
        count += 1
    return count


def uploaded(db: Database, connection: str, account: str, blob: str, since: int) -> str:
    """The platform's name of a file that was uploaded after `since` (ms); "" = upload it (again)."""
    found = db.rows(
        "SELECT ref FROM uploads WHERE connection=? AND account=? AND blob=? AND at>?",
        (connection, account, blob, since),
    )
    return str(found[0][0]) if found else ""


def keep_upload(db: Database, connection: str, account: str, blob: str, ref: str, now: int, since: int) -> None:
    """The platform holds the file under `ref`; what was uploaded before `since` (ms) is forgotten."""
    with db.transaction():
        db.run("DELETE FROM uploads WHERE at<=?", (since,))
        db.run(
            "INSERT INTO uploads (connection, account, blob, ref, at) VALUES (?,?,?,?,?)"
            " ON CONFLICT (connection, account, blob) DO UPDATE SET ref=excluded.ref, at=excluded.at",
            (connection, account, blob, ref, now),
        )


def _info(row: tuple[Any, ...]) -> TemplateInfo:
    values = dict(zip(TemplateInfo._fields, row, strict=True))
    return TemplateInfo(**{**values, "usable": bool(values["usable"])})
