"""The hub on SQLite and on PostgreSQL: accepting, stepping with one process and with two, timers, fairness, size."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

from bench.accept import SECONDS
from bench.bodies import names, text_webhook
from bench.bodies import person as phone_of
from bench.figures import Figure
from bench.growth import SIZES, costs, grown
from bench.run import WARM_UP, Run, bench
from bench.steps import table
from hub.contracts.errors import ConfigError
from hub.engine.poller import raw_incoming
from hub.engine.step import step
from hub.engine.ticks import tick
from hub.store.rows import TimerRow
from hub.testing.postgres import PostgresServer
from hub.testing.tabletop import Tabletop

BACKLOG = 6_000
"""Events that one or two processes work off."""
PEOPLE = 1_000
PENDING = 100_000
DUE = 10_000
NOISY = 20_000
"""Events of one person before the quiet one writes."""
QUIET = 5
BUDGET = 256


def measure(run: Run) -> list[Figure]:
    """All of it, engine by engine."""
    figures: list[Figure] = []
    for engine in ("sqlite", "postgres"):
        try:
            with stores(engine) as new:
                figures += _engine(run, engine, new)
        except ConfigError as error:
            figures.append(Figure(name=f"{engine}_accept_ratio", rounds=(), note=str(error)))
    return figures


class _Stores:
    """Addresses of empty stores; "" is SQLite's."""

    def __init__(self, server: PostgresServer | None) -> None:
        self._server, self._made = server, 0

    def dsn(self) -> str:
        """A fresh one."""
        self._made += 1
        return self._server.database(f"bench{self._made}") if self._server is not None else ""


@contextmanager
def stores(engine: str) -> Iterator[_Stores]:
    """Stores of an engine; PostgreSQL runs for as long. Raises ConfigError where there is none."""
    if engine == "sqlite":
        yield _Stores(None)
        return
    with PostgresServer({"shared_buffers": "256MB"}) as server:
        yield _Stores(server)


def _engine(run: Run, engine: str, new: _Stores) -> list[Figure]:
    return [
        *_accept(run, engine, new.dsn()),
        *_steps(run, engine, new),
        *_timers(run, engine, new.dsn()),
        *_fairness(run, engine, new),
        *_growth(run, engine, new.dsn()),
    ]


def _accept(run: Run, engine: str, dsn: str) -> list[Figure]:
    ratios, cpus = [], []
    with bench(run, writer="idle", crm=False, fast=False, dsn=dsn) as pair:
        bare = pair.flood(1, WARM_UP, bare=True)
        hub = pair.flood(1, WARM_UP, bare=False)
        for number in range(run.rounds):
            run.tell(f"{engine}, accept: round {number + 1} of {run.rounds}")
            bare = pair.flood(SECONDS * run.length, bare.rate, bare=True)
            hub = pair.flood(SECONDS * run.length, hub.rate, bare=False)
            ratios.append(hub.rate / bare.rate)
            cpus.append(hub.cpu)
    target = 0.45 if engine == "sqlite" else 0.35
    return [
        Figure(name=f"{engine}_accept_ratio", rounds=tuple(ratios), want="at least", target=target, note="to bare"),
        Figure(name=f"{engine}_accept_cpu_us", rounds=tuple(cpus), note="CPU of the hub's process for each"),
    ]


def _steps(run: Run, engine: str, new: _Stores) -> list[Figure]:
    """SQLite has one process on a store; PostgreSQL is asked with one and with two."""
    found: dict[int, list[tuple[float, float]]] = {}
    for number in range(run.rounds):
        for workers in (1, 2) if engine == "postgres" else (1,):
            run.tell(f"{engine}, step with {workers}: round {number + 1} of {run.rounds}")
            rate = step_rate(run.folder, new.dsn(), workers, max(600, int(BACKLOG * run.length)))
            found.setdefault(workers, []).append(rate)
    figures = [
        Figure(name=f"{engine}_step_events_per_s_{workers}", rounds=tuple(rate for rate, _ in rounds), note=_NOTE)
        for workers, rounds in found.items()
    ]
    figures.append(Figure(name=f"{engine}_step_cpu_us", rounds=tuple(cpu for _, cpu in found[1]), note="app side"))
    if 2 in found:
        gain = tuple(two / one for (two, _), (one, _) in zip(found[2], found[1], strict=True))
        figures.append(Figure(name=f"{engine}_step_gain_2", rounds=gain, want="at least", target=1.4, note="2 to 1"))
    return figures


_NOTE = "from the queue to committed decisions"


def step_rate(folder: Path, dsn: str, workers: int, events: int) -> tuple[float, float]:
    """Events per second of processes that work off one backlog together, and the CPU of all for each event (us)."""
    with tempfile.TemporaryDirectory(dir=folder, prefix="dragoman-bench-") as place:
        folders = [Path(place) / str(number) for number in range(workers)]
        for one in folders:
            one.mkdir()
        hub = table(folders[0], dsn)
        queue(hub, events)
        hub.close()
        command = [sys.executable, "-m", "bench.steps"]
        processes = [
            subprocess.Popen([*command, str(one), dsn], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for one in folders
        ]
        try:
            for process in processes:
                assert process.stdout is not None
                process.stdout.readline()
            for process in processes:
                assert process.stdin is not None
                process.stdin.write("go\n")
                process.stdin.flush()
            told = [json.loads(process.communicate(timeout=180)[0]) for process in processes]
        finally:
            for process in processes:
                process.kill()
                process.wait()
    done = sum(one["events"] for one in told)
    took = max(one["ended"] for one in told) - min(one["began"] for one in told)
    return done / took, sum(one["cpu"] for one in told) / done * 1e6


def queue(hub: Tabletop, events: int, first: int = 0, people: int = PEOPLE) -> None:
    """Texts of so many people (from number `first` on) that wait for their step."""
    channel, wamids = hub.config.connections["meta"].channel, names(f"queue{first}")
    for start in range(0, events, 100):
        bodies = [text_webhook(next(wamids), first + (start + n) % people) for n in range(min(100, events - start))]
        hub.store.accept([raw_incoming("meta", raw, hub.now) for body in bodies for raw in channel.split(body)])


def _timers(run: Run, engine: str, dsn: str) -> list[Figure]:
    pending, due = max(2_000, int(PENDING * run.length)), max(1_000, int(DUE * run.length))
    spent: dict[str, list[float]] = {"add": [], "cancel": [], "fire": []}
    with tempfile.TemporaryDirectory(dir=run.folder, prefix="dragoman-bench-") as folder:
        hub = table(Path(folder), dsn)
        run.tell(f"{engine}, timers")
        spent["add"].append(_arm(hub, range(pending), hub.now + 10**9, 1))
        for number in range(run.rounds):
            low = pending + number * due
            spent["add"].append(_arm(hub, range(low, low + due), hub.now, 1))
            began, fired = perf_counter(), 0
            while found := tick(hub.store, hub.now):
                fired += found
            spent["fire"].append((perf_counter() - began) / fired * 1e6)
            spent["cancel"].append(_arm(hub, range(number * due, (number + 1) * due), 0, 0))
        hub.close()
    return [
        Figure(name=f"{engine}_timer_{name}_us", rounds=tuple(times), note="wall, in batches of 100, 100,000 pending")
        for name, times in spent.items()
    ]


def _arm(hub: Tabletop, subjects: range, due: int, armed: int) -> float:
    """Arm (or cancel) a timer of each subject; microseconds for each."""
    began = perf_counter()
    for start in range(0, len(subjects), 100):
        with hub.store.transaction():
            work = hub.store.workspace(hub.now)
            for subject in subjects[start : start + 100]:
                work.arm(TimerRow(0, "bench", subject, "rule", "slot", 0, due, armed))
            work.save()
    return (perf_counter() - began) / len(subjects) * 1e6


def _fairness(run: Run, engine: str, new: _Stores) -> list[Figure]:
    """Steps until a quiet person's messages are through behind one person's backlog, to those on an idle hub."""
    noisy = max(2_000, int(NOISY * run.length))
    ratios, alone = [], []
    for _ in range(min(run.rounds, 3)):
        run.tell(f"{engine}, a quiet person behind {noisy:,} events")
        took = [_quiet(run, new.dsn(), backlog) for backlog in (0, noisy)]
        alone.append(took[0] * 1000)
        ratios.append(took[1] / took[0])
    return [
        Figure(name=f"{engine}_quiet_ms_idle", rounds=tuple(alone), note=f"{QUIET} events, wall"),
        Figure(name=f"{engine}_quiet_ratio", rounds=tuple(ratios), note=f"behind {noisy:,} events of one person"),
    ]


def _quiet(run: Run, dsn: str, backlog: int) -> float:
    with tempfile.TemporaryDirectory(dir=run.folder, prefix="dragoman-bench-") as folder:
        hub = table(Path(folder), dsn)
        queue(hub, 200, 5_000, 200)  # the first steps meet cold caches
        hub.step()
        queue(hub, backlog, 0, 1)
        queue(hub, QUIET, 1, QUIET)
        began = perf_counter()
        addresses = [phone_of(number)[1:] for number in range(1, QUIET + 1)]
        while len(hub.store.db.rows_in("SELECT id FROM conversations WHERE address IN (*)", addresses)) < QUIET:
            step(hub.store, hub.line, hub.now, BUDGET)
        took = perf_counter() - began
        hub.close()
    return took


def _growth(run: Run, engine: str, dsn: str) -> list[Figure]:
    """As `growth`, where that does not measure it anyway."""
    if engine == "sqlite":
        return []
    sizes = (SIZES[0], SIZES[-1]) if run.length >= 1 else SIZES[:2]
    with tempfile.TemporaryDirectory(dir=run.folder, prefix="dragoman-bench-") as folder:
        hub = table(Path(folder), dsn)
        cost = costs(run, hub, sizes)
        hub.close()
    return [grown(f"{engine}_cost_growth", cost)]
