"""What it costs to look at a mapping: one person shown with both sides, and everybody in a dry run.

The CRM answers in no time: what is told is the hub's own part, and how many calls it makes.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from bench.figures import Figure
from bench.growth import fill
from bench.reconcile import records
from bench.run import Run
from hub import Page
from hub.cli import mapping_dry_run
from hub.cli.mapping_files import Bench
from hub.cli.mapping_sides import Sight
from hub.mapping import Mapping
from hub.model.records import Ref
from hub.store import mappings, open_reader
from hub.store.dialects.database import Database
from hub.testing.tabletop import HUB_TOML, Tabletop

PEOPLE = 1_000
SHOWN = 200
"""People shown in a round, one after the other."""
TEXT = """[person]
firstname = { from = "name.first", when = "always" }
lastname = { from = "name.last", when = "always", transform = ["trim", "cut:40"] }
phone = { from = "phone", when = "always", rule = "newest" }
email = { from = "email", when = "always" }
hs_language = { from = "language", when = "always" }
"""


def measure(run: Run) -> list[Figure]:
    """Milliseconds to show one record, seconds and calls of a dry run of a thousand."""
    shown, dry, calls = [], [], []
    with tempfile.TemporaryDirectory(dir=run.folder, prefix="dragoman-bench-") as folder:
        table = Tabletop(Path(folder), HUB_TOML)
        fill(table, (0, 0), (PEOPLE, 0))
        desk = Bench(table.config, table.config.crms["main"])
        adapter: Any = desk.crm.adapter
        adapter.get = partial(_answer, adapter)
        mapping = desk.config.read_mapping(TEXT, "bench")
        db = open_reader(desk.place)
        for number in range(run.rounds):
            run.tell(f"round {number + 1} of {run.rounds}")
            shown.append(show(desk, db, mapping, max(10, int(SHOWN * run.length)), number))
            began = time.perf_counter()
            result = mapping_dry_run.run(desk, db, mapping)
            dry.append(time.perf_counter() - began)
            calls.append(float(result.calls))
            assert result.people.total() == PEOPLE
        db.close()
        table.close()
    return [
        Figure(name="preview_ms", rounds=tuple(shown), want="at most", target=50, note="one record, both sides"),
        Figure(name="dry_run_1k_s", rounds=tuple(dry), note="1,000 people, the CRM takes no time"),
        Figure(
            name="dry_run_1k_calls", rounds=tuple(calls), want="at most", target=PEOPLE / 100, note="a hundred each"
        ),
    ]


def _answer(adapter: Any, refs: Sequence[Ref]) -> Page:
    """Each record as `fill` made its person, with another last name; a call is counted."""
    adapter.on_call("read", 200)
    return Page([record for ref in refs for record in records(int(ref.id), 7)[:1]], "", True)


def show(desk: Bench, db: Database, mapping: Mapping, people: int, number: int) -> float:
    """Milliseconds for each person shown, as `dragoman mapping preview --person` does, with the CRM's fields read."""
    chosen = random.Random(number).sample([person for _, person, _ in mappings.linked_people(db, "main")], people)
    began = time.perf_counter()
    for person in chosen:
        sight, shape = Sight(desk, db), desk.shape(db, mapping)
        for sides in sight.people([person], mapping):
            assert len(sight.weighed(sides, mapping, shape)) == len(mapping.person)
    return (time.perf_counter() - began) / people * 1000
