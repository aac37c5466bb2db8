"""A CRM's other side of the line: records its webhook named, records beside the contacts, answers that were sent."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from hub.model.records import Ref
from hub.store.database import Database
from hub.store.rows import AnswerRow, ObjectRow
from hub.store.workspace import Workspace


def touch(work: Workspace, crm: str, refs: Iterable[Ref]) -> None:
    """These records are to be read again; one that waits already keeps its row and gets the new time."""
    work.db.run_many(
        "INSERT INTO crm_touched VALUES (?,?,?,?) ON CONFLICT (crm, type, record) DO UPDATE SET at=excluded.at",
        [(crm, ref.type, ref.id, work.now) for ref in refs],
    )


def touched(db: Database, crm: str, limit: int) -> tuple[list[Ref], int]:
    """The records that wait longest, and when the last of all was named (ms; 0 = none waits)."""
    found = db.rows("SELECT type, record FROM crm_touched WHERE crm=? ORDER BY at, record LIMIT ?", (crm, limit))
    newest = db.rows("SELECT coalesce(max(at), 0) FROM crm_touched WHERE crm=?", (crm,)) if found else [(0,)]
    return [Ref(*row) for row in found], int(newest[0][0])


def untouch(work: Workspace, crm: str, refs: Iterable[Ref], until: int) -> None:
    """They were read; what was named again after `until` (ms) still waits."""
    work.db.run_many(
        "DELETE FROM crm_touched WHERE crm=? AND type=? AND record=? AND at<=?",
        [(crm, ref.type, ref.id, until) for ref in refs],
    )


def objects(work: Workspace, crm: str, refs: Collection[Ref]) -> dict[Ref, ObjectRow]:
    """Those of these records that the hub has; a query for each type."""
    found: dict[Ref, ObjectRow] = {}
    for kind in sorted({ref.type for ref in refs}):
        ids = sorted({ref.id for ref in refs if ref.type == kind})
        for row in work.objects.fetch_by("record", ids, "AND crm=? AND type=?", (crm, kind)):
            found[Ref(kind, row.record)] = row
    return found


def set_contacts(work: Workspace, crm: str, contacts: Mapping[int, Sequence[str]]) -> None:
    """Object -> the contact records it belongs to, all of them."""
    work.db.run_in("DELETE FROM crm_object_contacts WHERE object IN (*)", sorted(contacts))
    rows = [(crm, contact, number) for number, named in contacts.items() for contact in dict.fromkeys(named)]
    work.db.insert("crm_object_contacts", rows)


def remove_objects(work: Workspace, numbers: Sequence[int]) -> None:
    """They are gone in the CRM, or nobody's any more."""
    for number in numbers:
        work.objects.forget(number)
    work.db.run_in("DELETE FROM crm_object_contacts WHERE object IN (*)", numbers)
    work.db.run_in("DELETE FROM crm_objects WHERE id IN (*)", numbers)


def answers(work: Workspace, crm: str, refs: Collection[Ref]) -> dict[Ref, AnswerRow]:
    """The answers taken from these records before; a query for each type."""
    found: dict[Ref, AnswerRow] = {}
    for kind in sorted({ref.type for ref in refs}):
        ids = sorted({ref.id for ref in refs if ref.type == kind})
        for row in work.answers.fetch_by("record", ids, "AND crm=? AND type=?", (crm, kind)):
            found[Ref(kind, row.record)] = row
    return found


def answering(db: Database, messages: Sequence[int]) -> set[int]:
    """Those of these messages that agents wrote in a CRM."""
    if not messages:
        return set()
    sql = "SELECT message FROM outbox WHERE message IN (*) AND kind='send' AND rule='answer'"
    return {row[0] for row in db.rows_in(sql, messages)}


def standing(db: Database, crm: str, messages: Sequence[int]) -> list[tuple[int, str, str]]:
    """What stands in the CRM of these messages: (message, log or file, record), the latest last.

    A record of a whole session is no message's own.
    """
    if not messages:
        return []
    sql = (
        "SELECT message, kind, record FROM outbox WHERE message IN (*) AND message>0 AND target=? AND state='done'"
        " AND record<>'' AND (kind='file' OR (kind='log' AND body='')) ORDER BY id"
    )
    return [(row[0], row[1], row[2]) for row in db.rows_in(sql, messages, (crm,))]
