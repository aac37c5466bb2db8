"""Segments asked of everybody at once: how many people are in one, and who they are, page by page.

One SQL text for both engines. The condition that fewest people meet gives the people, the others are looked up for
each of them; so what a count costs grows with the smallest part, not with the number of people.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from hub.store.dialects.database import Database
from hub.store.values import NO_FIGURE, order
from hub.tags.segments import Segment
from hub.words.compare import Test

SAMPLES, SAMPLE = (0.2, 0.6, 0.95), 500
"""Where, of all people by number, and of how many there it is asked which condition is the rarest."""
PROBE = 20_000
"""People up to whom those with a tag are counted, to find the rarest tag."""


EVERYBODY = "SELECT id AS person FROM people WHERE redirect=0 AND erased=0"
"""Who is erased has no tags, values and inquiries: only here it has to be asked."""


class Part(NamedTuple):
    """One condition. `people` selects who meets it, each once ("" = too many to begin with); `holds` asks it of the
    person `d.person`. Both take `args`."""

    people: str
    holds: str
    args: tuple[Any, ...]


_WON = (
    "SELECT count(DISTINCT o.id) FROM links l JOIN crm_object_contacts c ON c.crm=l.crm AND c.contact=l.record"
    " JOIN crm_objects o ON o.id=c.object WHERE l.person=d.person AND l.record<>''"
    " AND l.state IN ('linked', 'ambiguous') AND o.type='deal' AND o.closed=1"
)


def _marks(values: Any) -> str:
    return ",".join("?" * len(values))


def _compared(test: Test) -> tuple[str, tuple[Any, ...]]:
    """A comparison in SQL over `v.text` and `v.figure`: never unknown there."""
    ways: list[str] = []
    args: list[Any] = []
    if words := sorted(test.words):
        ways.append(f"v.text IN ({_marks(words)})")
        args += words
    for low, high, low_in, high_in in test.spans:
        way = f"v.figure > {NO_FIGURE}"
        if low > -math.inf:
            way += f" AND v.figure {'>=' if low_in else '>'} ?"
            args.append(order(low))
        if high < math.inf:
            way += f" AND v.figure {'<=' if high_in else '<'} ?"
            args.append(order(high))
        ways.append(f"({way})")
    return " OR ".join(ways) or "1=0", tuple(args)


def parts(segment: Segment, now: int) -> list[Part]:
    """The conditions of a segment at `now` (ms)."""
    found: list[Part] = []
    asked: str
    args: tuple[Any, ...]
    for tag in segment.tags_all:
        people = "SELECT person FROM person_tags WHERE tag=?"
        found.append(Part(people, "EXISTS (SELECT 1 FROM person_tags t WHERE t.person=d.person AND t.tag=?)", (tag,)))
    for names, word in ((segment.tags_any, ""), (segment.tags_none, "NOT ")):
        if names:
            people = f"SELECT DISTINCT person FROM person_tags WHERE tag IN ({_marks(names)})"  # noqa: S608 - marks
            mine = f"EXISTS (SELECT 1 FROM person_tags t WHERE t.person=d.person AND t.tag IN ({_marks(names)}))"  # noqa: S608
            found.append(Part("" if word else people, word + mine, names))
    for name, test in segment.where:
        mine = "SELECT 1 FROM person_values v WHERE v.person=d.person AND v.name=?"
        if test.unknown:
            found.append(Part("", f"NOT EXISTS ({mine})", (name,)))
            continue
        asked, args = _compared(test)
        people = f"SELECT v.person FROM person_values v WHERE v.name=? AND ({asked})"  # noqa: S608 - our words
        if test.negated:
            found.append(Part("", f"EXISTS ({mine} AND NOT ({asked}))", (name, *args)))
        else:
            found.append(Part(people, f"EXISTS ({mine} AND ({asked}))", (name, *args)))
    if segment.states or segment.priorities:
        asked, args = "", ()
        for column, of in (("state", segment.states), ("priority", segment.priorities)):
            if of:
                asked, args = f"{asked} AND i.{column} IN ({_marks(of)})", (*args, *sorted(of))
        last = "i.id=(SELECT max(j.id) FROM inquiries j WHERE j.person=i.person)"
        people = f"SELECT i.person FROM inquiries i WHERE {last}{asked}"  # noqa: S608 - our words
        mine = f"EXISTS (SELECT 1 FROM inquiries i WHERE i.person=d.person AND {last}{asked})"  # noqa: S608
        found.append(Part(people if segment.states and "closed" not in segment.states else "", mine, args))
    for column, length in (("last_in", segment.silent_for), ("last_at", segment.quiet_for)):
        if length:
            mine = f"SELECT 1 FROM conversations c WHERE c.person=d.person AND c.{column} > ?"  # noqa: S608 - our names
            found.append(Part("", f"NOT EXISTS ({mine})", (now - length,)))
    if segment.won:
        stages = sorted(segment.won.stages)
        found.append(Part("", f"({_WON} AND o.stage IN ({_marks(stages)})) >= ?", (*stages, segment.won.at_least)))
    if spoken := sorted(segment.languages):
        mine = f"SELECT 1 FROM people p WHERE p.id=d.person AND lower(p.language) IN ({_marks(spoken)})"  # noqa: S608
        found.append(Part("", f"EXISTS ({mine})", tuple(spoken)))
    return found


def count(db: Database, segment: Segment, now: int) -> int:
    """How many people are in a segment at `now` (ms)."""
    asked = _rarest_first(db, parts(segment, now))
    begin = next((part for part in asked if part.people), None)
    source, args = (EVERYBODY, ()) if begin is None else (begin.people, begin.args)
    rest = [part for part in asked if part is not begin]
    sql = f"SELECT count(*) FROM ({source}) d WHERE {' AND '.join(part.holds for part in rest) or '1=1'}"  # noqa: S608
    return int(db.rows(sql, (*args, *(value for part in rest for value in part.args)))[0][0])


def _rarest_first(db: Database, asked: list[Part]) -> list[Part]:
    """The conditions by how many of some people meet them, the fewest first: early, middle and late ones are asked."""
    if len(asked) < 2:
        return asked
    newest = int(db.rows("SELECT coalesce(max(id), 0) FROM people")[0][0])
    met = [0] * len(asked)
    for place in SAMPLES:
        first = int(newest * place)
        for number, part in enumerate(asked):
            some = "SELECT id AS person FROM people WHERE id BETWEEN ? AND ?"
            sql = f"SELECT count(*) FROM ({some}) d WHERE {part.holds}"  # noqa: S608 - made above
            met[number] += db.rows(sql, (first, first + SAMPLE, *part.args))[0][0]
    return [part for _, part in sorted(zip(met, asked, strict=True), key=lambda pair: pair[0])]


def page(db: Database, segment: Segment, now: int, after: int, limit: int) -> list[int]:
    """The next people of a segment behind `after`, by number: as many as `limit`, fewer only at the end."""
    asked = parts(segment, now)
    args: list[Any]
    source, args = f"{EVERYBODY} AND id>?", [after]
    if segment.tags_all:  # in the order of people
        tag = min(segment.tags_all, key=lambda name: users(db, name, PROBE))
        source, args = "SELECT person FROM person_tags WHERE tag=? AND person>?", [tag, after]
    sql = (
        f"SELECT d.person FROM ({source}) d WHERE {' AND '.join(part.holds for part in asked)}"  # noqa: S608 - made above
        " ORDER BY d.person LIMIT ?"
    )
    return [row[0] for row in db.rows(sql, (*args, *(value for part in asked for value in part.args), limit))]


def users(db: Database, tag: str, most: int) -> int:
    """How many people have a tag; no more than `most` are counted."""
    return int(db.rows("SELECT count(*) FROM (SELECT 1 FROM person_tags WHERE tag=? LIMIT ?) n", (tag, most))[0][0])


class Member(NamedTuple):
    """One of a segment's people. `heard` is when he wrote last, `last` when there was any message with him (ms)."""

    person: int
    name: str
    language: str
    tags: str
    heard: int
    last: int
    state: str
    priority: str
    owner: str


def members(db: Database, people: list[int]) -> list[Member]:
    """What a list shows of these people."""
    found = db.rows_in(
        "SELECT p.id, p.name, p.language,"
        " (SELECT coalesce(max(c.last_in), 0) FROM conversations c WHERE c.person=p.id),"
        " (SELECT coalesce(max(c.last_at), 0) FROM conversations c WHERE c.person=p.id),"
        " coalesce(i.state, ''), coalesce(i.priority, ''), coalesce(i.owner, '') FROM people p LEFT JOIN inquiries i"
        " ON i.person=p.id AND i.id=(SELECT max(j.id) FROM inquiries j WHERE j.person=p.id) WHERE p.id IN (*)",
        people,
    )
    tags: dict[int, list[str]] = {}
    for person, tag in db.rows_in("SELECT person, tag FROM person_tags WHERE person IN (*)", people):
        tags.setdefault(person, []).append(tag)
    return [
        Member(row[0], row[1], row[2], " ".join(sorted(tags.get(row[0], []))), *row[3:])
        for row in sorted(found, key=lambda row: int(row[0]))
    ]
