"""Files of messages, by content: a file's name is its SHA-256, so that the same content is stored once.

A file is on disk for good before anything names it. A crash in between leaves at most a file that nobody names.
"""

from __future__ import annotations

import fcntl
import hashlib
import math
import os
import re
import secrets
from collections.abc import Iterable, Iterator, Set
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol

_NAME = re.compile(r"[0-9a-f]{64}")
_BLOCK = 1 << 20


class Writing(Protocol):
    """A file that comes in piece by piece. Blocks; one thread at a time. Ends with `keep` or `drop`."""

    size: int

    def write(self, part: bytes) -> None:
        """The next piece. Raises OSError when the disk does not take it."""

    @property
    def sha256(self) -> str:
        """Of what was written, hex: the name it will have."""

    def keep(self) -> str:
        """Make it durable under its name, which is returned."""

    def drop(self) -> None:
        """Forget it; harmless after `keep`."""


class Blobs(Protocol):
    """Where files of messages are kept. All calls block."""

    def begin(self) -> Writing:
        """A new file."""

    def write(self, parts: Iterable[bytes]) -> str:
        """Keep what these pieces make; returns its name."""

    def open(self, name: str) -> BinaryIO:
        """The content. Raises FileNotFoundError when it is not here, ValueError for what is no name."""

    def path(self, name: str) -> Path:
        """Where it lies, here or not. Raises ValueError for what is no name."""

    def exists(self, name: str) -> bool:
        """Whether it is here."""

    def size(self, name: str) -> int:
        """Bytes. Raises FileNotFoundError."""

    def delete(self, name: str, before: float = 0) -> bool:
        """Remove it; whether it was here. With `before` (seconds since 1970) only if it was kept before then."""

    def names(self, before: float = 0) -> Iterator[str]:
        """All names; with `before` (seconds since 1970) only of files kept before then."""


def blobs_of(data: Path) -> FolderBlobs:
    """The blobs of a hub that keeps them in its data folder."""
    return FolderBlobs(data / "blobs")


class FolderBlobs:
    """Blobs in a folder, two levels deep by the first letters of the name; only the hub's user may look inside."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def begin(self) -> FolderWriting:
        """See `Blobs`."""
        return FolderWriting(self)

    def write(self, parts: Iterable[bytes]) -> str:
        """See `Blobs`."""
        writing = self.begin()
        try:
            for part in parts:
                writing.write(part)
            return writing.keep()
        finally:
            writing.drop()

    def open(self, name: str) -> BinaryIO:
        """See `Blobs`."""
        return self.path(name).open("rb")

    def path(self, name: str) -> Path:
        """See `Blobs`."""
        if not _NAME.fullmatch(name):
            raise ValueError(f"no name of a stored file: {name[:80]!r}")
        return self.root / name[:2] / name[2:4] / name

    def exists(self, name: str) -> bool:
        """See `Blobs`."""
        return self.path(name).is_file()

    def size(self, name: str) -> int:
        """See `Blobs`."""
        return self.path(name).stat().st_size

    def delete(self, name: str, before: float = 0) -> bool:
        """See `Blobs`."""
        file = self.path(name)
        try:
            with _alone(file.parent):
                if before and file.stat().st_mtime >= before:  # the same content came again
                    return False
                file.unlink()
        except FileNotFoundError:
            return False
        return True

    def names(self, before: float = 0) -> Iterator[str]:
        """See `Blobs`."""
        for file in self.root.glob("[0-9a-f][0-9a-f]/[0-9a-f][0-9a-f]/*"):
            if _NAME.fullmatch(file.name) and (not before or file.stat().st_mtime < before):
                yield file.name

    def sweep(self, before: float = math.inf) -> int:
        """Remove what a crash left half written, last changed before `before` (seconds since 1970); how many files.
        Without `before` only while nobody else writes here."""
        halves = [half for half in (self.root / "part").glob("*") if _changed(half) < before]
        for half in halves:
            half.unlink(missing_ok=True)
        return len(halves)


class FolderWriting:
    """See `Writing`: a file beside the others that gets its name when it is whole."""

    def __init__(self, blobs: FolderBlobs) -> None:
        self.size, self._hash, self._blobs = 0, hashlib.sha256(), blobs
        folder = _folder(blobs.root / "part", blobs.root)
        self._path = folder / secrets.token_hex(8)
        self._file = os.fdopen(os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb", _BLOCK)

    def write(self, part: bytes) -> None:
        """See `Writing`."""
        self._hash.update(part)
        self._file.write(part)
        self.size += len(part)

    @property
    def sha256(self) -> str:
        """See `Writing`."""
        return self._hash.hexdigest()

    def keep(self) -> str:
        """See `Writing`."""
        name = self.sha256
        target = self._blobs.path(name)
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        folder = _folder(target.parent, self._blobs.root)
        with _alone(folder):
            os.replace(self._path, target)  # the same content again takes the old one's place: as old as the newest
        make_durable(folder)
        return name

    def drop(self) -> None:
        """See `Writing`."""
        self._file.close()
        self._path.unlink(missing_ok=True)


def orphans(blobs: Blobs, used: Set[str], before: float) -> list[str]:
    """Files that nobody names. `before` (seconds since 1970) spares those whose event may still be on its way."""
    return [name for name in blobs.names(before) if name not in used]


def _changed(file: Path) -> float:
    """When, in seconds since 1970; never for one that has gone meanwhile."""
    try:
        return file.stat().st_mtime
    except FileNotFoundError:
        return math.inf


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Nobody else, of this process or another, keeps or removes a file in this folder meanwhile. The lock is on a file
    open for writing: a network file system locks no other (flock(2), "NFS details")."""
    number = os.open(folder.parent / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(number, fcntl.LOCK_EX)
        yield
    finally:
        os.close(number)


def _folder(folder: Path, root: Path) -> Path:
    """The folder, made and durable, with every one above it up to the root."""
    if not folder.is_dir():
        if folder != root:
            _folder(folder.parent, root)
        else:
            root.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        make_durable(folder.parent)
    return folder


def make_durable(path: Path) -> None:
    """What was written into this file, or which names this folder holds, is on the disk on return."""
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
