"""A SQLite store moves into PostgreSQL: every row and every counter, cut short wherever it may be, and never to a wrong
place."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from hub.contracts.errors import ConfigError
from hub.store import Place, Store, open_reader, open_store
from hub.store import moving as moving_module
from hub.store.dialects.numbers import counter, numbered
from hub.store.dialects.tables import migrations
from hub.store.journal import Incoming
from hub.store.moving import BROUGHT, move, take_back
from hub.store.store import FILE
from hub.testing.postgres import PostgresServer
from hub.testing.stores import everything

NOW = 1_800_000_000_000
Databases = Callable[[], str]


@pytest.fixture
def folder(lived: Path, tmp_path: Path) -> Path:
    """The data folder of a stopped hub in which much has happened."""
    shutil.copytree(lived, tmp_path / "data")
    return tmp_path / "data"


@pytest.fixture
def database(postgres: PostgresServer, request: pytest.FixtureRequest) -> Databases:
    """Empty databases."""
    made = 0

    def another() -> str:
        nonlocal made
        made += 1
        return postgres.database(f"moving{made}")

    return another


def rows_of(place: Place) -> dict[str, list[tuple[Any, ...]]]:
    with closing(open_reader(place)) as db:
        found = everything(db)
        found["cursors"] = [row for row in found["cursors"] if row[0] != BROUGHT]
        return found


def used(place: Place) -> Store:
    """A store on which a hub ran."""
    store = open_store(place)
    store.identity()
    store.accept([Incoming("meta", "1001", "k", "l", 1, 1, b"{}")])
    return store


def test_every_row_and_every_counter_arrives(
    folder: Path, database: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moving_module, "ROWS", 3)
    sent, dsn = rows_of(Place(folder)), database()
    with closing(open_store(Place(folder))) as store, store.transaction():
        store.db.run("UPDATE sqlite_sequence SET seq=7000 WHERE name='messages'")  # rows that are gone
        counters = {table: counter(store.db, table) for table in numbered()}
    heard = []

    rows = move(folder, dsn, NOW, lambda *step: heard.append(step))

    assert rows == {table: len(found) for table, found in sent.items()}
    assert rows_of(Place(folder, dsn)) == sent
    with closing(open_store(Place(folder, dsn))) as store:
        assert {table: counter(store.db, table) for table in numbered()} == counters
        with store.transaction():
            assert store.db.next_id("messages") == 7001
    assert ("people", 3, rows["people"]) in heard
    assert ("people, compared", 0, rows["people"]) in heard


def test_the_old_file_stays_and_no_hub_starts_on_it_unless_the_move_is_undone(
    folder: Path, database: Databases
) -> None:
    sent = rows_of(Place(folder))
    move(folder, database(), NOW)
    for opened in (open_store, open_reader):
        with pytest.raises(ConfigError, match=r"moved to postgresql://.*/moving1 on 2027-01-15 08:00 UTC") as told:
            opened(Place(folder))
        assert "--undo" in told.value.remedy
    with pytest.raises(ConfigError, match="moved to"):
        move(folder, database(), NOW)

    assert take_back(folder).done
    assert rows_of(Place(folder)) == sent
    with pytest.raises(ConfigError, match="did not move"):
        take_back(folder)


def test_a_move_that_ended_and_was_not_heard_of_is_only_told_again(folder: Path, database: Databases) -> None:
    dsn = database()
    rows = move(folder, dsn, NOW)
    with closing(open_store(Place(folder, dsn))) as store:
        store.accept([Incoming("meta", "1001", "since", "l", 1, 1, b"{}")])
    assert move(folder, dsn, NOW)["journal"] == rows["journal"] + 1


CUT = """
import os, sys
from pathlib import Path
from hub.store import moving
moving.ROWS = 3
folder, dsn, left = Path(sys.argv[1]), sys.argv[2], 0

def point(*args):
    global left
    left -= 1
    if left == 0:
        os._exit(9)

sys.addaudithook(lambda event, args: point() if event == "os.rename" else None)
for cut in range(1, 2000, 11):
    if not (child := os.fork()):
        left = cut
        moving.move(folder, dsn, 5, point)
        os._exit(0)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    print(status)
    if status != 9:
        break
"""


def test_a_move_that_is_killed_goes_on_where_it_was(folder: Path, database: Databases) -> None:
    sent, dsn = rows_of(Place(folder)), database()
    script = [sys.executable, "-c", CUT, str(folder), dsn]
    done = subprocess.run(script, check=True, timeout=120, capture_output=True, text=True)
    statuses = done.stdout.split()
    assert len(statuses) > 8
    assert statuses == ["9"] * (len(statuses) - 1) + ["0"], done.stderr
    assert rows_of(Place(folder, dsn)) == sent


class Cut(Exception):
    """The move ends here."""


def cut_at(table: str) -> Callable[[str, int, int], None]:
    def tell(what: str, done: int, total: int) -> None:
        if what == table and done:
            raise Cut

    return tell


def test_while_a_store_moves_no_hub_starts_on_either_side(folder: Path, database: Databases) -> None:
    dsn = database()
    with pytest.raises(Cut):
        move(folder, dsn, NOW, cut_at("messages"))
    with pytest.raises(ConfigError, match="is being moved to"):
        open_store(Place(folder))
    with pytest.raises(ConfigError, match="rows are still being brought"):
        open_store(Place(folder, dsn))
    move(folder, dsn, NOW)
    open_store(Place(folder, dsn)).close()


def test_after_a_move_was_given_up_its_half_is_no_place_to_go_on(folder: Path, database: Databases) -> None:
    dsn = database()
    with pytest.raises(Cut):
        move(folder, dsn, NOW, cut_at("messages"))
    take_back(folder)
    used(Place(folder)).close()  # and something happens
    with pytest.raises(ConfigError, match="a part of another store"):
        move(folder, dsn, NOW)
    open_store(Place(folder)).close()
    fresh = database()
    move(folder, fresh, NOW)


def test_rows_that_did_not_arrive_as_they_were_are_found(folder: Path, database: Databases) -> None:
    dsn = database()
    with pytest.raises(Cut):
        move(folder, dsn, NOW, cut_at("timers"))
    with closing(open_reader(Place(folder, dsn))) as db:
        db.run("SET default_transaction_read_only=off")
        db.run("UPDATE people SET name='somebody else' WHERE id=1")
    with pytest.raises(ConfigError, match="'people' did not arrive as it was"):
        move(folder, dsn, NOW)
    with pytest.raises(ConfigError, match="rows are still being brought"):
        open_store(Place(folder, dsn))


# -- what it refuses ---------------------------------------------------------------------------------------------------


def test_a_hub_that_runs_is_not_moved(folder: Path, database: Databases) -> None:
    with closing(open_store(Place(folder))), pytest.raises(ConfigError, match="a hub runs"):
        move(folder, database(), NOW)


def test_a_database_with_a_hub_in_it_is_refused(folder: Path, database: Databases, tmp_path: Path) -> None:
    dsn = database()
    with closing(used(Place(tmp_path / "other", dsn))) as other:
        name = other.identity()
    with pytest.raises(ConfigError, match=f"holds the store {name} of another hub"):
        move(folder, dsn, NOW)
    open_store(Place(folder)).close()  # nothing was marked


def test_a_database_with_strange_tables_is_refused(folder: Path, database: Databases) -> None:
    import psycopg

    dsn = database()
    with psycopg.connect(dsn) as link:
        link.execute("CREATE TABLE invoices (id bigint)")
    with pytest.raises(ConfigError, match="holds other tables, such as 'invoices'"):
        move(folder, dsn, NOW)


def test_another_schema_is_refused_on_either_side(
    folder: Path, database: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dsn = database()
    open_store(Place(tmp_path / "other", dsn)).close()
    ours = migrations()
    with monkeypatch.context() as patch:
        patch.setattr(moving_module, "migrations", lambda: [*ours, (len(ours) + 1, "")])  # the database is older
        with pytest.raises(ConfigError, match=f"has schema {len(ours)}, and this version"):
            move(folder, dsn, NOW)
    with closing(open_store(Place(tmp_path / "other", dsn))) as store:
        store.db.run("UPDATE schema_version SET version=version+1")
    with pytest.raises(ConfigError, match=f"has schema {len(ours) + 1}, and this version"):
        move(folder, dsn, NOW)
    with closing(open_store(Place(folder))) as source:
        source.db.run(f"PRAGMA user_version={len(ours) + 1}")
    with pytest.raises(ConfigError, match=f"has schema {len(ours) + 1}, and this version"):
        move(folder, database(), NOW)


def test_what_is_no_store_yet_is_not_moved(database: Databases, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no store in"):
        move(tmp_path, database(), NOW)
    open_store(Place(tmp_path / "new")).close()
    with pytest.raises(ConfigError, match="no hub ever ran"):
        move(tmp_path / "new", database(), NOW)


def test_a_value_that_does_not_fit_is_one_sentence(folder: Path, database: Databases) -> None:
    with closing(open_store(Place(folder))) as store:
        store.db.run("UPDATE people SET created='long ago' WHERE id=1")
    with pytest.raises(ConfigError, match="a row of 'people'"):
        move(folder, database(), NOW)


def test_text_with_a_nul_in_it_arrives_without(folder: Path, database: Databases) -> None:
    with closing(open_store(Place(folder))) as store:
        store.db.run("UPDATE people SET name='A' || char(0) || 'na' WHERE id=1")
    dsn = database()
    move(folder, dsn, NOW)
    with closing(open_reader(Place(folder, dsn))) as db:
        assert db.rows("SELECT name FROM people WHERE id=1") == [("A\ufffdna",)]


# -- whose a store is --------------------------------------------------------------------------------------------------


def test_a_hub_with_a_store_of_its_own_does_not_begin_on_another(
    folder: Path, database: Databases, tmp_path: Path
) -> None:
    dsn, others = database(), database()
    used(Place(tmp_path / "other", others)).close()
    with pytest.raises(ConfigError, match="did not move"):
        open_store(Place(folder, others))
    with pytest.raises(ConfigError, match="did not move"):
        open_store(Place(folder, dsn))  # an empty one neither
    move(folder, dsn, NOW)
    with pytest.raises(ConfigError, match=r"moved to .*/moving1, and .*/moving2 holds the store"):
        open_store(Place(folder, others))
    open_store(Place(folder, dsn)).close()
    assert (folder / FILE).exists()
