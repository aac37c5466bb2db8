"""`dragoman store migrate-to` as an admin uses it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hub.cli.app import build
from hub.store import Place, open_reader, open_store
from hub.testing.postgres import PostgresServer
from hub.testing.shop import Shop


def run(*args: str) -> tuple[int, str, str]:
    """Exit code, stdout, stderr."""
    found = CliRunner().invoke(build(), args, catch_exceptions=False)
    return found.exit_code, found.stdout, found.stderr


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    found = Shop(tmp_path)
    monkeypatch.setenv("DRAGOMAN_CONFIG", str(found.config))
    monkeypatch.delenv("DRAGOMAN_STORE", raising=False)
    with closing(open_store(Place(found.data))) as store:
        name = store.identity()
    yield found
    assert name
    found.close()


def test_a_store_moves_and_the_command_says_what_to_write_into_hub_toml(shop: Shop, postgres: PostgresServer) -> None:
    dsn = postgres.database("migrate_to")
    code, out, err = run("store", "migrate-to", dsn)
    assert code == 0, err
    assert f'store = "{dsn}"' in out
    assert f'media = "{shop.data / "blobs"}"' in out
    assert "--undo" in out
    with closing(open_reader(Place(shop.data, dsn))) as db:
        assert db.rows("SELECT count(*) FROM cursors WHERE name='store.name'") == [(1,)]
    code, _, err = run("store", "check")
    assert code == 2
    assert "moved to postgresql://" in err

    code, out, _ = run("store", "migrate-to", "--undo")
    assert code == 0
    assert "in use again" in out
    assert run("store", "check")[0] == 0


def test_a_password_is_shown_nowhere(shop: Shop, postgres: PostgresServer) -> None:
    dsn = postgres.database("migrate_to").replace("dragoman@", "dragoman:geheim@")
    code, out, err = run("store", "migrate-to", dsn)
    assert code == 0, err
    assert "geheim" not in out + err + (shop.data / "hub.moved").read_text()
    assert "PGPASSWORD" in out


def test_the_same_for_machines(shop: Shop, postgres: PostgresServer) -> None:
    dsn = postgres.database("migrate_to")
    told = json.loads(run("store", "migrate-to", dsn, "--json")[1])
    assert told["hub"]["store"] == dsn
    assert told["rows"]["cursors"] >= 1


def test_what_is_no_address_is_refused(shop: Shop) -> None:
    for address in ((), ("hub",), ("mysql://x/y",)):
        code, _, err = run("store", "migrate-to", *address)
        assert code == 2
        assert "postgresql://" in err
