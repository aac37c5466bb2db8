"""Which backups a place holds, and which of its files may go."""

from __future__ import annotations

import json
from contextlib import closing
from typing import NamedTuple

from hub.backup.opening import BLOCK, file_list
from hub.backup.places import Place
from hub.contracts.errors import NotFound

SQLITE, POSTGRES = "SQLite", "PostgreSQL"


class Kept(NamedTuple):
    """A good backup as the place lists it. `at` and `verified` ms, `size` bytes of the archive, `rows` of the store,
    `engine` the one it ran on: a backup of either is restored to either."""

    name: str  # STORE/TIME
    at: int
    size: int
    verified: int
    rows: dict[str, int]
    sha256: str
    engine: str = SQLITE


def good(place: Place, store: str = "") -> list[Kept]:
    """The verified backups in a place, the newest first; of one store, or of all."""
    found = []
    for entry in place.list(f"{store}/2" if store else ""):
        if entry.name.endswith(".ok"):
            with closing(place.get(entry.name)) as opened:
                raw = opened.read(BLOCK)
            try:
                found.append(Kept(**json.loads(raw)))
            except (ValueError, TypeError):
                continue  # not ours, or a torn file: not listed as good
    return sorted(found, key=lambda kept: (kept.at, kept.name), reverse=True)


def choose(place: Place, name: str) -> Kept:
    """The backup of this name (its end is enough), the newest without one. Raises NotFound."""
    kept = good(place)
    stores = sorted({one.name.partition("/")[0] for one in kept})
    if not name and len(stores) > 1:
        raise NotFound(f"{place.address} holds backups of several hubs: {', '.join(stores)}; say --name")
    for one in kept:
        if not name or one.name == name or one.name.startswith(f"{name}/") or one.name.endswith(f"/{name}"):
            return one
    raise NotFound(f"{place.address} holds no verified backup" + (f" called {name}" if name else ""))


def clean(place: Place, store: str) -> int:
    """Remove what tries that broke off left behind; how many files."""
    names = [entry.name for entry in place.list(f"{store}/2")]
    whole = {name.removesuffix(".ok") for name in names if name.endswith(".ok")}
    left = [name for name in names if name.rpartition(".")[0] not in whole or name.endswith(".partial")]
    place.delete(left)
    return len(left)


def thin(place: Place, key: bytes | None, store: str, keep: int) -> int:
    """Keep the newest verified backups, and of the files those that one of them needs; how many files went.

    The mark goes first, so that what is half removed is never listed as good.
    """
    kept = good(place, store)
    old = [f"{one.name}.{part}" for one in kept[keep:] for part in ("ok", "backup", "files")]
    place.delete(old)
    needed = set[str]().union(*(file_list(place, key, one.name) for one in kept[:keep]))
    loose = [e.name for e in place.list(f"{store}/blobs/") if e.name.rpartition("/")[2] not in needed]
    place.delete(loose)
    return len(old) + len(loose)
