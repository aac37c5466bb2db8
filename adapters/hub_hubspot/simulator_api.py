"""The simulator's API handlers: each returns a status and the answer's data, or raises Refusal."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from aiohttp import web

from hub_hubspot.paths import (
    ASSOCIATION_BATCH,
    BATCH,
    OWNER_PAGE,
    PAGE,
    SEARCH_PAGE,
    VERSIONS,
)
from hub_hubspot.simulator_portal import PARSED, Portal, Refusal, Thing, millis
from hub_hubspot.simulator_schema import OBJECTS, SINGULAR, TYPE_IDS

if TYPE_CHECKING:
    from hub_hubspot.simulator import HubSpotSimulator

Reply = tuple[int, dict[str, Any]]
Route = tuple[str, str, Callable[[web.Request], Awaitable[Reply]]]
_ASSOCIATION_PAGE = 500


class Api:
    """Bound to one simulator, whose switches it obeys."""

    def __init__(self, simulator: HubSpotSimulator, portal: Portal) -> None:
        self.simulator, self.portal = simulator, portal

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Register every path the adapter may use."""
        kind = f"{{kind:{'|'.join(OBJECTS)}}}"
        for table in VERSIONS.values():
            for method, path, handler in self._routes(table, kind):
                router.add_route(method, path, handler)  # type: ignore[arg-type]

    def _routes(self, table: Mapping[str, str], kind: str) -> list[Route]:
        objects, properties = table["objects"], table["properties"]
        return [
            ("GET", f"{objects}/{kind}", self.page),
            ("GET", f"{objects}/{kind}/{{id:[0-9]+}}", self.one),
            ("POST", f"{objects}/{kind}/search", self.search),
            ("POST", f"{objects}/{kind}/batch/read", self.read),
            ("POST", f"{objects}/{kind}/batch/{{action:create|update|upsert}}", self.write),
            ("POST", f"{table['associations']}/{kind.replace('kind', 'of', 1)}/{kind}/batch/read", self.associated),
            ("GET", f"{table['pipelines']}/{{kind:deals|tickets}}", self.pipelines),
            ("GET", f"{table['owners']}{{end:/?}}", self.owners),
            ("GET", f"{properties}/{kind}", self.properties),
            ("GET", f"{properties}/{kind}/{{name}}", self.property),
            ("POST", f"{properties}/{kind}", self.add_property),
            ("POST", f"{properties}/{kind}/groups", self.add_group),
            ("GET", f"{properties}/{kind}/groups/{{name}}", self.group),
        ]

    async def page(self, request: web.Request) -> Reply:
        """One page by record id; the cursor is the last id shown."""
        kind, query = request.match_info["kind"], request.query
        limit = int(query.get("limit", "10"))
        if not 1 <= limit <= PAGE:
            raise Refusal(400, "VALIDATION_ERROR", f"limit must be at most {PAGE}")
        after = int(query.get("after", "0"))
        things = sorted((t for t in self.portal.things[kind].values() if int(t.id) > after), key=lambda t: int(t.id))
        names = query.getall("properties", ["firstname", "lastname", "email"])
        data: dict[str, Any] = {"results": [self.portal.shown(kind, t, names) for t in things[:limit]]}
        if len(things) > limit:
            data |= {"paging": {"next": {"after": things[limit - 1].id, "link": "?after=..."}}}
        return 200, data

    async def one(self, request: web.Request) -> Reply:
        """One record by id; an id that a merge took away shows the record it led to."""
        kind, id_, query = request.match_info["kind"], request.match_info["id"], request.query
        binned = query.get("archived") == "true"
        thing = self.portal.bin[kind].get(id_) if binned else self.portal.find(kind, id_)
        if thing is None:
            raise Refusal(404, "OBJECT_NOT_FOUND", "Object not found. objectId are usually numeric.")
        return 200, self.portal.shown(kind, thing, query.getall("properties", ["firstname", "lastname", "email"]))

    async def read(self, request: web.Request) -> Reply:
        """Batch read by record id; unknown ids are a 207, and so are those that merges took away."""
        kind, inputs = request.match_info["kind"], _inputs(request, BATCH)
        names = PARSED.get().get("properties") or []
        there = (self.portal.bin if request.query.get("archived") == "true" else self.portal.things)[kind]
        results = [self.portal.shown(kind, there[i["id"]], names) for i in inputs if i["id"] in there]
        self.simulator.faults.rng.shuffle(results)  # their order is not promised
        missing = [i["id"] for i in inputs if i["id"] not in there]
        if not missing:
            return 200, self._batch(results)
        what = f"Could not get some {SINGULAR[kind]} objects, they may be deleted or not exist."
        return 207, self._batch(results, [_item(Refusal(404, "OBJECT_NOT_FOUND", what, {"ids": missing}), "")])

    async def write(self, request: web.Request) -> Reply:
        """Batch create, update and upsert: 207 with the bad rows, or the whole batch refused."""
        kind, action = request.match_info["kind"], request.match_info["action"]
        inputs = _inputs(request, BATCH)
        if action != "create":
            ids = [str(i.get("id", "")).casefold() for i in inputs]
            if len(ids) > len(set(ids)):
                raise Refusal(400, "VALIDATION_ERROR", "Duplicate IDs found in batch input")
        results, errors, claims = [], [], set[tuple[str, str]]()
        if self.simulator.partial:
            for one in inputs:
                try:
                    results.append(self.portal.prepare(kind, action, one, set()).apply())
                except Refusal as refusal:
                    errors.append(_item(refusal, str(one.get("objectWriteTraceId") or "")))
        else:
            ready = [self.portal.prepare(kind, action, one, claims) for one in inputs]
            results = [one.apply() for one in ready]
        if action != "upsert":
            results = [{name: value for name, value in row.items() if name != "new"} for row in results]
        self.simulator.faults.rng.shuffle(results)  # their order is not promised
        status = 201 if action == "create" else 200
        return (207 if errors else status), self._batch(results, errors)

    async def associated(self, request: web.Request) -> Reply:
        """Records of a kind associated with others; those that have none are errors of a 207."""
        of, kind = request.match_info["of"], request.match_info["kind"]
        type_id = next((number for number, pair in TYPE_IDS.items() if pair == (of, kind)), 0)
        types = [{"category": "HUBSPOT_DEFINED", "typeId": type_id, "label": None}]
        results, errors = [], []
        for one in _inputs(request, ASSOCIATION_BATCH):
            ids = list(self.portal.links.get((of, one["id"], kind), ()))
            start = int(one.get("after") or 0)
            shown = ids[start : start + _ASSOCIATION_PAGE]
            if not shown:
                what = f"No {SINGULAR[kind].lower()} is associated with {SINGULAR[of].lower()} {one['id']}."
                errors.append(_item(Refusal(404, "OBJECT_NOT_FOUND", what, {"fromObjectId": [one["id"]]}), ""))
                continue
            row: dict[str, Any] = {
                "from": {"id": one["id"]},
                "to": [{"toObjectId": int(i), "associationTypes": types} for i in shown],
            }
            if start + len(shown) < len(ids):
                row["paging"] = {"next": {"after": str(start + len(shown)), "link": "?after=..."}}
            results.append(row)
        return (207 if errors else 200), self._batch(results, errors)

    async def pipelines(self, request: web.Request) -> Reply:
        """The pipelines of deals or tickets, with their stages."""
        return 200, {"results": self.portal.pipelines[request.match_info["kind"]]}

    async def owners(self, request: web.Request) -> Reply:
        """The account's users that may own records, in pages."""
        limit, start = int(request.query.get("limit", "100")), int(request.query.get("after", "0"))
        if not 1 <= limit <= OWNER_PAGE:
            raise Refusal(400, "VALIDATION_ERROR", f"limit must be at most {OWNER_PAGE}")
        archived = request.query.get("archived") == "true"
        rows = [row for row in self.portal.owners if bool(row.get("archived")) is archived]
        data: dict[str, Any] = {"results": rows[start : start + limit]}
        if start + limit < len(rows):
            data |= {"paging": {"next": {"after": str(start + limit), "link": "?after=..."}}}
        return 200, data

    async def search(self, request: web.Request) -> Reply:
        """Filters joined by AND in one group, one sort; sees the past only."""
        kind, body = request.match_info["kind"], PARSED.get()
        limit, after = int(body.get("limit", 10)), int(body.get("after") or 0)
        if limit > SEARCH_PAGE:
            raise Refusal(400, "VALIDATION_ERROR", f"limit must be at most {SEARCH_PAGE}")
        if after + limit > self.simulator.search_window:
            raise Refusal(400, "VALIDATION_ERROR", "paging through more than 10,000 search results is not supported")
        filters = [f for group in body.get("filterGroups", ())[:1] for f in group["filters"]]
        found = [t for t in self.portal.searchable(kind) if all(_fits(t, f) for f in filters)]
        for sort in body.get("sorts", ())[:1]:
            found.sort(key=lambda t: _value(t, sort.lstrip("-")), reverse=sort.startswith("-"))
        shown = found[after : after + limit]
        data = {
            "total": len(found),
            "results": [self.portal.shown(kind, t, body.get("properties")) for t in shown],
        }
        if after + limit < len(found):
            data["paging"] = {"next": {"after": str(after + limit)}}
        return 200, data

    async def properties(self, request: web.Request) -> Reply:
        """Every property of an object."""
        return 200, {"results": list(self.portal.properties[request.match_info["kind"]].values())}

    async def property(self, request: web.Request) -> Reply:
        """One property of an object."""
        name = request.match_info["name"]
        if name not in self.portal.properties[request.match_info["kind"]]:
            raise Refusal(404, "OBJECT_NOT_FOUND", f"Property '{name}' does not exist")
        return 200, self.portal.properties[request.match_info["kind"]][name]

    async def add_property(self, request: web.Request) -> Reply:
        """Create one property."""
        return 201, self.portal.add_property(request.match_info["kind"], PARSED.get())

    async def group(self, request: web.Request) -> Reply:
        """One property group."""
        name = request.match_info["name"]
        if name not in self.portal.groups[request.match_info["kind"]]:
            raise Refusal(404, "OBJECT_NOT_FOUND", f"The property group {name} does not exist.")
        return 200, {"name": name, "label": name, "archived": False, "displayOrder": -1}

    async def add_group(self, request: web.Request) -> Reply:
        """Create a property group."""
        groups, name = self.portal.groups[request.match_info["kind"]], str(PARSED.get().get("name", ""))
        if name in groups:
            raise Refusal(409, "OBJECT_ALREADY_EXISTS", f"The property group {name} already exists.")
        groups.add(name)
        return 201, {"name": name, "label": PARSED.get()["label"], "archived": False, "displayOrder": -1}

    @staticmethod
    def _batch(results: list[Any], errors: list[Any] | None = None) -> dict[str, Any]:
        data: dict[str, Any] = {
            "status": "COMPLETE",
            "results": results,
            "startedAt": "2026-01-01T00:00:00.000Z",
            "completedAt": "2026-01-01T00:00:00.010Z",
        }
        return data | ({"numErrors": len(errors), "errors": errors} if errors else {})


def _inputs(request: web.Request, limit: int) -> list[dict[str, Any]]:
    inputs = PARSED.get().get("inputs") if isinstance(PARSED.get(), dict) else None
    if not isinstance(inputs, list) or not all(isinstance(i, dict) for i in inputs):
        raise Refusal(400, "VALIDATION_ERROR", "Invalid input JSON: inputs are required")
    if not 1 <= len(inputs) <= limit:
        raise Refusal(400, "VALIDATION_ERROR", f"The maximum batch size is {limit}")
    return inputs


def _item(refusal: Refusal, trace: str) -> dict[str, Any]:
    """One entry of a 207's errors."""
    context = refusal.context | ({"objectWriteTraceId": [trace]} if trace else {})
    data = {"status": "error", "category": refusal.category, "message": refusal.message, "context": context}
    return data | {"errors": [], "links": {}}


def _value(thing: Thing, name: str) -> int | str:
    if name == "hs_object_id":
        return int(thing.id)
    if name in ("lastmodifieddate", "hs_lastmodifieddate"):
        return thing.modified
    return thing.created if name == "createdate" else thing.values.get(name, "")


def _fits(thing: Thing, one: Mapping[str, Any]) -> bool:
    have = _value(thing, one["propertyName"])
    want: int | str = str(one.get("value", ""))
    if isinstance(have, int):
        want = millis(str(want))
        return {"GTE": have >= want, "GT": have > want, "EQ": have == want, "LT": have < want}[one["operator"]]
    return {"EQ": have == want, "HAS_PROPERTY": bool(have), "NOT_HAS_PROPERTY": not have}[one["operator"]]
