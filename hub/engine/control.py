"""The control socket in the data folder: one JSON request a line, one JSON reply a line, for this user only.

{"do": "status"}, {"do": "event", "event": {...}}, {"do": "backup made", "backup": {...}} or {"do": "stop"}:
{"ok": true, ...} or {"ok": false, "error": "..."}
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import tempfile
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog
from pydantic import TypeAdapter, ValidationError

from hub.contracts.errors import HubError
from hub.engine.control_client import ELSEWHERE, LINE_MAX, PATH_MAX, SOCKET
from hub.engine.line import incoming, now_ms
from hub.mapping.facts import ATTR_NAME, RESERVED
from hub.model.content import Content
from hub.model.events import (
    ConflictDecided,
    DeadHandled,
    DriftSwept,
    Event,
    HumanReplied,
    IdentityMoved,
    MappingApplied,
    PauseChanged,
    PersonEdited,
    RecordEdited,
)
from hub.model.people import Identity
from hub.store.copying import Backup, record_backup

if TYPE_CHECKING:
    from hub.engine.hub import Hub

log = structlog.get_logger("hub.control")

HUMAN = (
    ConflictDecided,
    DeadHandled,
    DriftSwept,
    HumanReplied,
    IdentityMoved,
    MappingApplied,
    PauseChanged,
    PersonEdited,
    RecordEdited,
)
TAKEN: dict[str, TypeAdapter[Any]] = {cls.kind: TypeAdapter(cls) for cls in HUMAN}
"""What a human may put into the line; everything else comes from where it happens."""
NAMES = {cls.kind: {f.name for f in fields(cls)} for cls in HUMAN}
BACKUP = TypeAdapter(Backup)
TEXT_MAX = 100_000  # characters of an answer
MAPPING_MAX = 150_000  # characters of a mapping file
TRIAL_MAX = 10_000  # people of a trial
VALUE_MAX = 1_000  # characters of a person's value
EDITABLE = ("name", "name.first", "name.last", "phone", "email", "language", "owner")
NEED_TEXT = ("text", "buttons", "list")  # forms that say nothing without a text


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
            "began": hub.began,
            "now": now_ms(),
            "version": hub.config.version,
            "accepting": hub.accepting,
            "disk_low": hub.disk_low,
            "inboxes": {name: inbox.connection for name, inbox in hub.config.inboxes.items()},
            "resting": dict(hub.config.resting),
            "crms": {name: "ready" if crm.ready.is_set() else "first read" for name, crm in hub.crms.items()},
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


class Refusal(ValueError):
    """A human's event that cannot be: `str()` is one sentence."""


def human_event(given: dict[str, Any]) -> Event:
    """A packed event as a human may cause it, checked field by field. Raises Refusal."""
    kind = given.get("kind")
    if kind not in TAKEN:
        raise Refusal(f"an event from outside is one of {', '.join(TAKEN)}")
    values = {name: value for name, value in given.items() if name != "kind"}
    if strange := sorted(values.keys() - NAMES[kind]):
        raise Refusal(f"{kind} has no field {strange[0]!r:.50}")
    try:
        event: Event = TAKEN[kind].validate_python(values)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise Refusal(f"{kind}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    if isinstance(event, HumanReplied | PauseChanged | IdentityMoved | PersonEdited):
        check_reference(event.person)
    if isinstance(event, IdentityMoved):
        check_identity(event.identity)
    if isinstance(event, HumanReplied):
        check_answer(event)
    if isinstance(event, PersonEdited):
        check_values(event)
    if isinstance(event, PauseChanged) and event.until < 0:
        raise Refusal("a pause ends after 1970")
    if isinstance(event, RecordEdited):
        check_edit(event)
    if isinstance(event, MappingApplied):
        check_mapping(event)
    return event


def check_answer(event: HumanReplied) -> None:
    """Raise Refusal unless it says something that can be read again."""
    try:
        form = Content.load(event.content).form
    except (ValueError, KeyError) as error:
        raise Refusal(str(error)) from None
    if form == "reaction" and not event.reply_to:
        raise Refusal("a reaction names the message that it is about in reply_to")
    if len(event.text) > TEXT_MAX or (form in NEED_TEXT and not event.text.strip()):
        raise Refusal(f"an answer has 1 to {TEXT_MAX} characters")


def check_values(event: PersonEdited) -> None:
    """Raise Refusal unless each value has a name that a person can have, and a readable length."""
    if not event.values:
        raise Refusal("nothing is to be changed: give a value")
    for name, value in event.values.items():
        if name not in EDITABLE and (name in RESERVED or not ATTR_NAME.fullmatch(name)):
            raise Refusal(f"a person has no value {name!r:.50}: {', '.join(EDITABLE)}, or a name of letters and digits")
        if len(value) > VALUE_MAX:
            raise Refusal(f"{name} has up to {VALUE_MAX} characters")


def check_edit(event: RecordEdited) -> None:
    """Raise Refusal unless it changes something that can be named."""
    if not (event.crm and event.record) or max(map(len, (event.crm, event.record, event.stage, event.owner))) > 200:
        raise Refusal("a record of a CRM is named by the CRM and its id, a stage and an owner by up to 200 characters")
    if not (event.stage or event.owner or event.done):
        raise Refusal("nothing is to be changed: give a stage, an owner or done")
    if event.stage and event.done:
        raise Refusal("a stage and done are two different ends")


def check_mapping(event: MappingApplied) -> None:
    """Raise Refusal unless it is a file of a size that people write, tried in a way that can end."""
    if not event.crm or not event.text or len(event.text) > MAPPING_MAX or len(event.note) > 1000:
        raise Refusal(f"a mapping is of a CRM and has 1 to {MAPPING_MAX} characters, a note up to 1000")
    if not (0 <= event.trial <= TRIAL_MAX and 0 <= event.limit <= 1):
        raise Refusal(f"a trial has 0 to {TRIAL_MAX} people and ends at a share of 0 to 1 refused")


def check_reference(person: str) -> None:
    """Raise Refusal unless `person` is p and a number, or kind:scope:key."""
    if person[:1] == "p" and person[1:].isdecimal() and len(person) < 19:
        return
    check_identity(person)


def check_identity(text: str) -> None:
    """Raise Refusal unless it is kind:scope:key."""
    try:
        identity = Identity.parse(text)
    except ValueError:
        raise Refusal("a person is p and a number, or kind:scope:key") from None
    if not (identity.kind and identity.key):
        raise Refusal("a person is p and a number, or kind:scope:key")


def _line(reply: dict[str, Any]) -> bytes:
    return json.dumps(reply).encode() + b"\n"
