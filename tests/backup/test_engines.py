"""A backup of either engine comes back on either: the same rows, and numbers that are never given twice."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from hub.backup.keeping import good
from hub.backup.making import Made, Source, make
from hub.backup.places import Folder
from hub.backup.restoring import Restored, restore
from hub.contracts.errors import ConfigError
from hub.store import Place, Store, moving, open_reader, open_store
from hub.store.blobs import FolderBlobs
from hub.store.copying import ROOM, copy_store, only_backup, restored_at
from hub.store.dialects.numbers import counter, numbered
from hub.store.dialects.sqlite import Sqlite
from hub.store.dialects.tables import tables
from hub.store.journal import Incoming
from hub.store.moving import BROUGHT
from hub.testing.postgres import PostgresServer
from hub.testing.stores import ENGINES, everything

NOW = 1_800_000_000_000
KEY = bytes(range(32))
Places = Callable[[str, str], Place]


@pytest.fixture
def places(tmp_path: Path, request: pytest.FixtureRequest) -> Places:
    """A place for a store by a name, on an engine."""

    def place(name: str, engine: str) -> Place:
        if engine == "sqlite":
            return Place(tmp_path / name)
        server: PostgresServer = request.getfixturevalue("postgres")
        return Place(tmp_path / name, server.database(f"backup_{name}"))

    return place


def fill(store: Store, table: str, **values: Any) -> None:
    usual = {"bigint": 0, "text": "", "bytea": b""}
    shape = tables()[table]
    if shape.numbered:
        values[shape.numbered] = store.db.next_id(table)
    store.db.insert(table, [[values.get(name, usual[kind]) for name, kind in shape.columns.items()]])


def busy(place: Place) -> str:
    """A store with an open send, a started write of a record, a file, and numbers of rows that are gone. The file."""
    blob = FolderBlobs(place.folder / "blobs").write([b"a photo"])
    with closing(open_store(place)) as store:
        store.identity()
        store.accept([Incoming("meta", "1001", f"k{n}", "l", NOW, NOW, b"\0{}\xff") for n in range(600)])
        with store.transaction():
            for n in range(3):
                fill(store, "people", name=f"Ana {n} Grüße")
            fill(store, "conversations", key="k", person=1)
            content = f'{{"form": "image", "media": {{"blob": "{blob}"}}}}'
            fill(store, "messages", conversation=1, person=1, direction="out", content=content, event=1)
            fill(store, "outbox", key="s", kind="send", state="waiting", open=1, message=1, lane=1)
            fill(store, "outbox", key="p", kind="person", state="started", open=1, lane=1)
            fill(store, "media", message=1, state="stored", blob=blob)
            fill(store, "timers", subject="person", subject_id=1)
            store.db.run("DELETE FROM timers")
    return blob


def backed_up(place: Place, to: Folder, **more: Any) -> Made:
    return make(Source(place, place.folder / "blobs", place.folder / "hub.toml"), to, KEY, 4, lambda: NOW, **more)


def brought_back(frm: Folder, into: Place, **more: Any) -> Restored:
    return restore(frm, KEY, "", into, into.folder / "blobs", lambda: NOW + 60_000, **more)


def rows(place: Place) -> dict[str, list[tuple[Any, ...]]]:
    with closing(open_reader(place)) as db:
        return everything(db)


@pytest.mark.parametrize("to", ENGINES)
@pytest.mark.parametrize("frm", ENGINES)
def test_there_and_back(frm: str, to: str, places: Places, tmp_path: Path) -> None:
    old, folder = places("old", frm), Folder(tmp_path / "place")
    blob = busy(old)
    made = backed_up(old, folder)
    assert [kept.engine for kept in good(folder)] == [{"sqlite": "SQLite", "postgres": "PostgreSQL"}[frm]]
    assert (made.rows["journal"], made.files) == (600, 1)

    new = places("new", to)
    done = brought_back(folder, new)

    assert (done.rows["journal"], done.files, done.doubtful) == (600, 1, 1)
    assert FolderBlobs(new.folder / "blobs").exists(blob)
    before, after = rows(old), rows(new)
    assert {row[0] for row in after.pop("cursors")} - {BROUGHT} == {"store.name", "store.restored"}
    assert {t for t in after if after[t] != before[t]} == {"outbox", "trail"}
    with closing(open_store(new)) as store, closing(open_reader(old)) as lost:
        assert store.db.rows("SELECT kind, state, doubt FROM outbox ORDER BY id") == [
            ("send", "evidence", 1),
            ("person", "waiting", 1),
        ]
        assert restored_at(store.db) == NOW + 60_000
        for table in numbered():
            noted = 1 if table == "trail" else 0  # that it was brought back
            assert counter(store.db, table) == counter(lost, table) + ROOM * 1060 + noted
        assert store.accept([Incoming("meta", "1001", "k1", "l", NOW, NOW, b"{}")]) == [0]
        assert store.accept([Incoming("meta", "1001", "new", "l", NOW, NOW, b"{}")])[0] > ROOM * 1060


def test_a_database_in_use_is_no_place_to_restore_into(places: Places, tmp_path: Path) -> None:
    old, folder = places("old", "postgres"), Folder(tmp_path / "place")
    busy(old)
    backed_up(old, folder)
    for replace in (False, True):
        with pytest.raises(ConfigError, match="holds the store"):
            brought_back(folder, old, replace=replace)
    beside = places("beside", "sqlite")
    busy(beside)
    with pytest.raises(ConfigError, match="would stand beside the database"):
        brought_back(folder, Place(beside.folder, places("new", "postgres").dsn))


def test_a_restore_into_a_database_that_broke_off_begins_anew(
    places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new, folder = places("old", "sqlite"), places("new", "postgres"), Folder(tmp_path / "place")
    busy(old)
    backed_up(old, folder)
    monkeypatch.setattr(moving, "ROWS", 50)

    def cut(step: str) -> None:
        if step.startswith("messages: "):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        brought_back(folder, new, tell=cut)
    with pytest.raises(ConfigError, match="rows are still being brought"):
        open_store(new)
    assert brought_back(folder, new).rows["journal"] == 600
    assert len(rows(new)["journal"]) == 600
    open_store(new).close()


def test_a_copy_of_postgresql_is_of_one_moment_and_holds_up_nobody(places: Places, tmp_path: Path) -> None:
    old = places("old", "postgres")
    busy(old)
    written = 0
    with closing(open_store(old)) as store:

        def write() -> None:
            nonlocal written
            if written < 5:
                written += 1
                store.accept([Incoming("meta", "1001", f"meanwhile{written}", "l", NOW, NOW, b"{}")])

        copy_store(old, tmp_path / "copy", write)
    assert written == 5
    with closing(Sqlite(tmp_path / "copy", readonly=True)) as copy:
        ((journal, seen, queue),) = copy.rows(
            "SELECT (SELECT count(*) FROM journal), (SELECT count(*) FROM seen), (SELECT count(*) FROM queue)"
        )
        assert journal == seen == queue == 600
        assert counter(copy, "journal") >= 600
        assert copy.rows("PRAGMA integrity_check") == [("ok",)]


def test_a_store_of_a_later_schema_is_not_copied_in_part(places: Places, tmp_path: Path) -> None:
    old = places("old", "postgres")
    busy(old)
    with closing(open_store(old)) as store:
        store.db.run("UPDATE schema_version SET version=version+1")
    with pytest.raises(ConfigError, match="use the version that the hub runs on"):
        copy_store(old, tmp_path / "copy")


def test_one_backup_at_a_time_also_on_two_hosts(places: Places, tmp_path: Path) -> None:
    here = places("old", "postgres")
    busy(here)
    there = Place(tmp_path / "another host", here.dsn)
    there.folder.mkdir()
    with only_backup(here), pytest.raises(ConfigError, match="is being made"), only_backup(there):
        pass
    with only_backup(there):
        pass


def test_a_copy_that_is_stopped_leaves_the_store_usable(places: Places, tmp_path: Path) -> None:
    old = places("old", "postgres")
    busy(old)
    turns = 0

    def stop() -> None:
        nonlocal turns
        turns += 1
        if turns == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        copy_store(old, tmp_path / "copy", stop)
    with only_backup(old), closing(open_store(old)) as store:
        assert store.accept([Incoming("meta", "1001", "after", "l", NOW, NOW, b"{}")]) != [0]
