"""Where a hub keeps its store and its files, looked at for `check` and `doctor`. No password is ever shown."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path

from hub.contracts.channel import Finding
from hub.contracts.errors import ConfigError
from hub.engine.hub_settings import HubSettings
from hub.engine.live import Found
from hub.store import NoStore, open_reader
from hub.store.dialects import server
from hub.store.dialects.database import Database


def where_is(hub: HubSettings) -> Finding:
    """Where the store and the files are; nothing is contacted."""
    what = f"is {hub.store_shown}, files in {hub.files}"
    if hub.place.dsn and find_spec("psycopg") is None:
        return Finding(False, f"{what}; the driver of PostgreSQL is not installed", "pip install 'dragoman[postgres]'")
    return Finding(True, what)


def probe_store(hub: HubSettings) -> Found:
    """Open a store in PostgreSQL, to look only; with SQLite there is nothing to reach."""
    if not hub.place.dsn or find_spec("psycopg") is None:
        return []
    try:
        with closing(open_reader(hub.place)) as db:
            return [("store", finding) for finding in examined(db, hub)]
    except NoStore as error:
        return [("store", Finding(True, f"the server answers; {error.what} yet"))]
    except ConfigError as error:
        return [("store", Finding(False, error.what, error.remedy))]


def examined(db: Database, hub: HubSettings) -> Iterator[Finding]:
    """What the server and the shared folder of files are like; nothing of a store in SQLite."""
    if not db.shared:
        return
    for word in server.examine(db, hub.step_budget, pooled=hub.store_pooler):
        yield Finding(word.ok, word.what, word.remedy)
    folder = Path(hub.files)
    try:
        free = shutil.disk_usage(folder).free // 1_000_000
    except OSError as error:
        what = f"the folder of files {folder} cannot be looked at: {error.strerror or error}"
        yield Finding(False, what, "mount it, or set [hub] media to the folder that all processes share")
        return
    if free < 2 * hub.disk_min_mb:
        yield Finding(False, f"{free:,} MB are free for the files in {folder}", "make room there")
