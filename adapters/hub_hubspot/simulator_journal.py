"""The simulator's journal of changes: entries in order, forgotten after three days, files behind signed addresses."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiohttp import web

from hub.wire import json
from hub_hubspot.paths import JOURNAL, KINDS, OBJECT_TYPES, endpoint, every
from hub_hubspot.simulator_portal import Change

if TYPE_CHECKING:
    from hub_hubspot.simulator import HubSpotSimulator

_IDS = {KINDS[type_]: number for number, type_ in OBJECT_TYPES.items()}
_ACTIONS = {
    "creation": "CREATE",
    "propertyChange": "UPDATE",
    "deletion": "DELETE",
    "merge": "MERGE",
    "restore": "RESTORE",
    "privacyDeletion": "GDPR_DELETE",
}


@dataclass(slots=True)
class Entry:
    """One file of events."""

    offset: str
    events: list[dict[str, Any]] = field(default_factory=list)


class SimulatedJournal:
    """`size` events of an entry at most · `lives` seconds of a file's address and `token_lives` of a token ·
    `host` other than the simulator's own for the files' addresses. Endpoints answer only the app's own token."""

    def __init__(self, simulator: HubSpotSimulator, *, client_id: str, client_secret: str) -> None:
        self._simulator, self.client_id, self.client_secret = simulator, client_id, client_secret
        self.size, self.lives, self.token_lives, self.host = 100, 300, 1_800, ""
        self.entries: list[Entry] = []
        self.tokens: dict[str, float] = {}
        self.fetched = 0
        self._open: list[dict[str, Any]] = []
        self._key = secrets.token_bytes(16)

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Register its paths."""
        for oauth in every("oauth"):
            router.add_post(oauth, self._counted(self.token))
        router.add_get(f"{JOURNAL}/{{which:earliest|latest}}", self._counted(self.end))
        router.add_get(f"{JOURNAL}/offset/{{offset}}/next", self._counted(self.next))
        router.add_get("/files-of-the-journal/{offset}", self._counted(self.file))

    def hear(self, change: Change) -> None:
        """A change of the account."""
        if change.kind not in _IDS:
            return
        told: dict[str, Any] = {
            "type": "GDPR_PRIVACY_DELETION" if change.what == "privacyDeletion" else "OBJECT",
            "action": _ACTIONS.get(change.what, "UPDATE"),
            "portalId": self._simulator.portal_id,
            "occurredAt": time.time_ns() // 1_000_000,
            "objectTypeId": _IDS[change.kind],
            "objectId": int(change.id),
            **change.more,
        }
        if change.name:
            told["propertyChanges"] = {change.name: change.value}
        self._open.append(told)
        if len(self._open) >= self.size:
            self.close()

    def close(self) -> None:
        """Make an entry of what was heard."""
        if self._open:
            self.entries.append(Entry(str(uuid.uuid4()), self._open))
            self._open = []

    def forget(self) -> None:
        """Let three days pass: every entry is gone, and so is every offset."""
        self.close()
        self.entries.clear()

    def revoke(self) -> None:
        """No token is good any more."""
        self.tokens.clear()

    async def token(self, request: web.Request) -> web.Response:
        """The token of the app, for its id and secret."""
        form = await request.post()
        if form.get("grant_type") != "client_credentials" or not form.get("scope"):
            return _error(400, "BAD_REQUEST", "missing or invalid grant type")
        if (form.get("client_id"), form.get("client_secret")) != (self.client_id, self.client_secret):
            return _error(401, "BAD_CLIENT", "client id or secret is not valid")
        token = secrets.token_hex(8)
        self.tokens[token] = time.monotonic() + self.token_lives
        return _ok({"access_token": token, "expires_in": self.token_lives, "token_type": "bearer"})

    async def end(self, request: web.Request) -> web.Response:
        """The first or last entry, 204 if there is none."""
        if refused := self._refused(request):
            return refused
        self.close()
        if not self.entries:
            return web.Response(status=204)
        return self._told(self.entries[0 if request.match_info["which"] == "earliest" else -1])

    async def next(self, request: web.Request) -> web.Response:
        """The entry after an offset, 204 if there is none, 404 for an offset that is forgotten."""
        if refused := self._refused(request):
            return refused
        self.close()
        offsets = [entry.offset for entry in self.entries]
        if request.match_info["offset"] not in offsets:
            return _error(404, "OBJECT_NOT_FOUND", "this offset has expired or does not exist")
        place = offsets.index(request.match_info["offset"]) + 1
        return self._told(self.entries[place]) if place < len(offsets) else web.Response(status=204)

    async def file(self, request: web.Request) -> web.Response:
        """The events of an entry, for a signature that is still good; a second way of access is refused."""
        offset, until = request.match_info["offset"], request.query.get("until", "0")
        if "Authorization" in request.headers:
            return web.Response(status=400, text="Only one auth mechanism allowed")
        if not hmac.compare_digest(self._sign(offset, until), request.query.get("signature", "")):
            return web.Response(status=403, text="SignatureDoesNotMatch")
        if time.time() > float(until):
            return web.Response(status=403, text="Request has expired")
        self.fetched += 1
        (entry,) = [entry for entry in self.entries if entry.offset == offset]
        return _ok({"offset": offset, "journalEvents": entry.events})

    def _told(self, entry: Entry) -> web.Response:
        until = str(int(time.time()) + self.lives)
        base = self.host or self._simulator.url
        url = f"{base}/files-of-the-journal/{entry.offset}?until={until}&signature={self._sign(entry.offset, until)}"
        return _ok({"url": url, "currentOffset": entry.offset, "expiresAt": until})

    def _sign(self, offset: str, until: str) -> str:
        return hmac.new(self._key, f"{offset}{until}".encode(), hashlib.sha256).hexdigest()

    def _refused(self, request: web.Request) -> web.Response | None:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if self.tokens.get(token, 0.0) < time.monotonic():
            return _error(401, "INVALID_AUTHENTICATION", "This token is not good here")
        return None

    def _counted(self, handler: Callable[[web.Request], Any]) -> Callable[[web.Request], Any]:
        """With the simulator's counters and faults."""
        simulator = self._simulator

        async def answer(request: web.Request) -> web.StreamResponse:
            label = "journal/file" if handler == self.file else endpoint(request.path)
            simulator.calls[label] += 1
            faults = simulator.faults
            lost = faults.down or faults.hits(faults.lose_before)
            if not lost and faults.hits(faults.error):
                return _error(503, "INTERNAL_ERROR", "internal error")
            response: web.StreamResponse | None = None if lost else await handler(request)
            if response is None or faults.hits(faults.lose_after):
                simulator.swallowed += 1
                if request.transport:
                    request.transport.abort()
                return web.Response(status=500)
            return response

        return answer


def _ok(data: object) -> web.Response:
    return web.Response(body=json.dumps(data), content_type="application/json")


def _error(status: int, category: str, message: str) -> web.Response:
    data = {"status": "error", "category": category, "message": message}
    return web.Response(status=status, body=json.dumps(data), content_type="application/json")
