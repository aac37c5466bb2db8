"""The hub's numbers for Prometheus. Read from a connection of its own: the writer is not disturbed by a scrape."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from hub.engine.hub import Hub
from hub.engine.line import now_ms
from hub.store import Place, health, open_reader, reading
from hub.store.health import Waiting


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What the store said for one scrape. `dead` by (kind, cause); `timers` armed and overdue; `media` by state."""

    queue: int = 0
    waiting: list[Waiting] = field(default_factory=list)
    dead: Mapping[tuple[str, str], int] = field(default_factory=dict)
    timers: tuple[int, int] = (0, 0)
    media: Mapping[str, int] = field(default_factory=dict)
    plugin_work: Mapping[str, int] = field(default_factory=dict)


def read_stored(place: Place) -> Stored:
    """Ask the store; for a thread of its own. Raises ConfigError when there is none yet."""
    db = open_reader(place)
    try:
        return Stored(
            queue=reading.queued(db),
            waiting=health.waiting(db),
            dead=health.dead_by_cause(db),
            timers=health.timers(db, now_ms()),
            media=health.media(db),
            plugin_work=reading.plugin_work(db),
        )
    finally:
        db.close()


class Numbers(Collector):
    """All metrics of one scrape. `answers`: the public listener's, by status."""

    def __init__(self, hub: Hub, answers: Mapping[int, int], stored: Stored) -> None:
        self._hub, self._answers, self._stored = hub, answers, stored

    def collect(self) -> Iterator[Metric]:
        """Called by prometheus-client for one scrape."""
        yield from self._line()
        yield from self._outbox()
        yield from self._crms()
        yield from self._plugins()
        process = self._hub.process.name
        had = (((process, name), 1.0) for name in self._hub.duties.held)
        yield _gauge("dragoman_duties", "what this process does for the whole hub", ("process", "duty"), had)
        yield GaugeMetricFamily("dragoman_accepting", "1 while events are taken", value=float(self._hub.accepting))
        yield GaugeMetricFamily("dragoman_notices", "what needs a human now", value=len(self._hub.notices.open))
        yield GaugeMetricFamily("dragoman_start_time_seconds", "when it started", value=self._hub.began / 1000)

    def _line(self) -> Iterator[Metric]:
        writer = self._hub.writer
        for name, value, meaning in (
            ("accepted", writer.accepted, "events made durable"),
            ("duplicates", writer.duplicates, "events that were accepted before"),
            ("stepped", writer.stepped, "events worked off"),
            ("buried", writer.buried, "events that became dead letters"),
        ):
            yield CounterMetricFamily(f"dragoman_events_{name}", f"{meaning}, since the start", value=value)
        answers = ((str(status), count) for status, count in sorted(self._answers.items()))
        yield _counter("dragoman_webhook_answers", "answers to webhooks", ("status",), (((s,), n) for s, n in answers))
        yield GaugeMetricFamily("dragoman_queue_depth", "events that wait for their step", value=self._stored.queue)
        armed, overdue = self._stored.timers
        yield _gauge("dragoman_timers", "armed timers", ("state",), ((("armed",), armed), (("overdue",), overdue)))
        opened = (((str(status),), count) for status, count in sorted(self._hub.file_answers.items()))
        yield _counter("dragoman_file_answers", "answers to links to files", ("status",), opened)
        files = (((state,), count) for state, count in self._stored.media.items())
        yield _gauge("dragoman_media_files", "files of inbound messages", ("state",), files)

    def _outbox(self) -> Iterator[Metric]:
        labels, now, waiting = ("kind", "target", "state"), now_ms(), self._stored.waiting
        rows = [((row.kind, row.target, row.state), row) for row in waiting]
        yield _gauge("dragoman_outbox_open", "commands not ended", labels, ((key, row.rows) for key, row in rows))
        ages = ((key, max(0, now - row.created) / 1000) for key, row in rows)
        yield _gauge("dragoman_outbox_oldest_seconds", "age of the oldest command not ended", labels, ages)
        flying = (((name,), sender.in_flight) for name, sender in self._hub.senders.items())
        yield _gauge("dragoman_sends_in_flight", "sends whose outcome is open", ("inbox",), flying)
        dropped = (((limit,), count) for limit, count in sorted(self._hub.line.dropped.copy().items()))
        yield _counter("dragoman_sends_dropped", "messages that the send gate dropped", ("limit",), dropped)
        dead = sorted(self._stored.dead.items())
        yield _gauge("dragoman_dead_letters", "open dead letters", ("kind", "cause"), dead)

    def _crms(self) -> Iterator[Metric]:
        crms = self._hub.crms
        calls = [
            ((name, endpoint, str(status)), count)
            for name, crm in crms.items()
            for (endpoint, status), count in sorted(crm.calls.copy().items())
        ]
        labels = ("crm", "endpoint", "status")
        yield _counter("dragoman_crm_calls", "calls to a CRM; status 0 = no answer", labels, calls)
        left = (((name, limit), calls) for name, crm in crms.items() for limit, calls in crm.budget().items())
        yield _gauge("dragoman_crm_calls_left", "calls a CRM still allows", ("crm", "limit"), left)
        lags = (((name, share), lag) for name, crm in crms.items() for share, lag in crm.lag().items())
        yield _gauge(
            "dragoman_crm_lag_seconds", "from a message's step to its record in the CRM", ("crm", "quantile"), lags
        )
        ours = {name: crm for name, crm in crms.items() if self._hub.duties.ours((f"crm:{name}",))}
        ready = (((name,), float(crm.ready.is_set())) for name, crm in ours.items())
        yield _gauge("dragoman_crm_ready", "1 when everybody in the CRM was read", ("crm",), ready)

    def _plugins(self) -> Iterator[Metric]:
        workers = self._hub.workers
        spent = (((name,), seconds) for name, seconds in workers.seconds.items())
        yield _counter("dragoman_plugin_seconds", "time in which event hooks worked", ("plugin",), spent)
        waiting = (((name,), count) for name, count in self._stored.plugin_work.items())
        yield _gauge("dragoman_plugin_work", "events a plugin is still to be told", ("plugin",), waiting)
        out = {**{info.name: info.reason for info in self._hub.plugins.quarantined()}, **workers.quarantined}
        yield GaugeMetricFamily("dragoman_plugins_quarantined", "plugins left alone", value=len(out))


Rows = Iterable[tuple[tuple[str, ...], float]]


def _gauge(name: str, meaning: str, labels: tuple[str, ...], rows: Rows) -> Metric:
    family = GaugeMetricFamily(name, meaning, labels=labels)
    for values, number in rows:
        family.add_metric(values, number)
    return family


def _counter(name: str, meaning: str, labels: tuple[str, ...], rows: Rows) -> Metric:
    family = CounterMetricFamily(name, meaning, labels=labels)
    for values, number in rows:
        family.add_metric(values, number)
    return family
