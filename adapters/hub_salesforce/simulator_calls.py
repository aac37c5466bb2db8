"""A call of the simulated API and its answer, apart from the web server: calls stand inside other calls too."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from hub.wire import json
from hub_salesforce.simulator_org import Rejected
from hub_salesforce.simulator_select import attributes


@dataclass(frozen=True, slots=True)
class Call:
    """`path` below the version, as it was sent (escaped); `headers` with names in lower case; `body` decoded JSON, or
    bytes of anything else."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None


@dataclass(frozen=True, slots=True)
class Answer:
    """`data` is said as JSON unless it is bytes; None = no body."""

    status: int
    data: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


Handler = Callable[..., Answer]
"""Takes the call and the unescaped parts of its path."""
Route = tuple[str, str, Handler]
"""Method, pattern of the path, handler."""


class Refusal(Exception):
    """A call is refused as a whole."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


STATUS = {"NOT_FOUND": 404, "ENTITY_IS_DELETED": 404, "INVALID_TYPE": 404}
"""Statuses of refusals of one record; all others are 400."""


def refused(error: Refusal) -> Answer:
    """The answer to a refused call."""
    return Answer(error.status, [{"message": error.message, "errorCode": error.code}])


def rejected(error: Rejected, kind: str) -> Answer:
    """The answer to a call whose one record was refused."""
    data: dict[str, Any] = {"message": error.message, "errorCode": error.code}
    if error.matches:
        data["duplicateResult"] = _duplicates(error.matches, kind)
    else:
        data["fields"] = list(error.fields)
    return Answer(STATUS.get(error.code, 400), [data])


def failed(error: Rejected, kind: str) -> dict[str, Any]:
    """The row of a collection that was refused: the code is called statusCode there."""
    told: dict[str, Any] = {"statusCode": error.code, "message": error.message, "fields": list(error.fields)}
    if error.matches:
        told["duplicateResult"] = _duplicates(error.matches, kind)
    return {"success": False, "errors": [told]}


def list_in(body: object, name: str) -> list[dict[str, Any]]:
    """A list of objects within a body. Raises Refusal."""
    found = body.get(name) if isinstance(body, Mapping) else None
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise Refusal(400, "JSON_PARSER_ERROR", f"{name} must be a list of objects")
    return found


def _duplicates(ids: Sequence[str], kind: str) -> dict[str, Any]:
    records: Iterable[dict[str, Any]] = ({"attributes": attributes(kind, id_), "Id": id_} for id_ in ids)
    matched = [
        {"additionalInformation": [], "fieldDiffs": [], "matchConfidence": 100.0, "record": record}
        for record in records
    ]
    found = {"entityType": kind, "errors": [], "matchEngine": "ExactMatchEngine", "matchRecords": matched}
    return {
        "allowSave": True,
        "duplicateRule": f"Standard_{kind}_Duplicate_Rule",
        "duplicateRuleEntityType": kind,
        "errorMessage": "Use one of these records?",
        "matchResults": [found | {"rule": f"Standard_{kind}_Match", "size": len(matched), "success": True}],
    }


async def body_of(request: web.Request) -> Any:
    """The decoded JSON of a request, the fields of a multipart one, else its bytes."""
    if request.content_type.startswith("multipart/"):
        record: dict[str, Any] = {}
        reader = await request.multipart()
        while part := await reader.next():
            assert not isinstance(part, type(reader))
            data = bytes(await part.read())  # type: ignore[union-attr]
            if part.headers.get("Content-Type", "").startswith("application/json"):
                record |= json.loads(data)
            else:
                record[str(part.name)] = base64.b64encode(data).decode()  # type: ignore[union-attr]
        return record
    raw = await request.read()
    if not raw:
        return None
    try:
        return json.loads(raw) if request.content_type == "application/json" else raw
    except ValueError:
        return raw
