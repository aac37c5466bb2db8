"""Leases in a real PostgreSQL: one holder at a time, told apart by fences, by the server's clock."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from hub.store import open_store
from hub.store.dialects import leases
from hub.store.dialects.database import Database
from hub.store.dialects.leases import PROCESS, LostDuty, Taken
from hub.testing.stores import place_of

LONG = 60_000


@pytest.fixture
def connect(tmp_path: Path) -> Iterator[Callable[[], Database]]:
    """Make connections to one store."""
    stores = []

    def make() -> Database:
        stores.append(open_store(place_of(tmp_path / "data", "postgres")))
        return stores[-1].db

    yield make
    for store in stores:
        store.close()


def test_a_lease_is_one_holders_until_it_ends_or_is_given_back(connect: Any) -> None:
    db = connect()
    for holder in "ab":
        leases.begin(db, holder, ["mail", "crm"], LONG)
    assert leases.take(db, ["mail", "crm"], "a", LONG) == {"mail": Taken(1, ""), "crm": Taken(1, "")}
    assert leases.take(db, ["mail", "crm"], "b", LONG) == {}
    leases.release(db, "a", ["mail"])
    assert leases.take(db, ["mail", "crm"], "b", LONG) == {"mail": Taken(2, "")}
    assert leases.renew(db, "a", -1) == {"crm": 1, PROCESS + "a": 1}  # from now on it has ended
    assert leases.take(db, ["crm"], "b", LONG) == {"crm": Taken(2, "a")}
    assert leases.renew(db, "a", LONG) == {PROCESS + "a": 1}


def test_nobody_gives_back_what_another_has(connect: Any) -> None:
    db = connect()
    leases.begin(db, "a", ["mail"], LONG)
    leases.take(db, ["mail"], "a", LONG)
    leases.release(db, "b", ["mail"])
    assert leases.look(db).of == {"mail": "a"}


def test_one_who_takes_his_own_lease_anew_has_another_fence(connect: Any) -> None:
    db = connect()
    leases.begin(db, "a", ["mail"], LONG)
    leases.take(db, ["mail"], "a", LONG)
    assert leases.take(db, ["mail"], "a", LONG) == {"mail": Taken(2, "a")}


def test_who_lives_and_who_has_what_goes_by_the_servers_clock(connect: Any) -> None:
    db = connect()
    leases.begin(db, "a", ["mail"], LONG)
    leases.begin(db, "b", ["mail"], -1)
    leases.take(db, ["mail"], "b", -1)
    assert leases.look(db) == leases.Holders({"mail": ""}, 1)
    leases.leave(db, "a")
    assert leases.look(db).processes == 0


def test_what_a_dead_process_had_is_free_at_once(connect: Any) -> None:
    db = connect()
    leases.begin(db, "a", ["mail"], LONG)
    leases.take(db, ["mail"], "a", LONG)
    leases.bury(db, "a")
    assert leases.look(db) == leases.Holders({"mail": ""}, 0)
    assert leases.take(db, ["mail"], "b", LONG) == {"mail": Taken(2, "")}


def test_of_ten_who_reach_for_it_at_once_one_has_it(connect: Any) -> None:
    dbs = {f"p{n}": connect() for n in range(10)}
    for holder, db in dbs.items():
        leases.begin(db, holder, ["crm"], LONG)
    together = threading.Barrier(len(dbs))

    def reach(holder: str) -> dict[str, Taken]:
        together.wait()
        return leases.take(dbs[holder], ["crm"], holder, LONG)

    with ThreadPoolExecutor(len(dbs)) as pool:
        taken = [found for found in pool.map(reach, dbs) if found]
    assert taken == [{"crm": Taken(1, "")}]


def test_inside_a_transaction_of_its_holder_a_lease_is_not_taken_though_it_has_ended(connect: Any) -> None:
    mine, other = connect(), connect()
    leases.begin(mine, "a", ["crm"], LONG)
    leases.take(mine, ["crm"], "a", -1)
    with mine.beside():
        leases.assert_held(mine, "crm", 1)
        assert leases.take(other, ["crm"], "b", LONG) == {}
    assert leases.take(other, ["crm"], "b", LONG) == {"crm": Taken(2, "a")}
    with pytest.raises(LostDuty), mine.beside():
        leases.assert_held(mine, "crm", 1)
