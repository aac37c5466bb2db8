"""`python -m bench`: measure, show, and end with one line `RESULT {json}`. Missed targets are shown, never an error."""

from __future__ import annotations

import argparse
import importlib.util
import os
import platform
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from bench import (
    accept,
    crm,
    disk,
    engines,
    growth,
    kinds,
    latency,
    line,
    mapping,
    memory,
    reconcile,
    replay,
    resolve,
    rules,
    segments,
)
from bench.figures import Figure, result, table
from bench.run import Run

Measure = Callable[[Run], list[Figure]]
MEASURES: dict[str, tuple[str, Measure]] = {
    "disk": ("The disk: what a commit costs", disk.measure),
    "accept": ("Accept: durable before the 200, steps idle, no extras", accept.measure),
    "line": ("The whole line: text, reply, three statuses, CRM", line.measure),
    "latency": ("Latency, with extras", latency.measure),
    "resolve": ("Who is it: time per sender in a step", resolve.measure),
    "kinds": ("Inbound WhatsApp, by kind of event", kinds.measure),
    "crm": ("The CRM: what a logged record costs", crm.measure),
    "reconcile": ("Records compared with people", reconcile.measure),
    "mapping": ("A mapping looked at before it runs", mapping.measure),
    "replay": ("Replay: the journal worked off once more", replay.measure),
    "rules": ("Rules: loading them, and what each message costs", rules.measure),
    "segments": ("Segments: counting people by tags and values", segments.measure),
    "growth": ("What a large store costs", growth.measure),
    "engines": ("SQLite and PostgreSQL", engines.measure),
    "memory": ("Memory", memory.measure),
}


def main() -> None:
    """See module."""
    asked = _arguments()
    names = [name for name in MEASURES if name in asked.only] if asked.only else list(MEASURES)
    show, progress_on = Console(), Console(stderr=True)
    if not show.is_terminal:
        show.width = 140
    began = time.monotonic()
    found: list[Figure] = []
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=progress_on, transient=True, refresh_per_second=2) as progress:
        task = progress.add_task("", total=len(names))
        run = Run(
            folder=asked.folder,
            rounds=asked.rounds,
            length=0.15 if asked.quick else 1.0,
            tell=lambda text: None,
        )
        for name in names:
            title, measure = MEASURES[name]
            run.tell = lambda text, name=name: progress.update(task, description=f"{name}: {text}")  # type: ignore[misc]
            run.tell("starting")
            figures = measure(run)
            found += figures
            show.print(table(title, figures))
            progress.advance(task)
    facts = {
        "rounds": asked.rounds,
        "quick": asked.quick,
        "seconds": round(time.monotonic() - began),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "python": platform.python_version(),
        "extras": [name for name in ("uvloop", "orjson") if importlib.util.find_spec(name)],
    }
    print(result(found, **facts), flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure what the hub costs.")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="rounds of each measurement (default 5)")
    parser.add_argument("--quick", action="store_true", help="two short rounds: shows that it runs, proves nothing")
    parser.add_argument("--only", nargs="+", choices=MEASURES, metavar="NAME", help=f"of {', '.join(MEASURES)}")
    parser.add_argument(
        "--folder",
        type=Path,
        default=Path(tempfile.gettempdir()),
        help="where the stores are put for the time of the run; must be on the disk that counts",
    )
    asked = parser.parse_args()
    if asked.quick:
        asked.rounds = min(asked.rounds, 2)
    if asked.rounds < 1:
        parser.error("--rounds is at least 1")
    return asked


if __name__ == "__main__":
    main()
