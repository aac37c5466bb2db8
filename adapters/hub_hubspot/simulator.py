"""A hostile HubSpot on loopback: stateful, with HubSpot's limits, refusals and habits, and faults on demand."""

from __future__ import annotations

import asyncio
import secrets
import time
import uuid
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from email.utils import formatdate
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from aiohttp import web

from hub.contracts.simulator import CRMSimulator, Faults, Logged
from hub.wire import json
from hub_hubspot import bodies, simulator_acts, simulator_beside, simulator_page
from hub_hubspot.paths import COMMUNICATIONS, CONTACTS, DIRECTION, KEY, NOTES, SEARCH_WINDOW, SEQUENCE, endpoint
from hub_hubspot.simulator_api import Api
from hub_hubspot.simulator_hooks import Hooks
from hub_hubspot.simulator_journal import SimulatedJournal
from hub_hubspot.simulator_portal import PARSED, Portal, Refusal, Thing, millis
from hub_hubspot.transport import Transport

SETUP = ("properties", "owners", "account-info")
"""What the names of calls begin with that no message costs."""

Handler = Callable[[web.Request], Any]
Observer = Callable[[str, str, Mapping[str, list[str]], Any], None]


class HubSpotSimulator(CRMSimulator):
    """One HubSpot account. Attributes may be changed while it runs.

    `search_lag` seconds until search sees a change · `search_window` rows a search shows · `partial` answer 207 with
    the bad rows, else refuse the whole batch · `per_10s`, `per_day`, `searches_per_s` calls allowed · `latency`
    seconds before each answer · `scopes` False answers 403 to every POST · `granted` the scopes of the token ·
    `zone` the account's time zone · `date` what it says the time is (ms, 0 = the truth) · `largest_file` bytes of
    an upload · `observers` hear every API request before it is judged: method, path, query, body.
    """

    name: ClassVar[str] = "hubspot"
    words = {  # noqa: RUF012 - nobody changes it
        "key": KEY,
        "name.first": "firstname",
        "name.last": "lastname",
        "phone": "phone",
        "email": "email",
        "owner": "hubspot_owner_id",
    }

    def __init__(self, faults: Faults | None = None) -> None:
        super().__init__(faults)
        self.partial = True
        self.scopes = True
        self.granted = set(simulator_beside.GRANTED)
        self.zone = "Europe/London"
        self.date = 0
        self.largest_file = 20 * 1024 * 1024
        self.per_10s = 1_000_000
        self.per_day = 1_000_000
        self.searches_per_s = 5
        self.search_window = SEARCH_WINDOW
        self.latency = 0.0
        self.token = f"pat-sim-{secrets.token_hex(8)}"
        self.calls: Counter[str] = Counter()
        self.swallowed = 0
        self.observers: list[Observer] = []
        self.portal_id = 4242
        self.client_id, self.client_secret = str(uuid.uuid4()), secrets.token_hex(16)
        self.hooks = Hooks(lambda: self.faults, portal_id=self.portal_id, secret=self.client_secret)
        self.journal = SimulatedJournal(self, client_id=self.client_id, client_secret=self.client_secret)
        self.portal = Portal(now=lambda: time.time_ns() // 1_000_000, clock=time.monotonic)
        self._window: deque[float] = deque()
        self._searches: deque[float] = deque()
        self._today = 0
        self._runner: web.AppRunner | None = None
        self.url = ""

    @property
    def search_lag(self) -> float:
        """Seconds until search sees a change made now."""
        return self.portal.lag

    @search_lag.setter
    def search_lag(self, seconds: float) -> None:
        self.portal.lag = seconds

    async def start(self) -> str:
        """Serve on a free port of 127.0.0.1."""
        app = web.Application(middlewares=[self._middleware], client_max_size=32 * 1024 * 1024)
        Api(self, self.portal).add_to(app.router)
        self.beside = simulator_beside.Beside(self, self.portal)
        self.beside.add_to(app.router)
        app.router.add_get("/", self._overview)
        app.router.add_get("/contact/{id}", self._contact)
        self.journal.add_to(app.router)
        self.hooks.start()
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        return self.url

    async def stop(self) -> None:
        """Stop serving."""
        await self.hooks.stop()
        if self._runner:
            await self._runner.cleanup()
            self._runner = None

    def config(self) -> Mapping[str, Any]:
        """The [crm.*] table."""
        return {"adapter": "hubspot", "access_token": self.token, "base_url": self.url}

    def point_at(self, callback_url: str) -> None:
        """Deliver webhooks there from now on."""
        self.hooks.target = callback_url
        if self.hooks.hear not in self.portal.heard_by:
            self.portal.heard_by.append(self.hooks.hear)

    def keep_journal(self) -> None:
        """Write a journal of changes from now on."""
        if self.journal.hear not in self.portal.heard_by:
            self.portal.heard_by.append(self.journal.hear)

    def app(self) -> Mapping[str, Any]:
        """The settings of the app that hears webhooks and reads the journal, besides `config`."""
        return {"client_id": self.client_id, "client_secret": self.client_secret}

    def fill(self, contacts: list[Mapping[str, str]]) -> list[str]:
        """Contacts by HubSpot's property names; `name` is split. Search sees them at once."""
        ids = []
        for given in contacts:
            values = dict(given)
            if name := values.pop("name", ""):
                values["firstname"], _, values["lastname"] = name.partition(" ")
            self.portal.check(CONTACTS, values)
            thing = self.portal.put(CONTACTS, None, values)
            thing.seen_at = 0.0
            ids.append(thing.id)
        return ids

    def logged(self) -> list[Logged]:
        """Every communication and note, in order of creation, with the text as it was said."""
        things = [t for kind in (COMMUNICATIONS, NOTES) for t in self.portal.things[kind].values()]
        return [_logged(thing) for thing in sorted(things, key=lambda t: t.order)]

    def contacts(self) -> list[Mapping[str, str]]:
        """Every contact with its properties."""
        return [{"id": t.id, **t.values} for t in self.portal.things[CONTACTS].values()]

    def by_clock(self, now: Callable[[], int], seconds: Callable[[], float]) -> None:
        """It is as late as these say; search lags no more, and its limit by the second is away."""
        self.portal.now, self.portal.clock = now, seconds
        self.search_lag, self.searches_per_s = 0.0, 1_000_000

    def pace(self, adapter: Any, sleep: Callable[[float], None], seconds: Callable[[], float]) -> None:
        """The adapter's transport is made anew, with this time."""
        settings = adapter.settings
        adapter.use(
            Transport(
                token=settings.access_token.get_secret_value(),
                base_url=settings.base_url,
                timeout=settings.timeout,
                threads=settings.threads,
                calls_per_10s=settings.calls_per_10s,
                report=lambda endpoint, status: adapter.on_call(endpoint, status),
                sleep=sleep,
                clock=seconds,
            )
        )

    def counted(self) -> Mapping[str, int]:
        """`calls` without the first read (lists of contacts), the schema and the owners."""
        return {name: n for name, n in self.calls.items() if name.split("/")[0] not in SETUP and name != CONTACTS}

    def edit(self, record: str, values: Mapping[str, str]) -> None:
        """Somebody changes properties of a contact. Raises ValueError for what HubSpot refuses."""
        with _refused():
            simulator_acts.edit(self.portal, CONTACTS, record, values)

    def remove(self, record: str) -> None:
        """Somebody puts a contact into the recycle bin."""
        with _refused():
            simulator_acts.remove(self.portal, CONTACTS, record)

    def restore(self, record: str) -> None:
        """Somebody takes it out of there again."""
        simulator_acts.restore(self.portal, CONTACTS, record)

    def merge(self, winner: str, loser: str) -> str:
        """Somebody merges two contacts: into a new one, whose id is returned."""
        with _refused():
            return simulator_acts.merge(self.portal, CONTACTS, winner, loser)

    @web.middleware
    async def _middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if not request.path.startswith(("/crm/", *simulator_beside.ROOTS)):
            response: web.StreamResponse = await handler(request)
            return response
        raw = await request.read()
        try:
            PARSED.set(json.loads(raw) if raw else None)
        except ValueError:
            PARSED.set(simulator_beside.form_of(request.headers.get("Content-Type", ""), raw))
        label = endpoint(request.path)
        self.calls[label] += 1
        query = {name: request.query.getall(name) for name in request.query}
        for observer in self.observers:
            observer(request.method, request.path, query, PARSED.get())
        if pause := self.latency or self.faults.slow:
            await asyncio.sleep(pause)
        if self.faults.down:
            return self._hang_up(request)
        if self.faults.hits(self.faults.lose_before):
            self.swallowed += 1
            return self._hang_up(request)
        response = await self._answer(request, handler, search=label.endswith("/search"))
        if self.faults.hits(self.faults.lose_after):
            self.swallowed += 1
            return self._hang_up(request)
        return response

    async def _answer(self, request: web.Request, handler: Handler, *, search: bool) -> web.Response:
        date = self._date()
        headers = {"Date": formatdate(date, usegmt=True)} if date else {}
        try:
            if self.faults.hits(self.faults.error):
                raise Refusal(self.faults.rng.choice((500, 502, 503)), "INTERNAL_ERROR", "internal error")
            if request.headers.get("Authorization") != f"Bearer {self.token}":
                raise Refusal(401, "INVALID_AUTHENTICATION", "Authentication credentials not found.")
            limited = self._limit(search, headers)
            if limited:
                limited.headers.update(headers)
                return limited
            scope = simulator_beside.scope_of(request.method, request.path)
            if scope and scope not in self.granted:
                told = "This app hasn't been granted all required scopes"
                raise Refusal(403, "MISSING_SCOPES", told, {"requiredGranularScopes": [scope]})
            if not self.scopes and request.method == "POST" and request.path.startswith("/crm/"):
                context = {"requiredGranularScopes": ["crm.objects.contacts.write"]}
                raise Refusal(403, "MISSING_SCOPES", "This app hasn't been granted all required scopes", context)
            if isinstance(PARSED.get(), bytes):
                raise Refusal(400, "VALIDATION_ERROR", "Invalid JSON input")
            status, data = await handler(request)
        except Refusal as refusal:
            return _json(refusal.status, said(refusal) | {"correlationId": str(uuid.UUID(int=1))}, headers)
        except web.HTTPException as missing:
            return _json(missing.status, {"status": "error", "message": "resource not found"}, headers)
        return _json(status, data, headers)

    def _date(self) -> float:
        """What the double says the time is (s, 0 = the truth): a used-up day has its midnight when the fault ends."""
        left = self.faults.used_up - time.monotonic()
        if left > 0:
            morrow = datetime.now(ZoneInfo(self.zone)) + timedelta(days=1)
            return morrow.replace(hour=0, minute=0, second=0, microsecond=0).timestamp() - left
        return self.date / 1_000

    def _limit(self, search: bool, headers: dict[str, str]) -> web.Response | None:
        """Count the call; the 429 if it is one too many. HubSpot sends no limit headers with search answers."""
        now = time.monotonic()
        if self.faults.hits(self.faults.throttle):
            return _too_many("TEN_SECONDLY_ROLLING", 1)
        if self._today >= self.per_day:
            return _too_many("DAILY", 0)
        if self.faults.used_up > now:
            return _too_many("DAILY", 0)
        if search:
            while self._searches and self._searches[0] <= now - 1:
                self._searches.popleft()
            if len(self._searches) >= self.searches_per_s:
                return _too_many("SECONDLY", 1)
            self._searches.append(now)
        while self._window and self._window[0] <= now - 10:
            self._window.popleft()
        if len(self._window) >= self.per_10s:
            return _too_many("TEN_SECONDLY_ROLLING", int(self._window[0] + 10 - now) + 1)
        self._window.append(now)
        self._today += 1
        if not search:
            headers |= {
                "X-HubSpot-RateLimit-Daily": str(self.per_day),
                "X-HubSpot-RateLimit-Daily-Remaining": str(self.per_day - self._today),
                "X-HubSpot-RateLimit-Interval-Milliseconds": "10000",
                "X-HubSpot-RateLimit-Max": str(self.per_10s),
                "X-HubSpot-RateLimit-Remaining": str(self.per_10s - len(self._window)),
            }
        return None

    def _hang_up(self, request: web.Request) -> web.StreamResponse:
        if request.transport:
            request.transport.abort()
        return web.Response(status=500)

    async def _overview(self, _: web.Request) -> web.Response:
        return web.Response(text=simulator_page.overview(self.portal), content_type="text/html")

    async def _contact(self, request: web.Request) -> web.Response:
        contact = self.portal.things[CONTACTS].get(request.match_info["id"])
        if contact is None:
            raise web.HTTPNotFound
        return web.Response(text=simulator_page.contact_page(self.portal, contact), content_type="text/html")


def said(refusal: Refusal) -> dict[str, Any]:
    """HubSpot's error body."""
    data = {"status": "error", "message": refusal.message, "category": refusal.category}
    return data | ({"context": refusal.context} if refusal.context else {})


def _json(status: int, data: object, headers: Mapping[str, str]) -> web.Response:
    return web.Response(status=status, body=json.dumps(data), headers=headers, content_type="application/json")


def _too_many(policy: str, retry_after: int) -> web.Response:
    data = {
        "status": "error",
        "message": f"You have reached your {policy.lower()} limit.",
        "errorType": "RATE_LIMIT",
        "correlationId": str(uuid.UUID(int=2)),
        "policyName": policy,
        "groupName": "publicapi:private-apps-api-calls",
    }
    return _json(429, data, {"Retry-After": str(retry_after)} if retry_after else {})


def _logged(thing: Thing) -> Logged:
    values = thing.values
    direction = values.get(DIRECTION, "")
    body = values.get("hs_communication_body") or values.get("hs_note_body", "")
    return Logged(
        record=thing.id,
        contact=thing.contact,
        text=bodies.read(body, direction),
        at=millis(values["hs_timestamp"]),
        order=thing.order,
        sequence=int(values.get(SEQUENCE) or 0),
        direction=direction,
        stored=thing.stored,
    )


@contextmanager
def _refused() -> Iterator[None]:
    try:
        yield
    except Refusal as refusal:
        raise ValueError(str(refusal)) from refusal
