"""`/hook/{name}`: the address that the platform of a connection, or a CRM, calls.

Statuses: 200 stored (or nothing worth storing) · 400 not this platform's format · 401 signature · 404 no such
connection · 413 too large · 503 with Retry-After: come again (full, disk low, stopping, signed at another time). A good
event never gets 4xx.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import structlog
from aiohttp import web

from hub.contracts.channel import Channel, Reply, Request
from hub.contracts.crm import Hears
from hub.contracts.errors import BadSignature, HubError, StaleSignature
from hub.engine.doctor import WELL_KNOWN, door_name
from hub.engine.hub import Hub
from hub.engine.line import CRM, now_ms
from hub.engine.poller import raw_incoming
from hub.engine.pulse import LOOP
from hub.ingest.files import FileDoor

log = structlog.get_logger("hub.ingest")

COME_AGAIN = {"Retry-After": "2"}


class PublicListener:
    """The handlers, bound to a running hub. `answers` counts by status."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._base = hub.config.hub.public_url.rstrip("/")
        self.answers: Counter[int] = Counter()

    async def door(self, request: web.Request) -> web.Response:
        """Whose door this is, for `dragoman doctor`."""
        return web.Response(text=door_name(self._hub.line.tag))

    async def hook(self, request: web.Request) -> web.Response:
        """A platform calls."""
        response = await self._hook(request)
        self.answers[response.status] += 1
        return response

    def _called(self, name: str) -> tuple[Channel[Any] | Hears, str] | None:
        """Who is called by that name, and the journal's source of what comes: a connection, or a CRM that hears."""
        config = self._hub.config
        if (connection := config.connections.get(name)) is not None:
            return connection.channel, name
        crm = None if name in config.deaf else config.crms.get(name)
        if crm is not None and isinstance(crm.adapter, Hears):
            with self._hub.pulse.inside(LOOP, self._hub.line.numbers[CRM + name]):
                return (crm.adapter, CRM + name) if crm.adapter.hearing() else None
        return None

    async def _hook(self, request: web.Request) -> web.Response:
        name = request.match_info["connection"]
        found = self._called(name)
        if found is None:
            if name in self._hub.config.resting or name in self._hub.config.deaf:
                return _come_again()
            return web.Response(status=404, text="no such connection")
        (channel, source), pulse = found, self._hub.pulse
        if not self._hub.accepting:
            return _come_again()
        try:
            body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            return web.Response(status=413, text="too large")
        asked = Request(request.method, self._base + request.path_qs, request.query, request.headers, body)
        number = self._hub.line.numbers[source]
        label = f"connection {name}" if isinstance(channel, Channel) else f"crm {name}"
        try:
            with pulse.inside(LOOP, number):
                if request.method == "GET":
                    reply = channel.handshake(asked) if isinstance(channel, Channel) else None
                    return _answer(reply) if reply else web.Response(status=404, text="not a handshake")
                channel.verify(asked)
        except StaleSignature as error:
            minutes = max(1, abs(error.off) // 60_000)
            what = f"webhooks of {label} carry a time {minutes} min off: check this machine's clock"
            self._hub.notices.raise_once(f"webhooks of {label}", what)
            return _come_again()
        except BadSignature as error:
            log.warning("signature refused", connection=name, reason=str(error))
            return web.Response(status=401, text="signature does not verify")
        except Exception as error:
            log.error("a channel failed inside verify", connection=name, error=type(error).__name__)
            if not isinstance(channel, Channel):  # a CRM may never repeat what it was refused
                return _come_again()
            return web.Response(status=401, text="signature does not verify")
        self._hub.notices.clear(f"webhooks of {label}")
        try:
            with pulse.inside(LOOP, number):
                raws = channel.split(body)
        except ValueError:
            return web.Response(status=400, text="not this platform's format")
        except Exception as error:
            log.error("a channel failed inside split", connection=name, error=type(error).__name__)
            return _come_again()
        if raws:
            if self._hub.stopping:  # it began to stop while the body came in
                return _come_again()
            received = now_ms()
            try:
                await self._hub.writer.accept([raw_incoming(source, raw, received) for raw in raws])
            except HubError:
                return _come_again()
        return web.Response(status=200)


def _come_again() -> web.Response:
    return web.Response(status=503, headers=COME_AGAIN, text="come again")


def _answer(reply: Reply) -> web.Response:
    return web.Response(status=reply.status, body=reply.body, content_type=reply.content_type)


def public_app(hub: Hub) -> web.Application:
    """The public listener's application."""
    app = web.Application(client_max_size=hub.config.hub.body_max)
    listener = PublicListener(hub)
    app.router.add_route("GET", "/hook/{connection}", listener.hook, expect_handler=None)
    app.router.add_route("POST", "/hook/{connection}", listener.hook)
    app.router.add_get(WELL_KNOWN, listener.door)
    app.router.add_get("/media/{token}", FileDoor(hub).file)
    app[LISTENER] = listener
    return app


LISTENER = web.AppKey("listener", PublicListener)
