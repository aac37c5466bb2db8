"""What every measurement is given: how often, how long, where, and somebody to tell how far it is."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.load import load
from bench.remote import Remote
from bench.server import server

WARM_UP = 1500
"""Requests that tell how fast this machine is, and warm it up."""


@dataclass(slots=True)
class Run:
    """One run of the bench. `length` scales every span; `known` passes figures from one measurement to the next."""

    folder: Path
    rounds: int
    length: float
    tell: Callable[[str], None]
    known: dict[str, float] = field(default_factory=dict)


@dataclass(slots=True)
class Bench:
    """A hub, the bare handler beside it in the same process, and a load in another."""

    server: Remote
    load: Remote
    bare: int
    hub: int

    def flood(self, seconds: float, rate: float, *, bare: bool) -> Flooded:
        """Texts as fast as they are taken, for about so long if the last rate (per second) still holds."""
        total = max(200, int(rate * seconds))
        before = self.server.call("counts")
        took, failed = self.load.call("flood", self.bare if bare else self.hub, total, bare)
        after = self.server.call("counts")
        if failed:
            raise RuntimeError(f"{failed} of {total} requests were refused")
        if not bare and after["accepted"] - before["accepted"] < total:
            raise RuntimeError("the hub did not accept every request")
        return Flooded(total / took, (after["cpu"] - before["cpu"]) / total * 1e6)


@dataclass(slots=True)
class Flooded:
    """Requests per second, and CPU of the server's process for each (us)."""

    rate: float
    cpu: float


@contextmanager
def bench(run: Run, *, writer: str, crm: bool, fast: bool, dsn: str = "", more: str = "") -> Iterator[Bench]:
    """Both processes, until the block ends. `fast`: uvloop and orjson under the server; the load has uvloop always.
    `dsn`: an empty database of PostgreSQL, "" = SQLite; `more` tables of its hub.toml."""
    place = tempfile.TemporaryDirectory(dir=run.folder, prefix="dragoman-bench-")
    with place as folder, Remote(load, fast=True) as loading:
        platform = loading.call("start")
        with Remote(server, folder, platform, writer, crm, fast, dsn, more, fast=fast) as serving:
            bare, hub = serving.call("start")
            serving.call("ready")
            yield Bench(serving, loading, bare, hub)
            if strange := loading.call("strange"):
                raise RuntimeError(f"the platform does not know {strange}")
