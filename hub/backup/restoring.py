"""The way back: a backup becomes a store that may take up the line again without doing anything twice in silence."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from hub.backup.keeping import Kept, choose
from hub.backup.opening import read_blob, unpack
from hub.backup.places import Place
from hub.backup.sealing import Damaged
from hub.contracts.errors import ConfigError
from hub.store import open_store
from hub.store.blobs import FolderBlobs
from hub.store.checking import check_store, how_many
from hub.store.copying import blobs_used, mark_restored
from hub.store.database import Database
from hub.store.store import FILE

ASIDE = "replaced"


class Restored(NamedTuple):
    """What came back: the backup, row counts, files, how many sends are in doubt, and where an old store went ("")."""

    kept: Kept
    rows: dict[str, int]
    files: int
    doubtful: int
    aside: str
    configuration: list[str]


def restore(
    place: Place,
    key: bytes | None,
    name: str,
    data: Path,
    clock: Callable[[], int],
    *,
    replace: bool = False,
    tell: Callable[[str], None] = lambda step: None,
) -> Restored:
    """Bring the backup `name` ("" = the newest) into the data folder. Nothing there changes until all is checked.

    Raises ConfigError when a store is there already (unless `replace`: it is moved aside) or a hub runs on it,
    NotFound, Unavailable, Damaged. hub.toml and the mappings of the backup are put into `restored/` in the data folder.
    """
    if (data / FILE).exists() and not replace:
        raise ConfigError(f"there is a store in {data} already", remedy="restore --to another folder, or use --replace")
    data.mkdir(parents=True, exist_ok=True)
    kept = choose(place, name)
    work = data / "restore.work"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(mode=0o700)
    try:
        tell("the store is fetched and opened")
        configuration = [part for part in unpack(place, key, kept.name, kept.sha256, work) if part != FILE]
        files = _restore_blobs(place, key, kept, work, data, tell)
        tell("the store is checked")
        rows = _check(work, data, clock())
        store = open_store(work)  # a hub never sees it before it is marked
        try:
            made = datetime.fromtimestamp(kept.at / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
            reason = f"restored from a backup of {made}: it may have been sent since"
            doubtful = mark_restored(store, kept.at, clock(), reason)
        finally:
            store.close()
        aside = _move_in(work, data)
        _configuration(work, data, configuration)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return Restored(kept, rows, files, doubtful, aside, configuration)


def _restore_blobs(
    place: Place, key: bytes | None, kept: Kept, work: Path, data: Path, tell: Callable[[str], None]
) -> int:
    """Fetch the files that are not here; their names are what is in them, so what is here already is the same."""
    blobs, store = FolderBlobs(data / "blobs"), kept.name.partition("/")[0]
    with closing(Database(work / FILE, readonly=True)) as db:
        missing = sorted(blob for blob in blobs_used(db) if not blobs.exists(blob))
    for number, blob in enumerate(missing, start=1):
        tell(f"file {number} of {len(missing)}")
        if blobs.write(read_blob(place, key, store, blob)) != blob:
            raise Damaged(f"the file {blob} is not what it was")
    return len(missing)


def _check(work: Path, data: Path, now: int) -> dict[str, int]:
    with closing(Database(work / FILE, readonly=True)) as db:
        for checked in check_store(db, FolderBlobs(data / "blobs").exists, now):
            if checked.broken:
                raise Damaged(f"the backup does not hold: {checked.rule} ({', '.join(checked.rows)})")
        return how_many(db)


def _move_in(work: Path, data: Path) -> str:
    """Put the store where it belongs, under the lock of the folder: no hub can begin in between."""
    import fcntl

    from hub.store.store import LOCK

    lock = os.open(data / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ConfigError(f"a hub runs on {data}", remedy="stop it, then restore again") from None
        aside = ""
        if (data / FILE).exists():
            place = data / f"{ASIDE}-{datetime.now(UTC).strftime('%Y%m%dT%H%M%SZ')}-{os.getpid()}"
            place.mkdir(mode=0o700)
            for suffix in ("-shm", "-wal", ""):
                file = data / f"{FILE}{suffix}"
                if file.exists():
                    file.rename(place / file.name)
            aside = str(place)
        (work / FILE).rename(data / FILE)
        folder = os.open(data, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return aside
    finally:
        os.close(lock)


def _configuration(work: Path, data: Path, names: list[str]) -> None:
    for name in names:
        target = data / "restored" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        (work / name).replace(target)
