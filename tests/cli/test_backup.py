"""`backup`, `restore` and `store` as an admin uses them, beside a running hub and without one."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from hub.backup.keys import new_key, read_key
from hub.cli.app import build
from hub.store import Place, open_reader, open_store
from hub.store.copying import backups
from hub.testing.shop import Shop

ANA = "+12025550101"


def run(*args: str) -> tuple[int, str, str]:
    """Exit code, stdout, stderr."""
    found = CliRunner().invoke(build(), args, catch_exceptions=False)
    return found.exit_code, found.stdout, found.stderr


def told(*args: str) -> Any:
    code, out, err = run(*args, "--json")
    assert code == 0, err
    return json.loads(out)


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    found = Shop(tmp_path)
    monkeypatch.setenv("DRAGOMAN_CONFIG", str(found.config))
    monkeypatch.setenv("DRAGOMAN_BACKUP_KEY", new_key())
    open_store(Place(found.data)).close()
    yield found
    found.close()


def test_a_new_key_is_a_key() -> None:
    code, out, _ = run("backup", "--new-key")
    assert code == 0
    assert len(read_key(out)) == 32


def test_there_and_back_beside_a_running_hub(shop: Shop, tmp_path: Path) -> None:
    shop.alone()
    assert shop.say(1, "what is the price?", ANA) == 200
    shop.until(lambda: shop.said)
    place = str(tmp_path / "place")
    made = told("backup", "--to", place)
    assert made["rows"]["messages"] == 2
    with closing(open_reader(Place(shop.data))) as db:
        assert [one.name for one in backups(db)] == [made["name"]]
    assert json.loads(run("status", "--json")[1])["backup"]["name"] == made["name"]
    assert "0 hours ago" in run("status")[1]
    assert [one["name"] for one in told("backup", "list", "--to", place)["kept"]] == [made["name"]]

    code, _, err = run("restore", place)
    assert code == 2
    assert "a store in" in err
    code, out, err = run("restore", place, "--to", str(tmp_path / "new"))
    assert code == 0, err
    assert "dragoman run" in out
    with closing(open_reader(Place(tmp_path / "new"))) as db:
        assert db.rows("SELECT count(*) FROM messages") == [(2,)]


def test_without_a_hub_the_store_is_written_by_the_command(shop: Shop, tmp_path: Path) -> None:
    made = told("backup", "--to", str(tmp_path / "place"))
    with closing(open_reader(Place(shop.data))) as db:
        assert [one.name for one in backups(db)] == [made["name"]]


def test_without_a_key_nothing_is_made_unless_the_admin_says_so(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DRAGOMAN_BACKUP_KEY")
    code, _, err = run("backup", "--to", str(tmp_path / "place"))
    assert code == 2
    assert "--new-key" in err
    shop.config.write_text(shop.config.read_text() + "[backup]\nencrypt = false\n")
    code, out, _ = run("backup", "--to", str(tmp_path / "place"))
    assert code == 0
    assert "It is not sealed" in out


def test_a_place_must_be_named_and_a_key_never_stands_in_the_file(shop: Shop) -> None:
    code, _, err = run("backup")
    assert code == 2
    assert '[backup] to = "..."' in err
    key = new_key()
    shop.config.write_text(shop.config.read_text() + f'[backup]\nkey = "{key}"\n')
    code, _, err = run("backup")
    assert code == 2
    assert "stands here in plain text" in err
    assert key not in err


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ('[backup]\nevery = "someday"\n', "sunday 03:00"),
        ('[backup]\ntimezone = "Mars"\n', "Europe/Berlin"),
        ("[backup]\nkeep = 0\n", "keep"),
        ("[retention]\njournal_days = -1\n", "journal_days"),
        ("[retention]\njournal = 1\n", "unknown key"),
    ],
)
def test_mistakes_are_one_sentence_with_file_and_line(
    shop: Shop, table: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.config.write_text(shop.config.read_text() + table)
    code, _, err = run(*(("backup",) if "backup" in table else ("store", "prune", "--dry-run")))
    assert code == 2
    assert "hub.toml:" in err
    assert words in err


def test_the_store_is_checked_and_damage_makes_it_fail(shop: Shop) -> None:
    assert told("store", "check")["ok"]
    store = open_store(Place(shop.data))
    store.db.run("INSERT INTO queue VALUES (77, 'lane')")
    store.close()
    code, out, _ = run("store", "check")
    assert code == 1
    assert "event 77" in out
    assert "dragoman restore" in out


def test_prune_counts_and_removes(shop: Shop) -> None:
    store = open_store(Place(shop.data))
    store.db.run("INSERT INTO news VALUES (1, 1, 'c', 'a', 'quality', 's', 't', 0, 0)")
    store.close()
    assert told("store", "prune", "--dry-run")["rows"]["news"] == 1
    assert told("store", "prune")["rows"]["news"] == 1
    assert told("store", "prune")["rows"]["news"] == 0


def test_a_fresh_machine_needs_no_hub_toml(shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told("backup", "--to", str(tmp_path / "place"))
    text = shop.config.read_text()
    shop.config.unlink()
    shutil.rmtree(shop.data)
    code, _, err = run("restore", str(tmp_path / "place"))
    assert code == 2
    assert "--to DATA_FOLDER" in err
    told("restore", str(tmp_path / "place"), "--to", str(tmp_path / "new"))
    assert (tmp_path / "new/restored/hub.toml").read_text() == text
