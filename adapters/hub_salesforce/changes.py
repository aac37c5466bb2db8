"""What changed, by the time that Salesforce stamps on every change: with overlap, so that nothing late is missed.

A row is stamped before its transaction ends and appears only then: below rows that were seen already. So each look
begins well before the newest change seen, never at "now"; and what it finds again costs nothing until it changes.
Sources: SOAP API Developer Guide ("System Fields"), "SOQL and SOSL Reference" (ORDER BY, date formats).
"""

from __future__ import annotations

import heapq
import json
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from hashlib import blake2b
from typing import Any, NamedTuple

from hub import Page, Ref
from hub.contracts.errors import AuthFailed, HubError, Refused
from hub_salesforce.answers import SEND
from hub_salesforce.cursors import Look, Position, parse
from hub_salesforce.objects import LOGGED, ROLE, TYPES
from hub_salesforce.paths import ACCOUNT, CASE, CONTACT, LEAD, OPPORTUNITY, QUERY_PAGE, REPLY_STATUS, TASK
from hub_salesforce.people import PERSON
from hub_salesforce.purged import Deletions, Purged
from hub_salesforce.reading import PEOPLE, Reader, denied
from hub_salesforce.shapes import select
from hub_salesforce.transport import Rows, millis, soql_text, soql_time

OVERLAP = 11 * 60 * 1_000
"""Milliseconds that each look goes back before the newest change seen. A transaction may take ten minutes."""
TOLD = 50_000
"""Changes remembered as told; of more, the oldest are told again while they lie in the overlap."""
LOST = "the place in Salesforce's changes could not be understood: what changed before now is not told"

_NEEDED = {"contact": CONTACT, "lead": LEAD, "person_account": ACCOUNT}
_STAMP = "SystemModstamp"
Row = tuple[str, str]
"""The object and the id of a record."""


class _Seen(NamedTuple):
    """When a row changed, and what it said: stamps are whole seconds, in which a row may change twice."""

    at: int
    digest: bytes


_NEVER = _Seen(-1, b"")


class _Given(NamedTuple):
    """The page that was given last: its cursor, what it told of and when that changed, and accounts of contacts."""

    cursor: str
    rows: dict[Row, _Seen]
    accounts: dict[str, str]


_NOTHING = _Given("", {}, {})


class Changes:
    """Looks at people and at the objects of the settings, one query for each, five queries to a call. Thread-safe."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._purged = Purged(reader.transport)
        self._told: dict[Row, _Seen] = {}
        self._accounts: dict[str, str] = {}
        self._given = _NOTHING
        self._lock = threading.Lock()

    def page(self, cursor: str) -> Page:
        """A page of each object whose look is not at its end; all of them when every look is.

        Raises HubError; the same cursor then brings the same again. One that cannot be understood starts over.
        """
        with self._lock:
            position = parse(cursor)
            if position is None:
                begin = Position(self._reader.transport.now())
                return Page((), str(begin), True, gap=LOST if cursor else "")
            position = position.of(self._kinds())
            self._remember(cursor, position)
            begun = [kind for kind, look in position.looks.items() if look.open]
            rows, position = self._look(position, begun or list(position.looks))
            seen = {row: _Seen(millis(values.get(_STAMP)), _digest(values)) for row, values in rows.items()}
            fresh = {row: one for row, one in seen.items() if self._told.get(row) != one}
            gap = ""
            deleted: Deletions = {}
            if not position.open:
                deleted, position, gap = self._purged.look(position, self._readable(position.looks))
                fresh |= {row: _Seen(at, b"") for row, at in deleted.items() if self._told.get(row, _NEVER).at < at}
            if fresh:
                position = replace(position, count=position.count + 1)
            told = {row: rows[row] for row in fresh if row in rows}
            accounts = {id_: str(v.get("AccountId") or "") for (kind, id_), v in told.items() if kind == CONTACT}
            refs = [ref for row in fresh for ref in self._refs(*row, rows.get(row))]
            refs += self._companies(accounts) if "company" in self._reader.settings.objects else []
            known = {id_: v for (kind, id_), v in told.items() if kind in PEOPLE}
            last = not position.open
            page = self._reader.page(refs, cursor=str(position), last=last, known=known)
            listed = {id_ for _, id_ in deleted}
            gone = [replace(one, told=one.told or one.record in listed) for one in page.gone]
            page = page._replace(gap=gap, gone=gone)
            self._given = _Given(page.cursor, fresh, accounts)
            return page

    def _kinds(self) -> list[str]:
        """The objects that are looked at, whether or not the user may see them."""
        settings = self._reader.settings
        kinds = [CONTACT, LEAD]
        if "company" in settings.objects or self._reader.person_accounts():
            kinds.append(ACCOUNT)
        named = {TASK: settings.answers or "task" in settings.objects, CASE: "ticket" in settings.objects}
        named |= dict.fromkeys((OPPORTUNITY, ROLE), "deal" in settings.objects)
        return kinds + [kind for kind, wanted in named.items() if wanted]

    def _readable(self, kinds: Iterable[str]) -> list[str]:
        """Those of the objects that the user may see. Raises AuthFailed or Refused if that is not even new people."""
        found = []
        for kind in kinds:
            try:
                self._reader.shape(kind)
            except (AuthFailed, Refused):
                if kind == _NEEDED[self._reader.settings.new_person_as]:
                    raise
            else:
                found.append(kind)
        return found

    def _look(self, position: Position, kinds: Sequence[str]) -> tuple[dict[Row, Mapping[str, Any]], Position]:
        """The rows of one page of each object, and where the looks stand now."""
        rows: dict[Row, Mapping[str, Any]] = {}
        looks = dict(position.looks)
        pages = self._pages(self._readable(kinds), looks)
        for kind in kinds:
            if kind not in pages:
                looks[kind] = Look(looks[kind].since)
                continue
            found = [(millis(row.get(_STAMP)), str(row["Id"])) for row in pages[kind].records]
            looks[kind] = looks[kind].after(found, full=bool(pages[kind].next) or len(found) >= QUERY_PAGE)
            rows |= {(kind, str(row["Id"])): row for row in pages[kind].records}
        return rows, replace(position, looks=looks)

    def _refs(self, kind: str, id_: str, row: Mapping[str, Any] | None) -> list[Ref]:
        """What to read for a row, None where only its id is known: then an account may be a person or a company."""
        if kind == ROLE:
            return [Ref("deal", str(row["OpportunityId"]))] if row and row.get("OpportunityId") else []
        if kind != ACCOUNT:
            return [Ref(TYPES.get(kind, "contact"), id_)]
        person, company = [Ref("contact", id_)], [Ref("company", id_)]
        if row is None:
            return person + company if self._reader.person_accounts() else company
        return person if row.get(PERSON) else company

    def _companies(self, accounts: Mapping[str, str]) -> list[Ref]:
        """The companies that contacts came to or left: what they are does not change by that, who belongs to them does.
        `accounts` are those of contacts by their ids."""
        moved = {id_: account for id_, account in accounts.items() if self._accounts.get(id_, "") != account}
        ids = [one for id_, account in moved.items() for one in (self._accounts.get(id_, ""), account) if one]
        return [Ref("company", id_) for id_ in dict.fromkeys(ids)]

    def _pages(self, kinds: Sequence[str], looks: Mapping[str, Look]) -> dict[str, Rows]:
        """One page of each look. An object that the user may not read is left out for an hour."""
        reader, pages = self._reader, {}
        soqls = [self._query(kind, looks[kind]) for kind in kinds]
        for kind, told in zip(kinds, reader.transport.queries(soqls, deleted=True), strict=True):
            page = self._anew(kind, looks[kind]) if isinstance(told, Refused) else told
            if isinstance(page, Rows):
                pages[kind] = page
            elif denied(page) and kind != _NEEDED[reader.settings.new_person_as]:
                reader.hide(kind, page)
            else:
                raise page
        return pages

    def _anew(self, kind: str, look: Look) -> Rows | HubError:
        """The page once more: a field that was there may be so no longer."""
        self._reader.forget()
        try:
            return self._reader.transport.query(self._query(kind, look), deleted=True)
        except (AuthFailed, Refused) as refused:
            return refused

    def _query(self, kind: str, look: Look) -> str:
        shape = self._reader.shape(kind)
        since = look.at if look.open else max(0, look.since - OVERLAP)
        conditions = [f"{_STAMP} >= {soql_time(since)}"]
        if look.open:
            conditions.append(f"({_STAMP} > {soql_time(since)} OR Id > {soql_text(look.id)})")
        if kind == TASK and (own := shape.names(LOGGED)):
            told = [f"{name} = null" for name in own]
            asks = shape.name(REPLY_STATUS) if self._reader.settings.answers else ""
            rest = " AND ".join(told)
            conditions.append(f"(({rest}) OR {asks} = {soql_text(SEND)})" if asks else rest)
        elif kind == CONTACT and shape.name(PERSON):
            conditions.append(f"{PERSON} = false")
        elif kind == ACCOUNT and shape.name(PERSON) and "company" not in self._reader.settings.objects:
            conditions.append(f"{PERSON} = true")
        found = select(self._reader.columns(kind), kind, " AND ".join(conditions))
        return f"{found} ORDER BY {_STAMP}, Id LIMIT {QUERY_PAGE}"

    def _remember(self, cursor: str, position: Position) -> None:
        """What was given with this cursor is stored by now; without it the last page was not, and comes again."""
        if self._given.cursor == cursor:
            self._told |= self._given.rows
            floor = {kind: look.since - OVERLAP for kind, look in position.looks.items()}
            kept = {row: one for row, one in self._told.items() if one.at >= floor.get(row[0], 0)}
            newest = heapq.nlargest(TOLD, kept.items(), key=lambda item: item[1].at) if len(kept) > TOLD else kept
            self._told = dict(newest)
            self._accounts |= self._given.accounts
            for contact in list(self._accounts)[:-TOLD]:
                del self._accounts[contact]
        self._given = _NOTHING


def _digest(row: Mapping[str, Any]) -> bytes:
    return blake2b(json.dumps(row, sort_keys=True).encode(), digest_size=12).digest()
