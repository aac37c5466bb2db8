"""Versions of the CRMs' mappings, and what a CRM's fields and users were when they were read last."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from hub.contracts.crm import FieldSchema, Schema
from hub.model.records import Owner
from hub.store.configurations import move_on
from hub.store.dialects.database import Database
from hub.store.rows import MappingRow
from hub.store.shelves import MAPPINGS

ALL = 1 << 62
"""A limit that is none."""
_LINKED = "record<>'' AND state IN ('linked', 'ambiguous')"


@dataclass(frozen=True, slots=True)
class CrmShape:
    """A CRM's person fields and users as they were `at` (ms)."""

    schema: Schema
    owners: tuple[Owner, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Version:
    """A version as people see it; `links`: people whose record it wrote last."""

    row: MappingRow
    links: int


def active(db: Database, crm: str) -> MappingRow | None:
    """The version that runs."""
    return _one(db, "WHERE crm=? AND state='active' ORDER BY id DESC LIMIT 1", (crm,))


def on_trial(db: Database, crm: str) -> MappingRow | None:
    """The version that is tried with a few people."""
    return _one(db, "WHERE crm=? AND state='trial' ORDER BY id DESC LIMIT 1", (crm,))


def numbered(db: Database, number: int) -> MappingRow | None:
    """A version by its number."""
    return _one(db, "WHERE id=?", (number,))


def latest(db: Database, crm: str, text_hash: str, before: int) -> MappingRow | None:
    """The last version below `before` that ran with this very text."""
    where = "WHERE crm=? AND hash=? AND id<? AND state IN ('active', 'retired') ORDER BY id DESC LIMIT 1"
    return _one(db, where, (crm, text_hash, before))


def versions(db: Database, crm: str) -> list[Version]:
    """All of a CRM's, the newest first."""
    rows = [MappingRow(*row) for row in db.rows(f"{MAPPINGS.select} WHERE crm=? ORDER BY id DESC", (crm,))]
    found = db.rows("SELECT mapping, count(*) FROM links WHERE crm=? AND mapping>0 GROUP BY mapping", (crm,))
    links = dict(found)
    return [Version(row, int(links.get(row.id, 0))) for row in rows]


def _one(db: Database, where: str, args: tuple[object, ...]) -> MappingRow | None:
    found = db.rows(f"{MAPPINGS.select} {where}", args)
    return MappingRow(*found[0]) if found else None


def begin(db: Database, crm: str, text: str, text_hash: str, now: int) -> MappingRow:
    """The first version of a CRM's mapping: the file as it stood when the hub first started with it. Inside a
    transaction."""
    row = MappingRow(db.next_id("mappings"), crm, now, text, text_hash, "hub", "the file at the first start", "active")
    db.insert("mappings", [MAPPINGS.values(row)])
    move_on(db, now)
    return row


def shape(db: Database, crm: str) -> CrmShape | None:
    """What the CRM's fields and users were when they were read last; None = never."""
    found = db.rows("SELECT fields, owners, at FROM crm_shapes WHERE crm=?", (crm,))
    if not found:
        return None
    fields, owners, at = found[0]
    loaded = {
        name: FieldSchema(name=name, **{**values, "options": tuple(values.get("options", ()))})
        for name, values in json.loads(fields).items()
    }
    return CrmShape(Schema(fields=loaded), tuple(Owner(**owner) for owner in json.loads(owners)), int(at))


def keep_shape(db: Database, crm: str, schema: Schema, owners: Sequence[Owner], now: int) -> None:
    """Remember the fields and users that were just read; commits on its own unless inside a transaction."""
    fields = {name: _plain(field) for name, field in schema.fields.items()}
    told = json.dumps(fields, ensure_ascii=False), json.dumps([asdict(owner) for owner in owners], ensure_ascii=False)
    db.run(
        "INSERT INTO crm_shapes (crm, fields, owners, at) VALUES (?,?,?,?) ON CONFLICT (crm)"
        " DO UPDATE SET fields=excluded.fields, owners=excluded.owners, at=excluded.at",
        (crm, *told, now),
    )


_DEFAULT = asdict(FieldSchema(name=""))


def _plain(field: FieldSchema) -> dict[str, object]:
    """What is not as usual."""
    return {name: value for name, value in asdict(field).items() if name != "name" and value != _DEFAULT[name]}


def recent_people(db: Database, crm: str, limit: int) -> list[int]:
    """Linked people, whoever wrote last first."""
    sql = (
        f"SELECT l.person FROM links l WHERE l.crm=? AND {_LINKED}"  # noqa: S608 - ours
        " ORDER BY coalesce((SELECT max(c.last_at) FROM conversations c WHERE c.person=l.person), 0) DESC,"
        " l.id DESC LIMIT ?"
    )
    return [int(row[0]) for row in db.rows(sql, (crm, limit))]


def linked_people(db: Database, crm: str, limit: int = 0, after: int = 0) -> list[tuple[int, int, str]]:
    """People who have a record in this CRM: (link, person, record), in the order of links behind `after`."""
    sql = f"SELECT id, person, record FROM links WHERE crm=? AND id>? AND {_LINKED} ORDER BY id LIMIT ?"  # noqa: S608
    return [(row[0], row[1], row[2]) for row in db.rows(sql, (crm, after, limit or ALL))]


def sample(db: Database, crm: str, count: int) -> list[int]:
    """Linked people at even distances, so that old and new ones are among them."""
    rows = db.rows(f"SELECT person FROM links WHERE crm=? AND {_LINKED} ORDER BY id", (crm,))  # noqa: S608
    every = max(1, len(rows) // max(1, count))
    return [int(row[0]) for row in rows[::every][:count]]


def person_of(db: Database, crm: str, record: str) -> int:
    """Whose record this is; 0 = nobody's the hub knows."""
    found = db.rows(
        "SELECT person FROM links WHERE crm=? AND record=? AND record<>'' ORDER BY id LIMIT 1", (crm, record)
    )
    return int(found[0][0]) if found else 0


def how_many_written_since(db: Database, crm: str, version: int) -> int:
    """People whose record was written last by a version after this one."""
    sql = f"SELECT count(*) FROM links WHERE crm=? AND mapping>? AND {_LINKED}"  # noqa: S608 - ours
    return int(db.rows(sql, (crm, version))[0][0])


def written_since(db: Database, crm: str, version: int, after: int = 0, limit: int = ALL) -> list[tuple[int, int]]:
    """The same people as (link, person), in the order of links behind `after`."""
    sql = f"SELECT id, person FROM links WHERE id>? AND crm||''=? AND +mapping>? AND {_LINKED} ORDER BY id LIMIT ?"  # noqa: S608  # || and + keep the other indexes out: each part would sort all that is left
    return [(row[0], row[1]) for row in db.rows(sql, (after, crm, version, limit))]


def fates(db: Database, commands: Sequence[int]) -> Mapping[int, tuple[str, str]]:
    """command -> (state, reason) of these; one that is kept no more is left out."""
    found = db.rows_in("SELECT id, state, reason FROM outbox WHERE id IN (*)", list(commands)) if commands else []
    return {row[0]: (row[1], row[2]) for row in found}


def follow_ups(db: Database, crm: str, people: Mapping[int, int]) -> list[tuple[int, str, str, int]]:
    """Commands for these people's records that came after a certain one (person -> command): (command, state, reason,
    person)."""
    if not people:
        return []
    sql = "SELECT id, state, reason, lane FROM outbox WHERE kind='person' AND target=? AND id>? ORDER BY id"
    rows = db.rows(sql, (crm, min(people.values())))
    return [(row[0], row[1], row[2], row[3]) for row in rows if row[0] > people.get(row[3], 1 << 62)]


def waiting_to_be_read(db: Database, crm: str, people: Sequence[int]) -> bool:
    """Whether the record of one of these people is about to be read again."""
    found = db.rows_in(
        "SELECT t.record FROM links l JOIN crm_touched t ON t.crm=l.crm AND t.type='contact' AND t.record=l.record"
        " WHERE l.person IN (*) AND l.crm=?",
        list(people),
        (crm,),
    )
    return bool(found)
