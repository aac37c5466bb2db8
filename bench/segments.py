"""What it costs to count the people of a segment: a million people, several conditions that must all hold."""

from __future__ import annotations

import random
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from bench.figures import Figure
from bench.run import Run
from hub.store import Place, open_reader, open_store, segments
from hub.store.dialects.sqlite import Sqlite
from hub.store.dialects.tables import tables
from hub.store.values import NO_FIGURE, order
from hub.tags.segments import Segment, compile_segments

PEOPLE = 1_000_000
PART = 20_000
"""Rows put in at once."""
TARGET = 200.0  # ms
NOW = 1_800_000_000_000
INDUSTRIES = (("automotive", 5), ("retail", 20), ("food", 25), ("chemistry", 20), ("other", 30))
LEVELS = (("value-a", 5), ("value-b", 25), ("value-c", 70))
HASTY = (("PRAGMA synchronous=OFF",), ("PRAGMA wal_checkpoint(TRUNCATE)", "PRAGMA synchronous=FULL"))
"""What SQLite is told before it is filled, and afterwards."""

ASKED = {
    "three": {"tags": ["value-a"], "where": {"industry": "automotive", "company_size": "> 200"}},
    "quoted": {"tags": ["quotation-sent"], "where": {"company_size": "50..200"}},
    "values": {"where": {"industry": "automotive", "company_size": "> 200"}},
}
"""A dimension each; a tag of a tenth of all people; values alone."""


def measure(run: Run) -> list[Figure]:
    """Milliseconds of one count, by what is asked, and of the first page of people."""
    people = PEOPLE if run.length >= 1 else 20_000
    with tempfile.TemporaryDirectory(dir=run.folder, prefix="dragoman-bench-") as folder:
        place = Place(Path(folder))
        fill(place, people, run)
        return counts(place, people, run)


def counts(place: Place, people: int, run: Run) -> list[Figure]:
    """The figures, from a store that is filled."""
    asked = compile_segments({"segment": ASKED}, lambda path: "bench")
    figures = []
    db = open_reader(place)
    try:
        for name, segment in asked.items():
            run.tell(f"segment '{name}'")
            rounds = [count_ms(db, segment) for _ in range(run.rounds + 1)][1:]  # the first one warms up
            wall, cpu = zip(*rounds, strict=True)
            found = f"{segments.count(db, segment, NOW):,} of {people:,} people"
            note = f"{found}, SQLite; {median(cpu):.0f} ms of CPU"
            figures.append(Figure(name=f"segment_ms_{name}", rounds=wall, want="at most", target=TARGET, note=note))
        run.tell("a page of people")
        pages = [page_ms(db, asked["three"]) for _ in range(run.rounds)]
        figures.append(Figure(name="segment_page_ms", rounds=tuple(pages), note="the first 100 people of 'three'"))
    finally:
        db.close()
    return figures


def count_ms(db: Any, segment: Segment) -> tuple[float, float]:
    """Milliseconds of one count, and of CPU."""
    began, busy = time.perf_counter(), time.process_time()
    segments.count(db, segment, NOW)
    return (time.perf_counter() - began) * 1000, (time.process_time() - busy) * 1000


def page_ms(db: Any, segment: Segment) -> float:
    """Milliseconds of the first page."""
    began = time.perf_counter()
    segments.page(db, segment, NOW, 0, 100)
    return (time.perf_counter() - began) * 1000


def fill(place: Place, people: int, run: Run) -> None:
    """So many people, with the tags and values that companies have."""
    store, chance, number = open_store(place), random.Random(1), 0
    assert isinstance(store.db, Sqlite)
    for statement in HASTY[0]:
        store.db.connection.execute(statement)
    for first in range(1, people + 1, PART):
        run.tell(f"{first - 1:,} of {people:,} people")
        rows: dict[str, list[tuple[Any, ...]]] = {"people": [], "person_tags": [], "person_values": []}
        for person in range(first, min(people, first + PART - 1) + 1):
            industry, size, level = _one_of(chance, INDUSTRIES), int(chance.paretovariate(0.8) * 10), LEVELS
            rows["people"].append(_row("people", id=person, name=f"N{person}", language="en", channel="whatsapp"))
            rows["person_values"] += [
                (person, "company_size", str(size), order(float(size))),
                (person, "industry", industry, NO_FIGURE),
            ]
            names = [_one_of(chance, level)] + ["quotation-sent"] * (chance.random() < 0.1)
            for name in names:
                number += 1
                rows["person_tags"].append((number, person, name, 1, 0, "derived"))
        with store.transaction():
            for table, found in rows.items():
                store.db.insert(table, found)
    for statement in HASTY[1]:
        store.db.connection.execute(statement)
    store.close()


def _one_of(chance: random.Random, choices: tuple[tuple[str, int], ...]) -> str:
    return chance.choices([name for name, _ in choices], [share for _, share in choices])[0]


def _row(table: str, **given: Any) -> tuple[Any, ...]:
    """A row of a table; columns that are not named are 0 or empty."""
    kinds = tables()[table].columns
    return tuple(given.get(column, 0 if kind == "bigint" else "") for column, kind in kinds.items())
