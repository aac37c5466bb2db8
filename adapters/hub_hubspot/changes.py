"""What changed lately, found by search: bounded, with overlap, and read again before it is believed.

HubSpot's search shows a change seconds to minutes late and an old state until then. So a row found is a signal only,
each look goes back a little further than the last one, and what a look brought is remembered: the same row costs
nothing until it changes again.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from hub import Page, Ref
from hub_hubspot.contacts import millis
from hub_hubspot.errors import MissingScope
from hub_hubspot.paths import CONTACTS, KINDS, SEARCH_PAGE
from hub_hubspot.reading import Reader
from hub_hubspot.transport import Transport

OVERLAP = 5 * 60 * 1_000
"""Milliseconds that each look at changes goes back: HubSpot's search shows a change seconds to minutes late."""
DENIED = 3_600.0
"""Seconds until an object is tried again that the token may not read."""


class Look(NamedTuple):
    """Where a look at changes of one object stands, as the cursor keeps it: `since:id:start`, in ms.

    It reads on at records modified at or after `since`; with `id` it is among many modified in the very same
    millisecond and goes by record id. `start` is HubSpot's time when the look began (0 = not begun): the next one goes
    back to it, less the overlap.
    """

    since: int
    id: int = 0
    start: int = 0

    @staticmethod
    def parse(cursor: str) -> Look:
        """From the cursor; raises ValueError on another's."""
        since, id_, start = cursor.split(":")
        return Look(int(since), int(id_), int(start))

    def __str__(self) -> str:
        return f"{self.since}:{self.id}:{self.start}"


Looks = dict[str, Look]


def parse(cursor: str, kinds: Sequence[str]) -> Looks:
    """The looks of a cursor `deals=since:id:start ...`, one for each of `kinds`; an object that it does not know yet
    begins where the contacts stand. A bare look is for all. Raises ValueError on anything else."""
    if "=" not in cursor:
        return dict.fromkeys(kinds, Look.parse(cursor))
    known = {
        kind: Look.parse(look) for kind, _, look in (part.partition("=") for part in cursor.split() if "=" in part)
    }
    first = known.get(CONTACTS) or min(known.values())
    return {kind: known.get(kind, Look(first.start or first.since)) for kind in kinds}


def written(looks: Looks) -> str:
    """The inverse of `parse`."""
    return " ".join(f"{kind}={look}" for kind, look in looks.items())


class Search:
    """Looks at changes of contacts and of other objects, one search for each. Thread-safe."""

    def __init__(self, reader: Reader, kinds: Iterable[str]) -> None:
        self.kinds = (CONTACTS, *(kind for kind in kinds if kind != CONTACTS))
        self._reader = reader
        self._denied: dict[str, float] = {}
        self._told: dict[tuple[str, str], int] = {}
        self._given: tuple[str, dict[tuple[str, str], int]] = ("", {})
        self._pages = 0
        self._lock = threading.Lock()

    def page(self, cursor: str) -> Page:
        """A page of each object whose look is not at its end; all of them when every look is.

        A search shows 10,000 rows in all, so pages are not counted but cut by (modified, id): each page is a new
        search from the last row's time on.
        """
        with self._lock:
            transport = self._reader.transport
            looks = parse(cursor, self.kinds) if cursor else dict.fromkeys(self.kinds, Look(transport.now()))
            if not cursor:
                return Page((), written(looks), True)
            self._remember(cursor, min(look.since for look in looks.values()) - 2 * OVERLAP)
            begun = {kind for kind, look in looks.items() if look.start}
            rows: dict[tuple[str, str], int] = {}
            for kind in begun or self.kinds:
                found, looks[kind] = self._look(kind, looks[kind])
                rows |= {(kind, id_): modified for id_, modified in found}
            fresh = {row: at for row, at in rows.items() if self._told.get(row) != at}
            refs = [Ref(_TYPES[kind], id_) for kind, id_ in fresh]
            last = not any(look.start for look in looks.values())
            self._pages += 1  # so that no two pages share a cursor, and what was given can be told by it
            page = self._reader.page(refs, cursor=f"{written(looks)} #{self._pages}", last=last)
            self._given = (page.cursor, fresh)
            return page

    def _remember(self, cursor: str, before: int) -> None:
        """What was given with this cursor is stored by now; without it the last page was not, and comes again."""
        if self._given[0] == cursor:
            self._told |= self._given[1]
            self._told = {row: at for row, at in self._told.items() if at >= before}
        self._given = ("", {})

    def _look(self, kind: str, look: Look) -> tuple[list[tuple[str, int]], Look]:
        """The rows (id, modified) of one search, and where to go on."""
        transport = self._reader.transport
        if self._denied.get(kind, 0.0) > transport.clock():
            return [], Look(look.since)
        since = look.since if look.start else max(0, look.since - OVERLAP)
        try:
            rows = search(transport, kind, since, look.id)
        except MissingScope:
            if kind == CONTACTS:
                raise
            self._denied[kind] = transport.clock() + DENIED  # the others do without it
            return [], Look(look.since)
        start = look.start or transport.now()
        if len(rows) < SEARCH_PAGE:
            if look.id:  # that millisecond is read to its end, others follow
                return rows, Look(since + 1, 0, start)
            return rows, Look(start)
        newest = rows[-1][1]
        if look.id or newest <= since:  # the whole page is of one millisecond: time alone would never advance
            return rows, Look(since, max(int(id_) for id_, _ in rows) if look.id else 1, start)
        return rows, Look(newest, 0, start)


_TYPES = {kind: type_ for type_, kind in KINDS.items()}


def search(transport: Transport, kind: str, since: int, after_id: int) -> list[tuple[str, int]]:
    """One search: ids of records modified at or after `since` and when, the oldest first; with `after_id` those
    modified exactly then, by id. The adapter's only search."""
    name = "lastmodifieddate" if kind == CONTACTS else "hs_lastmodifieddate"
    modified = {"propertyName": name, "operator": "GTE", "value": str(since)}
    filters, sort = [modified], name
    if after_id:
        modified["operator"] = "EQ"
        filters.append({"propertyName": "hs_object_id", "operator": "GT", "value": str(after_id)})
        sort = "hs_object_id"
    query = {"filterGroups": [{"filters": filters}], "sorts": [sort], "properties": [name], "limit": SEARCH_PAGE}
    way = transport.searching(kind).do_search
    answer: Mapping[str, Any] = transport.call(way, query, search=True)
    rows = []
    for result in answer.get("results", ()):
        told = (result.get("properties") or {}).get(name) or result.get("updatedAt") or ""
        rows.append((str(result["id"]), millis(str(told))))
    return rows
