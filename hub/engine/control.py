"""The control socket in the data folder: one JSON request a line, one JSON reply a line, for this user only.

{"do": "status"}, {"do": "event", "event": {...}}, {"do": "backup made", "backup": {...}},
{"do": "file pulled"} or {"do": "stop"}:
{"ok": true, ...} or {"ok": false, "error": "..."}
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog
from pydantic import TypeAdapter

from hub.contracts.errors import HubError
from hub.engine.configurations import beside_file
from hub.engine.control_client import ELSEWHERE, LINE_MAX, PATH_MAX, SOCKET
from hub.engine.human_events import Refusal, human_event
from hub.engine.line import incoming, now_ms
from hub.store.copying import Backup, record_backup

if TYPE_CHECKING:
    from hub.engine.hub import Hub

log = structlog.get_logger("hub.control")

BACKUP = TypeAdapter(Backup)


class Control:
    """Listens from `start` to `stop`. `stop_asked` is set when somebody asks the hub to end."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._data = Path(hub.config.hub.data)
        self._server: asyncio.Server | None = None
        self._elsewhere: Path | None = None
        self._talks: set[asyncio.Task[None]] = set()
        self.stop_asked = asyncio.Event()

    async def start(self) -> None:
        """Listen. What an earlier hub left behind is replaced: the store's lock says that it is gone."""
        path = self._place()
        path.unlink(missing_ok=True)
        line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        line.bind(str(path))
        os.chmod(path, 0o600)  # before it listens: nobody else gets in between
        self._server = await asyncio.start_unix_server(self._talk, sock=line, limit=LINE_MAX)

    async def stop(self) -> None:
        """End the talks and leave nothing behind."""
        if self._server is not None:
            self._server.close()
            for talk in self._talks:
                talk.cancel()
            await asyncio.gather(*self._talks, return_exceptions=True)
            (self._data / SOCKET).unlink(missing_ok=True)
            (self._data / ELSEWHERE).unlink(missing_ok=True)
            if self._elsewhere is not None:
                shutil.rmtree(self._elsewhere, ignore_errors=True)

    def _place(self) -> Path:
        """The socket's path; a folder whose path is too long for a socket gets one elsewhere and says where."""
        (self._data / ELSEWHERE).unlink(missing_ok=True)
        path = self._data / SOCKET
        if len(bytes(path)) <= PATH_MAX:
            return path
        self._elsewhere = Path(tempfile.mkdtemp(prefix="dragoman-"))  # made for this user only
        path = self._elsewhere / SOCKET
        (self._data / ELSEWHERE).write_text(str(path), encoding="utf-8")
        return path

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._talks.add(task)
        try:
            while True:
                try:
                    line = await reader.readline()
                except ValueError:
                    writer.write(_line({"ok": False, "error": "the request is larger than 1 MB"}))
                    await writer.drain()
                    return
                if not line:
                    return
                writer.write(_line(await self._reply(line)))
                await writer.drain()
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self._talks.discard(task)
            writer.close()

    async def _reply(self, line: bytes) -> dict[str, Any]:
        try:
            request = json.loads(line)
            match request:
                case {"do": "status"}:
                    return {"ok": True, **self._status()}
                case {"do": "event", "event": dict(given)}:
                    (seq,) = await self._hub.writer.accept([incoming(human_event(given))])
                    return {"ok": True, "seq": seq}
                case {"do": "backup made", "backup": dict(given)}:
                    made = BACKUP.validate_python(given)
                    await self._hub.writer.call(lambda store: record_backup(store, made))
                    return {"ok": True}
                case {"do": "file pulled"}:
                    hub = self._hub
                    hub.notices.tell(await hub.writer.call(lambda store: beside_file(store.db, hub.line)))
                    return {"ok": True}
                case {"do": "stop"}:
                    self.stop_asked.set()
                    return {"ok": True}
        except HubError as error:
            return {"ok": False, "error": str(error)}
        except (ValueError, RecursionError) as error:
            return {"ok": False, "error": str(error) if isinstance(error, Refusal) else "the request is not JSON"}
        return {"ok": False, "error": "the request is not one of status, event, stop"}

    def _status(self) -> dict[str, Any]:
        """What only the running process knows; the rest stands in the store."""
        hub = self._hub
        quarantined = {info.name: info.reason for info in hub.plugins.quarantined()}
        return {
            "pid": os.getpid(),
            "process": hub.process.name,
            "duties": hub.duties.held,
            "began": hub.began,
            "now": now_ms(),
            "version": hub.line.config.version,
            "accepting": hub.accepting,
            "disk_low": hub.disk_low,
            "inboxes": {name: inbox.connection for name, inbox in hub.config.inboxes.items()},
            "resting": dict(hub.config.resting),
            "crms": {name: self._crm(name) for name in hub.crms},
            "in_flight": {name: sender.in_flight for name, sender in hub.senders.items()},
            "events": {
                "accepted": hub.writer.accepted,
                "duplicates": hub.writer.duplicates,
                "stepped": hub.writer.stepped,
                "buried": hub.writer.buried,
            },
            "quarantined": {**quarantined, **hub.workers.quarantined},
            "notices": dict(hub.notices.open),
        }

    def _crm(self, name: str) -> str:
        if not self._hub.duties.ours((f"crm:{name}",)):
            return "elsewhere"
        return "ready" if self._hub.crms[name].ready.is_set() else "first read"


def _line(reply: dict[str, Any]) -> bytes:
    return json.dumps(reply).encode() + b"\n"
