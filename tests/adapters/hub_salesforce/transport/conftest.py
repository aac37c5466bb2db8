"""A bare server on loopback that says what a test wants, and transports that call it."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

import pytest

from hub_salesforce.settings import SalesforceSettings
from hub_salesforce.transport import Transport

CLIENT = {"domain": "acme.my", "consumer_key": "app", "consumer_secret": "s"}
SOAP = "<r><result><serverUrl>https://acme.my.salesforce.com/services</serverUrl><sessionId>{}</sessionId></result></r>"
FAULT = """<r xmlns:sf="urn:f"><sf:exceptionCode>INVALID_LOGIN</sf:exceptionCode>
<sf:exceptionMessage>{}</sf:exceptionMessage></r>"""


class Asked(NamedTuple):
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def login(self) -> bool:
        return "/oauth2/" in self.path or "/Soap/" in self.path


class Double:
    """A server whose sessions may be dead from birth, and whose answers a test scripts: a status and a body, or None
    to hang up after the request was read."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.tokens: set[str] = set()
        self.dead, self.refuse, self.count = False, "", 0
        self.answer: Callable[[Asked], Any] = lambda asked: (200, {"ok": True})
        self.told: dict[str, str] = {}
        self.lock = threading.Lock()

    @property
    def calls(self) -> list[Asked]:
        return [one for one in self.asked if not one.login]

    def log_in(self, asked: Asked) -> tuple[int, Any]:
        with self.lock:
            self.count += 1
            token = f"00D!session{self.count}"
        if self.refuse:
            soap = "/Soap/" in asked.path
            return (
                (500, FAULT.format(self.refuse))
                if soap
                else (400, {"error": "invalid_grant", "error_description": self.refuse})
            )
        if not self.dead:
            self.tokens.add(token)
        if "/Soap/" in asked.path:
            return 200, SOAP.format(token)
        return 200, {"access_token": token, "instance_url": "https://acme.my.salesforce.com"}

    def reply(self, asked: Asked) -> Any:
        if asked.login:
            return self.log_in(asked)
        if asked.headers.get("Authorization", "").removeprefix("Bearer ") not in self.tokens:
            return 401, [{"errorCode": "INVALID_SESSION_ID", "message": "Session expired or invalid"}]
        return self.answer(asked)


class Clock:
    def __init__(self) -> None:
        self.now, self.slept = 1_000.0, []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def double() -> Iterator[Double]:
    made = Double()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # else each answer waits for an acknowledgement

        def serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            asked = Asked(self.command, self.path, dict(self.headers.items()), body)
            made.asked.append(asked)
            told = made.reply(asked)
            if told is None:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            status, said = told
            data = b"" if said is None else said.encode() if isinstance(said, str) else json.dumps(said).encode()
            self.send_response_only(status)
            for name, value in ({"Set-Cookie": "BrowserId=1; Path=/"} | made.told).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = serve  # noqa: N815 names of the standard library

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    made.url = f"http://127.0.0.1:{server.server_address[1]}"
    yield made
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def made(double: Double, clock: Clock) -> Iterator[Callable[..., Transport]]:
    built = []

    def build(**more: Any) -> Transport:
        settings = SalesforceSettings(**({"instance_url": double.url} | (more or CLIENT)))
        double.reports = []
        report = lambda label, status: double.reports.append((label, status))  # noqa: E731
        built.append(Transport(settings, report=report, sleep=clock.sleep, clock=clock))
        return built[-1]

    yield build
    for transport in built:
        transport.close()
