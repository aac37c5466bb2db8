"""The admin listener, for this machine only: is it alive, does it take events, and its numbers for Prometheus.

/healthz 200 while the process can work    /readyz 200 while it takes events, else 503    /metrics
"""

from __future__ import annotations

import asyncio
from collections import Counter

from aiohttp import web
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from hub.engine.hub import Hub
from hub.ingest.metrics import Numbers, read_stored


def admin_app(hub: Hub, answers: Counter[int]) -> web.Application:
    """The admin listener's application; `answers` are the public listener's, by status."""
    place = hub.config.hub.place

    async def healthz(request: web.Request) -> web.Response:
        alive = hub.writer.alive
        return web.Response(status=200 if alive else 503, text="alive" if alive else "the writer has died")

    async def readyz(request: web.Request) -> web.Response:
        if hub.accepting:
            return web.Response(text="ready")
        reason = "stopping" if hub.stopping else "the disk is almost full" if hub.disk_low else "the writer has died"
        return web.Response(status=503, text=reason)

    async def metrics(request: web.Request) -> web.Response:
        stored = await asyncio.to_thread(read_stored, place)
        registry = CollectorRegistry()
        registry.register(Numbers(hub, answers, stored))
        return web.Response(body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    app = web.Application()
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/metrics", metrics)
    return app
