"""Opening a backup again: fetched, unsealed, unpacked, checked. What makes one and what restores one both do so."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tarfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import BinaryIO, cast

from hub.backup.places import Place
from hub.backup.sealing import Damaged, Unsealer, hidden_name
from hub.store.checking import check_store, how_many
from hub.store.dialects.sqlite import Sqlite
from hub.store.store import FILE

BLOCK = 1 << 20


def blob_name(key: bytes | None, store: str, blob: str) -> str:
    """Where a file of the blob store stands in the place."""
    return f"{store}/blobs/{hidden_name(key, blob)}"


def read_blob(place: Place, key: bytes | None, store: str, blob: str) -> Iterator[bytes]:
    """The content of a file of the blob store, in parts. At its end raises Damaged when its name says another one."""
    name, digest = blob_name(key, store, blob), hashlib.sha256()
    with closing(place.get(name)) as opened:
        unsealer = Unsealer(opened, key, name)
        while part := unsealer.read(BLOCK):
            digest.update(part)
            yield part
    if digest.hexdigest() != blob:
        raise Damaged(f"{name} is not the file it was")


def file_list(place: Place, key: bytes | None, name: str) -> set[str]:
    """The files that a backup needs, as the place calls them."""
    with closing(place.get(f"{name}.files")) as opened:
        return set(json.loads(Unsealer(opened, key, f"{name}.files").read()))


def unpack(
    place: Place, key: bytes | None, name: str, digest: str, into: Path, between: Callable[[], None] = lambda: None
) -> list[str]:
    """Fetch an archive and unpack it into a folder; the names of what was in it. Raises Damaged."""
    found = []
    with closing(place.get(f"{name}.backup")) as opened:
        counted = _Counting(opened)
        unsealer = Unsealer(cast(BinaryIO, counted), key, f"{name}.backup")
        try:
            with tarfile.open(fileobj=cast(BinaryIO, unsealer), mode="r|") as archive:
                for member in archive:
                    content = archive.extractfile(member) if _ours(member) else None
                    if content is None:
                        raise Damaged(f"{name} holds something strange: {member.name[:80]!r}")
                    target = into / member.name
                    target.parent.mkdir(exist_ok=True, mode=0o700)
                    with open(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                        while part := content.read(BLOCK):
                            between()
                            file.write(part)
                        file.flush()
                        os.fsync(file.fileno())
                    found.append(member.name)
        except tarfile.TarError as error:
            raise Damaged(f"{name} cannot be unpacked: {error}") from None
        while unsealer.read(BLOCK):
            pass
        while counted.read(BLOCK):
            pass
    if digest and counted.digest.hexdigest() != digest:
        raise Damaged(f"{name} is not what was put there")
    if FILE not in found:
        raise Damaged(f"{name} holds no store")
    return found


def _ours(member: tarfile.TarInfo) -> bool:
    folder, _, file = member.name.rpartition("/")
    plain = member.isreg() and file == Path(file).name and file not in ("", ".", "..")
    return plain and (member.name in ("hub.toml", FILE) or folder == "mappings")


class _Counting:
    def __init__(self, file: BinaryIO) -> None:
        self._file, self.digest = file, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self.digest.update(data)
        return data


def verify(
    place: Place,
    key: bytes | None,
    name: str,
    digest: str,
    work: Path,
    now: int,
    between: Callable[[], None] = lambda: None,
) -> dict[str, int]:
    """Open a backup as a restore would: fetch, unseal, check the store and that its files are there. Its row counts.

    Raises Damaged with the first rule that is broken.
    """
    opened = work / "opened"
    shutil.rmtree(opened, ignore_errors=True)
    opened.mkdir(mode=0o700)
    try:
        unpack(place, key, name, digest, opened, between)
        store = name.partition("/")[0]
        there = {entry.name for entry in place.list(f"{store}/blobs/")}
        with closing(Sqlite(opened / FILE, readonly=True)) as db:
            for checked in check_store(db, lambda blob: blob_name(key, store, blob) in there, now, lambda _: between()):
                if checked.broken:
                    rows = ", ".join(checked.rows)
                    raise Damaged(f"the copy does not hold: {checked.rule}: {checked.broken} not ({rows})")
            return how_many(db)
    finally:
        shutil.rmtree(opened, ignore_errors=True)
