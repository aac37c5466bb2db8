"""Where a hub keeps its store and files: what hub.toml may say of it, what is shown of it, whose folder it is."""

from __future__ import annotations

import time
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.contracts.errors import ConfigError
from hub.engine.control_client import submit
from hub.engine.hub_settings import HubSettings, load_hub
from hub.engine.places import examined, probe_store, where_is
from hub.model.by_hand import PauseChanged
from hub.store import NoStore, Place, Store, open_store
from hub.store.copying import RESTORED
from hub.store.dialects.postgres import Postgres
from hub.store.files import MARKER, open_files
from hub.testing.postgres import PostgresServer

SECRET = "s3cr3t-0000"
SHARED = 'media = "/srv/media"\n'


def hub(folder: Path, text: str, **environ: str) -> HubSettings:
    """The table [hub] of this text."""
    (folder / "hub.toml").write_text(f"[hub]\n{text}", encoding="utf-8")
    return load_hub(folder / "hub.toml", environ)


def refused(folder: Path, text: str, **environ: str) -> str:
    """The sentence about a mistake in this text."""
    with pytest.raises(ConfigError) as caught:
        hub(folder, text, **environ)
    assert SECRET not in str(caught.value)
    return str(caught.value).removeprefix(f"{folder}/")


def test_without_a_word_everything_is_in_the_data_folder(tmp_path: Path) -> None:
    found = hub(tmp_path, "")
    assert found.place == Place(tmp_path / "data")
    assert found.files == tmp_path / "data" / "blobs"
    assert found.store_shown == f"SQLite in {tmp_path / 'data'}"


@pytest.mark.parametrize(
    ("dsn", "shown"),
    [
        ("postgresql://hub@db.example.com/dragoman", "PostgreSQL at db.example.com, database dragoman"),
        (
            "postgres://hub@db.example.com:5433/dragoman?sslmode=require",
            "PostgreSQL at db.example.com:5433, data",
        ),
        ("postgresql:///dragoman?host=/run/postgresql", "PostgreSQL at /run/postgresql, database dragoman"),
        ("postgresql://%2Frun%2Fpostgresql/dragoman", "PostgreSQL at /run/postgresql, database dragoman"),
        ("postgresql://a.example.com:1,b.example.com:2/x", "PostgreSQL at a.example.com:1,b.example.com:2, database x"),
        ("postgresql://", "PostgreSQL"),
    ],
)
def test_one_line_leads_to_postgresql(tmp_path: Path, dsn: str, shown: str) -> None:
    found = hub(tmp_path, f'store = "{dsn}"\n{SHARED}')
    assert found.place == Place(tmp_path / "data", dsn)
    assert found.store_shown.startswith(shown)
    assert found.files == Path("/srv/media")


def test_the_environment_says_where_the_store_is_before_hub_toml_does(tmp_path: Path) -> None:
    own = {"DRAGOMAN_STORE": "postgresql://b/x", "DRAGOMAN_MEDIA": "files", "DRAGOMAN_STORE_POOLER": "true"}
    found = hub(tmp_path, f'store = "postgresql://a/x"\n{SHARED}', **own)
    assert found.place == Place(tmp_path / "data", "postgresql://b/x", pooled=True)
    assert found.files == tmp_path / "files"
    assert hub(tmp_path, f'store = "postgresql://a/x"\n{SHARED}', DRAGOMAN_STORE="").place == Place(tmp_path / "data")


def test_a_password_comes_from_a_variable_or_a_file_and_is_never_shown(tmp_path: Path) -> None:
    dsn = f"postgresql://hub:{SECRET}@db.example.com/x"
    (tmp_path / "address").write_text(dsn + "\n", encoding="utf-8")
    by_variable = hub(tmp_path, f'store = {{ env = "DSN" }}\n{SHARED}', DSN=dsn)
    by_file = hub(tmp_path, f'store = {{ file = "address" }}\n{SHARED}')
    for found in (by_variable, by_file, hub(tmp_path, SHARED, DRAGOMAN_STORE=dsn)):
        assert found.place.dsn == dsn
        assert SECRET not in f"{found!r} {found} {found.place!r} {found.store_shown} {where_is(found)}"
    assert hub(tmp_path, f'store = "postgresql://hub:{SECRET}@127.0.0.1/x"\n{SHARED}').place.dsn  # this machine's own


MISTAKES = {
    "another kind": ('store = "mysql://db/x"\n', "hub.toml:2: 'store': should be postgresql://USER@HOST/DATABASE"),
    "no address": ('store = "sqlite"\n', "hub.toml:2: 'store': should be postgresql://USER@HOST/DATABASE"),
    "not a text": ("store = 5\n", "hub.toml:2: 'store' should be a valid string"),
    "a port that is none": (f'store = "postgresql://hub:{SECRET}@db:no/x"\n', "hub.toml:2: 'store': should be"),
    "a bracket too few": (f'store = "postgresql://hub:{SECRET}@[::1/x"\n', "hub.toml:2: 'store': should be"),
    "an @ in the password": (f'store = "postgresql://hub:a@{SECRET}@db/x"\n', "hub.toml:2: 'store': a user's name or"),
    "a / in the password": (f'store = "postgresql://hub:1/{SECRET}@db/x"\n', "hub.toml:2: 'store': a user's name or"),
    "a # in the password": (f'store = "postgresql://hub:1#{SECRET}@db/x"\n', "hub.toml:2: 'store': a user's name or"),
    "a password in plain text": (
        f'store = "postgresql://hub:{SECRET}@db.example.com/x"\n',
        "hub.toml:2: 'store' holds a password in plain text (write store = { env =",
    ),
    "a password among the options": (
        f'store = "postgresql://db.example.com/x?password={SECRET}"\n',
        "hub.toml:2: 'store' holds a password in plain text",
    ),
    "a variable that is not set": ('store = { env = "DSN" }\n', "hub.toml:2: the environment variable DSN is not set"),
    "no folder that all share": (
        'store = "postgresql://db/x"\n',
        "hub.toml:2: the store is in PostgreSQL, and no folder is named that all processes of the hub share for files",
    ),
}


@pytest.mark.parametrize(("text", "sentence"), MISTAKES.values(), ids=MISTAKES)
def test_every_mistake_is_one_sentence_without_the_password(tmp_path: Path, text: str, sentence: str) -> None:
    assert refused(tmp_path, text).startswith(sentence)


@pytest.mark.parametrize(
    "dsn",
    [
        f"postgresql://hub:{SECRET}@[::1/x",
        f"postgresql://hub:a@{SECRET}@db/x",
        f"postgresql://hub:1/{SECRET}@db/x",
        f"postgresql://hub:{SECRET}%zz@db/x",
        f"postgresql://hub:x@db/x?{SECRET}=1",
    ],
)
def test_a_server_is_not_asked_for_at_an_address_that_is_none(dsn: str) -> None:
    with pytest.raises(ConfigError, match="the store's address ") as caught:
        Postgres(dsn)
    assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_a_mistake_in_the_environment_is_told_by_the_name_of_the_variable(tmp_path: Path) -> None:
    told = refused(tmp_path, "", DRAGOMAN_STORE=f"mysql://hub:{SECRET}@db/x")
    assert told.startswith("environment variable DRAGOMAN_STORE: 'store': should be postgresql://USER@HOST/DATABASE")


@pytest.fixture
def shared(postgres: PostgresServer, tmp_path: Path) -> Iterator[Store]:
    found = open_store(Place(tmp_path / "data", postgres.database("places")))
    yield found
    found.close()


def test_processes_on_one_store_share_a_folder_that_is_theirs(shared: Store, tmp_path: Path) -> None:
    blob = open_files(tmp_path / "media", shared).write([b"picture"])
    half = open_files(tmp_path / "media", shared).begin()  # another process has begun to write
    again = open_files(tmp_path / "media", shared)
    assert again.exists(blob)
    half.write(b"later")
    assert again.exists(half.keep())
    assert (tmp_path / "media" / MARKER).read_text(encoding="utf-8").strip() == shared.identity()
    assert set(again.names()) == {blob, half.sha256}


def test_the_folder_of_another_store_is_refused(shared: Store, tmp_path: Path) -> None:
    (tmp_path / "media").mkdir()
    (tmp_path / "media" / MARKER).write_text("0badcafe\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"belongs to the store '0badcafe'.*set \[hub\] media"):
        open_files(tmp_path / "media", shared)
    (tmp_path / "media" / MARKER).unlink()
    open_files(tmp_path / "media", shared)


def test_a_folder_that_is_not_mounted_is_refused(shared: Store, tmp_path: Path) -> None:
    open_files(tmp_path / "media", shared)
    (tmp_path / "media").rename(tmp_path / "away")
    with pytest.raises(ConfigError, match=rf"{tmp_path / 'media'} is not the one .* share: .*mount it; .*echo"):
        open_files(tmp_path / "media", shared)
    (tmp_path / "media" / MARKER).write_text(f"{shared.identity()}\n", encoding="utf-8")
    open_files(tmp_path / "media", shared)


def test_a_restored_store_takes_up_a_new_folder(shared: Store, tmp_path: Path) -> None:
    open_files(tmp_path / "media", shared)
    shared.set_cursor(RESTORED, str(time.time_ns() // 1_000_000 + 1), 0)
    assert open_files(tmp_path / "new", shared).root == tmp_path / "new"


def test_a_folder_that_cannot_be_used_is_refused(shared: Store, tmp_path: Path) -> None:
    (tmp_path / "media").write_text("a file", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"the folder of files .* cannot be used: .*give the hub's user write access"):
        open_files(tmp_path / "media", shared)


def test_one_process_with_sqlite_marks_nothing(tmp_path: Path) -> None:
    store = open_store(Place(tmp_path))
    (tmp_path / "blobs" / "part").mkdir(parents=True)
    (tmp_path / "blobs" / "part" / "half").write_bytes(b"a crash left it")
    open_files(tmp_path / "blobs", store)
    assert [file.name for file in (tmp_path / "blobs").rglob("*") if file.is_file()] == []
    store.close()


def test_a_server_that_is_fit_is_told_with_its_version(postgres: PostgresServer, shared: Store, tmp_path: Path) -> None:
    found = hub(tmp_path, 'media = "media"\n', DRAGOMAN_STORE=postgres.database("fit"))
    (tmp_path / "media").mkdir()
    ((_, finding),) = probe_store(found)
    assert (finding.ok, finding.what.startswith("the server answers; there is no store in ")) == (True, True)
    with pytest.raises(NoStore):
        submit(found.place, PauseChanged(key="k", at=1, person="p1", until=2))
    open_store(found.place).close()
    assert [finding.ok for _, finding in probe_store(found)] == [True, True]
    told = list(examined(shared.db, found))
    assert [finding.ok for finding in told] == [True, True], told
    assert told[0].what.startswith("PostgreSQL 1")
    assert "connections are in use, 1 processes of the hub live" in told[1].what


def test_what_a_server_lacks_is_told_with_a_remedy(shared: Store, tmp_path: Path) -> None:
    found = hub(tmp_path, 'media = "gone"\nstep_budget = 4000\n', DRAGOMAN_STORE="postgresql:///x")
    shared.db.run("SET synchronous_commit = off")
    wrong = {finding.what: finding.remedy for finding in examined(shared.db, found) if not finding.ok}
    assert wrong["PostgreSQL has synchronous_commit=off"] == "set synchronous_commit to on: a commit must last"
    (room,) = [remedy for what, remedy in wrong.items() if what.startswith("there is room for ")]
    assert room == "set max_locks_per_transaction to 320 or more, or a smaller [hub] step_budget"
    assert any(what.startswith(f"the folder of files {tmp_path / 'gone'} cannot be looked at") for what in wrong)


def test_a_server_that_is_away_is_a_finding_without_the_password(tmp_path: Path) -> None:
    dsn = f"postgresql://hub:{SECRET}@/x?host={tmp_path}"
    ((name, finding),) = probe_store(hub(tmp_path, SHARED, DRAGOMAN_STORE=dsn))
    assert (name, finding.ok) == ("store", False)
    assert "cannot be opened" in finding.what
    assert SECRET not in f"{finding}"
