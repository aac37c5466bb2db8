"""The way back: a backup becomes a store that may take up the line again without doing anything twice in silence."""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from hub.backup.keeping import Kept, choose
from hub.backup.opening import read_blob, unpack
from hub.backup.places import Place
from hub.backup.sealing import Damaged
from hub.contracts.errors import ConfigError
from hub.store import Place as StorePlace
from hub.store import StoreTrouble, open_store
from hub.store.belonging import MARK
from hub.store.blobs import FolderBlobs, make_durable
from hub.store.checking import check_store, how_many
from hub.store.copying import blobs_used, gather_wal, mark_restored
from hub.store.dialects.sqlite import Sqlite
from hub.store.store import FILE, LOCK

ASIDE = "replaced"


class Restored(NamedTuple):
    """What came back: the backup, row counts, files, how many sends are in doubt, and where an old store went ("")."""

    kept: Kept
    rows: dict[str, int]
    files: int
    doubtful: int
    aside: str


def restore(
    place: Place,
    key: bytes | None,
    name: str,
    into: StorePlace,
    files: Path,
    clock: Callable[[], int],
    *,
    replace: bool = False,
    tell: Callable[[str], None] = lambda step: None,
) -> Restored:
    """Bring the backup `name` ("" = the newest) to where a store is to be: into the data folder, or into an empty
    database in PostgreSQL. Nothing there changes until all is checked.

    Raises ConfigError when a store is there already (unless `replace`: a file is moved aside, a database never) or a
    hub runs on it, NotFound, Unavailable, Damaged. hub.toml and the mappings of the backup are put into `restored/` in
    the data folder.
    """
    data = into.folder
    _assert_free(into, replace=replace)
    data.mkdir(parents=True, exist_ok=True)
    kept = choose(place, name)
    work = data / "restore.work"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(mode=0o700)
    try:
        tell("the store is fetched and opened")
        configuration = [part for part in unpack(place, key, kept.name, kept.sha256, work) if part != FILE]
        count = _restore_blobs(place, key, kept, work, files, tell)
        tell("the store is checked")
        rows = _check(work, files, clock())
        store = open_store(StorePlace(work))  # a hub never sees it before it is marked
        try:
            made = datetime.fromtimestamp(kept.at / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
            reason = f"restored from a backup of {made}: it may have been sent since"
            doubtful = mark_restored(store, kept.at, clock(), reason)
        finally:
            store.close()
        aside = _bring_in(work, into, clock(), tell) if into.dsn else _move_in(work, data)
        _configuration(work, data, configuration)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return Restored(kept, rows, count, doubtful, aside)


def _assert_free(into: StorePlace, *, replace: bool) -> None:
    if not into.dsn:
        if into.exists and not replace:
            remedy = "restore --to another folder, or use --replace"
            raise ConfigError(f"there is a store in {into.folder} already", remedy=remedy)
        return
    from hub.store.moving import assert_free  # its driver is an extra

    if (into.folder / FILE).exists():
        remedy = "move that file away, or set [hub] data to another folder"
        raise ConfigError(f"there is a store in {into.folder} that would stand beside the database", remedy=remedy)
    assert_free(into.dsn)


def _bring_in(work: Path, into: StorePlace, now: int, tell: Callable[[str], None]) -> str:
    """The restored file's rows into the empty database; what an earlier try left half done there is done anew."""
    from hub.store.moving import bring

    def steps(what: str, done: int, total: int) -> None:
        if not done:
            tell(f"{what}: {total} rows" if total else what)

    with closing(Sqlite(work / FILE)) as source:
        bring(source, into.dsn, f"restored {secrets.token_hex(8)}", now, steps, anew=True)
    return ""


def _restore_blobs(
    place: Place, key: bytes | None, kept: Kept, work: Path, files: Path, tell: Callable[[str], None]
) -> int:
    """Fetch the files that are not here; their names are what is in them, so what is here already is the same."""
    blobs, store = FolderBlobs(files), kept.name.partition("/")[0]
    with closing(Sqlite(work / FILE, readonly=True)) as db:
        missing = sorted(blob for blob in blobs_used(db) if not blobs.exists(blob))
    for number, blob in enumerate(missing, start=1):
        tell(f"file {number} of {len(missing)}")
        if blobs.write(read_blob(place, key, store, blob)) != blob:
            raise Damaged(f"the file {blob} is not what it was")
    return len(missing)


def _check(work: Path, files: Path, now: int) -> dict[str, int]:
    with closing(Sqlite(work / FILE, readonly=True)) as db:
        for checked in check_store(db, FolderBlobs(files).exists, now):
            if checked.broken:
                raise Damaged(f"the backup does not hold: {checked.rule} ({', '.join(checked.rows)})")
        return how_many(db)


def _move_in(work: Path, data: Path) -> str:
    """Put the store where it belongs, under the lock of the folder: no hub can begin in between.

    One rename puts the new store in the old one's place; a kill leaves the whole old one there, or the whole new one.
    """
    lock = os.open(data / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ConfigError(f"a hub runs on {data}", remedy="stop it, then restore again") from None
        try:
            gather_wal(work / FILE)
        except StoreTrouble as error:
            raise Damaged(f"the store that came back cannot be used: {error}") from error
        aside = _set_aside(data)
        os.replace(work / FILE, data / FILE)
        make_durable(data)
        return aside
    finally:
        os.close(lock)


def _set_aside(data: Path) -> str:
    """Keep the old store in a folder of its own and leave nothing beside it that a new one could take for its own;
    the old one itself stays until the new one replaces it. Returns the folder ("" = there was nothing)."""
    old, beside = data / FILE, [data / f"{FILE}-wal", data / f"{FILE}-shm", data / MARK]
    for tried in data.glob(f"{ASIDE}-*/{FILE}"):  # a restore was killed: the old one is its own second name
        if old.exists() and tried.samefile(old):
            tried.unlink()
    if old.exists():
        with suppress(StoreTrouble):  # a broken one is kept as it is
            gather_wal(old)
    left = [file for file in (old, *beside) if file.exists()]
    if not left:
        return ""
    place = data / f"{ASIDE}-{datetime.now(UTC).strftime('%Y%m%dT%H%M%SZ')}-{os.getpid()}"
    place.mkdir(mode=0o700)
    for file in left:
        _keep_too(file, place / file.name)
    make_durable(place)
    make_durable(data)
    for file in beside:
        file.unlink(missing_ok=True)
    return str(place)


def _keep_too(file: Path, there: Path) -> None:
    """The same file under two names, or, where the disk knows no such thing, a copy."""
    try:
        os.link(file, there)
    except OSError:
        shutil.copy2(file, there)
        make_durable(there)


def _configuration(work: Path, data: Path, names: list[str]) -> None:
    for name in names:
        target = data / "restored" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        (work / name).replace(target)
