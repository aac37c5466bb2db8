"""Everybody once: contacts, then leads that are not converted, then person accounts, in pages that can be resumed.

The first page of each object is a plain query. Only where that page is full the rest comes from a Bulk API 2.0 job,
whose results stand for a week; where Salesforce takes no such job, in further pages by record id.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from hub import Page
from hub.contracts.errors import AuthFailed, NotFound, Refused
from hub_salesforce import bulk
from hub_salesforce.errors import SessionEnded
from hub_salesforce.paths import CONTACT, QUERY_PAGE
from hub_salesforce.transport import soql_text

if TYPE_CHECKING:
    from hub_salesforce.reading import Reader

PATIENCE = 20.0
"""Seconds for which one page waits for a job; then the hub asks again."""
NO_BULK = "-"
"""Instead of a job: this object is read without one."""


class Place(NamedTuple):
    """How far the reading is: all of `kind` up to the id `after`, and what is before `locator` in the results of `job`
    (which holds the rest of this object)."""

    kind: str
    after: str = ""
    job: str = ""
    locator: str = ""

    @staticmethod
    def parse(cursor: str) -> Place:
        """From the text of a cursor."""
        return Place(*cursor.split("|", 3))

    def __str__(self) -> str:
        return "|".join(self)


def page(reader: Reader, cursor: str) -> Page:
    """The page after `cursor`. It may be empty while Salesforce works on a job."""
    place = Place.parse(cursor) if cursor else Place(CONTACT)
    try:
        return _page(reader, place)
    except Refused:  # a field that was there is no longer
        reader.forget()
        return _page(reader, place)


def _page(reader: Reader, place: Place) -> Page:
    try:
        query = reader.person_query(place.kind)
    except (Refused, AuthFailed) as refused:
        if place.kind == CONTACT or isinstance(refused, SessionEnded):
            raise
        return _shown(reader, place, [], None)  # an object that the hub may not see has nobody; the probe says so
    if place.job and place.job != NO_BULK:
        return _of_job(reader, place)
    conditions = [reader.person_where(place.kind), f"Id > {soql_text(place.after)}" if place.after else ""]
    where = " AND ".join(filter(None, conditions))
    rows = reader.transport.everything(f"{query}{' WHERE ' + where if where else ''} ORDER BY Id LIMIT {QUERY_PAGE}")
    if len(rows) < QUERY_PAGE:
        return _shown(reader, place, rows, None)
    following = place._replace(after=str(rows[-1]["Id"]))
    return _shown(reader, place, rows, _with_job(reader, following, query))


def _with_job(reader: Reader, place: Place, query: str) -> Place:
    """The place with a job for the rest of the object, if Salesforce takes one."""
    if place.job == NO_BULK or not reader.settings.bulk:
        return place
    where = " AND ".join(filter(None, (reader.person_where(place.kind), f"Id > {soql_text(place.after)}")))
    try:
        return place._replace(job=bulk.start(reader.transport, f"{query} WHERE {where}"))
    except SessionEnded:
        raise
    except (Refused, AuthFailed):
        return place._replace(job=NO_BULK)


def _of_job(reader: Reader, place: Place) -> Page:
    transport = reader.transport
    try:
        if not place.locator and not bulk.done(transport, bulk.QUERY, place.job, PATIENCE):
            return Page([], str(place), False)
        types = {str(f["name"]): str(f["type"]) for f in reader.shape(place.kind).described.get("fields") or ()}
        part = bulk.results(transport, place.job, place.locator, types=types)
    except NotFound:  # its results are gone: from the same id again
        return Page([], str(Place(place.kind, place.after)), False)
    except Refused:
        return Page([], str(Place(place.kind, place.after, NO_BULK)), False)
    if part.locator:
        return _shown(reader, place, part.rows, place._replace(locator=part.locator))
    bulk.remove(transport, bulk.QUERY, place.job)
    return _shown(reader, place, part.rows, None)


def _shown(reader: Reader, place: Place, rows: list[dict[str, Any]], following: Place | None) -> Page:
    """A page of these rows; after the last one of an object comes the next object."""
    records = [reader.person(place.kind, row) for row in rows]
    if following is None:
        kinds = list(reader.person_kinds())
        rest = kinds[kinds.index(place.kind) + 1 :] if place.kind in kinds else []
        if not rest:
            return Page(records, "", True)
        following = Place(rest[0])
    return Page(records, str(following), False)
