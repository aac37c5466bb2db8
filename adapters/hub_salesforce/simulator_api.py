"""The simulator's paths, with the calls for queries and for one record by id or external id.

Source: Salesforce's REST API Developer Guide ("sObject Rows", "sObject Rows by External ID", "Query").
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from hub_salesforce.paths import DATA, QUERY_PAGE
from hub_salesforce.simulator_calls import Answer, Call, Handler, Refusal, Route, refused, rejected
from hub_salesforce.simulator_org import Rejected, Row
from hub_salesforce.simulator_schema import whole_id
from hub_salesforce.simulator_select import attributes, find, shown, type_named

if TYPE_CHECKING:
    from hub_salesforce.simulator import SalesforceSimulator

SMALLEST_PAGE = 200
CURSORS = 10
"""Queries of one user that may be open at a time; the oldest is closed for the next."""


class Api:
    """Every path of the data API, for calls from outside and from inside composite calls."""

    def __init__(self, simulator: SalesforceSimulator) -> None:
        self.simulator, self.org = simulator, simulator.org
        self._cursors: OrderedDict[str, list[dict[str, Any]]] = OrderedDict()
        self._opened = 0
        self._routes: list[tuple[str, re.Pattern[str], Handler]] = []
        self.add(
            [
                ("GET", "/query", self.query),
                ("GET", "/queryAll", self.query_all),
                ("GET", "/(?:query|queryAll)/([^/]+)-([0-9]+)", self.more),
                ("POST", "/sobjects/([^/]+)", self.create),
                ("GET", "/sobjects/([^/]+)/([^/]+)", self.one),
                ("PATCH", "/sobjects/([^/]+)/([^/]+)", self.update),
                ("DELETE", "/sobjects/([^/]+)/([^/]+)", self.delete),
                ("GET", "/sobjects/([^/]+)/([^/]+)/([^/]+)", self.one_by_key),
                ("PATCH", "/sobjects/([^/]+)/([^/]+)/([^/]+)", self.upsert),
            ]
        )

    def add(self, routes: Iterable[Route]) -> None:
        """Answer these too, and rather than those added before."""
        self._routes[:0] = [(method, re.compile(pattern), handler) for method, pattern, handler in routes]

    def answer(self, call: Call) -> Answer:
        """What Salesforce says to a call."""
        methods, kind = [], ""
        for method, pattern, handler in self._routes:
            found = pattern.fullmatch(call.path.rstrip("/"))
            if found is None:
                continue
            methods.append(method)
            if method != call.method:
                continue
            parts = [unquote(part) for part in found.groups()]
            kind = parts[0] if parts else ""
            try:
                if method in ("POST", "PATCH", "PUT") and isinstance(call.body, bytes) and pattern.pattern[1] != "j":
                    raise Refusal(400, "JSON_PARSER_ERROR", "the body is no JSON")
                return handler(call, *parts)
            except Rejected as error:
                return rejected(error, kind)
            except Refusal as error:
                return refused(error)
        if methods:
            told = f"HTTP Method '{call.method}' not allowed. Allowed are {','.join(methods)}"
            return refused(Refusal(405, "METHOD_NOT_ALLOWED", told))
        return refused(Refusal(404, "NOT_FOUND", "The requested resource does not exist"))

    # -- queries -------------------------------------------------------------------------------------------------------

    def query(self, call: Call) -> Answer:
        """The first page of a query."""
        return self._queried(call, deleted=False)

    def query_all(self, call: Call) -> Answer:
        """The same with the recycle bin."""
        return self._queried(call, deleted=True)

    def _queried(self, call: Call, *, deleted: bool) -> Answer:
        if "q" not in call.query:
            raise Refusal(400, "MALFORMED_QUERY", "A query string has to be specified")
        found = find(self.org, call.query["q"], deleted=deleted)
        if not found.records:
            return Answer(200, {"totalSize": found.total, "done": True, "records": []})
        self._opened += 1
        locator = f"0r8{self._opened:012}AAA"
        self._cursors[locator] = found.records
        return self._page(call, locator, 0)

    def more(self, call: Call, locator: str, start: str) -> Answer:
        """The next page."""
        if locator not in self._cursors or int(start) >= len(self._cursors[locator]):
            raise Refusal(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
        return self._page(call, locator, int(start))

    def _page(self, call: Call, locator: str, start: int) -> Answer:
        asked = re.search(r"batchSize=(\d+)", call.headers.get("sforce-query-options", ""))
        size = min(max(int(asked[1]), SMALLEST_PAGE), QUERY_PAGE) if asked else QUERY_PAGE
        records = self._cursors[locator]
        done = start + size >= len(records)
        data = {"totalSize": len(records), "done": done, "records": records[start : start + size]}
        if done:
            del self._cursors[locator]
        else:
            data["nextRecordsUrl"] = f"{DATA}/query/{locator}-{start + size}"
            while len(self._cursors) > CURSORS:
                self._cursors.popitem(last=False)
        return Answer(200, data)

    # -- records -------------------------------------------------------------------------------------------------------

    def create(self, call: Call, kind: str) -> Answer:
        """One record."""
        kind = type_named(self.org, kind)
        row = self.org.insert(kind, values_of(call.body), user=self.org.me, allow_duplicates=allows(call))
        return Answer(201, {"id": row.id, "success": True, "errors": []}, self._at(row))

    def one(self, call: Call, kind: str, id_: str) -> Answer:
        """One record by id."""
        row = self._row(kind, id_)
        if (since := call.headers.get("if-modified-since")) and _modified(row) <= _date(since):
            return Answer(304)
        return Answer(200, self.record(row, call.query.get("fields", "")))

    def update(self, call: Call, kind: str, id_: str) -> Answer:
        """Change one record, unless it was changed since a time that the caller names."""
        row = self._row(kind, id_)
        if (since := call.headers.get("if-unmodified-since")) and _modified(row) > _date(since):
            told = "The requested resource has been modified since the time that the request names"
            raise Refusal(412, "ENTITY_FAILED_IFLASTMODIFIED_ON_UPDATE", told)
        self.org.update(row.id, values_of(call.body), user=self.org.me, allow_duplicates=allows(call))
        return Answer(204)

    def delete(self, call: Call, kind: str, id_: str) -> Answer:
        """Put one record into the recycle bin."""
        self.org.delete(self._row(kind, id_).id, user=self.org.me)
        return Answer(204)

    def one_by_key(self, call: Call, kind: str, field: str, value: str) -> Answer:
        """One record by an external id."""
        rows = self._by_key(kind, field, value)
        if len(rows) == 1:
            return Answer(200, self.record(rows[0], call.query.get("fields", "")))
        if not rows:
            raise Refusal(404, "NOT_FOUND", "The requested resource does not exist")
        return _several(rows)

    def upsert(self, call: Call, kind: str, field: str, value: str) -> Answer:
        """Change or make one record by an external id, which must not stand in the body."""
        kind = type_named(self.org, kind)
        values = values_of(call.body)
        if any(name.lower() == field.lower() for name in values):
            told = f"The {field} field should not be specified in the sobject data."
            raise Refusal(400, "INVALID_FIELD", told)
        try:
            row, new = self.org.upsert(
                kind, field, {**values, field: value}, user=self.org.me, allow_duplicates=allows(call)
            )
        except Rejected as error:
            if error.code == "DUPLICATE_EXTERNAL_ID":
                return _several(self._by_key(kind, field, value))
            raise
        data = {"id": row.id, "success": True, "errors": [], "created": new}
        return Answer(201 if new else 200, data, self._at(row) if new else {})

    def record(self, row: Row, names: str = "") -> dict[str, Any]:
        """A record as JSON: the fields named, comma between them, or all. Raises Rejected."""
        fields = self.org.fields(row.type)
        wanted = [name.strip() for name in names.split(",")] if names else list(fields)
        known = {name.lower(): name for name in fields}
        data: dict[str, Any] = {"attributes": attributes(row.type, row.id)}
        for name in wanted:
            if name.lower() not in known:
                raise Rejected("INVALID_FIELD", f"No such column '{name}' on entity '{row.type}'.")
            field = fields[known[name.lower()]]
            value = row.values.get(field.name)
            data[field.name] = bool(value) if field.type == "boolean" else shown(value, field)
        return data

    def _row(self, kind: str, id_: str) -> Row:
        kind, whole = type_named(self.org, kind), whole_id(id_)
        row = self.org.find(kind, whole, deleted=True)
        if row is None:
            raise Refusal(404, "NOT_FOUND", "Provided external ID field does not exist or is not accessible: " + id_)
        if row.deleted:
            raise Rejected("ENTITY_IS_DELETED", "entity is deleted")
        return row

    def _by_key(self, kind: str, field: str, value: str) -> list[Row]:
        kind = type_named(self.org, kind)
        known = next((f for f in self.org.fields(kind).values() if f.name.lower() == field.lower()), None)
        if known is None or not (known.external or known.name == "Id"):
            told = f"Provided external ID field does not exist or is not accessible: {field}"
            raise Refusal(404, "NOT_FOUND", told)
        return [self._row(kind, value)] if known.name == "Id" else self.org.matching(kind, known.name, value)

    def _at(self, row: Row) -> dict[str, str]:
        return {"Location": f"{DATA}/sobjects/{row.type}/{row.id}"}


def values_of(body: object) -> dict[str, Any]:
    """The fields of a record as a caller sends it. Raises Refusal."""
    if not isinstance(body, Mapping):
        raise Refusal(400, "JSON_PARSER_ERROR", "the body is no JSON object")
    return {name: value for name, value in body.items() if name != "attributes"}


def allows(call: Call) -> bool:
    """Whether a call makes duplicates that only an alert forbids."""
    given = call.headers.get("sforce-duplicate-rule-header", "").replace(" ", "").lower()
    return "allowsave=true" in given.split(";")


def _several(rows: Iterable[Row]) -> Answer:
    return Answer(300, [f"{DATA}/sobjects/{row.type}/{row.id}" for row in rows])


def _modified(row: Row) -> int:
    return int(row.values["LastModifiedDate"])


def _date(text: str) -> int:
    """An HTTP date in ms. Raises Refusal."""
    try:
        return round(parsedate_to_datetime(text).timestamp() * 1_000)
    except ValueError:
        raise Refusal(400, "INVALID_HEADER", f"{text} is no date") from None
