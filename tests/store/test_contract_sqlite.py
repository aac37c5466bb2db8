"""SQLite keeps what every engine of the store keeps."""

from pathlib import Path

import pytest

from hub.store import Place
from hub.testing.statements_contract import StatementsContract
from hub.testing.store_contract import StoreContract


class TestSqlite(StoreContract, StatementsContract):
    @pytest.fixture
    def place(self, tmp_path: Path) -> Place:
        return Place(tmp_path / "data")
