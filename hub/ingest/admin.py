"""The admin listener, for this machine only: is it alive, does it take events, and its numbers for Prometheus.

/healthz 200 while the process can work    /readyz 200 while it takes events, else 503    /metrics
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from aiohttp import web
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from hub.engine.hub import Hub
from hub.store import open_reader, reading


class Numbers(Collector):
    """The hub's numbers as metrics. `open_rows`: (kind, state) -> open commands; `dead`: kind -> open dead letters."""

    def __init__(
        self,
        hub: Hub,
        answers: Mapping[int, int],
        queue: int,
        open_rows: Mapping[tuple[str, str], int],
        dead: Mapping[str, int],
    ) -> None:
        self._hub, self._answers, self._queue = hub, answers, queue
        self._open_rows, self._dead = open_rows, dead

    def collect(self) -> Iterator[Metric]:
        """Called by prometheus-client for one scrape."""
        writer = self._hub.writer
        for name, value, meaning in (
            ("accepted", writer.accepted, "events made durable"),
            ("duplicates", writer.duplicates, "events that were accepted before"),
            ("stepped", writer.stepped, "events worked off"),
            ("buried", writer.buried, "events that became dead letters"),
        ):
            yield CounterMetricFamily(f"dragoman_events_{name}", f"{meaning}, since the start", value=value)
        answers = CounterMetricFamily("dragoman_webhook_answers", "answers to webhooks by status", labels=["status"])
        for status, count in sorted(self._answers.items()):
            answers.add_metric([str(status)], count)
        yield answers
        yield GaugeMetricFamily("dragoman_queue_depth", "events that wait for their step", value=self._queue)
        outbox = GaugeMetricFamily("dragoman_outbox_open", "commands that are not ended", labels=["kind", "state"])
        for (kind, state), count in sorted(self._open_rows.items()):
            outbox.add_metric([kind, state], count)
        yield outbox
        dead = GaugeMetricFamily("dragoman_dead_letters", "open dead letters", labels=["kind"])
        for kind, count in sorted(self._dead.items()):
            dead.add_metric([kind], count)
        yield dead
        calls = CounterMetricFamily(
            "dragoman_crm_calls", "calls to a CRM; status 0 = no answer", labels=["crm", "endpoint", "status"]
        )
        for name, crm in self._hub.crms.items():
            for (endpoint, status), count in sorted(crm.calls.copy().items()):
                calls.add_metric([name, endpoint, str(status)], count)
        yield calls
        yield GaugeMetricFamily("dragoman_notices", "what needs a human now", value=len(self._hub.notices.open))
        yield GaugeMetricFamily("dragoman_start_time_seconds", "when it started", value=self._hub.began / 1000)


def admin_app(hub: Hub, answers: Counter[int]) -> web.Application:
    """The admin listener's application; `answers` are the public listener's, by status."""
    data = Path(hub.config.hub.data)

    def read() -> tuple[int, dict[tuple[str, str], int], dict[str, int]]:
        db = open_reader(data)
        try:
            return reading.queued(db), reading.open_commands(db), reading.dead_by_kind(db)
        finally:
            db.close()

    async def healthz(request: web.Request) -> web.Response:
        alive = hub.writer.alive
        return web.Response(status=200 if alive else 503, text="alive" if alive else "the writer has died")

    async def readyz(request: web.Request) -> web.Response:
        if hub.accepting:
            return web.Response(text="ready")
        reason = "stopping" if hub.stopping else "the disk is almost full" if hub.disk_low else "the writer has died"
        return web.Response(status=503, text=reason)

    async def metrics(request: web.Request) -> web.Response:
        queue, open_rows, dead = await asyncio.to_thread(read)  # a reader of its own: the writer is not disturbed
        registry = CollectorRegistry()
        registry.register(Numbers(hub, answers, queue, open_rows, dead))
        return web.Response(body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    app = web.Application()
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/metrics", metrics)
    return app
