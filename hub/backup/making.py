"""Making a backup: copy, seal, put, open again, check; only then it counts, and only then older ones go.

In the place, under the eight hex digits that name the store: `TIME.backup` (the store and its configuration),
`TIME.files` (which files it needs), `TIME.ok` (written last: it was opened and checked; what has none is a part of a
try that broke off, and is removed by the next), `blobs/...` (files of messages, each once for all backups).
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tarfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

from hub.backup.keeping import POSTGRES, SQLITE, Kept, clean, thin
from hub.backup.opening import BLOCK, blob_name, read_blob, verify
from hub.backup.places import Place
from hub.backup.sealing import Sealer, hidden_name
from hub.contracts.errors import ConfigError
from hub.store.belonging import name_of
from hub.store.blobs import FolderBlobs
from hub.store.copying import Backup, blobs_used, copy_store, only_backup, store_size
from hub.store.dialects.sqlite import Sqlite
from hub.store.store import FILE
from hub.store.store import Place as StorePlace

WORK = "backup.work"
STAMP = "%Y%m%dT%H%M%SZ"


class Source(NamedTuple):
    """What is backed up: the store, the folder of its files, hub.toml and the mapping files beside it (no secrets
    stand in them)."""

    store: StorePlace
    files: Path
    config: Path
    mappings: tuple[Path, ...] = ()


class Made(NamedTuple):
    """What came of it: the record, and how many files were new in the place, how many older backups and files went."""

    backup: Backup
    rows: dict[str, int]
    files: int
    removed: int


def make(
    source: Source,
    place: Place,
    key: bytes | None,
    keep: int,
    clock: Callable[[], int],
    between: Callable[[], None] = lambda: None,
) -> Made:
    """Make and verify one backup, then keep the newest `keep`. Blocks; several minutes for a big store.

    `between` is called often: it may pause, and what it raises ends the backup. Raises ConfigError, Unavailable or
    Damaged; what a failed one left in the place is removed now or by the next.
    """
    folder = source.store.folder
    if not source.store.exists:
        raise ConfigError(f"there is no store in {folder}", remedy="start the hub once with `dragoman run`")
    with _workshop(source.store) as work:
        began = clock()
        copy_store(source.store, work / FILE, between)
        with closing(Sqlite(work / FILE, readonly=True)) as db:
            store, used = name_of(db) or "00000000", blobs_used(db)
        clean(place, store)
        name = _free_name(place, store, began)
        try:
            size, digest = _archive(source, work, place, key, name, between)
            fresh = _put_blobs(source, used, work, place, key, store, between)
            _put_list(place, key, name, sorted(hidden_name(key, blob) for blob in used))
            rows = verify(place, key, name, digest, work, clock(), between)
        except BaseException:
            try:
                place.delete([f"{name}.backup", f"{name}.files"])
            except Exception:  # noqa: S110 - the first error is the one to tell; the next backup cleans up
                pass
            raise
        verified = clock()
        kept = Kept(name, began, size, verified, rows, digest, POSTGRES if source.store.dsn else SQLITE)
        place.put(f"{name}.ok", BytesIO(json.dumps(kept._asdict(), indent=1).encode()))
        removed = thin(place, key, store, keep)
        return Made(Backup(name, place.address, began, size, verified), rows, fresh, removed)


@contextmanager
def _workshop(place: StorePlace) -> Iterator[Path]:
    """An empty folder beside the store, for one backup at a time; what an earlier one left is removed."""
    data = place.folder
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    with only_backup(place):
        work = data / WORK
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(mode=0o700)
        needed = 2 * store_size(place)
        if shutil.disk_usage(work).free < needed + 50_000_000:
            raise ConfigError(
                f"the disk of {data} has no room for a copy of the store ({needed // 1_000_000} MB)",
                remedy="free some, or move the data folder",
            )
        try:
            yield work
        finally:
            shutil.rmtree(work, ignore_errors=True)


def _free_name(place: Place, store: str, at: int) -> str:
    taken = {entry.name.rpartition(".")[0] for entry in place.list(f"{store}/2")}
    while (name := f"{store}/{datetime.fromtimestamp(at / 1000, UTC).strftime(STAMP)}") in taken:
        at += 1000
    return name


def _archive(
    source: Source, work: Path, place: Place, key: bytes | None, name: str, between: Callable[[], None]
) -> tuple[int, str]:
    """Seal store and configuration into one file and put it there; its size and SHA-256."""
    sealed = work / "sealed"
    with (
        sealed.open("wb") as target,
        Sealer(target, key, f"{name}.backup") as sealer,
        tarfile.open(fileobj=cast(BinaryIO, sealer), mode="w|") as archive,
    ):
        for file, arc in [
            (source.config, "hub.toml"),
            *((mapping, f"mappings/{mapping.name}") for mapping in source.mappings),
            (work / FILE, FILE),
        ]:
            if file.is_file():
                info = archive.gettarinfo(file, arc)
                info.uid = info.gid = 0
                info.uname = info.gname = ""
                with file.open("rb") as opened:
                    archive.addfile(info, cast(BinaryIO, _Gently(opened, between)))
    (work / FILE).unlink()
    digest = hashlib.sha256()
    with sealed.open("rb") as opened:
        while part := opened.read(BLOCK):
            digest.update(part)
        opened.seek(0)
        place.put(f"{name}.backup", opened)
    size = sealed.stat().st_size
    sealed.unlink()
    return size, digest.hexdigest()


class _Gently:
    """A file that gives others their turn before each block."""

    def __init__(self, file: BinaryIO, between: Callable[[], None]) -> None:
        self._file, self._between = file, between

    def read(self, size: int = -1) -> bytes:
        """See `io`."""
        self._between()
        return self._file.read(size)


def _put_blobs(
    source: Source,
    used: set[str],
    work: Path,
    place: Place,
    key: bytes | None,
    store: str,
    between: Callable[[], None],
) -> int:
    """Put the files there that are not yet; each is opened again. Returns how many. One that is gone is passed over:
    retention may have deleted it since the copy, and the check of the copy tells."""
    blobs, there = FolderBlobs(source.files), {entry.name for entry in place.list(f"{store}/blobs/")}
    fresh = 0
    for blob in sorted(used):
        between()
        name = blob_name(key, store, blob)
        if name in there or not blobs.exists(blob):
            continue
        sealed = work / "blob"
        with blobs.open(blob) as opened, sealed.open("wb") as target, Sealer(target, key, name) as sealer:
            while part := opened.read(BLOCK):
                sealer.write(part)
        with sealed.open("rb") as ready:
            place.put(name, ready)
        sealed.unlink()
        for _ in read_blob(place, key, store, blob):
            between()
        fresh += 1
    return fresh


def _put_list(place: Place, key: bytes | None, name: str, names: list[str]) -> None:
    buffer = BytesIO()
    with Sealer(buffer, key, f"{name}.files") as sealer:
        sealer.write(json.dumps(names).encode())
    buffer.seek(0)
    place.put(f"{name}.files", buffer)
