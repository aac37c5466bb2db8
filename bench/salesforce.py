"""Just enough of Salesforce for its adapter to log messages in it; every row stands at once."""

from __future__ import annotations

from itertools import count
from typing import Any

from hub.wire import json

_IDS = count(1)


def answer(method: str, path: str, body: bytes) -> tuple[int, Any]:
    """Status and data for a request."""
    if path.endswith("/token"):
        return 200, {"access_token": "bench-session", "instance_url": "https://bench.my.salesforce.com", "id": "1"}
    if path.endswith("/limits"):
        return 200, {"DailyApiRequests": {"Max": 10_000_000, "Remaining": 10_000_000}}
    if path.endswith("/describe"):
        return 200, {"fields": []}
    if path.endswith("/composite"):
        asked = json.loads(body)["compositeRequest"]
        return 200, {"compositeResponse": [_part(one) for one in asked]}
    if "/composite/sobjects" in path:
        return 200, _rows(json.loads(body)["records"])
    return 200, {"totalSize": 0, "done": True, "records": []}


def _part(one: dict[str, Any]) -> dict[str, Any]:
    status, body = answer(one["method"], one["url"].partition("?")[0], json.dumps(one.get("body") or {}))
    return {"referenceId": one["referenceId"], "httpStatusCode": status, "httpHeaders": {}, "body": body}


def _rows(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"id": f"00T{next(_IDS):012d}AAA", "success": True, "created": True, "errors": []} for _ in records]
