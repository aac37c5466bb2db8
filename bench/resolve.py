"""Who is it? The look-up of a step's senders among few and among very many people."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path
from time import perf_counter

from bench.figures import Figure, p99
from bench.run import Run
from hub.store import Place, Store, open_store
from hub.store.workspace import Needs

SIZES = (1_000, 100_000, 1_000_000)
BATCHES = (1, 64)
LOADS = 2_000
"""Look-ups of a round, each for other people; of 64 senders, a quarter of that."""
FLAT = 3.0


def measure(run: Run) -> list[Figure]:
    """p99 of the time per sender, by number of people and by senders in one step; and how much it grows."""
    found: dict[tuple[int, int], list[float]] = {}
    sizes = SIZES if run.length >= 1 else SIZES[:2]
    with tempfile.TemporaryDirectory(dir=run.folder, prefix="dragoman-bench-") as folder:
        store = open_store(Place(Path(folder)))
        there = 0
        for size in sizes:
            run.tell(f"{size:,} people: filling")
            fill(store, there, size)
            there = size
            for number in range(run.rounds):
                run.tell(f"{size:,} people: round {number + 1} of {run.rounds}")
                for batch in BATCHES:
                    loads = LOADS * run.length / (1 if batch == 1 else 4)
                    times = look(store, size, batch, int(loads), random.Random(number))
                    found.setdefault((size, batch), []).append(p99(times))
        store.close()
    figures = [
        Figure(
            name=f"resolve_p99_us_{words(size)}" + ("" if batch == 1 else f"_x{batch}"),
            rounds=tuple(found[size, batch]),
            note="one sender a step" if batch == 1 else f"for each of {batch} senders",
        )
        for batch in BATCHES
        for size in sizes
    ]
    growth = [max(found[s, b][n] for s in sizes) / found[sizes[0], b][n] for b in BATCHES for n in range(run.rounds)]
    figures.append(
        Figure(name="resolve_growth", rounds=tuple(growth), want="at most", target=FLAT, note="largest to smallest p99")
    )
    return figures


def words(size: int) -> str:
    """1k, 100k, 1m."""
    return f"{size // 1_000_000}m" if size >= 1_000_000 else f"{size // 1000}k"


def identity(number: int) -> str:
    """The number-th person's identity; country code 999 belongs to nobody."""
    return f"phone::+999{number:09}"


def fill(store: Store, start: int, end: int) -> None:
    """People and identities `start` to `end`, in one transaction that need not survive a power cut."""
    db = store.db
    db.run("PRAGMA synchronous=OFF")
    with store.transaction():
        db.run_many(
            "INSERT INTO people VALUES (?,?,'',?,'','whatsapp',0,0,0,0,'',0,'','')",
            ((n + 1, f"Bench Person {n}", identity(n)[7:]) for n in range(start, end)),
        )
        db.run_many(
            "INSERT INTO identities VALUES (?,?,0,'whatsapp',0)", ((identity(n), n + 1) for n in range(start, end))
        )
    db.run("PRAGMA wal_checkpoint(TRUNCATE)")
    db.run("PRAGMA synchronous=FULL")
    db.assert_durable()


def look(store: Store, size: int, batch: int, loads: int, rng: random.Random) -> list[float]:
    """Microseconds per sender of each look-up of `batch` random people."""
    times = []
    for _ in range(loads):
        wanted = {identity(rng.randrange(size)) for _ in range(batch)}
        with store.transaction():
            work, needs = store.workspace(0), Needs(identities=wanted)
            began = perf_counter()
            work.load(needs)
            took = perf_counter() - began
        if len(work.people.rows) != len(wanted):
            raise RuntimeError("a look-up found too few people")
        times.append(took / len(wanted) * 1e6)
    return times
