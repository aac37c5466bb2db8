"""Our transport under the generated client: its API objects, built once and kept, over one connection pool of ours.

hubspot-api-client as it comes makes a new connection pool whenever an API object is fetched, has no time-outs,
repeats some calls by itself and turns answers into models at several times the cost of the call. So its API objects
are made through its own `api_factory` setting with our `Wire` below them: raw JSON, explicit time-outs, library
retries off. Retries, the call budget and the meaning of errors are decided here.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone, tzinfo
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any, cast
from urllib.parse import urlencode, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import tenacity
import urllib3

from hub.contracts.errors import DayUsedUp, RateLimited, Refused, Temporary, Unavailable, Uncertain
from hub.wire import json
from hub_hubspot import errors
from hub_hubspot.budget import Budget
from hub_hubspot.paths import ACCOUNT, endpoint, versioned

CONNECT = 5.0
"""Seconds to reach HubSpot; the time to answer is the setting `timeout`."""
PATIENCE = 5.0
"""Seconds that one call may spend waiting for its turn and for retries, all together."""
SEARCHES = 4
"""Searches per second; HubSpot allows five to the whole account and names no limit in its answers."""
TRIES = 3
"""Tries of a repeatable call that finds HubSpot not available; a rate limit is waited out within PATIENCE."""
ANSWER_LIMIT = 64 * 1024 * 1024
"""Bytes of an answer; a hundred records with full bodies stay far below."""

Api = Any
"""A generated API object; the client carries no types."""


Body = bytes | Iterator[bytes] | None
"""A body: whole, or in pieces whose sum the Content-Length header names."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back over the wire."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Wire:
    """What the generated clients call instead of their own REST client. Thread-safe; never raises for a status."""

    def __init__(self, threads: int, timeout: float, report: Callable[[str, int], None]) -> None:
        self._report = report
        self.pool = urllib3.PoolManager(
            num_pools=2,
            maxsize=threads,
            block=True,
            retries=False,
            timeout=urllib3.Timeout(connect=min(CONNECT, timeout), read=timeout),
        )

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        query_params: list[tuple[str, Any]] | None = None,
        body: Body = None,
        label: str = "",
        **_: object,
    ) -> Answer:
        """One HTTP request, reported as `label` or by its path. Raises urllib3's exceptions if no whole answer came."""
        status = 0
        parts = urlsplit(url)
        label = label or endpoint(parts.path)
        url = parts._replace(path=versioned(parts.path)).geturl()
        if query_params:
            url += "?" + urlencode([(k, str(v).lower() if isinstance(v, bool) else v) for k, v in query_params])
        try:
            reply = self.pool.request(method, url, body=body, headers=headers, redirect=False, preload_content=False)
            try:
                data = reply.read(ANSWER_LIMIT + 1, decode_content=True)
                if len(data) > ANSWER_LIMIT:
                    reply.close()
                    raise urllib3.exceptions.ResponseError("the answer is too long")
            finally:
                reply.release_conn()
            status = reply.status
        finally:
            self._report(label, status)
        return Answer(status, reply.headers, data)

    def GET(self, url: str, **rest: Any) -> Answer:  # noqa: N802 the generated clients call these names
        """A GET request."""
        return self.request("GET", url, **rest)

    def POST(self, url: str, **rest: Any) -> Answer:  # noqa: N802
        """A POST request."""
        return self.request("POST", url, **rest)


class Transport:
    """Calls to one HubSpot account. `report` hears of every HTTP call: endpoint, status (0 = no answer).

    `sleep` and `clock` (monotonic seconds) are the caller's; everything else is safe to use from many threads.
    """

    def __init__(
        self,
        *,
        token: str,
        base_url: str,
        timeout: float,
        threads: int,
        calls_per_10s: int,
        report: Callable[[str, int], None],
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        import hubspot  # here, because it costs half a second that `dragoman --help` need not pay

        self._sleep, self.clock = sleep, clock
        self.budget = Budget(calls_per_10s, clock)
        self.searches = Budget(SEARCHES, clock, interval=1.0)
        self._date: tuple[int, float] | None = None
        self._zone: tzinfo | None = None
        self.takes_files: dict[str, bool] = {}
        """Whether records of a kind can carry files, as far as HubSpot was asked."""
        self._base, self._token = base_url.rstrip("/"), token
        self._wire = wire = Wire(threads, timeout, report)

        def build(package: Any, name: str, config: Mapping[str, Any]) -> Api:
            configuration = package.Configuration()
            configuration.host = config["host"]
            configuration.access_token = config["access_token"]
            client = package.ApiClient(configuration=configuration)
            client.rest_client = wire
            client.user_agent = "dragoman"
            return getattr(package, name)(api_client=client)

        client = hubspot.Client.create(access_token=token, host=base_url.rstrip("/"), api_factory=build)
        crm = client.crm
        self.contacts: Api = crm.contacts.batch_api
        self.contact_pages: Api = crm.contacts.basic_api
        self.contact_search: Api = crm.contacts.search_api
        self.associations: Api = crm.associations.v4.batch_api
        self.properties: Api = crm.properties.core_api
        self.property_groups: Api = crm.properties.groups_api
        self._crm, self._batches, self._lock = crm, {"contacts": self.contacts}, threading.Lock()
        self._searching: dict[str, Api] = {}
        self.log_pages: dict[str, Api] = {
            "communications": crm.objects.communications.basic_api,
            "notes": crm.objects.notes.basic_api,
        }

    def batch(self, kind: str) -> Api:
        """The generated client's batch calls of one object, built at its first use: each costs tenths of a second."""
        with self._lock:
            if kind not in self._batches:
                own = kind in ("companies", "deals", "tickets")
                self._batches[kind] = getattr(self._crm if own else self._crm.objects, kind).batch_api
            return self._batches[kind]

    def searching(self, kind: str) -> Api:
        """The generated client's search of one object."""
        if kind == "contacts":
            return self.contact_search
        with self._lock:
            if kind not in self._searching:
                own = kind in ("companies", "deals", "tickets")
                self._searching[kind] = getattr(self._crm if own else self._crm.objects, kind).search_api
            return self._searching[kind]

    def pipelines(self) -> Api:
        """The generated client's calls for pipelines."""
        return self._crm.pipelines.pipelines_api

    def owners(self) -> Api:
        """The generated client's calls for owners."""
        return self._crm.owners.owners_api

    def plain(
        self, method: str, path: str, body: Body = None, *, headers: Mapping[str, str] | None = None, **_: object
    ) -> Answer:
        """One request that the generated client does not know, for `call` (by `functools.partial`)."""
        sent = {"Accept": "application/json", "User-Agent": "dragoman", "Authorization": f"Bearer {self._token}"}
        if isinstance(body, bytes):
            sent["Content-Type"] = "application/json"
        return self._wire.request(method, self._base + path, headers={**sent, **(headers or {})}, body=body)

    def foreign(self, method: str, url: str, **rest: Any) -> Answer:
        """One request with headers of the caller's own, without the token, for `call`; `label` is its name."""
        return self._wire.request(method, url, **rest)

    def call(
        self, method: Callable[..., Any], *args: Any, repeatable: bool = True, search: bool = False, **query: Any
    ) -> dict[str, Any]:
        """Call a method of one of the API objects; dicts among `args` go out as JSON bodies, the rest into the path.

        Returns the JSON of a 2xx answer. Waits a few seconds inside for rate limits (always: nothing was done then)
        and for an unavailable HubSpot (only if `repeatable`). Raises HubError: Uncertain if the call is not
        repeatable and nobody knows whether it was done.
        """
        sent = [json.dumps(arg) if isinstance(arg, dict) else arg for arg in args]
        wait = tenacity.wait_exponential(multiplier=0.1, max=2) + tenacity.wait_random(0, 0.1)

        def pause(state: tenacity.RetryCallState) -> float:
            failure = _failure(state)
            asked = failure.retry_after if isinstance(failure, Temporary) else 0.0
            return max(asked, 0.0) or wait(state)

        def enough(state: tenacity.RetryCallState) -> bool:
            if state.idle_for + state.upcoming_sleep > PATIENCE:
                return True
            return state.attempt_number >= TRIES and not isinstance(_failure(state), RateLimited)

        def again(failure: BaseException) -> bool:
            return isinstance(failure, RateLimited) or (repeatable and isinstance(failure, Unavailable))

        retrying = tenacity.Retrying(
            sleep=self._sleep,
            wait=pause,
            stop=enough,
            retry=tenacity.retry_if_exception(again),
            reraise=True,
        )
        return retrying(self._once, method, sent, query, repeatable, search)

    def send(
        self, method: Callable[..., Any], inputs: list[dict[str, Any]], *, repeatable: bool = True
    ) -> dict[str, Any]:
        """`call` with a batch's inputs."""
        return self.call(method, {"inputs": inputs}, repeatable=repeatable)

    def now(self) -> int:
        """HubSpot's time (ms) by its last Date header; this machine's before the first answer."""
        if self._date is None:
            return time.time_ns() // 1_000_000
        told, at = self._date
        return told + int((self.clock() - at) * 1_000)

    def learn_zone(self) -> None:
        """Ask once for the account's time zone: its calls of a day are counted from midnight to midnight there."""
        if self._zone is not None:
            return
        try:
            told = self.call(partial(self.plain, "GET", ACCOUNT))
        except (Refused, errors.MissingScope):
            return  # then a used-up day is looked at once an hour
        try:
            self._zone = ZoneInfo(str(told.get("timeZone") or ""))
        except (ValueError, OSError, ZoneInfoNotFoundError):
            offset = told.get("utcOffsetMilliseconds")
            if isinstance(offset, int) and abs(offset) < 24 * 3_600_000:
                self._zone = timezone(timedelta(milliseconds=offset))

    def until_midnight(self) -> float:
        """Seconds to the account's next midnight; an hour where its time zone is not known."""
        if self._zone is None:
            return errors.DAY_STEP
        now = datetime.fromtimestamp(self.now() / 1_000, self._zone)
        morrow = (now + timedelta(days=1)).date()
        midnight = datetime(morrow.year, morrow.month, morrow.day, tzinfo=self._zone)
        return max(1.0, midnight.timestamp() - now.timestamp())

    def _once(
        self, method: Callable[..., Any], args: list[Any], query: Mapping[str, Any], repeatable: bool, search: bool
    ) -> dict[str, Any]:
        if search:
            self._turn(self.searches)
        self._turn(self.budget)
        try:
            answer = cast(Answer, method(*args, _preload_content=False, **query))
        except Exception as failure:
            raise errors.of_exception(failure, repeatable=repeatable) from failure
        self.budget.learn(answer.headers)
        self._remember(answer.headers.get("Date", ""))
        body = _parsed(answer.body)
        if not 200 <= answer.status < 300:
            error = errors.of_reply(answer.status, body, answer.headers, repeatable=repeatable)
            if errors.is_daily(error):
                error = DayUsedUp(str(error), self.until_midnight())
                self.budget.close(error.retry_after)
            raise error
        if not isinstance(body, dict):
            told = f"HubSpot's answer ({answer.status}) is not readable"
            raise Unavailable(told) if repeatable else Uncertain(told)
        return body

    def _turn(self, budget: Budget) -> None:
        """Wait until a budget has room. Raises RateLimited when that takes longer than a call may wait."""
        closed = self.budget.closed()
        if closed:
            raise DayUsedUp("the HubSpot account has used up its calls of today", closed)
        waited = 0.0
        while pause := budget.take():
            if waited + pause > PATIENCE + 1:
                raise RateLimited("too many calls to HubSpot are waiting", pause)
            self._sleep(pause)
            waited += pause

    def _remember(self, date: str) -> None:
        try:
            told = int(parsedate_to_datetime(date).timestamp() * 1_000)
        except ValueError:
            return
        self._date = (told, self.clock())


def _failure(state: tenacity.RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome else None


def _parsed(body: bytes) -> object:
    try:
        return cast(object, json.loads(body)) if body else {}
    except ValueError:
        return None
