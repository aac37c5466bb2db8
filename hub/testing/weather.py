"""The hub's process under bad weather: `python -m hub.testing.weather FILE --config CONFIG`.

What a machine does to a program cannot be done from outside without being root: here a thread reads FILE (JSON) many
times a second and lets it happen inside. `clock` (ms) is added to the machine's time; `full` leaves SQLite no page to
grow by, which it reports as it reports a full disk (SQLITE_FULL), and the disk no room; with PostgreSQL it is the
server's disk, and every change comes back in its words (disk_full, 53100); `poison` is a word that makes the channel's
parser fail. With `only` it is the weather of one process of the hub, by its data folder. The product has no switch for
any of this.
"""

from __future__ import annotations

import json
import os
import runpy
import shutil
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from hub.engine.line import Line
from hub.model.events import Event
from hub.store.dialects.sqlite import Sqlite
from hub.store.journal import Claimed

LOOK = 0.02
CHANGES = ("INSERT", "UPDATE", "WITH")
"""How the statements begin that need room."""
PAGES = 1 << 31
"""More pages than any store has."""


class Weather(NamedTuple):
    """What happens to the process."""

    clock: int = 0
    full: bool = False
    poison: str = ""
    only: str = ""

    def write(self, file: Path) -> None:
        """Let it happen from now on."""
        fresh = file.with_suffix(".new")
        fresh.write_text(json.dumps(self._asdict()), encoding="utf-8")
        fresh.replace(file)


NOW = [Weather()]


def begin(file: Path) -> None:
    """Follow the file, and let its weather act on everything that is built from now on."""
    _read(file)
    threading.Thread(target=_follow, args=(file,), daemon=True).start()
    elsewhere = bool(os.environ.get("DRAGOMAN_STORE"))
    if elsewhere:
        _full_server()
    time_ns, free, begins, understand = time.time_ns, shutil.disk_usage, Sqlite._begin, Line.understand

    def now() -> int:
        return time_ns() + NOW[0].clock * 1_000_000

    def usage(path: Any) -> Any:
        found = free(path)
        return found._replace(free=0) if NOW[0].full and not elsewhere else found

    def beginning(self: Sqlite, kind: str) -> None:
        self.connection.execute(f"PRAGMA max_page_count={1 if NOW[0].full else PAGES}")
        begins(self, kind)

    def reading(self: Line, row: Claimed) -> Sequence[Event]:
        if NOW[0].poison and NOW[0].poison.encode() in row.body:
            raise ZeroDivisionError("poison")
        return understand(self, row)

    time.time_ns = now
    time.time = lambda: now() / 1_000_000_000
    shutil.disk_usage = usage
    Sqlite._begin = beginning  # type: ignore[method-assign]
    Line.understand = reading  # type: ignore[method-assign]


def _full_server() -> None:
    """PostgreSQL has no room for a change while the weather says so."""
    import psycopg  # the driver is an extra

    execute, executemany = psycopg.RawCursor.execute, psycopg.RawCursor.executemany

    def narrow(real: Any) -> Any:
        def run(self: Any, query: Any, *args: Any, **more: Any) -> Any:
            if NOW[0].full and str(query).lstrip().startswith(CHANGES):
                raise psycopg.errors.DiskFull("could not extend file: No space left on device")
            return real(self, query, *args, **more)

        return run

    psycopg.RawCursor.execute, psycopg.RawCursor.executemany = narrow(execute), narrow(executemany)  # type: ignore[method-assign]


def _follow(file: Path) -> None:
    while True:
        time.sleep(LOOK)
        _read(file)


def _read(file: Path) -> None:
    try:
        found = Weather(**json.loads(file.read_text(encoding="utf-8")))
        NOW[0] = found if found.only in ("", os.environ.get("DRAGOMAN_DATA")) else Weather()
    except (OSError, ValueError, TypeError):
        pass  # between two writes, or before the first


def main(args: Sequence[str]) -> int:
    """Become the hub's process with the other arguments."""
    begin(Path(args[0]))
    sys.argv[1:] = args[1:]
    runpy.run_module("hub.cli.hub_process", run_name="__main__")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
