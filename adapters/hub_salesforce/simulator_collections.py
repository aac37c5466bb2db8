"""The simulator's calls for up to 200 records: each row has a fate of its own.

Source: Salesforce's REST API Developer Guide ("sObject Collections").
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from hub_salesforce.paths import COLLECTION
from hub_salesforce.simulator_api import Api, allows, values_of
from hub_salesforce.simulator_calls import Answer, Call, Refusal, failed, list_in
from hub_salesforce.simulator_org import Rejected
from hub_salesforce.simulator_schema import kind_of, whole_id
from hub_salesforce.simulator_select import type_named

if TYPE_CHECKING:
    from hub_salesforce.simulator import SalesforceSimulator

CHUNKS = 10
"""Times that the type may change from record to record in a collection, and one."""
_ROLLED_BACK = Rejected(
    "ALL_OR_NONE_OPERATION_ROLLED_BACK",
    "Record rolled back because not all records were valid and the request was using AllOrNone header",
)

Body = Mapping[str, Any]
Work = list[tuple[str, Callable[[], dict[str, Any]]]]
"""For each row its type and what writes it and returns its part of the answer."""


class Collections:
    """Bound to the API beside which it answers."""

    def __init__(self, simulator: SalesforceSimulator, api: Api) -> None:
        self.org, self.api = simulator.org, api
        api.add(
            [
                ("POST", "/composite/sobjects", self.create),
                ("PATCH", "/composite/sobjects", self.update),
                ("DELETE", "/composite/sobjects", self.delete),
                ("PATCH", "/composite/sobjects/([^/]+)/([^/]+)", self.upsert),
                ("GET", "/composite/sobjects/([^/]+)", self.read),
                ("POST", "/composite/sobjects/([^/]+)", self.read),
            ]
        )

    def create(self, call: Call) -> Answer:
        """Make up to 200 records."""

        def one(kind: str, values: dict[str, Any]) -> dict[str, Any]:
            return {"id": self.org.insert(kind, values, user=self.org.me, allow_duplicates=allows(call)).id}

        return self._each(call, one)

    def update(self, call: Call) -> Answer:
        """Change up to 200 records, each named by its id."""

        def one(kind: str, values: dict[str, Any]) -> dict[str, Any]:
            id_ = next((str(values.pop(name)) for name in ("id", "Id") if name in values), "")
            if not id_:
                raise Rejected("MISSING_ARGUMENT", "Id not specified in an update call")
            if kind_of(id_) != kind:
                raise Rejected("MALFORMED_ID", f"{kind} ID: id value of incorrect type: {id_}", ("Id",))
            return {"id": self.org.update(id_, values, user=self.org.me, allow_duplicates=allows(call)).id}

        return self._each(call, one)

    def upsert(self, call: Call, kind: str, field: str) -> Answer:
        """Change or make up to 200 records of a type, each named by an external id in it."""
        of = type_named(self.org, kind)
        keys = Counter(str(key).casefold() for record in records_of(call) if (key := _named(record, field)))

        def one(kind: str, values: dict[str, Any]) -> dict[str, Any]:
            if kind != of:
                raise Rejected("INVALID_TYPE", f"record type {kind} does not match the type of the call, {of}")
            key = _named(values, field)
            if keys[str(key).casefold()] > 1:
                raise Rejected("DUPLICATE_VALUE", f"Duplicate external id specified: {key}", (field,))
            row, new = self.org.upsert(of, field, values, user=self.org.me, allow_duplicates=allows(call))
            return {"id": row.id, "created": new}

        return self._each(call, one)

    def delete(self, call: Call) -> Answer:
        """Put up to 200 records into the recycle bin."""
        ids = [id_ for id_ in call.query.get("ids", "").split(",") if id_]
        _limit(len(ids))

        def one(id_: str) -> dict[str, Any]:
            self.org.delete(id_, user=self.org.me)
            return {"id": whole_id(id_)}

        none = call.query.get("allOrNone", "").lower() == "true"
        return Answer(200, self._results([("", partial(one, id_)) for id_ in ids], none))

    def read(self, call: Call, kind: str) -> Answer:
        """Records by id in the order asked; null for one that is not there."""
        given = call.query if call.method == "GET" else call.body
        ids, names = given.get("ids") or [], given.get("fields") or []
        ids, names = (v.split(",") if isinstance(v, str) else v for v in (ids, names))
        if len(ids) > (800 if call.method == "GET" else 2_000):
            raise Refusal(400, "EXCEEDED_ID_LIMIT", "record limit reached. cannot retrieve more records in this call")
        if not names:
            raise Refusal(400, "MISSING_ARGUMENT", "fields must be specified")
        for id_ in ids:
            if not whole_id(id_):
                raise Refusal(400, "MALFORMED_ID", f"malformed id {id_}")
        rows = [self.org.find(type_named(self.org, kind), id_) for id_ in ids]
        return Answer(200, [row and self.api.record(row, ",".join(names)) for row in rows])

    def _each(self, call: Call, one: Callable[[str, dict[str, Any]], dict[str, Any]]) -> Answer:
        records = records_of(call)
        _limit(len(records))
        kinds = [str((record.get("attributes") or {}).get("type", "")) for record in records]
        if sum(1 for n, kind in enumerate(kinds) if n == 0 or kind != kinds[n - 1]) > CHUNKS:
            raise Refusal(400, "EXCEEDED_MAX_TYPES_LIMIT", f"a call may have up to {CHUNKS} chunks of one type each")

        def do(kind: str, record: Body) -> dict[str, Any]:
            return one(type_named(self.org, kind), values_of(record))

        work: Work = [(kind, partial(do, kind, record)) for kind, record in zip(kinds, records, strict=True)]
        return Answer(200, self._results(work, call.body.get("allOrNone") is True))

    def _results(self, work: Work, all_or_none: bool) -> list[dict[str, Any]]:
        """A row for each, in their order; with `all_or_none` nothing is written where one failed."""
        shot, results, bad = self.org.shot(), [], False
        for kind, do in work:
            try:
                results.append({**do(), "success": True, "errors": []})
            except Rejected as error:
                results.append(failed(error, kind))
                bad = True
        if bad and all_or_none:
            self.org.back_to(shot)
            return [failed(_ROLLED_BACK, "") if row["success"] else row for row in results]
        return results


def records_of(call: Call) -> list[dict[str, Any]]:
    """The records of a collection. Raises Refusal."""
    records = list_in(call.body, "records")
    if not records:
        raise Refusal(400, "INVALID_INPUT", "records must not be empty")
    return records


def _limit(count: int) -> None:
    if count > COLLECTION:
        told = f"record limit reached. cannot submit more than {COLLECTION} records into this call"
        raise Refusal(400, "EXCEEDED_ID_LIMIT", told)


def _named(record: Body, field: str) -> Any:
    return next((value for name, value in record.items() if name.lower() == field.lower()), None)
