"""`dragoman mapping dry-run`: what a mapping would do to everybody who is linked. Calls of the CRM only read."""

from __future__ import annotations

import csv
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from hub.cli.mapping_preview import WORDS, worst
from hub.cli.options import CONFIG, ConfigOption, CrmOption, FileOption, JsonOption

if TYPE_CHECKING:
    from hub.cli.mapping_files import Bench
    from hub.cli.mapping_sides import Sides, Sight
    from hub.mapping import Mapping
    from hub.mapping.values import Shape
    from hub.mapping.weigh import Weighed
    from hub.store.dialects.database import Database

SAMPLES = 3
"""Values shown of each field."""
SHARE = 0.2
"""Of the calls that the CRM still allows, what a dry run may use."""
PAUSES, LONGEST = 5, 30.0
"""How often, and for how many seconds, it waits when the CRM says so."""
COLUMNS = ("person", "record", "field", "outcome", "hub", "crm", "crm_after", "why")
_QUIET = ("same", "keep")


@dataclass(slots=True)
class Result:
    """What was seen so far. `people` counts each by the gravest outcome of his fields, `fields` outcomes by field,
    `samples` some values before and after. `missed`: records that were not there; `stopped`: why not all were read."""

    people: Counter[str] = field(default_factory=Counter)
    fields: dict[str, Counter[str]] = field(default_factory=dict)
    samples: dict[str, list[tuple[str, str, str]]] = field(default_factory=dict)
    missed: int = 0
    calls: int = 0
    seconds: float = 0.0
    stopped: str = ""

    def add(self, weighed: list[Weighed]) -> None:
        """One more person."""
        self.people[worst(weighed)] += 1
        for one in weighed:
            self.fields.setdefault(one.field, Counter())[one.outcome] += 1
            shown = self.samples.setdefault(one.field, [])
            if one.outcome not in _QUIET and len(shown) < SAMPLES:
                after = "cannot be written" if one.ours is None else one.after_crm
                shown.append((one.outcome, one.theirs or "", after))

    @property
    def written(self) -> int:
        """People whose record would be written."""
        return self.people["write"] + self.people["conflict"]


def dry_run(
    crm: CrmOption = "",
    file: FileOption = None,
    limit: Annotated[int, typer.Option("--limit", min=0, help="At most so many people (0 = all).")] = 0,
    to: Annotated[Path | None, typer.Option("--csv", help="Write every field of everybody to this file.")] = None,
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Read everybody who is linked and say what the file would change: counts, examples, calls and time."""
    from hub.cli.mapping_files import bench
    from hub.cli.output import say_json
    from hub.contracts.crm import Reads
    from hub.contracts.errors import ConfigError, NotFound

    desk = bench(config, crm)
    mapping = desk.read(desk.draft(file))
    if not isinstance(desk.crm.adapter, Reads):
        raise ConfigError(f"{desk.crm.name}: this CRM's records cannot be read one by one", remedy="preview shows some")
    with desk.store() as db:
        if db is None:
            raise NotFound("nobody is linked yet: start the hub once with `dragoman run`")
        if to is None:
            result = run(desk, db, mapping, limit)
        else:
            try:
                with to.open("w", newline="", encoding="utf-8") as table:
                    result = run(desk, db, mapping, limit, table)
            except OSError as error:
                raise ConfigError(f"{to} cannot be written: {error.strerror}", remedy="name another file") from None
    cost = price(desk, result)
    if as_json:
        say_json({"crm": desk.crm.name, "file": mapping.file, **_plain(result), "cost": cost})
    else:
        _say(desk, mapping, result, cost)


def run(desk: Bench, db: Database, mapping: Mapping, limit: int = 0, table: TextIO | None = None) -> Result:
    """Weigh everybody who is linked (at most `limit`), reading `read_batch` records to a call; `table` gets a row for
    each field. Stops where the calls that the CRM still allows would be touched beyond `SHARE`."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    from hub.cli.mapping_sides import Sight
    from hub.contracts.errors import HubError
    from hub.store import mappings

    people = [person for _, person, _ in mappings.linked_people(db, desk.crm.name, limit)]
    shape, sight, result = desk.shape(db, mapping), Sight(desk, db), Result()
    writer = csv.writer(table) if table is not None else None
    if writer is not None:
        writer.writerow(COLUMNS)
    size = desk.crm.adapter.capabilities.read_batch
    desk.crm.adapter.on_call = lambda endpoint, status: _count(result)
    bars = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*bars, console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task("", total=len(people))
        for start in range(0, len(people), size):
            result.stopped = _used_up(desk, result)
            if result.stopped:
                break
            try:
                sides = _patiently(sight, people[start : start + size], mapping)
            except HubError as error:
                result.stopped = str(error)
                break
            _some(sight, sides, mapping, shape, result, writer)
            progress.advance(bar, len(people[start : start + size]))
    result.seconds = sight.seconds
    if result.stopped:
        result.stopped = f"{result.people.total() + result.missed} of {len(people)} were read: {result.stopped}"
    return result


def _count(result: Result) -> None:
    result.calls += 1


def _used_up(desk: Bench, result: Result) -> str:
    """Why no further call is made: the rest is for the running hub."""
    left = desk.crm.adapter.budget().get("day")
    if left is not None and (left <= 0 or result.calls > SHARE * (left + result.calls)):
        return f"the CRM allows {left:.0f} more calls today, and the hub needs them"
    return ""


def _patiently(sight: Sight, people: list[int], mapping: Mapping) -> list[Sides]:
    """Both sides of some people; waits where the CRM asks for a short pause. Raises HubError."""
    from hub.contracts.errors import DayUsedUp, RateLimited

    pauses = 0
    while True:
        try:
            return list(sight.people(people, mapping))
        except RateLimited as error:
            if isinstance(error, DayUsedUp) or pauses >= PAUSES or error.retry_after > LONGEST:
                raise
            pauses += 1
            time.sleep(error.retry_after or 1.0)


def _some(sight: Sight, found: list[Sides], mapping: Mapping, shape: Shape, result: Result, writer: Any | None) -> None:
    for sides in found:
        if sides.record is None:
            result.missed += 1
            continue
        weighed = sight.weighed(sides, mapping, shape)
        result.add(weighed)
        if writer is not None:
            writer.writerows(_row(sides, one) for one in weighed)


def _row(sides: Sides, one: Weighed) -> list[str]:
    """A line of the table."""
    from hub.cli.output import plain_cells

    record = sides.link.record if sides.link is not None else ""
    ours, theirs = one.ours or "", one.theirs or ""
    cells = (f"p{sides.person.id}", record, one.field, one.outcome, ours, theirs, one.after_crm, one.why)
    return plain_cells(cells)


def price(desk: Bench, result: Result) -> dict[str, float]:
    """What writing all of it would cost: calls, seconds as long as reading took a call, and what is left of limits."""
    calls = -(-result.written // desk.crm.adapter.capabilities.batch)
    looks = -(-result.written // desk.crm.adapter.capabilities.read_batch)  # each is read just before it is written
    each = result.seconds / result.calls if result.calls else 0.0
    left = {f"left ({name})": value for name, value in desk.crm.adapter.budget().items()}
    return {"calls": calls + looks, "seconds": round((calls + looks) * each, 1), **left}


def _plain(result: Result) -> dict[str, Any]:
    return {
        "people": dict(result.people),
        "fields": {name: dict(counted) for name, counted in result.fields.items()},
        "samples": result.samples,
        "missed": result.missed,
        "read": {"calls": result.calls, "seconds": round(result.seconds, 3)},
        "stopped": result.stopped,
    }


def _say(desk: Bench, mapping: Mapping, result: Result, cost: dict[str, float]) -> None:
    from hub.cli.output import say_table

    counts = [f"{result.people[name]} {word}" for name, word in WORDS.items() if result.people[name]]
    print(f"{mapping.file}: {result.people.total()} people: {', '.join(counts) or 'nobody is linked'}")
    rows = [
        (
            name,
            *(str(counted[outcome] or "") for outcome in WORDS),
            "   ".join(f"{before or 'blank'} ⇒ {after or 'blank'}" for _, before, after in result.samples[name]),
        )
        for name, counted in result.fields.items()
    ]
    if rows:
        say_table(("field", *WORDS, "in the CRM, before ⇒ after"), rows)
    if result.missed:
        print(f"{result.missed} linked records were not there.")
    if result.stopped:
        print(f"Not everybody: {result.stopped}")
    left = ", ".join(f"{value:.0f} {name}" for name, value in cost.items() if name.startswith("left"))
    print(f"Reading took {result.calls} calls and {result.seconds:.1f} s.")
    price = f"about {cost['calls']:.0f} calls and {cost['seconds']:.1f} s"
    print(f"Writing {result.written} people would take {price}" + (f"; {left}." if left else "."))
