"""The simulator's calls inside calls: composite requests and graphs.

Source: Salesforce's REST API Developer Guide ("Composite", "Composite Graph").
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from hub_salesforce.paths import COLLECTIONS, SUBREQUESTS
from hub_salesforce.simulator_api import Api
from hub_salesforce.simulator_calls import Answer, Call, Refusal, list_in
from hub_salesforce.simulator_org import Org
from hub_salesforce.simulator_schema import kind_of
from hub_salesforce.wire import endpoint

if TYPE_CHECKING:
    from hub_salesforce.simulator import SalesforceSimulator

GRAPHS = 75
NODES = 500
FAILED_GRAPHS = 14
"""After so many failed graphs of a call the rest is not tried."""
_VERSION = re.compile(r"/services/data/v\d+\.\d")
_COLLECTION = re.compile(r"/composite/sobjects\b|/(?:query|queryAll)\b")
_ROW = re.compile(r"/sobjects/[^/]+(?:/[^/]+){0,2}")
_REFERENCE = re.compile(r"@\{([^}]+)\}")
_HALTED = "The transaction was rolled back since another operation in the same transaction failed."

Body = Mapping[str, Any]


class Composite:
    """Bound to the API whose calls it makes."""

    def __init__(self, simulator: SalesforceSimulator, api: Api) -> None:
        self.simulator, self.org, self.api = simulator, simulator.org, api
        api.add(
            [
                ("POST", "/composite", self.composite),
                ("POST", "/composite/graph", self.graphs),
            ]
        )

    def composite(self, call: Call) -> Answer:
        """Up to 25 calls, five of them collections or queries, later ones with values out of earlier ones."""
        parts = list_in(call.body, "compositeRequest")
        if not 1 <= len(parts) <= SUBREQUESTS:
            raise Refusal(400, "LIMIT_EXCEEDED", f"The number of subrequests must be between 1 and {SUBREQUESTS}")
        wide = sum(1 for part in parts if _COLLECTION.match(_path(part)))
        if wide > COLLECTIONS:
            told = f"Up to {COLLECTIONS} subrequests can be sObject collections or query operations"
            raise Refusal(400, "LIMIT_EXCEEDED", told)
        _check_names(parts)
        shot, known = self.org.shot(), dict[str, Any]()
        answers: list[dict[str, Any]] = []
        for part in parts:
            answers.append(self._part(part, known))
            if answers[-1]["httpStatusCode"] >= 300 and call.body.get("allOrNone") is True:
                self.org.back_to(shot)
                return Answer(200, {"compositeResponse": _halted(parts, answers)})
        return Answer(200, {"compositeResponse": answers})

    def graphs(self, call: Call) -> Answer:
        """Up to 75 graphs with 500 nodes together; each is done as a whole or not at all."""
        graphs = list_in(call.body, "graphs")
        nodes = sum(len(list_in(graph, "compositeRequest")) for graph in graphs)
        if not 1 <= len(graphs) <= GRAPHS or nodes > NODES:
            raise Refusal(400, "LIMIT_EXCEEDED", f"A call may have up to {GRAPHS} graphs and {NODES} nodes")
        answers, bad = [], 0
        for graph in graphs:
            parts = list_in(graph, "compositeRequest")
            _check_names(parts)
            shot, known = self.org.shot(), dict[str, Any]()
            done: list[dict[str, Any]] = []
            for part in parts:
                if bad >= FAILED_GRAPHS:
                    break
                done.append(self._part(part, known, only_rows=True))
                if done[-1]["httpStatusCode"] >= 300:
                    break
            well = len(done) == len(parts) and all(one["httpStatusCode"] < 300 for one in done)
            if not well:
                bad += 1
                self.org.back_to(shot)
                done = _halted(parts, done)
            inside = {"compositeResponse": done}
            answers.append({"graphId": graph.get("graphId"), "graphResponse": inside, "isSuccessful": well})
        return Answer(200, {"graphs": answers})

    def _part(self, part: Body, told: dict[str, Any], *, only_rows: bool = False) -> dict[str, Any]:
        """Make one call of several, with headers of its own only; its answer is kept in `told` for those after it."""
        name = str(part["referenceId"])
        try:
            url = urlsplit(_filled(str(part.get("url", "")), told))
            path = _VERSION.sub("", url.path, count=1)
            if path == url.path or (path.startswith("/composite") and not path.startswith("/composite/sobjects")):
                raise Refusal(400, "INVALID_INPUT", f"this URL is not supported inside a call: {url.path}")
            if only_rows and not _ROW.fullmatch(path):
                raise Refusal(400, "INVALID_INPUT", f"this URL is not supported in a graph: {url.path}")
            headers = {str(n).lower(): str(v) for n, v in (part.get("httpHeaders") or {}).items()}
            call = Call(
                str(part.get("method", "")),
                path,
                dict(parse_qsl(url.query)),
                headers,
                _filled(part.get("body"), told),
            )
            self.simulator.parts[endpoint(path)] += 1
            answer = self.api.answer(call)
        except Refusal as error:
            answer = Answer(error.status, [{"errorCode": error.code, "message": error.message}])
        if answer.status < 300:
            told[name] = answer.data
        return _answered(name, answer)


def label_of(call: Call) -> str:
    """A call's name in the counter, without ids: what a query reads from, and what a composite call is made of.

    `list/Contact` is a query that pages through all of an object by id.
    """
    name = endpoint(call.path)
    if name in ("query", "queryAll"):
        read = re.search(r"\bFROM\s+(\w+)", call.query.get("q", ""), re.IGNORECASE)
        listing = re.search(r"\bORDER BY Id LIMIT\b", call.query.get("q", ""), re.IGNORECASE)
        return f"{'list' if listing else name}/{read[1] if read else 'more'}"
    if name == "composite" and isinstance(call.body, Mapping):
        parts = [_path(part) for part in call.body.get("compositeRequest") or () if isinstance(part, Mapping)]
        for sign in ("composite/sobjects", "describe", "query"):
            if any(sign in part for part in parts):
                return f"composite/{sign.removeprefix('composite/')}"
    return name


def parents_of(org: Org, call: Call) -> frozenset[str]:
    """The records that a call locks while it is in flight, as far as its body names them."""
    if call.method == "GET":
        return frozenset()
    found: set[str] = set()
    for record in _objects(call.body):
        id_ = str(record.get("Id") or record.get("id") or "")
        found |= org.parents(kind_of(id_), record, id_)
    return frozenset(found)


def _objects(body: Any) -> Iterator[Body]:
    if isinstance(body, list):
        for item in body:
            yield from _objects(item)
    elif isinstance(body, Mapping):
        yield body
        for value in body.values():
            yield from _objects(value)


def _path(part: Body) -> str:
    return _VERSION.sub("", str(part.get("url", "")), count=1)


def _check_names(parts: list[dict[str, Any]]) -> None:
    names = [str(part.get("referenceId", "")) for part in parts]
    if len(set(names)) < len(names) or not all(re.fullmatch(r"[A-Za-z]\w*", name) for name in names):
        raise Refusal(400, "INVALID_INPUT", "each referenceId must be there once, of letters, digits and underscores")


def _filled(value: Any, told: Mapping[str, Any]) -> Any:
    """A value with every @{reference} replaced. Raises Refusal for one that leads nowhere."""
    if isinstance(value, str):
        return _REFERENCE.sub(lambda found: str(_looked_up(found[1], told)), value)
    if isinstance(value, list):
        return [_filled(one, told) for one in value]
    if isinstance(value, Mapping):
        return {name: _filled(one, told) for name, one in value.items()}
    return value


def _looked_up(path: str, told: Mapping[str, Any]) -> Any:
    here: Any = told
    for step in re.findall(r"\w+", path):
        try:
            here = here[int(step)] if isinstance(here, list) else here[step]
        except (KeyError, IndexError, ValueError, TypeError):
            name = path.partition(".")[0]
            message = f"Invalid reference specified. No value for {path} found in {name}"
            raise Refusal(400, "PROCESSING_HALTED", message) from None
    return here


def _answered(name: str, answer: Answer) -> dict[str, Any]:
    headers = dict(answer.headers)
    return {"body": answer.data, "httpHeaders": headers, "httpStatusCode": answer.status, "referenceId": name}


def _halted(parts: list[dict[str, Any]], done: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The answers of calls that were all undone because the last one of `done` failed."""
    why = {one["referenceId"]: one for one in done if one["httpStatusCode"] >= 300}
    undone = Answer(400, [{"errorCode": "PROCESSING_HALTED", "message": _HALTED}])
    return [why.get(name) or _answered(name, undone) for name in (str(part["referenceId"]) for part in parts)]
