"""A hostile Cabinet on loopback: it keeps folders and sheets, and can be told to misbehave."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from aiohttp import web

from hub.contracts.simulator import CRMSimulator, Faults, Logged

FIELDS = {
    "name": {"type": "text", "length": 80},
    "phone": {"type": "phone"},
    "email": {"type": "email"},
    "colour": {"type": "choice", "options": ["red", "green", "blue"]},
    "hub_key": {"type": "text", "length": 64},
}
TOKEN, PAGE = "a-token-of-the-simulator", 100


class CabinetSimulator(CRMSimulator):
    """One Cabinet."""

    name: ClassVar[str] = "cabinet"
    words: ClassVar[Mapping[str, str]] = {"name": "name", "phone": "phone", "email": "email", "key": "hub_key"}

    def __init__(self, faults: Faults | None = None) -> None:
        super().__init__(faults)
        self.calls: Counter[str] = Counter()
        self.swallowed = self.revision = 0
        self.folders: dict[str, dict[str, Any]] = {}
        self.sheets: dict[str, dict[str, Any]] = {}
        self.now: Callable[[], int] = lambda: time.time_ns() // 1_000_000

    async def start(self) -> str:
        app = web.Application()
        app.router.add_route("*", "/{what}", self._serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = "http://{}:{}".format(*self._runner.addresses[0][:2])
        return self.url

    async def stop(self) -> None:
        await self._runner.cleanup()

    def config(self) -> Mapping[str, Any]:
        return {"adapter": "cabinet", "token": TOKEN, "base_url": self.url}

    def by_clock(self, now: Callable[[], int], seconds: Callable[[], float]) -> None:
        self.now = now

    def pace(self, adapter: Any, sleep: Callable[[float], None], seconds: Callable[[], float]) -> None:
        """The adapter never sleeps."""

    def counted(self) -> Mapping[str, int]:
        return {name: count for name, count in self.calls.items() if name.startswith("PUT")}

    # -- what people see and do there --------------------------------------------------------------------------

    def fill(self, contacts: list[Mapping[str, str]]) -> list[str]:
        return [self._folder(dict(given))["id"] for given in contacts]

    def contacts(self) -> list[Mapping[str, str]]:
        return [{name: row[name] for name in ("id", *FIELDS)} for row in self._standing()]

    def logged(self) -> list[Logged]:
        return [
            Logged(
                record=row["id"],
                contact=row["folder"],
                text=row["text"],
                at=row["at"],
                order=n,
                sequence=row["sequence"],
                direction=row["direction"],
                stored=row["stored"],
            )
            for n, row in enumerate(self.sheets.values())
        ]

    def edit(self, record: str, values: Mapping[str, str]) -> None:
        if wrong := self._wrong(values):
            raise ValueError(wrong["refused"])
        self._changed(self.folders[record], **values)

    def remove(self, record: str) -> None:
        self._changed(self.folders[record], removed=True)

    def restore(self, record: str) -> None:
        self._changed(self.folders[record], removed=False)

    # -- its API -----------------------------------------------------------------------------------------------

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        faults, what = self.faults, request.match_info["what"]
        self.calls[f"{request.method} {what}"] += 1
        await asyncio.sleep(faults.slow)
        if faults.down or faults.hits(faults.lose_before):
            return self._drop(request)
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return web.json_response({}, status=401)
        if faults.hits(faults.throttle) or time.monotonic() < faults.used_up:
            return web.json_response({}, status=429, headers={"retry-after": "1"})
        if faults.hits(faults.error):
            return web.json_response({}, status=500)
        if request.method == "PUT":
            rows = await request.json()
            answer: Any = [self._put_folder(row) if what == "folders" else self._put_sheet(row) for row in rows]
        else:
            answer = (
                [{"name": n, **about} for n, about in FIELDS.items()] if what == "fields" else self._list(request.query)
            )
        if faults.hits(faults.lose_after):
            self.swallowed += 1
            return self._drop(request)
        return web.json_response(answer)

    def _drop(self, request: web.Request) -> web.StreamResponse:
        if request.transport is not None:
            request.transport.abort()
        return web.Response()

    def _list(self, query: Mapping[str, str]) -> dict[str, Any]:
        if "ids" in query:
            wanted = query["ids"].split(",")
            return {"folders": [row for row in self._standing() if row["id"] in wanted]}
        if query.get("since") == "now":
            return {"folders": [], "revision": self.revision, "more": False}
        if "since" in query:
            changed = [row for row in self.folders.values() if row["revision"] > int(query["since"])]
            found = sorted(changed, key=lambda row: row["revision"])
            last = found[:PAGE][-1]["revision"] if found else self.revision
            return {"folders": found[:PAGE], "revision": last, "more": len(found) > PAGE}
        found = [row for row in self._standing() if int(row["id"]) > int(query["after"])]
        return {"folders": found[:PAGE], "more": len(found) > PAGE}

    def _put_folder(self, row: Mapping[str, str]) -> dict[str, Any]:
        values = {name: value for name, value in row.items() if name != "id"}
        if wrong := self._wrong(values):
            return wrong
        there = [one for one in self._standing() if one["id"] == row.get("id") or one["hub_key"] == row["hub_key"]]
        if "id" in row and not any(one["id"] == row["id"] for one in there):
            return {"code": "missing", "refused": "there is no such folder"}
        if len(there) > 1:
            return {"code": "key", "refused": "another folder has this key"}
        if there:
            self._changed(there[0], **values)
        return {"id": (there or [self._folder(values)])[0]["id"], "new": not there}

    def _put_sheet(self, row: Mapping[str, Any]) -> dict[str, Any]:
        known = self.sheets.get(row["hub_id"])
        if "id" in row and (known is None or known["id"] != row["id"]):
            return {"code": "missing", "refused": "there is no such sheet"}
        if not any(one["id"] == row["folder"] for one in self._standing()):
            return {"code": "missing", "refused": "there is no such folder"}
        number = known["id"] if known else f"s{len(self.sheets) + 1}"
        stored = known["stored"] if known else time.monotonic()
        self.sheets[row["hub_id"]] = {**row, "id": number, "stored": stored}
        return {"id": number, "new": known is None}

    def _wrong(self, values: Mapping[str, str]) -> dict[str, str]:
        for name, value in values.items():
            about = FIELDS.get(name)
            options = about.get("options") if about else None
            if about is None or len(value) > int(str(about.get("length", 999))) or (options and value not in options):
                return {"code": "field", "field": name, "refused": f"{name} cannot be that"}
        return {}

    def _folder(self, values: Mapping[str, str]) -> dict[str, Any]:
        row: dict[str, Any] = {"id": str(len(self.folders) + 1), **dict.fromkeys(FIELDS, ""), "removed": False}
        self.folders[row["id"]] = row
        self._changed(row, **values)
        return row

    def _changed(self, row: dict[str, Any], **values: Any) -> None:
        self.revision += 1
        row.update(values, revision=self.revision, modified=self.now())

    def _standing(self) -> list[dict[str, Any]]:
        return [row for row in self.folders.values() if not row["removed"]]
