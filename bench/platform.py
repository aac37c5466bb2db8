"""A tiny platform and CRM in the process that makes the load: takes WhatsApp sends, and answers HubSpot's endpoints.

Just enough to be believed by the real plugins, and cheap, so that the load's core is not what is measured.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, cast

from bench import salesforce
from bench.bodies import names, person
from hub.wire import json
from hub_hubspot.paths import DIRECTION, KEY, MESSAGE, OBJECT_KEY, SEQUENCE

Answered = Callable[[str, str, str], None]
"""Called after a send was answered: the recipient's digits, the hub's callback, the message id."""

FIELDS = ("firstname", "lastname", "phone", "email", KEY, MESSAGE, SEQUENCE, DIRECTION, OBJECT_KEY)

BESIDE: dict[str, Any] = {"details": {"timeZone": "UTC"}, "debug_token": {"data": {"is_valid": True}}}
"""What the hub asks beside its work: the CRM's time zone, how long the token lives."""


class Platform:
    """WhatsApp and HubSpot at one address. `contacts`: so many people the CRM knows from the beginning."""

    def __init__(self, contacts: int) -> None:
        self.logged = self.people = self.sends = 0
        self.strange: set[str] = set()
        """Paths that nobody answered well."""
        self.on_send: Callable[[str], None] = lambda digits: None
        self.on_answered: Answered = lambda digits, callback, wamid: None
        self._contacts = contacts
        self._names = names("out")
        self._server: asyncio.Server | None = None

    async def start(self) -> int:
        """Listen on loopback; returns the port."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Talk(self), "127.0.0.1", 0)
        return int(self._server.sockets[0].getsockname()[1])

    def stop(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.close()

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, Any]:
        """Status and data for a request."""
        path, _, query = path.partition("?")
        if path.endswith("/messages"):
            return self._send(json.loads(body))
        if path == "/notify":
            return 200, {}
        if path.startswith("/services/"):
            return salesforce.answer(method, path, body)
        last = path.rsplit("/", 1)[-1]
        if method == "GET" and last in BESIDE:
            return 200, BESIDE[last]
        if method == "GET" and "/properties/" in path:
            return 200, {"results": [_property(name) for name in FIELDS]}
        if method == "GET" and path.endswith("/owners/"):
            return 200, {"results": []}
        if method == "GET" and path.endswith("/objects/contacts"):
            return 200, self._page(query)
        if last == "search":
            return 200, {"total": 0, "results": []}
        if last in ("upsert", "update", "create"):
            return 201 if last == "create" else 200, self._write(last, json.loads(body)["inputs"])
        if path.endswith("/contacts/batch/read"):
            inputs = json.loads(body)["inputs"]
            return 200, {"status": "COMPLETE", "results": [{"id": one["id"], "properties": {}} for one in inputs]}
        if "/associations/" in path and last == "read":
            return 200, {"status": "COMPLETE", "results": []}
        self.strange.add(f"{method} {path}")
        return 404, {"status": "error", "message": "not here", "category": "OBJECT_NOT_FOUND"}

    def _send(self, said: dict[str, Any]) -> tuple[int, Any]:
        digits, wamid = said["to"], next(self._names)
        self.sends += 1
        self.on_send(digits)
        callback = said.get("biz_opaque_callback_data", "")
        asyncio.get_running_loop().call_soon(self.on_answered, digits, callback, wamid)
        to = [{"input": digits, "wa_id": digits}]
        return 200, {"messaging_product": "whatsapp", "contacts": to, "messages": [{"id": wamid}]}

    def _page(self, query: str) -> dict[str, Any]:
        asked = dict(part.partition("=")[::2] for part in query.split("&"))
        start, limit = int(asked.get("after", "0")), int(asked.get("limit", "100"))
        end = min(start + limit, self._contacts)
        page: dict[str, Any] = {"results": [_contact(number) for number in range(start, end)]}
        if end < self._contacts:
            page["paging"] = {"next": {"after": str(end)}}
        return page

    def _write(self, action: str, inputs: list[dict[str, Any]]) -> dict[str, Any]:
        results = []
        for one in inputs:
            if action == "create":
                self.logged += 1
                record = str(10_000_000 + self.logged)
            elif action == "update":
                record = one["id"]
            else:
                self.people += 1
                record = str(5_000_000 + self.people)
            trace = one["objectWriteTraceId"]
            results.append({"id": record, "objectWriteTraceId": trace, "properties": {}, "new": action == "upsert"})
        return {"status": "COMPLETE", "results": results}


def _property(name: str) -> dict[str, Any]:
    return {"name": name, "type": "string", "fieldType": "text", "hasUniqueValue": name in (KEY, OBJECT_KEY)}


def _contact(number: int) -> dict[str, Any]:
    values = {"firstname": f"Bench {number}", "phone": person(number), "createdate": "2026-01-01T00:00:00Z"}
    return {"id": str(1_000_000 + number), "properties": values, "archived": False}


class _Talk(asyncio.Protocol):
    """One keep-alive connection of the hub."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._held = b""
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        data = self._held + data
        while (head := data.find(b"\r\n\r\n")) >= 0:
            lines = data[:head].decode("latin-1").split("\r\n")
            method, path, _ = lines[0].split(" ", 2)
            length = next((int(line[15:]) for line in lines if line.lower().startswith("content-length:")), 0)
            end = head + 4 + length
            if len(data) < end:
                break
            status, answer = self._platform.answer(method, path, data[head + 4 : end])
            body = json.dumps(answer)
            self._transport.write(
                b"HTTP/1.1 %d OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % (status, len(body))
                + body
            )
            data = data[end:]
        self._held = data
