"""What the tests of the WhatsApp channel share."""

import hashlib
import hmac
import json
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest

from hub import HttpCall, HttpReply, Request
from hub_meta.channel import WhatsApp, WhatsAppSettings

FIXTURES = Path(__file__).parent / "fixtures"
SETTINGS = {"app_secret": "an-app-secret", "verify_token": "a-verify-token", "access_token": "an-access-token"}


@pytest.fixture
def channel() -> WhatsApp:
    """A connection named `main` with nothing but its secrets set."""
    return WhatsApp(WhatsAppSettings.model_validate(SETTINGS), "main")


@pytest.fixture
def make() -> Callable[..., WhatsApp]:
    """Build a channel with other settings."""
    return lambda connection="main", **changes: WhatsApp(
        WhatsAppSettings.model_validate({**SETTINGS, **changes}), connection
    )


@pytest.fixture
def fixture_bytes() -> Callable[[str], bytes]:
    """The body of a payload in fixtures/, as it is posted."""
    return lambda name: json.dumps(json.loads((FIXTURES / f"{name}.json").read_text())["body"]).encode()


@pytest.fixture
def signed() -> Callable[..., Request]:
    """A webhook request, signed as Meta documents it (computed here, not with the code under test)."""

    def build(body: bytes, secret: str = "an-app-secret") -> Request:
        signature = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        return Request("POST", "https://hub.example.com/x", {}, {"x-hub-signature-256": signature}, body)

    return build


@pytest.fixture
def answer() -> Callable[..., tuple[list[HttpCall], Any]]:
    """Run a conversation of calls against fixed replies `(status, body, headers?)`: the calls and the result."""

    def run(calls: Generator[HttpCall, HttpReply, Any], *replies: Any) -> tuple[list[HttpCall], Any]:
        seen: list[HttpCall] = []
        try:
            call = next(calls)
            for status, body, *headers in replies:
                seen.append(call)
                raw = body if isinstance(body, bytes) else json.dumps(body).encode()
                call = calls.send(HttpReply(status, headers[0] if headers else {}, raw))
        except StopIteration as end:
            return seen, end.value
        raise AssertionError(f"one more call than replies: {call.url}")

    return run
