"""A CRM's other side of the line: records its webhook named, records beside the contacts, answers that were sent."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from hashlib import blake2b

from hub.model.records import Ref
from hub.store.dialects.database import Database
from hub.store.rows import AnswerRow, ObjectRow
from hub.store.workspace import Workspace


def heard_name(inbox: str, provider_id: str) -> str:
    """What of a message's key in the CRM is made from the platform's id of it."""
    return blake2b(f"{inbox}\0{provider_id}".encode("utf-8", "replace"), digest_size=10).hexdigest()


def touch(work: Workspace, crm: str, refs: Iterable[Ref]) -> None:
    """These records are to be read again; one that waits already keeps its row and gets the new time."""
    for ref in refs:
        work.then(
            "INSERT INTO crm_touched (crm, type, record, at) VALUES (?,?,?,?)"
            " ON CONFLICT (crm, type, record) DO UPDATE SET at=excluded.at",
            (crm, ref.type, ref.id, work.now),
        )


def touched(db: Database, crm: str, limit: int) -> tuple[list[Ref], int]:
    """The records that wait longest, and when the last of all was named (ms; 0 = none waits)."""
    found = db.rows("SELECT type, record FROM crm_touched WHERE crm=? ORDER BY at, record, type LIMIT ?", (crm, limit))
    newest = db.rows("SELECT coalesce(max(at), 0) FROM crm_touched WHERE crm=?", (crm,)) if found else [(0,)]
    return [Ref(*row) for row in found], int(newest[0][0])


def untouch(work: Workspace, crm: str, refs: Iterable[Ref], until: int) -> None:
    """They were read; what was named again after `until` (ms) still waits, unless it seems to be named in the future:
    that was before the clock was set back."""
    work.db.run_many(
        "DELETE FROM crm_touched WHERE crm=? AND type=? AND record=? AND (at<=? OR at>?)",
        [(crm, ref.type, ref.id, until, work.now) for ref in refs],
    )


def linked(db: Database, crm: str, after: int, limit: int) -> list[tuple[int, str]]:
    """The next links behind `after` that have a record: (link, record)."""
    sql = (
        "SELECT id, record FROM links WHERE id>? AND crm||''=? AND record<>'' AND state IN ('linked', 'ambiguous')"
        " ORDER BY id LIMIT ?"  # || keeps the index by record out: all of the CRM's links would be sorted each time
    )
    return [(row[0], row[1]) for row in db.rows(sql, (after, crm, limit))]


def links_like(db: Database, crm: str, patterns: Sequence[str]) -> list[int]:
    """The links whose `synced` is like one of these patterns of SQL."""
    sql = "SELECT id FROM links WHERE crm=? AND synced LIKE ?"
    return sorted({row[0] for one in patterns for row in db.rows(sql, (crm, one))})


def how_many_linked(db: Database, crm: str) -> int:
    """People who have a record in this CRM."""
    sql = "SELECT count(*) FROM links WHERE crm=? AND record<>'' AND state IN ('linked', 'ambiguous')"
    return int(db.rows(sql, (crm,))[0][0])


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
    for under in work.under.values():
        for number in contacts:
            under.pop(number, None)
    for _, contact, number in rows:
        if (crm, contact) in work.under:
            work.under[crm, contact][number] = None


def under(work: Workspace, crm: str, contact: str) -> list[ObjectRow]:
    """What stands under a contact record; a query only where nobody asked for it before the batch."""
    if (crm, contact) not in work.under:
        work.bring_objects([(crm, contact)])
        named = work.db.rows("SELECT object FROM crm_object_contacts WHERE crm=? AND contact=?", (crm, contact))
        work.under[crm, contact] |= {number: None for (number,) in named}  # also those that are saved only later
    rows = (work.objects.get(number) for number in work.under[crm, contact])
    return [row for row in rows if row is not None]


def person_of(work: Workspace, crm: str, number: int) -> int:
    """Whose object this is: the person of the first contact that has one; 0 = nobody's the hub knows."""
    found = work.db.rows(
        "SELECT l.person FROM crm_object_contacts c JOIN links l ON l.crm=c.crm AND l.record=c.contact AND l.record<>''"
        " WHERE c.object=? AND c.crm=? ORDER BY l.id LIMIT 1",
        (number, crm),
    )
    return int(found[0][0]) if found else 0


def remove_objects(work: Workspace, numbers: Sequence[int]) -> None:
    """They are gone in the CRM, or nobody's any more."""
    for number in numbers:
        work.objects.forget(number)
    work.db.run_in("DELETE FROM crm_object_contacts WHERE object IN (*)", numbers)
    work.db.run_in("DELETE FROM crm_objects WHERE id IN (*)", numbers)


def answers(work: Workspace, crm: str, refs: Collection[Ref]) -> dict[Ref, AnswerRow]:
    """The answers taken from these records before; a query for each type."""
    for kind in sorted({ref.type for ref in refs}):
        ids = sorted({ref.id for ref in refs if ref.type == kind})
        work.answers.fetch_by("record", ids, "AND crm=? AND type=?", (crm, kind))
    here = {Ref(row.type, row.record): row for row in work.answers.rows.values() if row.crm == crm}
    return {ref: here[ref] for ref in refs if ref in here}


def move_answer(work: Workspace, crm: str, old: str, into: str) -> None:
    """A contact was merged into another one: what was taken from it counts as taken there."""
    was, now = Ref("contact", old), Ref("contact", into)
    found = answers(work, crm, (was, now))
    mine, theirs = found.get(was), found.get(now)
    if mine is None or (theirs is not None and mine.state != "open"):
        return
    if theirs is not None and theirs.state == "open":  # both under way: neither text is taken again
        theirs.asked = f"{theirs.asked} {mine.asked}"
        return
    if theirs is not None:
        work.answers.forget(theirs.id)
        work.db.run("DELETE FROM crm_answers WHERE id=?", (theirs.id,))
    mine.record = into


def answering(db: Database, messages: Sequence[int]) -> set[int]:
    """Those of these messages that agents wrote in a CRM."""
    if not messages:
        return set()
    sql = "SELECT message FROM outbox WHERE message IN (*) AND kind='send' AND rule='answer' AND class='human'"
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
