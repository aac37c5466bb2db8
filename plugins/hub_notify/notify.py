"""The notice itself: what it says, how it is signed, how it is posted."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from pydantic import ConfigDict, Field, SecretStr, field_validator

from hub import PluginSettings
from hub.contracts.errors import Refused, Rejected, Unavailable
from hub.wire.json import dumps
from hub.wire.signatures import sign_webhook, webhook_key
from hub_notify.addresses import lead_to

TEXT_MAX = 200
"""Characters of the person's text when he began to talk: enough to know what it is about."""


class NotifySettings(PluginSettings):
    """Where notices go."""

    model_config = ConfigDict(hide_input_in_errors=True, use_attribute_docstrings=True)

    url: str
    """The endpoint: an http or https address that takes POST."""
    secret: SecretStr
    """Signs the notices: whsec_ and base64, the same as at the receiver."""
    timeout: float = Field(default=1.5, gt=0, le=30)
    """Seconds for the whole call; keep it below the hub's hook_deadline."""
    allow_private: bool = False
    """Permit an endpoint on this machine or in a private network."""

    @field_validator("url")
    @classmethod
    def _url(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("an address starts with https:// or http://")
        if parts.username is not None or parts.password is not None or parts.fragment:
            raise ValueError("an address has no user, password or fragment")
        if any(c <= " " or c > "~" for c in value) or parts.port == 0:
            raise ValueError("an address is plain ASCII without blanks")
        return value

    @field_validator("secret")
    @classmethod
    def _secret(cls, value: SecretStr) -> SecretStr:
        if not value.get_secret_value().startswith("whsec_"):
            raise ValueError("a webhook secret is written whsec_ and base64")
        webhook_key(value.get_secret_value())
        return value


def summary(event: Mapping[str, Any]) -> bytes:
    """The notice: type and time, then who wrote, where, and the beginning of what; or whom the hub tells what, with the
    context."""
    names = ("to", "text", "context", "person") if event["kind"] == "notice" else ("inbox", "name", "text")
    data = {name: event[name] for name in (*names, "conversation")}
    if event["kind"] != "notice":
        data["text"] = data["text"][:TEXT_MAX]
    at = datetime.fromtimestamp(event["at"] / 1000, UTC).isoformat(timespec="milliseconds")
    return dumps({"type": event["kind"], "timestamp": at, "data": data})


def notify(event: Mapping[str, Any], settings: NotifySettings, *, now: int) -> list[Mapping[str, Any]]:
    """Post the summary of `event`; `now` in seconds. The event's id names the notice in every repetition.

    An endpoint that is gone for good (410) is told in a note; any other answer than 2xx raises, as does none in time.
    """
    # full stops separate the parts that are signed, so the name has none
    body, name = summary(event), str(event["id"]).replace(".", "-")
    headers = {
        "content-type": "application/json",
        "user-agent": "dragoman-notify",
        "webhook-id": name,
        "webhook-timestamp": str(now),
        "webhook-signature": sign_webhook(settings.secret.get_secret_value(), name, now, body),
    }
    status = post_in_time(settings, headers, body)
    if status == 410:
        return [{"note": "endpoint gone"}]
    if not 200 <= status < 300:
        raise Unavailable(f"the endpoint answered {status}")
    return []


def post_in_time(settings: NotifySettings, headers: Mapping[str, str], body: bytes) -> int:
    """`post` within `timeout` altogether: socket time-outs alone would let a name server or a drip of bytes hang us
    until the hub kills the process, and three kills quarantine the plugin."""
    outcome: list[int | Exception] = []

    def run() -> None:
        try:
            outcome.append(post(settings, headers, body))
        except Exception as error:
            outcome.append(error)

    thread = threading.Thread(target=run, name="notify", daemon=True)
    thread.start()
    thread.join(settings.timeout)
    result = outcome[0] if outcome else Unavailable("the endpoint did not answer in time")
    if isinstance(result, (Refused, Unavailable)):
        raise result
    if isinstance(result, Exception):  # named by its class only: its words could hold the address
        raise Unavailable(f"the endpoint could not be reached ({type(result).__name__})")
    return result


def post(settings: NotifySettings, headers: Mapping[str, str], body: bytes) -> int:
    """One POST; its status. Follows no redirect, and reads no body: an endless answer costs nothing."""
    parts = urlsplit(settings.url)
    host, secure = parts.hostname, parts.scheme == "https"
    if not host:
        raise Rejected("the endpoint has no host")
    port = parts.port or (443 if secure else 80)
    addresses = lead_to(host, port, allow_private=settings.allow_private)
    connection = http.client.HTTPConnection(host, port, timeout=settings.timeout)
    try:
        # connected by hand: to the address that was checked, by the name that the certificate must carry
        wire = dial(addresses, port, settings.timeout)
        connection.sock = ssl.create_default_context().wrap_socket(wire, server_hostname=host) if secure else wire
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", target, body, {"host": parts.netloc, **headers})
        return connection.getresponse().status
    finally:
        connection.close()


def dial(addresses: Sequence[str], port: int, timeout: float) -> socket.socket:
    """A connection to the first address that takes one. Raises OSError of the last that does not."""
    for address in addresses[:-1]:
        try:
            return socket.create_connection((address, port), timeout)
        except OSError:
            continue
    return socket.create_connection((addresses[-1], port), timeout)
