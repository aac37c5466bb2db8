"""A Salesforce simulator with the hub's fields, and the adapter on it, whose pauses are only counted. For calls that
the simulator has no reason to refuse: a bare server that answers collections as a test says."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from hub_salesforce.crm import Salesforce
from hub_salesforce.paths import MESSAGE
from hub_salesforce.settings import SalesforceSettings
from hub_salesforce.simulator import SalesforceSimulator
from hub_salesforce.transport import Transport

Scenario = Callable[[SalesforceSimulator, Callable[..., Awaitable[Any]], Salesforce], Awaitable[None]]


@pytest.fixture
def organisation() -> Callable[..., None]:
    """Runs a scenario(sim, do, crm): `do(function, *args)` runs a blocking call off the loop.

    `ensure` has run unless `bare`; then nothing is counted yet. Time spent waiting inside the adapter is only counted,
    in `crm.slept`. `person_accounts` switches those on, `zone` is the organisation's.
    """

    def run(
        scenario: Scenario,
        *,
        bare: bool = False,
        person_accounts: bool = False,
        zone: str = "Europe/London",
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        async def main() -> None:
            sim = SalesforceSimulator()
            sim.org.person_accounts = person_accounts
            sim.org.zone = zone
            await sim.start()
            try:
                crm = connect(sim, settings)
                if not bare:
                    findings = await asyncio.to_thread(crm.ensure)
                    assert all(finding.ok for finding in findings), findings
                    sim.calls.clear()
                    sim.parts.clear()
                await scenario(sim, asyncio.to_thread, crm)
            finally:
                await sim.stop()

        asyncio.run(main())

    return run


def connect(sim: SalesforceSimulator, settings: Mapping[str, Any] | None = None) -> Salesforce:
    table = {name: value for name, value in sim.config().items() if name != "adapter"} | dict(settings or {})
    crm = Salesforce(Salesforce.Settings(**table), region="GB")
    slept: list[float] = []
    crm.slept = slept  # type: ignore[attr-defined]
    report = lambda endpoint, status: crm.on_call(endpoint, status)  # noqa: E731
    crm.use(Transport(crm.settings, report=report, sleep=slept.append, clock=lambda: sum(slept)))
    return crm


class Scripted:
    """What collections are answered: `answer` gets the records of one and gives its rows, or a code and a message with
    which it is refused as a whole, or None: nobody is there. `called` are the messages in each part of each call."""

    def __init__(self, url: str) -> None:
        settings = {"domain": "acme.my", "consumer_key": "app", "consumer_secret": "s", "instance_url": url}
        table = SalesforceSettings(**settings)
        self.transport = Transport(table, report=lambda endpoint, status: None, sleep=lambda seconds: None)
        self.answer: Callable[[list[Any]], Any] = lambda part: []
        self.called: list[list[list[str]]] = []

    def play(self, answer: Callable[[list[Any]], Any]) -> Scripted:
        """Answer so from now on, and count anew."""
        self.answer, self.called = answer, []
        return self

    @property
    def sizes(self) -> list[list[int]]:
        return [[len(part) for part in call] for call in self.called]

    def reply(self, path: str, body: Any) -> tuple[int, Any]:
        several = path.endswith("/composite")
        parts = [one["body"]["records"] for one in body["compositeRequest"]] if several else [body["records"]]
        self.called.append([[one[MESSAGE] for one in part] for part in parts])
        told = [self._part(part) for part in parts]
        if any(status == 503 for status, _ in told):
            return 503, []
        if not several:
            return told[0]
        made = [{"referenceId": f"c{n}", "httpStatusCode": s, "body": b} for n, (s, b) in enumerate(told)]
        return 200, {"compositeResponse": made[::-1]}  # in whatever order

    def _part(self, part: list[Any]) -> tuple[int, Any]:
        told = self.answer(part)
        if told is None:
            return 503, []
        if isinstance(told, tuple):
            return 400, [{"errorCode": told[0], "message": told[1]}]
        return 200, told


@pytest.fixture
def scripted() -> Iterator[Scripted]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def serve(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if "/oauth2/" in self.path:
                status, told = 200, {"access_token": "t", "instance_url": "https://acme.my.salesforce.com"}
            else:
                status, told = made.reply(self.path, json.loads(raw))
            data = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_POST = do_PATCH = serve  # noqa: N815 names of the standard library

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    made = Scripted(f"http://127.0.0.1:{server.server_address[1]}")
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
