"""PostgreSQL keeps what every engine of the store keeps, and what only several processes see."""

from pathlib import Path

import pytest

from hub.contracts.errors import ConfigError
from hub.store import Place, Store, open_store
from hub.store.dialects.postgres import Postgres
from hub.testing.postgres import PostgresServer
from hub.testing.shared_store_contract import SharedStoreContract
from hub.testing.statements_contract import StatementsContract
from hub.testing.store_contract import StoreContract
from hub.testing.store_rows import empty


@pytest.fixture(scope="module")
def dsn(postgres: PostgresServer) -> str:
    return postgres.database("contract")


@pytest.fixture
def place(tmp_path: Path, dsn: str) -> Place:
    db = Postgres(dsn)
    empty(db)
    db.close()
    return Place(tmp_path / "data", dsn)


class TestPostgres(StoreContract, StatementsContract, SharedStoreContract):
    @pytest.fixture
    def place(self, place: Place) -> Place:
        return place

    def waiting(self, store: Store) -> int:
        sql = "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype='advisory'"
        return int(store.db.rows(sql)[0][0])

    def cut(self, store: Store, by: Store) -> None:
        ((pid,),) = store.db.rows("SELECT pg_backend_pid()")
        by.db.rows("SELECT pg_terminate_backend(CAST(? AS integer), 5000)", (pid,))


@pytest.mark.parametrize("setting", ["synchronous_commit"])
def test_a_server_that_may_lose_what_it_committed_is_refused(place: Place, setting: str) -> None:
    store = open_store(place)
    try:
        store.db.run(f"SET {setting} = off")
        with pytest.raises(ConfigError, match=setting):
            store.db.assert_durable()
    finally:
        store.close()
