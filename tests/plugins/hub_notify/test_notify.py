"""The notice: what is posted, how it is signed, what each answer means, and where it may not go."""

from __future__ import annotations

import base64
import hmac
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from pydantic import ValidationError

import hub_notify
from hub.contracts.errors import HubError, Rejected, Unavailable
from hub.engine.loader import load_plugins
from hub.model.happened import InquiryOpened, Notice
from hub.model.packing import pack
from hub.wire.signatures import verify_webhook
from hub_notify import NotifySettings, hub_on_event
from hub_notify.addresses import lead_to
from hub_notify.notify import notify, summary

KEY = b"our own invented key, 32 bytes.."
SECRET = "whsec_" + base64.b64encode(KEY).decode()
OPENED = InquiryOpened(
    key="41", at=1767225600123, inbox="support", person=7, name="Ada Vale", text="é" * 300, conversation=12
)
EVENT: dict[str, Any] = {"id": "evt.41", **pack(OPENED)}


class Receiver(HTTPServer):
    """An endpoint on loopback that answers as told and keeps what came."""

    def __init__(self, *answers: tuple[int, dict[str, str], bytes]) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.answers = list(answers)
        self.came: list[tuple[str, dict[str, str], bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hooks/in?team=1"


class Answering(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.came.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
        status, headers, answer = self.server.answers.pop(0) if self.server.answers else (204, {}, b"")
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *args: Any) -> None:
        pass


@contextmanager
def receiving(*answers: tuple[int, dict[str, str], bytes]) -> Iterator[Receiver]:
    with Receiver(*answers) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def table(url: str, **more: Any) -> dict[str, Any]:
    return {"url": url, "secret": SECRET, "allow_private": True, "timeout": 20.0, **more}


def test_hub_on_event_posts_a_summary_that_verifies() -> None:
    with receiving() as server:
        assert not hub_on_event(EVENT, table(server.url))
        ((path, headers, body),) = server.came
    assert path == "/hooks/in?team=1"
    assert headers["host"] == f"127.0.0.1:{server.server_port}"
    assert headers["content-type"] == "application/json"
    assert headers["webhook-id"] == "evt-41"
    assert json.loads(body) == {
        "type": "inquiry.opened",
        "timestamp": "2026-01-01T00:00:00.123+00:00",
        "data": {"inbox": "support", "name": "Ada Vale", "text": "é" * 200, "conversation": 12},
    }
    stamp = headers["webhook-timestamp"]
    verify_webhook(SECRET, "evt-41", stamp, body, headers["webhook-signature"], now=int(stamp))
    by_the_standard = hmac.digest(KEY, f"evt-41.{stamp}.".encode() + body, "sha256")
    assert headers["webhook-signature"] == "v1," + base64.b64encode(by_the_standard).decode()


def test_a_repetition_keeps_its_id() -> None:
    with receiving((500, {}, b"")) as server:
        settings = NotifySettings(**table(server.url))
        with pytest.raises(Unavailable, match="answered 500"):
            notify(EVENT, settings, now=100)
        notify(EVENT, settings, now=200)
        first, second = server.came
    assert first[1]["webhook-id"] == second[1]["webhook-id"]
    assert first[1]["webhook-timestamp"] != second[1]["webhook-timestamp"]
    assert first[2] == second[2]


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirects_are_not_followed(status: int) -> None:
    with receiving() as other, receiving((status, {"location": other.url}, b"")) as server:
        with pytest.raises(Unavailable, match=str(status)):
            hub_on_event(EVENT, table(server.url))
        assert len(server.came) == 1
        assert other.came == []


@pytest.mark.parametrize("status", [400, 401, 404, 429, 503])
def test_other_answers_raise_so_that_the_hub_tries_again(status: int) -> None:
    with receiving((status, {}, b"")) as server, pytest.raises(Unavailable, match=str(status)):
        hub_on_event(EVENT, table(server.url))


def test_an_endpoint_that_is_gone_is_told_in_a_note() -> None:
    with receiving((410, {}, b"")) as server:
        assert hub_on_event(EVENT, table(server.url)) == [{"note": "endpoint gone"}]


def test_an_endless_answer_costs_nothing() -> None:
    with receiving((200, {"content-length": str(1 << 40)}, b"x" * 1000)) as server:
        assert not hub_on_event(EVENT, table(server.url))


def test_an_endless_header_is_refused() -> None:
    with receiving((200, {"x-long": "x" * 70_000}, b"")) as server, pytest.raises(Unavailable, match="LineTooLong"):
        hub_on_event(EVENT, table(server.url))


def test_silence_ends_at_the_timeout() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        with pytest.raises(Unavailable):
            hub_on_event(EVENT, table(url, timeout=0.05))


def test_a_drip_of_bytes_ends_at_the_timeout_too() -> None:
    """Each byte comes in time for the socket, the answer never: the thread alone would wait for good."""
    over = threading.Event()

    def drip(server: socket.socket) -> None:
        wire, _ = server.accept()
        with wire:
            while not over.wait(0.02):
                try:
                    wire.send(b"H")
                except OSError:
                    return

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=drip, args=(server,))
        thread.start()
        try:
            with pytest.raises(Unavailable, match="in time"):
                hub_on_event(EVENT, table(f"http://127.0.0.1:{server.getsockname()[1]}/", timeout=0.2))
        finally:
            over.set()
            thread.join()


def test_no_error_shows_the_address_the_secret_or_the_text() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    errors: list[Exception] = []
    with receiving((500, {}, b"private answer")) as server:
        places = (server.url, f"http://127.0.0.1:{port}/token-in-path", f"https://127.0.0.1:{server.server_port}/x")
        for url in places:
            with pytest.raises(HubError) as caught:
                hub_on_event({**EVENT, "text": "private words"}, table(url))
            errors.append(caught.value)
    for error in errors:
        assert not any(part in repr(error) for part in ("127.0.0.1", "token-in-path", "whsec_", "private"))
    assert "SSLError" in str(errors[2])  # https speaks TLS


# -- where it may not go -----------------------------------------------------------------------------------------


def resolver(*addresses: str) -> Any:
    return lambda host, port, **_: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, port)) for a in addresses]


def test_one_private_address_among_many_is_enough_to_refuse() -> None:
    with pytest.raises(Rejected, match="private network"):
        lead_to("x.example.com", 443, allow_private=False, resolve=resolver("8.8.8.8", "10.0.0.1"))
    found = lead_to("x.example.com", 443, allow_private=True, resolve=resolver("8.8.8.8", "10.0.0.1"))
    assert found == ["8.8.8.8", "10.0.0.1"]
    assert lead_to("x.example.com", 443, allow_private=False, resolve=resolver("8.8.8.8")) == ["8.8.8.8"]


@pytest.mark.parametrize("trouble", [socket.gaierror("no such name"), UnicodeError("label too long"), None])
def test_a_name_without_an_address_is_unavailable(trouble: Exception | None) -> None:
    def resolve(*args: Any, **kwargs: Any) -> Any:
        if trouble:
            raise trouble
        return []

    with pytest.raises(Unavailable, match="no address"):
        lead_to("x.example.com", 443, allow_private=True, resolve=resolve)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f.1"])
def test_loopback_is_refused_however_it_is_written(host: str) -> None:
    with receiving() as server:
        with pytest.raises(Rejected, match="allow_private"):
            hub_on_event(EVENT, table(f"http://{host}:{server.server_port}/", allow_private=False))
        assert server.came == []


# -- settings ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "ftp://example.com/"},
        {"url": "file:///etc/passwd"},
        {"url": "https://"},
        {"url": "https://user:pass@example.com/"},
        {"url": "https://example.com/#part"},
        {"url": "https://example.com/a b"},
        {"url": "https://example.com/\r\nx: y"},
        {"url": "https://example.com:99999/"},
        {"secret": "plain-secret"},
        {"secret": "whsec_"},
        {"secret": "whsec_not base64!"},
        {"timeout": 0},
        {"address": "x"},
    ],
    ids=str,
)
def test_mistakes_in_the_settings_are_told_without_secrets(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as caught:
        NotifySettings.model_validate({**table("https://example.com/"), **wrong})
    if "secret" in wrong and wrong["secret"] != "whsec_":
        assert wrong["secret"] not in str(caught.value)


def test_the_secret_does_not_print() -> None:
    assert SECRET not in repr(NotifySettings(**table("https://example.com/")))


def test_the_hub_takes_the_plugin() -> None:
    plugins = load_plugins(extra=[("notify-here", hub_notify)], blocked={"notify"})
    assert plugins.handlers["notify-here"] == ("inquiry.opened", "notice")
    assert plugins.settings["notify-here"] is NotifySettings


def test_a_notice_carries_whom_what_and_the_whole_context() -> None:
    told = Notice(
        key="9", at=1767225600123, person=7, conversation=12, to="Ana", text="Ada needs a human", context="é\n" * 300
    )
    assert json.loads(summary({"id": "evt.9", **pack(told)})) == {
        "type": "notice",
        "timestamp": "2026-01-01T00:00:00.123+00:00",
        "data": {
            "to": "Ana",
            "text": "Ada needs a human",
            "context": "é\n" * 300,
            "person": 7,
            "conversation": 12,
        },
    }


def test_a_short_text_stays_whole() -> None:
    assert json.loads(summary({**EVENT, "text": "hi"}))["data"]["text"] == "hi"
