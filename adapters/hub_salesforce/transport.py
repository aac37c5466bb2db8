"""Our transport to one Salesforce organisation: explicit time-outs, one budget, one log-in for all threads.

simple-salesforce logs in over the same connection pool and escapes what goes into queries; calls are sent here,
because its own repetition after an ended session loses the call's headers. Library retries are off: how often a call
is repeated, and what an answer means, is decided here and in `errors`.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, tzinfo
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple, cast
from urllib.parse import quote
from zoneinfo import ZoneInfo

import tenacity

from hub.contracts.errors import (
    AuthFailed,
    DayUsedUp,
    HubError,
    RateLimited,
    Refused,
    Temporary,
    Unavailable,
    Uncertain,
)
from hub.wire import json
from hub_salesforce import errors, wire
from hub_salesforce.budget import Budget
from hub_salesforce.paths import COLLECTIONS, DATA, OPPORTUNITY, SUBREQUESTS
from hub_salesforce.session import LogIns, Session
from hub_salesforce.settings import SalesforceSettings, loopback
from hub_salesforce.soql import Rows, millis, soql_text, soql_time
from hub_salesforce.soql import rows as rows_of

PATIENCE = 5.0
"""Seconds that one call may spend waiting for retries, all together."""
TRIES = 3
"""Tries of a repeatable call that finds Salesforce not available."""
CLIENT = "dragoman"
"""The name under which Salesforce counts and shows the hub's calls."""
URL_LIMIT = 12_000
"""Characters of an address; a longer query goes inside a composite call."""
ZONE = "SELECT TimeZoneSidKey FROM Organization"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back over the wire; `json` only where it was asked for."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    json: Any = None


class _Request(NamedTuple):
    """What goes out at each try; `path` with its parameters."""

    method: str
    path: str
    body: Any
    headers: Mapping[str, str]
    label: str
    repeatable: bool
    json_only: bool


class Transport:
    """Calls to one organisation. `report` hears of every HTTP call, log-ins too: endpoint, status (0 = no answer).

    `sleep` and `clock` (monotonic seconds) are the caller's. Safe to use from many threads. Raises ConfigError for
    settings with which it cannot log in, or that would send credentials in the clear.
    """

    def __init__(
        self,
        settings: SalesforceSettings,
        *,
        report: Callable[[str, int], None],
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.sleep, self.clock = sleep, clock
        self._http = wire.session(loopback(settings), settings.threads, settings.timeout, report)
        self._log_ins = LogIns(settings, self._http, clock)
        self.budget = Budget(settings.daily_share, clock, settings.day_step)
        self.zone: tzinfo = UTC
        """The organisation's time zone; UTC until `learn` has asked."""
        self.multi_currency = False
        """Whether amounts need a currency; no until `learn` has asked."""
        self._learned = False
        self._date: tuple[int, float] | None = None
        self._described: dict[str, dict[str, Any]] = {}
        self._random = random.Random()  # noqa: S311 spreads retries, guards nothing
        self._lock = threading.Lock()

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        repeatable: bool = True,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        label: str = "",
    ) -> Any:
        """One call; returns the decoded JSON of a 2xx, None where it has no body.

        `path` is relative to the data API (`/composite`), or absolute (`/services/...`). `body` goes out as JSON;
        bytes go as they are, and a function is called for each try and gives bytes or a file to read from.
        Waits a few seconds inside for limits and locks, and for an unavailable Salesforce if `repeatable`. Raises
        HubError; Uncertain if the call is not repeatable and nobody knows whether it was done.
        """
        return self.exchange(
            method, path, body, repeatable=repeatable, headers=headers, params=params, label=label, json_only=True
        ).json

    def exchange(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        repeatable: bool = True,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        label: str = "",
        json_only: bool = False,
    ) -> Answer:
        """As `call`, but returns the 2xx answer as it came (Bulk API 2.0 answers CSV) unless `json_only`."""
        sent = {"Accept": "application/json", "User-Agent": CLIENT, "Sforce-Call-Options": f"client={CLIENT}"}
        if body is not None and not callable(body) and not isinstance(body, bytes):
            body = json.dumps(body)
            sent["Content-Type"] = "application/json"
        path = path if path.startswith("/services/") else DATA + path
        label = label or wire.endpoint(path)
        if params:
            path += "?" + "&".join(f"{quote(name)}={quote(value, safe='')}" for name, value in params.items())
        request = _Request(method, path, body, sent | dict(headers or {}), label, repeatable, json_only)

        def again(failure: BaseException) -> bool:
            if isinstance(failure, errors.Locked) or type(failure) is RateLimited:
                return True  # nothing was done
            return repeatable and isinstance(failure, Unavailable)

        def pause(state: tenacity.RetryCallState) -> float:
            failure = state.outcome.exception() if state.outcome else None
            asked = failure.retry_after if isinstance(failure, Temporary) else 0.0
            return float(max(asked, 0.1 * 2**state.attempt_number) * self._random.uniform(1, 1.5))

        def enough(state: tenacity.RetryCallState) -> bool:
            return state.attempt_number >= TRIES or state.idle_for + state.upcoming_sleep > PATIENCE

        retrying = tenacity.Retrying(
            sleep=self.sleep, wait=pause, stop=enough, retry=tenacity.retry_if_exception(again), reraise=True
        )
        return retrying(self._once, request)

    def query(self, soql: str, *, deleted: bool = False) -> Rows:
        """The first page of a query; `deleted` takes in the recycle bin."""
        if len(quote(soql)) > URL_LIMIT:
            (found,) = self.queries([soql], deleted=deleted)
            if isinstance(found, HubError):
                raise found
            return found
        name = "/queryAll" if deleted else "/query"
        return rows_of(self.call("GET", name, params={"q": soql}))

    def rest(self, rows: Rows) -> Iterator[dict[str, Any]]:
        """The rows of a page and of all that follow it. Raises Unavailable where they lead back to one before."""
        yield from rows.records
        known: set[str] = set()
        while rows.next:
            if rows.next in known:
                raise Unavailable("the pages of Salesforce's answer to a query go round in a circle")
            known.add(rows.next)
            rows = rows_of(self.call("GET", rows.next, label="query/more"))
            yield from rows.records

    def everything(self, soql: str, *, deleted: bool = False) -> list[dict[str, Any]]:
        """All rows of a query, page after page."""
        return list(self.rest(self.query(soql, deleted=deleted)))

    def queries(self, soqls: Sequence[str], *, deleted: bool = False) -> list[Rows | HubError]:
        """Several queries, five to a call; what became of each, in their order. Raises only for a call as a whole."""
        name = "queryAll" if deleted else "query"
        found: list[Rows | HubError] = []
        for start in range(0, len(soqls), COLLECTIONS):
            urls = [f"{DATA}/{name}?q={quote(soql, safe='')}" for soql in soqls[start : start + COLLECTIONS]]
            answers = self.several(urls, label="composite/query")
            found += [told if isinstance(told, HubError) else rows_of(told) for told in answers]
        return found

    def several(self, urls: Sequence[str], *, label: str = "") -> list[Any]:
        """GETs in one composite call: for each its JSON, or the HubError it met. At most 25, five of them queries."""
        asked = [{"method": "GET", "url": url, "referenceId": f"r{n}"} for n, url in enumerate(urls)]
        told = self.call("POST", "/composite", {"allOrNone": False, "compositeRequest": asked}, label=label)
        answers = {str(one.get("referenceId")): one for one in (told or {}).get("compositeResponse") or ()}
        found: list[Any] = []
        for n in range(len(urls)):
            one = answers.get(f"r{n}", {})
            status, body = int(one.get("httpStatusCode") or 500), one.get("body")
            found.append(body if 200 <= status < 300 else errors.of_reply(status, body, one.get("httpHeaders") or {}))
        return found

    def describe(self, kind: str) -> dict[str, Any]:
        """What Salesforce says of an object (`Contact`) and its fields; kept until `forget_schema`."""
        if kind not in self._described:
            self._described[kind] = self.call("GET", f"/sobjects/{kind}/describe")
        return self._described[kind]

    def describe_all(self, kinds: Sequence[str]) -> dict[str, dict[str, Any] | HubError]:
        """Several objects in one call, as they are now; the error of one that the user may not see."""
        found: dict[str, dict[str, Any] | HubError] = {}
        for start in range(0, len(kinds), SUBREQUESTS):
            some = kinds[start : start + SUBREQUESTS]
            told = self.several([f"{DATA}/sobjects/{kind}/describe" for kind in some], label="composite/describe")
            found |= dict(zip(some, told, strict=True))
        self._described |= {kind: told for kind, told in found.items() if not isinstance(told, HubError)}
        return found

    def forget_schema(self, kind: str) -> None:
        """Ask again at the next `describe` of this object."""
        self._described.pop(kind, None)

    def learn(self) -> None:
        """Ask once for the limits, the organisation's time zone and whether it has many currencies: two calls."""
        if self._learned:
            return
        try:
            day = self.call("GET", "/limits")["DailyApiRequests"]
            self.budget.use([(int(day["Max"]) - int(day["Remaining"]), int(day["Max"]))])
        except (Refused, AuthFailed, LookupError, TypeError, ValueError):
            pass  # it needs a permission of its own, and each answer's header tells it too
        zone = f"{DATA}/query?q={quote(ZONE, safe='')}"
        told, deals = self.several([zone, f"{DATA}/sobjects/{OPPORTUNITY}/describe"], label="composite/organisation")
        if not isinstance(told, HubError):
            try:
                self.zone = ZoneInfo(str(told["records"][0]["TimeZoneSidKey"]))
            except (LookupError, ValueError, OSError):
                pass  # dates are then those of UTC
        if not isinstance(deals, HubError):
            self._described[OPPORTUNITY] = deals
            self.multi_currency = any(field.get("name") == "CurrencyIsoCode" for field in deals.get("fields") or ())
        self._learned = True

    def close(self) -> None:
        """Close the connections that are kept."""
        self._http.close()

    def now(self) -> int:
        """Salesforce's time (ms) by its last Date header; this machine's before the first answer."""
        if self._date is None:
            return time.time_ns() // 1_000_000
        told, at = self._date
        return told + int((self.clock() - at) * 1_000)

    def _once(self, request: _Request) -> Answer:
        self.budget.check()
        session = self._log_ins.current()
        try:
            answer = self._sent(request, session)
        except errors.SessionEnded:
            answer = self._sent(request, self._log_ins.renew(session))
        if not (request.json_only and answer.body):
            return answer
        try:
            return replace(answer, json=json.loads(answer.body))
        except (ValueError, RecursionError):  # a page of a proxy
            told = f"Salesforce's answer ({answer.status}) is not readable"
            raise (Unavailable(told) if request.repeatable else Uncertain(told)) from None

    def _sent(self, request: _Request, session: Session) -> Answer:
        body = request.body() if callable(request.body) else request.body
        url = f"https://{session.host}{request.path}"
        headers = {**request.headers, "Authorization": f"Bearer {session.token}"}
        try:
            answer = Answer(*wire.send(self._http, request.method, url, body, headers, request.label))
        except Exception as failure:
            raise errors.of_exception(failure, repeatable=request.repeatable) from None  # it may quote the address
        self.budget.learn(answer.headers)
        self._remember(answer.headers.get("Date", ""))
        if 200 <= answer.status < 300:
            return answer
        error = errors.of_reply(answer.status, _parsed(answer.body), answer.headers, repeatable=request.repeatable)
        if isinstance(error, DayUsedUp):
            error.retry_after = self.budget.step
            self.budget.close()
        raise error

    def _remember(self, date: str) -> None:
        try:
            told = int(parsedate_to_datetime(date).timestamp() * 1_000)
        except ValueError:
            return
        self._date = (told, self.clock())


def _parsed(body: bytes) -> object:
    try:
        return cast(object, json.loads(body)) if body else None
    except (ValueError, RecursionError):
        return None


__all__ = ["Answer", "Rows", "Transport", "millis", "soql_text", "soql_time"]
