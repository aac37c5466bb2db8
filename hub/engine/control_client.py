"""The other end of the control socket: how commands reach a running hub, or the store when none runs."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hub.contracts.errors import ConfigError, Rejected
from hub.model.events import Event
from hub.model.packing import pack

if TYPE_CHECKING:
    from hub.store import Place

SOCKET, ELSEWHERE = "control.sock", "control.path"
PATH_MAX = 100  # bytes; a unix socket's path holds 104 to 108, depending on the system
LINE_MAX = 8_000_000  # bytes of one request or reply
STARTING = 15.0  # seconds a hub may hold the store without answering yet


def socket_path(data: Path) -> Path:
    """Where the hub on this data folder listens: in the folder, or where the folder says if its path is too long."""
    try:
        return Path((data / ELSEWHERE).read_text(encoding="utf-8"))
    except OSError:
        return data / SOCKET


def ask(data: Path, request: Mapping[str, Any], timeout: float = 10.0) -> dict[str, Any] | None:
    """One request to the hub on this data folder, answered within `timeout` seconds; None when no hub answers."""
    path = socket_path(data)
    if len(bytes(path)) > PATH_MAX:
        return None
    reply = b""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.settimeout(timeout)
        try:
            line.connect(str(path))
            line.sendall(json.dumps(request).encode() + b"\n")
            while not reply.endswith(b"\n") and len(reply) < LINE_MAX:
                if not (part := line.recv(65536)):
                    break
                reply += part
        except OSError:
            return None
    try:
        answer = json.loads(reply)
    except ValueError:
        return None
    return answer if isinstance(answer, dict) else None


def submit(place: Place, event: Event) -> str:
    """Make a human's event happen: through the running hub, else put into its store. Returns a sentence.

    Raises Rejected when the hub refuses it, ConfigError when there is neither a hub nor a store.
    """
    from hub.store import open_reader, open_store  # only where a store is touched

    until = time.monotonic() + STARTING
    while True:
        if reply := ask(place.folder, {"do": "event", "event": pack(event)}):
            if not reply.get("ok"):
                raise Rejected(str(reply.get("error", "the hub refused")))
            return f"the hub took it as event {reply['seq']}"
        if place.dsn or not place.exists:
            open_reader(place).close()  # says that there is none
        try:
            store = open_store(place)
            break
        except ConfigError:  # a hub holds it that does not answer: it may be starting
            if place.dsn or time.monotonic() > until:
                raise
            time.sleep(0.1)
    from hub.engine.line import incoming

    try:
        (seq,) = store.accept([incoming(event)])
    finally:
        store.close()
    if place.dsn:
        return f"no hub runs here: event {seq} is in the store, and any of its processes takes it up"
    return f"no hub runs: event {seq} waits for its next start"
