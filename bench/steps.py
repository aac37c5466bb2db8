"""A process that steps: `python -m bench.steps FOLDER DSN`. It waits for a line on stdin, works the queue off, and says
in JSON how many events, in how many seconds, with how much CPU (s), and when it began and ended."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from bench.bodies import ACCOUNT
from hub.store import Place
from hub.testing.tabletop import HUB_TOML, Tabletop

TOML = HUB_TOML.replace('account = "1001"', f'account = "{ACCOUNT}"')


def table(folder: Path, dsn: str) -> Tabletop:
    """A hub without sockets on this engine."""
    return Tabletop(folder, TOML, place=Place(folder / "data", dsn))


def main() -> None:
    """See module."""
    hub = table(Path(sys.argv[1]), sys.argv[2])
    print("ready", flush=True)
    sys.stdin.readline()
    began, cpu = time.time(), time.process_time()
    done = hub.step()
    ended, cpu = time.time(), time.process_time() - cpu
    print(json.dumps({"events": done.events, "cpu": cpu, "began": began, "ended": ended}), flush=True)
    hub.close()


if __name__ == "__main__":
    main()
