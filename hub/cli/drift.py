"""`dragoman crm drift`: what stands in the CRM beside what the hub knows of it."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli.options import CONFIG, ConfigOption, JsonOption

if TYPE_CHECKING:
    from hub.cli.mapping_files import Bench
    from hub.engine.crm.drift import Difference, Swept
    from hub.store.dialects.database import Database

SHOWN = 20
"""Differences that are printed; `--csv` and `--json` have all of them."""
COLUMNS = ("what", "person", "record", "field", "hub", "there", "a reading")


def register(group: typer.Typer) -> None:
    """Add the command to the group `crm`."""
    group.command(
        "drift",
        epilog="Examples: [bold]dragoman crm drift[/]   [bold]dragoman crm drift --crm salesforce --csv drift.csv[/]   "
        "[bold]dragoman crm drift --repair[/]",
    )(drift)


def drift(
    crm: Annotated[str, typer.Option("--crm", help="The CRM, where there are several.")] = "",
    repair: Annotated[bool, typer.Option("--repair", help="Bring in order what is found, by the mapping.")] = False,
    share: Annotated[
        float, typer.Option("--share", min=0.001, max=1, help="Of the calls that are left today, use at most this.")
    ] = 0.1,
    to: Annotated[Path | None, typer.Option("--csv", help="Write every difference to this file.")] = None,
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Compare all links with the CRM, field by field; nothing is written without --repair.

    Goes on where the last one had to stop. Exits 1 when something differs and is not brought in order.
    """
    from hub.cli.mapping_files import bench
    from hub.cli.output import say_json
    from hub.contracts.errors import NotFound

    desk = bench(config, crm)
    with desk.store() as db:
        if db is None:
            raise NotFound("nobody is linked yet: start the hub once with `dragoman run`")
        swept = _sweep(desk, db, share)
    if to is not None:
        _export(to, swept.found)
    if repair or swept.links:
        _tell(desk, swept, repair)
    if as_json:
        found = [dict(zip(COLUMNS, map(str, one), strict=True)) for one in swept.found]
        done = {
            "links": swept.links,
            "calls": swept.calls,
            "whole": swept.whole,
            "stopped": swept.stopped,
            "repaired": repair,
        }
        say_json({"crm": desk.crm.name, **done, "differences": found})
    else:
        _say(swept, repair)
    if swept.found and not repair:
        raise typer.Exit(1)


def _sweep(desk: Bench, db: Database, share: float) -> Swept:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    from hub.cli.mapping_files import told_by_name
    from hub.cli.people import fresh
    from hub.engine.crm.drift import Swept, sweep
    from hub.engine.effects.drift import place
    from hub.engine.line import Line
    from hub.engine.mappings import refresh
    from hub.store import crm as shelves
    from hub.store.reading import cursor

    line = Line(desk.config, "", 0)
    for name in desk.config.crms:
        refresh(db, line, name)
    after = int(cursor(db, place(desk.crm.name)) or 0)
    total, state = shelves.how_many_linked(db, desk.crm.name), Swept(after=after)
    bars = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*bars, console=console, transient=True, disable=not console.is_terminal) as progress, told_by_name():
        bar = progress.add_task("", total=total)
        for state in sweep(db, line, desk.crm.name, fresh()[1], after=after, share=share):
            progress.update(bar, completed=state.links)
    return state


def _tell(desk: Bench, swept: Swept, repair: bool) -> None:
    """The hub keeps how far the sweep came, and repairs."""
    from hub.cli.people import fresh
    from hub.engine.control_client import submit
    from hub.engine.crm.drift import events

    key, at = fresh()
    for event in events(swept, desk.crm.name, key, at, repair=repair):
        submit(desk.place, event)


def _export(to: Path, found: Sequence[Difference]) -> None:
    from hub.cli.output import plain_cells
    from hub.contracts.errors import ConfigError

    try:
        with to.open("w", newline="", encoding="utf-8") as table:
            writer = csv.writer(table)
            writer.writerow(COLUMNS)
            for kind, person, *others in found:
                writer.writerow(plain_cells((kind, f"p{person}", *map(str, others))))
    except OSError as error:
        raise ConfigError(f"{to} cannot be written: {error.strerror}", remedy="name another file") from None


def _say(swept: Swept, repair: bool) -> None:
    from hub.cli.output import say_table

    counts = Counter(one.kind for one in swept.found)
    if swept.found:
        rows = [(o.kind, f"p{o.person}", o.record, o.field, o.hub, o.there, o.remedy) for o in swept.found[:SHOWN]]
        say_table(COLUMNS, rows)
        if len(swept.found) > SHOWN:
            print(f"... and {len(swept.found) - SHOWN} more: --csv FILE writes all of them")
    told = ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items())) or "nothing differs"
    print(f"{swept.links} links compared with {swept.calls} calls: {told}.")
    if swept.stopped:
        print(f"Not all of them: {swept.stopped}. The next one goes on there.")
    elif not swept.whole:
        print("The calls it may take are used up; the next one goes on there (--share allows more).")
    if swept.found:
        print("They are brought in order now." if repair else "dragoman crm drift --repair brings them in order.")
