"""A hostile Salesforce on loopback: stateful, with Salesforce's limits, refusals and habits, and faults on demand."""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter
from collections.abc import Callable, Mapping
from email.utils import formatdate
from typing import Any, ClassVar

from aiohttp import web

from hub.contracts.simulator import CRMSimulator, Faults, Logged
from hub.wire import json
from hub_salesforce import simulator_acts as acts
from hub_salesforce import simulator_page
from hub_salesforce.paths import ACCOUNT, CONTACT, DIRECTION, KEY, LEAD, MESSAGE, SENT_AT, SEQUENCE, TASK, VERSION
from hub_salesforce.simulator_api import Api
from hub_salesforce.simulator_beside import Beside
from hub_salesforce.simulator_bulk import Bulk
from hub_salesforce.simulator_calls import Answer, Call, Refusal, body_of, refused
from hub_salesforce.simulator_collections import Collections
from hub_salesforce.simulator_composite import Composite, label_of, parents_of
from hub_salesforce.simulator_login import LogIns
from hub_salesforce.simulator_org import Org, Rejected, Row
from hub_salesforce.simulator_schema import kind_of
from hub_salesforce.transport import Transport

Observer = Callable[[str, str, Mapping[str, str], Any], None]

LONGEST_URL = 16_384
SETUP = re.compile(
    r"login|limits|list/.*|jobs/query.*|tooling/.*|(composite|sobjects.*)/describe|query/(?!Contact|Lead).*"
)
"""Calls that no message costs."""
_DATA = f"/services/data/v{VERSION}"
_NAMES = {"phone": "Phone", "email": "Email", "mobilephone": "MobilePhone", "title": "Title"}
"""Fields of people as the hub's tests name them."""
_NAMES_OF_ACCOUNTS = {"phone": "Phone", "email": "PersonEmail", "mobilephone": "PersonMobilePhone"}


WORDS = {
    "key": KEY,
    "name.first": "FirstName",
    "name.last": "LastName",
    "phone": "MobilePhone",
    "email": "Email",
    "owner": "OwnerId",
}


class SalesforceSimulator(CRMSimulator):
    """One organisation. Attributes may be changed while it runs, those of `org` and `log_ins` too.

    `now` its time (ms) and `clock` monotonic seconds, which tests may replace · `per_day` calls allowed in 24 hours,
    `used` those made · `latency` seconds before each answer · `customize` whether fields can be added by the API ·
    `covered_late` seconds by which latestDateCovered stays behind · `bulk_polls` questions until a job is done,
    `bulk_page` rows of its results · `person` the object that `fill` makes · `parts` calls inside calls, by endpoint ·
    `observers` hear every API call before it is judged: method, path, headers, body.
    """

    name: ClassVar[str] = "salesforce"
    words = WORDS

    def __init__(self, faults: Faults | None = None) -> None:
        super().__init__(faults)
        self.now: Callable[[], int] = lambda: time.time_ns() // 1_000_000
        self.clock: Callable[[], float] = time.monotonic
        self.org = Org(now=lambda: self.now(), clock=lambda: self.clock(), rng=self.faults.rng)
        self.per_day = 100_000
        self.used = 0
        self.latency = 0.0
        self.customize = True
        self.covered_late = 0.0
        self.bulk_polls = 1
        self.bulk_page = 50_000
        self.person = CONTACT
        self.calls: Counter[str] = Counter()
        self.parts: Counter[str] = Counter()
        self.swallowed = 0
        self.observers: list[Observer] = []
        self.log_ins = LogIns(self)
        self.api = Api(self)
        Beside(self, self.api)
        Collections(self, self.api)
        Composite(self, self.api)
        Bulk(self, self.api)
        self.url = ""
        self._stored: dict[str, float] = {}
        self._runner: web.AppRunner | None = None

    async def start(self) -> str:
        """Serve on a free port of 127.0.0.1."""
        app = web.Application(client_max_size=160 * 1024 * 1024)
        app.router.add_get("/", self._overview)
        app.router.add_route("*", "/services/{rest:.*}", self._serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5, max_line_size=2 * LONGEST_URL)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        return self.url

    async def stop(self) -> None:
        """Stop serving."""
        if self._runner:
            await self._runner.cleanup()
            self._runner = None

    def config(self, flow: str = "client_credentials") -> Mapping[str, Any]:
        """The [crm.*] table, to log in by client_credentials, jwt, refresh, password or soap."""
        table = {"adapter": "salesforce", "instance_url": self.url, "domain": self.log_ins.domain}
        return table | self.log_ins.settings(flow)

    def by_clock(self, now: Callable[[], int], seconds: Callable[[], float]) -> None:
        """It is as late as these say; queries show changes at once."""
        self.now, self.clock, self.org.lag = now, seconds, 0.0

    def pace(self, adapter: Any, sleep: Callable[[float], None], seconds: Callable[[], float]) -> None:
        """The adapter's transport is made anew, with this time."""
        report = lambda endpoint, status: adapter.on_call(endpoint, status)  # noqa: E731
        adapter.use(Transport(adapter.settings, report=report, sleep=sleep, clock=seconds))

    def end_sessions(self) -> None:
        """Every session ends now."""
        self.log_ins.end()

    # -- what stands there ---------------------------------------------------------------------------------------------

    def fill(self, contacts: list[Mapping[str, str]]) -> list[str]:
        """People by Salesforce's field names, or `name` (split), `phone`, `email`; `object` makes one something else
        than `person`. Queries see them at once."""
        ids = []
        for given in contacts:
            values = dict(given)
            kind = values.pop("object", self.person)
            ids += [row.id for row in self.org.insert_many(kind, [self._needed(kind) | self._values(values, kind)])]
        return ids

    def _needed(self, kind: str) -> dict[str, Any]:
        """What a person cannot be without in this object."""
        if kind == LEAD:
            return {"Company": "[not provided]"}
        types = self.org.rows["RecordType"].values() if kind == ACCOUNT else ()
        return next(({"RecordTypeId": row.id} for row in types if row.values["IsPersonType"]), {})

    def logged(self) -> list[Logged]:
        """Every task that is a message of the hub, in order of creation, with the text as it was said."""
        rows = (row for row in self.org.rows[TASK].values() if row.values.get(MESSAGE) and not row.deleted)
        return [_logged(row, self._stored.get(row.id, 0.0)) for row in sorted(rows, key=lambda row: row.order)]

    def contacts(self) -> list[Mapping[str, str]]:
        """Contacts, open leads and person accounts by Salesforce's field names, and `name`, `phone`, `email`."""
        return [
            _person(row) for kind in (CONTACT, LEAD, ACCOUNT) for row in self.org.rows[kind].values() if _stands(row)
        ]

    def counted(self) -> Mapping[str, int]:
        """`calls` without log-ins, the first read, the schema and users."""
        return {name: n for name, n in self.calls.items() if not SETUP.fullmatch(name)}

    def edit(self, record: str, values: Mapping[str, str]) -> None:
        """Somebody changes fields of a person, by Salesforce's names or the hub's."""
        try:
            acts.edit(self.org, record, self._values(values, kind_of(record)))
        except Rejected as error:
            raise ValueError(str(error)) from error

    def remove(self, record: str) -> None:
        """Somebody deletes a record."""
        acts.remove(self.org, record)

    def restore(self, record: str) -> None:
        """Somebody takes it out of the recycle bin."""
        acts.restore(self.org, record)

    def merge(self, winner: str, loser: str) -> str:
        """Somebody merges two records of a type; the winner is left."""
        return acts.merge(self.org, winner, loser)

    def convert(self, lead: str) -> str:
        """Somebody converts a lead; returns the id of the contact."""
        return acts.convert(self.org, lead).contact

    def _values(self, given: Mapping[str, str], kind: str) -> dict[str, Any]:
        names = _NAMES_OF_ACCOUNTS if kind == ACCOUNT else _NAMES
        values: dict[str, Any] = {names.get(name, name): value for name, value in given.items() if name != "name"}
        if name := given.get("name"):
            first, _, last = name.partition(" ")
            values |= {"FirstName": first, "LastName": last} if last else {"LastName": first}
        return values

    # -- serving -------------------------------------------------------------------------------------------------------

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        body = await body_of(request)
        path = request.raw_path.partition("?")[0]
        log_in = path.startswith(("/services/oauth2/", "/services/Soap/"))
        headers = {name.lower(): value for name, value in request.headers.items()}
        call = Call(request.method, path.removeprefix(_DATA), dict(request.query), headers, body)
        self.calls["login" if log_in else label_of(call)] += 1
        for observer in self.observers:
            observer(call.method, path, headers, body)
        if self.faults.down:
            return _hang_up(request)
        if self.faults.hits(self.faults.lose_before):
            self.swallowed += 1
            return _hang_up(request)
        with self.org.locking(frozenset() if log_in else parents_of(self.org, call)):
            answer = self._answer(call, path, len(request.raw_path))
            self._note_stored()
            if pause := self.latency or self.faults.slow:
                await asyncio.sleep(pause)  # the records stay locked meanwhile
        if self.faults.down or self.faults.hits(self.faults.lose_after):
            self.swallowed += 1
            return _hang_up(request)
        told = {"Date": formatdate(self.now() / 1_000, usegmt=True), **answer.headers}
        if isinstance(answer.data, bytes):
            return web.Response(status=answer.status, body=answer.data, headers=told)
        body = None if answer.data is None else json.dumps(answer.data)
        return web.Response(status=answer.status, body=body, headers=told, content_type="application/json")

    def _answer(self, call: Call, path: str, length: int) -> Answer:
        if self.faults.hits(self.faults.error):
            status, code = self.faults.rng.choice(((500, "UNKNOWN_EXCEPTION"), (502, ""), (503, "SERVER_UNAVAILABLE")))
            told = "An unexpected error occurred. Please include this ErrorId if you contact support: 1-2 (3)"
            return refused(Refusal(status, code, told)) if code else Answer(502, b"<html>Bad Gateway</html>", _HTML)
        if path == "/services/oauth2/token" and call.method == "POST":
            return self.log_ins.token(call)
        if path.startswith("/services/Soap/u/") and call.method == "POST":
            return self.log_ins.soap(call)
        if length > LONGEST_URL:
            return Answer(414, b"<html>URI Too Long</html>", _HTML)
        kind, _, session = call.headers.get("authorization", "").partition(" ")
        if kind != "Bearer" or not self.log_ins.stands(session):
            return refused(Refusal(401, "INVALID_SESSION_ID", "Session expired or invalid"))
        if self.faults.hits(self.faults.throttle):
            told = "ConcurrentPerOrgLongTxn Limit exceeded."
            return refused(Refusal(403, "REQUEST_LIMIT_EXCEEDED", told))
        if self.used >= self.per_day or self.faults.used_up > time.monotonic():
            used = max(self.used, self.per_day)
            answer = refused(Refusal(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."))
            return Answer(answer.status, answer.data, {"Sforce-Limit-Info": f"api-usage={used}/{self.per_day}"})
        self.used += 1
        if call.path == path and path != "/services/data":
            answer = refused(Refusal(404, "NOT_FOUND", "The requested resource does not exist"))
        else:
            answer = self.api.answer(call)
        usage = {"Sforce-Limit-Info": f"api-usage={self.used}/{self.per_day}"}
        return Answer(answer.status, answer.data, {**answer.headers, **usage})

    def _note_stored(self) -> None:
        """Keep when the newest tasks were stored."""
        now = time.monotonic()
        for id_ in reversed(self.org.rows[TASK]):
            if id_ in self._stored:
                break
            self._stored[id_] = now

    async def _overview(self, _: web.Request) -> web.Response:
        return web.Response(text=simulator_page.overview(self.contacts(), self.logged()), content_type="text/html")


_HTML = {"Content-Type": "text/html"}


def _hang_up(request: web.Request) -> web.StreamResponse:
    if request.transport:
        request.transport.abort()
    return web.Response(status=500)


def _stands(row: Row) -> bool:
    """Whether a row is a person that is there: a contact that hides behind a person account is not counted twice."""
    values = row.values
    if row.deleted or values.get("IsConverted"):
        return False
    return bool(values.get("IsPersonAccount")) is (row.type == ACCOUNT)


def _person(row: Row) -> Mapping[str, str]:
    values = {name: str(value) for name, value in row.values.items()}
    phone = values.get("Phone") or values.get("MobilePhone") or values.get("PersonMobilePhone") or ""
    email = values.get("Email") or values.get("PersonEmail") or ""
    return {**values, "id": row.id, "name": values.get("Name", ""), "phone": phone, "email": email}


def _logged(row: Row, stored: float) -> Logged:
    from hub_salesforce import bodies

    values, direction = row.values, str(row.values.get(DIRECTION, ""))
    return Logged(
        record=row.id,
        contact=str(values.get("WhoId") or values.get("WhatId") or ""),
        text=bodies.read(str(values.get("Description", "")), direction),
        at=int(values.get(SENT_AT) or 0),
        order=row.order,
        sequence=int(values.get(SEQUENCE) or 0),
        direction=direction,
        stored=stored,
    )
