"""A Salesforce simulator that serves in a thread of its own, and a plain client for its API."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from hub_salesforce.paths import DATA
from hub_salesforce.simulator import SalesforceSimulator

KEY = {"type": "Text", "length": 64, "label": "Hub key", "externalId": True, "unique": True, "caseSensitive": False}


class Time:
    """The simulator's time, which stands still until a test moves it."""

    def __init__(self) -> None:
        self.seconds = 1_790_000_000.0

    def now(self) -> int:
        return round(self.seconds * 1_000)

    def clock(self) -> float:
        return self.seconds


class Client:
    """Speaks HTTP to a simulator and knows nothing of the adapter."""

    def __init__(self, simulator: SalesforceSimulator) -> None:
        self.simulator = simulator
        self.http = requests.Session()
        self.token = ""

    def log_in(self) -> requests.Response:
        """By client credentials; the session is kept."""
        table = self.simulator.config()
        reply = self.http.post(
            f"{self.simulator.url}/services/oauth2/token",
            data={"grant_type": "client_credentials"},
            auth=(table["consumer_key"], table["consumer_secret"]),
        )
        self.token = reply.json().get("access_token", "")
        return reply

    def call(self, method: str, path: str, body: Any = None, **more: Any) -> requests.Response:
        """One call; `path` below the version."""
        if not self.token:
            self.log_in()
        headers = {"Authorization": f"Bearer {self.token}", **more.pop("headers", {})}
        more = {**more, "json": body} if body is not None else more
        return self.http.request(method, self.simulator.url + DATA + path, headers=headers, **more)

    def query(self, soql: str, **more: Any) -> Any:
        """The JSON of the first page."""
        return self.call("GET", "/query", params={"q": soql}, **more).json()

    @staticmethod
    def code(reply: requests.Response) -> tuple[int, str]:
        """The status and the error code of a refusal."""
        return reply.status_code, str(reply.json()[0]["errorCode"])

    @staticmethod
    def codes(rows: Any) -> list[str]:
        """What became of each row of a collection: its error code, "" = it was written."""
        return ["" if row["success"] else str(row["errors"][0]["statusCode"]) for row in rows]

    def add_key(self, kind: str = "Contact") -> None:
        """Give an object the hub's external id."""
        self.simulator.org.add_field(f"{kind}.Hub_Key__c", KEY)


@pytest.fixture
def served() -> Iterator[Callable[[SalesforceSimulator], SalesforceSimulator]]:
    """Starts a simulator in a thread; it is stopped when the test ends."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="simulator")
    thread.start()
    started: list[SalesforceSimulator] = []

    def serve(simulator: SalesforceSimulator) -> SalesforceSimulator:
        asyncio.run_coroutine_threadsafe(simulator.start(), loop).result(30)
        started.append(simulator)
        return simulator

    try:
        yield serve
    finally:
        for one in started:
            asyncio.run_coroutine_threadsafe(one.stop(), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(30)
        loop.close()


@pytest.fixture
def moment() -> Time:
    return Time()


@pytest.fixture
def sim(served: Callable[[SalesforceSimulator], SalesforceSimulator], moment: Time) -> SalesforceSimulator:
    """A simulator whose time stands still."""
    simulator = SalesforceSimulator()
    simulator.now, simulator.clock = moment.now, moment.clock
    return served(simulator)


@pytest.fixture
def client(sim: SalesforceSimulator) -> Iterator[Client]:
    """A client of `sim`."""
    made = Client(sim)
    with made.http:
        yield made
