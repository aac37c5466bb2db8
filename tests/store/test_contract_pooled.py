"""Behind a pooler of transactions each transaction may have another connection: nothing depends on having the same."""

from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.pq import TransactionStatus

import hub.store.dialects.postgres
from hub.store import Place, Store, open_reader, open_store
from hub.store.dialects.postgres import Postgres
from hub.testing.postgres import PostgresServer
from hub.testing.statements_contract import StatementsContract
from hub.testing.store_contract import StoreContract, event
from hub.testing.store_rows import empty


class Pooled(Postgres):
    """As a pooler would: whoever is in no transaction gets the connection that another one just had."""

    _other: psycopg.Connection[Any] | None = None
    changes = 0

    def _connected(self) -> psycopg.Connection[Any]:
        if self._link is not None and self._link.info.transaction_status is TransactionStatus.IDLE:
            self._link, self._other = self._other, self._link
            self.changes += 1
        return super()._connected()

    def close(self) -> None:
        super().close()
        if self._other is not None:
            self._other.close()


@pytest.fixture
def place(tmp_path: Path, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> Place:
    dsn = postgres.database("pooled")
    monkeypatch.setattr(hub.store.dialects.postgres, "Postgres", Pooled)
    db = Pooled(dsn, pooled=True)
    empty(db)
    db.close()
    return Place(tmp_path / "data", dsn, pooled=True)


class TestPooled(StoreContract, StatementsContract):
    @pytest.fixture
    def place(self, place: Place) -> Place:
        return place

    def test_a_reader_looks_beside_a_writer_and_cannot_write(self, store: Store, place: Place) -> None:
        """A pooler keeps nothing of a session, so the server is not told who only reads: it looks, and that is all."""
        store.accept([event("a")])
        reader = open_reader(place)
        with store.transaction():
            store.append([event("b")])
            assert reader.rows("SELECT count(*) FROM journal") == [(1,)]
        assert reader.rows("SELECT count(*) FROM journal") == [(2,)]
        reader.close()


def test_nothing_stays_behind_on_a_connection(place: Place) -> None:
    store = open_store(place)
    assert isinstance(store.db, Pooled)
    for number in range(20):
        store.set_cursor(f"name {number}", "value", number)
        with store.transaction():
            assert store.cursor(f"name {number}") == "value"
    assert store.db.changes > 20
    for _ in range(2):
        assert store.db.rows("SELECT count(*) FROM pg_prepared_statements") == [(0,)]
        assert store.db.rows("SELECT count(*) FROM pg_locks WHERE locktype='advisory'") == [(0,)]
    store.close()
