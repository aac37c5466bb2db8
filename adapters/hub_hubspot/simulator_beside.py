"""The simulator's API beside the CRM: files, what a token may do, the account, and which scope a call needs."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from aiohttp import web

from hub.wire import json
from hub_hubspot.paths import every
from hub_hubspot.simulator_portal import PARSED, Portal, Refusal
from hub_hubspot.simulator_schema import FILES

if TYPE_CHECKING:
    from hub_hubspot.simulator import HubSpotSimulator

Reply = tuple[int, dict[str, Any]]
ROOTS = ("/files/", "/oauth/v2/", "/account-info/")
"""Where these calls live."""
_BOTH = [f"crm.{what}.{kind}" for what in ("objects", "schemas") for kind in ("contacts", "companies", "deals")]
GRANTED = frozenset(
    (*(f"{scope}.{way}" for scope in _BOTH for way in ("read", "write")), "crm.objects.owners.read", "tickets", "files")
)
"""The scopes of a private app that may do everything the adapter can."""
_NEEDED = {"/tickets": "tickets", "/files/": "files", "/owners/": "crm.objects.owners.read"}


class Beside:
    """Bound to one simulator. `uploads` are the stored bytes by file id."""

    def __init__(self, simulator: HubSpotSimulator, portal: Portal) -> None:
        self.simulator, self.portal = simulator, portal
        self.uploads: dict[str, bytes] = {}

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Register the paths."""
        handlers = (("POST", "files", self.upload), ("POST", "token", self.token), ("GET", "account", self.account))
        for method, name, handler in handlers:
            for path in every(name):
                router.add_route(method, path, handler)  # type: ignore[arg-type]

    async def upload(self, request: web.Request) -> Reply:
        """Store a file: a name stands once in a folder; `overwrite` replaces it, else the new one is renamed."""
        form = PARSED.get()
        if not isinstance(form, Mapping) or not form.get("file"):
            raise Refusal(400, "VALIDATION_ERROR", "file is required")
        options = json.loads(form.get("options", "{}"))
        if options.get("access") not in ("PRIVATE", "PUBLIC_INDEXABLE", "PUBLIC_NOT_INDEXABLE"):
            raise Refusal(400, "VALIDATION_ERROR", "options.access is required")
        if ("folderPath" in form) == ("folderId" in form):
            raise Refusal(400, "VALIDATION_ERROR", "either folderPath or folderId is required")
        data: bytes = form["file"]
        if len(data) > self.simulator.largest_file:
            raise Refusal(413, "VALIDATION_ERROR", "The file is too large")
        name, folder = str(form.get("fileName") or "file"), str(form.get("folderPath", ""))
        stored = next((t for t in self.portal.things[FILES].values() if t.values["path"] == f"{folder}/{name}"), None)
        if stored and not options.get("overwrite"):
            stem, dot, ending = name.rpartition(".")
            name, stored = f"{stem}-1{dot}{ending}", None
        values = {"name": name, "path": f"{folder}/{name}", "size": str(len(data)), "access": str(options["access"])}
        thing = self.portal.put(FILES, stored, values)
        self.uploads[thing.id] = data
        return 201, {"id": thing.id, "archived": False, **values, "size": len(data)}

    async def token(self, request: web.Request) -> Reply:
        """What a private app's token may do."""
        if PARSED.get() != {"tokenKey": self.simulator.token}:
            raise Refusal(401, "INVALID_AUTHENTICATION", "The token is not known")
        return 200, {"userId": 1, "hubId": 1, "appId": 1, "scopes": sorted(self.simulator.granted)}

    async def account(self, request: web.Request) -> Reply:
        """The account's time zone."""
        told = {"portalId": 1, "accountType": "STANDARD", "timeZone": self.simulator.zone, "utcOffset": "+00:00"}
        return 200, {**told, "utcOffsetMilliseconds": 0, "companyCurrency": "EUR", "additionalCurrencies": []}


def scope_of(method: str, path: str) -> str:
    """The scope a call needs, so far as the adapter can do without it; "" for all others."""
    for part, scope in _NEEDED.items():
        if part in path:
            return scope
    if "/deals" in path:
        kind = "schemas" if "/properties/" in path else "objects"
        reading = method == "GET" or path.endswith(("/read", "/search"))
        return f"crm.{kind}.deals.{'read' if reading else 'write'}"
    return ""


def form_of(content_type: str, raw: bytes) -> dict[str, Any] | bytes:
    """The fields of a multipart body, the file as bytes; the raw body if it is none."""
    if not content_type.startswith("multipart/form-data"):
        return raw
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    fields: dict[str, Any] = {}
    for part in email.message_from_bytes(head + raw, policy=email.policy.HTTP).iter_parts():
        name = str(part.get_param("name", header="content-disposition"))
        data = part.get_payload(decode=True)
        if isinstance(data, bytes):
            fields[name] = data if part.get_filename() else data.decode()
    return fields
