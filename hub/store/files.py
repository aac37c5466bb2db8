"""The folder of files of a hub: with PostgreSQL all its processes share it, so each looks whether it is the right one.

The first process leaves the store's name there, and the store remembers that it did: a folder without the name is then
one that is not mounted, and files kept in it would be seen by nobody else.
"""

from __future__ import annotations

import errno
import os
import secrets
import time
from pathlib import Path

from hub.contracts.errors import ConfigError
from hub.store.blobs import FolderBlobs
from hub.store.copying import restored_at
from hub.store.reading import cursor_at
from hub.store.store import Store

MARKER = "store-name"
"""File that says whose files these are."""
MARKED = "files.marked"
"""The cursor that says when a process left it (ms)."""


def open_files(folder: Path, store: Store) -> FolderBlobs:
    """The blobs of a store, for its hub. Raises ConfigError when the folder is another hub's, not mounted or not
    writable."""
    blobs = FolderBlobs(folder)
    if store.db.shared:
        _belong(folder, store)
    else:  # nobody else writes here
        blobs.sweep()
    return blobs


def _belong(folder: Path, store: Store) -> None:
    name, marker = store.identity(), folder / MARKER
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        if not marker.exists():
            if (marked := cursor_at(store.db, MARKED)) and marked > restored_at(store.db):
                raise ConfigError(
                    f"the folder of files {folder} is not the one that this hub's processes share: it has no {MARKER}",
                    remedy=f"mount it; if the files are here and the name was lost: echo {name} > {marker}",
                )
            fresh = folder / f".{MARKER}.{secrets.token_hex(4)}"
            fresh.write_text(f"{name}\n", encoding="utf-8")
            fresh.replace(marker)
            store.set_cursor(MARKED, str(folder), time.time_ns() // 1_000_000)
        found = marker.read_text(encoding="utf-8", errors="replace").strip()
    except OSError as error:
        raise ConfigError(
            f"the folder of files {folder} cannot be used: {error.strerror}",
            remedy="give the hub's user write access, or set [hub] media to a folder that all its processes share",
        ) from error
    if found != name:
        raise ConfigError(
            f"the folder of files {folder} belongs to the store {found[:40]!r}, and this hub's store is {name!r}",
            remedy=f"set [hub] media to this hub's own folder; if only its store was replaced, remove {marker}",
        )
