"""How tags are used: by whom, how often people who have one answer, and how fresh they are. Read only."""

from __future__ import annotations

from typing import NamedTuple

from hub.store.dialects.database import Database

HOUR = 3_600_000  # ms
FRESH = 24 * HOUR
"""ms after what a person did in which his tags are to follow."""


class TagUse(NamedTuple):
    """A tag: how many people have it now, how often it was put on and taken off since, and of those who were spoken to
    while they had it how many there are and how many of them `answered`."""

    tag: str
    people: int
    added: int
    removed: int
    asked: int
    answered: int


class Freshness(NamedTuple):
    """Of the people who have tags and were heard of: how many, and of how many a tag changed within 24 h of that."""

    people: int
    fresh: int


def deal_closed(db: Database, person: int, since: int) -> bool:
    """Whether a deal of the person was closed since a time (ms), as far as the CRMs told."""
    sql = (
        "SELECT 1 FROM links l JOIN crm_object_contacts c ON c.crm=l.crm AND c.contact=l.record"
        " JOIN crm_objects o ON o.id=c.object WHERE l.person=? AND l.record<>'' AND o.type='deal' AND o.closed=1"
        " AND o.modified>=? LIMIT 1"
    )
    return bool(db.rows(sql, (person, since)))


def living(db: Database) -> int:
    """How many people there are."""
    return int(db.rows("SELECT count(*) FROM people WHERE redirect=0 AND erased=0")[0][0])


def tagged(db: Database) -> int:
    """How many of them have a tag."""
    return int(db.rows("SELECT count(DISTINCT person) FROM person_tags")[0][0])


def people_with(db: Database) -> dict[str, int]:
    """How many people have each tag."""
    return {
        tag: int(number) for tag, number in db.rows("SELECT tag, count(*) FROM person_tags GROUP BY tag ORDER BY tag")
    }


def tag_use(db: Database, since: int, within: int) -> list[TagUse]:
    """Each tag that anybody has, or that changed since a time (ms). Somebody was spoken to when a message left to him
    while he had the tag, and answered when he wrote within `within` ms of the first such message."""
    found: dict[str, list[int]] = {}

    def put(place: int, tag: str, number: int) -> None:
        found.setdefault(tag, [0, 0, 0, 0, 0])[place] += int(number)

    for tag, number in people_with(db).items():
        put(0, tag, number)
    for tag, what, number in db.rows(
        "SELECT tag, what, count(*) FROM tag_history WHERE at>=? GROUP BY tag, what", (since,)
    ):
        put(1 if what == "added" else 2, tag, number)
    for tag, asked, answered in db.rows(
        "SELECT s.tag, count(*), sum(CASE WHEN EXISTS (SELECT 1 FROM conversations c JOIN messages m"
        " ON m.conversation=c.id WHERE c.person=s.person AND m.direction='in' AND m.at>s.first AND m.at<=s.first+?)"
        " THEN 1 ELSE 0 END) FROM (SELECT p.tag AS tag, p.person AS person, min(m.at) AS first FROM person_tags p"
        " JOIN conversations c ON c.person=p.person JOIN messages m ON m.conversation=c.id"
        " WHERE m.direction='out' AND m.at>=p.since AND m.at>=?"
        " AND m.status IN ('accepted', 'sent', 'delivered', 'read')"
        " GROUP BY p.tag, p.person) s GROUP BY s.tag",
        (within, since),
    ):
        put(3, tag, asked)
        put(4, tag, answered)
    return [TagUse(tag, *numbers) for tag, numbers in sorted(found.items())]


def freshness(db: Database, since: int) -> Freshness:
    """Of the people who wrote since a time (ms) and have tags: of how many a tag changed within 24 h of the last time
    they wrote, before or after it."""
    row = db.rows(
        "SELECT count(*), sum(CASE WHEN EXISTS (SELECT 1 FROM tag_history h WHERE h.person=w.person"
        " AND h.at>=w.heard-? AND h.at<=w.heard+?) THEN 1 ELSE 0 END) FROM (SELECT person, max(last_in) AS heard"
        " FROM conversations WHERE last_in>=? GROUP BY person) w"
        " WHERE EXISTS (SELECT 1 FROM person_tags t WHERE t.person=w.person)",
        (FRESH, FRESH, since),
    )[0]
    return Freshness(int(row[0]), int(row[1] or 0))
