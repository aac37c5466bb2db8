"""What it costs to compare records with people, field by field: as they are read, and when all links are swept."""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.figures import Figure
from bench.growth import fill, phone
from bench.resolve import words
from bench.run import Run
from hub import Gone, Page, Record
from hub.engine.crm.drift import compare
from hub.identity import identities_of_contact
from hub.model.events import RecordsRead
from hub.store import crm as shelves
from hub.testing.tabletop import HUB_TOML, Tabletop

SIZES = (10_000, 100_000)
PAGE = 100
PAGES = 60
"""Pages of a round; of a sweep that is a part of all links, and what is told is the cost of each link."""


def measure(run: Run) -> list[Figure]:
    """Records a second that are reconciled, and CPU of each link of a sweep, at both sizes."""
    reads: dict[str, list[float]] = {"same": [], "changed": []}
    sweeps: dict[int, list[float]] = {}
    pages = max(5, int(PAGES * run.length))
    with tempfile.TemporaryDirectory(dir=run.folder, prefix="dragoman-bench-") as folder:
        table, there = Tabletop(Path(folder), HUB_TOML), 0
        for size in SIZES:
            run.tell(f"{size:,} people: filling")
            fill(table, (there, 0), (size, 0))
            there = size
            for number in range(run.rounds):
                run.tell(f"{size:,} people: round {number + 1} of {run.rounds}")
                rng = random.Random(number)
                starts = [rng.randrange(size - PAGE) for _ in range(pages)]
                read(table, starts, number)  # both sides are known from now on
                sweeps.setdefault(size, []).append(sweep(table, starts, number))
                if size == SIZES[-1]:
                    reads["same"].append(read(table, starts, number))
                    reads["changed"].append(read(table, starts, number + 1000))
        table.close()
    growth = tuple(big / small for big, small in zip(sweeps[SIZES[-1]], sweeps[SIZES[0]], strict=True))
    return [
        Figure(name="reconcile_per_s", rounds=tuple(reads["changed"]), note="read with a new name, pages of 100"),
        Figure(name="reconcile_same_per_s", rounds=tuple(reads["same"]), note="read, and nothing is new"),
        *(
            Figure(name=f"sweep_us_{words(size)}", rounds=tuple(rounds), note="CPU for each link compared")
            for size, rounds in sweeps.items()
        ),
        Figure(name="sweep_growth", rounds=growth, want="at most", target=1.5, note="100k to 10k links"),
    ]


def records(start: int, number: int) -> tuple[Record, ...]:
    """A page of contacts, as HubSpot's adapter gives them; `number` is in the name."""
    return tuple(
        Record(
            id=str(n),
            identities=identities_of_contact([phone(n)], [], ""),
            key=f"k{n}",
            name=f"Bench {number}",
            modified=1_700_000_000_000,
            fields={"firstname": "Bench", "lastname": str(number), "phone": phone(n), "email": ""},
        )
        for n in range(start, start + PAGE)
    )


def read(table: Tabletop, starts: list[int], number: int) -> float:
    """Records a second of CPU, from the event to the saved rows."""
    events = list(_events(table, starts, number))
    began = time.process_time()
    for event in events:
        table.happen(event)
        table.step()
    return len(starts) * PAGE / (time.process_time() - began)


def _events(table: Tabletop, starts: list[int], number: int) -> Iterator[RecordsRead]:
    for start in starts:
        table.now += 1
        page = records(start, number)
        yield RecordsRead(key=f"b{table.now}", at=table.now, crm="main", records=page, feed="recent", cursor="c")


def sweep(table: Tabletop, starts: list[int], number: int) -> float:
    """Microseconds of CPU for each link; nothing is saved."""
    gone: list[Gone] = []
    pages = [Page(records(start, number), "", True, gone=gone) for start in starts]
    began = time.process_time()
    for start, page in zip(starts, pages, strict=True):
        links = [link for link, _ in shelves.linked(table.store.db, "main", start, PAGE)]
        compare(table.store.db, table.line, "main", links, page, table.now)
    return (time.process_time() - began) / (len(starts) * PAGE) * 1e6
