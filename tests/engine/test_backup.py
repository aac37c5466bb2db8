"""A backup is good when it was opened again; a restored hub does nothing twice in silence."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from hub.backup import making
from hub.backup.keeping import choose, good
from hub.backup.making import Source, make
from hub.backup.places import Folder, Place, open_place
from hub.backup.restoring import Restored, restore
from hub.backup.sealing import Damaged
from hub.backup.settings import BackupSettings
from hub.contracts.crm import Written
from hub.contracts.errors import ConfigError, NotFound, Unavailable
from hub.engine.line import Line
from hub.store import Place as StorePlace
from hub.store import open_reader, open_store
from hub.store.blobs import FolderBlobs
from hub.store.copying import Backup, last_backup, record_backup, restored_at
from hub.testing.stores import engine, place_of
from hub.testing.tabletop import Tabletop

KEY = bytes(range(32))
WEEK = 7 * 86_400_000


def backup(table: Tabletop, place: Place, key: bytes | None = KEY, keep: int = 4, **more: Any) -> making.Made:
    table.now += 1000
    data = table.config.hub.data
    source = Source(place_of(data), data / "blobs", table.config.file)
    return make(source, place, key, keep, lambda: table.now, **more)


def bring_back(table: Tabletop, place: Place, to: Path, **more: Any) -> Restored:
    return restore(place, KEY, more.pop("name", ""), place_of(to), to / "blobs", lambda: table.now, **more)


def revived(table: Tabletop, folder: Path) -> Tabletop:
    """The hub on the table goes on with a restored store."""
    table.store.close()
    table.store = open_store(place_of(folder))
    at = restored_at(table.store.db)
    table.line = Line(table.config, table.store.identity(), 1, restored=at)
    return table


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "place")


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    pytest.importorskip("moto")
    import boto3
    from moto.server import ThreadedMotoServer

    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "example")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "example")
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    settings = BackupSettings(to="s3://shop/hub", s3_endpoint=f"http://{host}:{port}", s3_region="us-east-1")
    boto3.client("s3", endpoint_url=settings.s3_endpoint, region_name="us-east-1").create_bucket(Bucket="shop")
    try:
        yield open_place(settings.to, settings)
    finally:
        server.stop()


def put_a_file(table: Tabletop, content: bytes = b"a photo") -> str:
    name = FolderBlobs(table.config.hub.data / "blobs").write([content])
    values = (1, "meta", "1001", "image", "ref", "", "image/jpeg", "", len(content), "", "stored", name, 0, 1, "")
    table.store.db.run(
        "INSERT INTO media (message, source, account, kind, ref, url, mime, name, size, sha256, state, blob, due,"
        f" attempts, reason) VALUES ({','.join('?' * 15)})",
        values,
    )
    return name


@pytest.fixture
def busy(table: Tabletop, text: Callable[..., bytes]) -> Tabletop:
    """Somebody asked for the price, the answer is not sent yet, and a photo is kept."""
    table.crm_knows()
    table.step()
    table.post("meta", text(1, "price please"))
    table.step()
    put_a_file(table)
    return table


def round_trip(busy: Tabletop, place: Place, tmp_path: Path) -> None:
    made = backup(busy, place)
    assert made.backup.verified
    assert (made.rows["messages"], made.files) == (2, 1)
    assert [one.name for one in good(place)] == [made.backup.name]

    done = bring_back(busy, place, tmp_path / "new")
    assert (done.rows["messages"], done.files, done.doubtful) == (2, 1, 1)
    assert FolderBlobs(tmp_path / "new/blobs").exists(put_a_file(busy))
    assert (tmp_path / "new/restored/hub.toml").read_text() == busy.config.file.read_text()


def test_there_and_back_through_a_folder(busy: Tabletop, folder: Folder, tmp_path: Path) -> None:
    round_trip(busy, folder, tmp_path)
    readable = b"".join(file.read_bytes() for file in (tmp_path / "place").rglob("*") if file.is_file())
    assert b"price please" not in readable
    assert b"a photo" not in readable


def test_there_and_back_through_a_bucket(busy: Tabletop, s3: Place, tmp_path: Path) -> None:
    round_trip(busy, s3, tmp_path)
    s3.delete([entry.name for entry in s3.list("")])
    assert list(s3.list("")) == []


def test_a_bucket_that_is_not_there_is_one_sentence(busy: Tabletop, s3: Any) -> None:
    s3._bucket = "elsewhere"
    with pytest.raises(Unavailable, match="refused: NoSuchBucket"):
        backup(busy, s3)


def test_files_go_to_the_place_once_and_leave_with_the_last_backup_that_names_them(
    busy: Tabletop, folder: Folder
) -> None:
    assert backup(busy, folder, keep=2).files == 1
    put_a_file(busy, b"another")
    assert backup(busy, folder, keep=2).files == 1
    busy.store.db.run("UPDATE media SET state='expired', blob=''")
    backup(busy, folder, keep=2)
    assert len(list(folder.list(f"{busy.store.identity()}/blobs/"))) == 2
    backup(busy, folder, keep=2)
    assert list(folder.list(f"{busy.store.identity()}/blobs/")) == []


def test_the_newest_verified_ones_are_kept(busy: Tabletop, folder: Folder) -> None:
    names = [backup(busy, folder, keep=4).backup.name for _ in range(6)]
    assert [one.name for one in good(folder)] == names[:1:-1]
    assert len(list(folder.list(""))) == 4 * 3 + 1


@pytest.mark.parametrize("at", range(1, 60, 7))
def test_a_crash_at_any_moment_leaves_nothing_that_is_listed_and_costs_no_older_one(
    busy: Tabletop, folder: Folder, at: int
) -> None:
    first = backup(busy, folder, keep=1).backup.name
    left = at

    class Crash(BaseException):
        pass

    class Dying(Folder):
        """A place whose user is killed: after that nothing works, tidying up neither."""

        def _step(self) -> None:
            nonlocal left
            left -= 1
            if left <= 0:
                raise Crash

        def put(self, name: str, source: Any) -> None:
            self._step()
            super().put(name, source)

        def delete(self, names: Any) -> None:
            self._step()
            super().delete(names)

    def between() -> None:
        nonlocal left
        left -= 1
        if left <= 0:
            raise Crash

    dying = Dying(Path(folder.address))
    try:
        backup(busy, dying, keep=1, between=between)
    except Crash:
        listed = [one.name for one in good(folder)]
        assert first in listed or len(listed) == 1
    for one in good(folder):
        shutil.rmtree(Path(folder.address).parent / "try", ignore_errors=True)
        assert bring_back(busy, folder, Path(folder.address).parent / "try", name=one.name).kept == one
    last = backup(busy, folder, keep=1).backup.name
    assert [one.name for one in good(folder)] == [last]
    assert len(list(folder.list(""))) == 3 + 1


def test_a_copy_that_does_not_hold_is_no_backup_and_older_ones_stay(busy: Tabletop, folder: Folder) -> None:
    first = backup(busy, folder, keep=1).backup.name
    busy.store.db.run("DELETE FROM people")
    with pytest.raises(Damaged, match="a message has its conversation and its person"):
        backup(busy, folder, keep=1)
    assert [one.name for one in good(folder)] == [first]


def test_a_backup_that_was_changed_in_the_place_restores_nothing(
    busy: Tabletop, folder: Folder, tmp_path: Path
) -> None:
    file = tmp_path / "place" / f"{backup(busy, folder).backup.name}.backup"
    raw = bytearray(file.read_bytes())
    raw[len(raw) // 2] ^= 1
    file.write_bytes(raw)
    with pytest.raises(Damaged):
        bring_back(busy, folder, tmp_path / "new")
    assert not (tmp_path / "new/hub.sqlite3").exists()


@pytest.mark.skipif(engine() != "sqlite", reason="a database is never overwritten")
def test_a_store_is_never_overwritten_unless_asked_and_then_it_is_set_aside(
    busy: Tabletop, folder: Folder, tmp_path: Path
) -> None:
    backup(busy, folder)
    with pytest.raises(ConfigError, match="a store in"):
        bring_back(busy, folder, busy.config.hub.data)
    with pytest.raises(ConfigError, match="a hub runs"):
        bring_back(busy, folder, busy.config.hub.data, replace=True)
    bring_back(busy, folder, tmp_path / "new")
    done = bring_back(busy, folder, tmp_path / "new", replace=True)
    with closing(open_reader(StorePlace(Path(done.aside)))) as db:
        assert db.rows("SELECT count(*) FROM messages") == [(2,)]


def test_what_is_not_there_is_said(busy: Tabletop, folder: Folder, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no verified backup"):
        bring_back(busy, folder, tmp_path / "new")
    name = backup(busy, folder).backup.name
    assert choose(folder, name.partition("/")[2]).name == name
    with pytest.raises(NotFound, match="called 1999"):
        choose(folder, "1999")


def test_only_one_backup_is_made_at_a_time(busy: Tabletop, folder: Folder) -> None:
    def second() -> None:
        with pytest.raises(ConfigError, match="is being made"):
            backup(busy, folder)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        backup(busy, folder, between=second)


def test_a_copy_is_of_one_moment_and_holds_up_no_writer(busy: Tabletop, folder: Folder, tmp_path: Path) -> None:
    with busy.store.transaction():  # so much that others get their turn while it is copied
        busy.store.db.insert("cursors", [(f"ballast.{number}", "x" * 400, 0) for number in range(20_000)])
    written = 0

    def write() -> None:
        nonlocal written
        if written < 20:
            written += 1
            busy.store.set_cursor(f"meanwhile.{written}", "1", busy.now)  # would raise if it were locked out

    backup(busy, folder, between=write)
    bring_back(busy, folder, tmp_path / "new")
    with closing(open_reader(place_of(tmp_path / "new"))) as db:
        assert db.rows("SELECT count(*) FROM cursors WHERE name LIKE 'meanwhile.%'") == [(0,)]
    assert written == 20


# -- after a restore ---------------------------------------------------------------------------------------------------


def test_an_open_send_is_not_sent_after_a_restore_but_shown(busy: Tabletop, folder: Folder, tmp_path: Path) -> None:
    backup(busy, folder)
    bring_back(busy, folder, tmp_path / "new")
    table = revived(busy, tmp_path / "new")
    assert table.lease() == []
    table.tick(1)
    assert table.lease() == []
    ((kind, cause),) = table.rows("SELECT kind, cause FROM dead WHERE state='open'")
    assert kind == "uncertain"
    assert cause.startswith("restored from a backup of 2027-01-15 08:00 UTC")


def test_a_repeated_status_settles_a_send_that_was_open_in_the_backup(
    busy: Tabletop, folder: Folder, tmp_path: Path, status: Callable[..., bytes]
) -> None:
    backup(busy, folder)
    bring_back(busy, folder, tmp_path / "new")
    (leased,) = busy.lease()
    table = revived(busy, tmp_path / "new")
    table.tick(1)
    table.post("meta", status("wamid.out", "delivered", leased.message.callback))
    table.step()
    assert table.rows("SELECT state FROM outbox WHERE kind='send'") == [("done",)]
    assert table.rows("SELECT count(*) FROM dead WHERE state='open'") == [(0,)]


def test_a_message_that_comes_again_is_kept_but_not_answered_twice(
    busy: Tabletop, folder: Folder, tmp_path: Path, text: Callable[..., bytes]
) -> None:
    backup(busy, folder)
    again = text(2, "price again", "15550102")
    table = busy
    table.now += 60_000
    bring_back(table, folder, tmp_path / "new")
    revived(table, tmp_path / "new")
    table.post("meta", again)
    table.step()
    table.tick(1)
    assert table.lease() == []
    causes = [row[0] for row in table.rows("SELECT cause FROM dead WHERE state='open' ORDER BY id")]
    assert [cause[:32] for cause in causes] == ["restored from a backup of 2027-0", "the hub was restored from a back"]
    table.now += 60_000
    table.post("meta", text(3, "price now", "15550103"))
    table.step()
    assert len(table.lease()) == 1


def test_numbers_given_out_after_the_backup_are_not_given_again(
    busy: Tabletop, folder: Folder, tmp_path: Path, text: Callable[..., bytes]
) -> None:
    backup(busy, folder)
    busy.post("meta", text(2, "price", "15550102"))
    busy.step()
    given = {row[0] for row in busy.rows("SELECT id FROM outbox")}
    for number in (1, 2):  # the same backup, restored twice
        busy.now += 60_000
        bring_back(busy, folder, tmp_path / f"new{number}")
        revived(busy, tmp_path / f"new{number}")
        known = {row[0] for row in busy.rows("SELECT id FROM outbox")}
        busy.post("meta", text(9, "price", "15550109"))
        busy.step()
        fresh = {row[0] for row in busy.rows("SELECT id FROM outbox")} - known
        assert fresh
        assert not fresh & given
        given |= fresh


def test_crm_writes_look_before_they_write_after_a_restore(busy: Tabletop, folder: Folder, tmp_path: Path) -> None:
    (person,) = busy.crm("person").persons
    busy.crm_answers(Written(outbox=person.outbox, record="77", new=True))
    backup(busy, folder)
    bring_back(busy, folder, tmp_path / "new")
    table = revived(busy, tmp_path / "new")
    assert [entry.doubtful for entry in table.crm("log").logs] == [True]


# -- in the running hub ------------------------------------------------------------------------------------------------


def test_a_running_hub_makes_what_is_due_and_records_it(
    live: Callable[..., Any], simulators: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.backup.schedule.SETTLE", 0)
    tables = '[backup]\nto = "place"\nencrypt = false\nevery = "daily 03:00"\n'

    async def scenario() -> None:
        async with live(simulators["whatsapp"](), tables=tables) as hub:
            await hub.until(lambda: hub.rows("SELECT 1 FROM backups WHERE verified>0"))
            assert [one.name for one in good(Folder(tmp_path / "place"))] == [
                row[0] for row in await hub.rows("SELECT name FROM backups")
            ]

    asyncio.run(scenario())


def test_a_backup_that_fails_is_a_notice_until_one_succeeds(
    live: Callable[..., Any], simulators: Any, tmp_path: Path
) -> None:
    (tmp_path / "place").write_text("a file where a folder should be")

    async def scenario() -> None:
        tables = '[backup]\nto = "place"\nencrypt = false\nevery = ""\n'
        async with live(simulators["whatsapp"](), tables=tables) as hub:
            assert not (await hub.hub.backups.make()).verified
            assert "dragoman backup" in hub.hub.notices.open["backup"]
            (tmp_path / "place").unlink()
            assert (await hub.hub.backups.make()).verified
            assert "backup" not in hub.hub.notices.open

    asyncio.run(scenario())


def test_the_last_good_backup_is_known(table: Tabletop) -> None:
    db = table.store.db
    assert last_backup(db) is None
    record_backup(table.store, Backup("a", "p", 1, 2, 3))
    record_backup(table.store, Backup("", "p", 4, 0, 0, "the disk is full"))
    found = last_backup(db)
    assert found is not None
    assert found.name == "a"


def test_a_running_hub_removes_what_is_over_and_files_that_nobody_names(
    live: Callable[..., Any], simulators: Any, tmp_path: Path
) -> None:
    async def scenario() -> None:
        async with live(simulators["whatsapp"](), tables="[retention]\nnews_days = 1\n") as hub:
            blobs = hub.hub.blobs
            old, young = blobs.write([b"old"]), blobs.write([b"young"])
            os.utime(blobs.path(old), (1, 1))
            row = "(1, 'c', 'a', 'quality', 's', 't', 0, 0)"
            await hub.rows(f"INSERT INTO news (at, connection, account, topic, subject, text, bad, event) VALUES {row}")
            gone = await hub.hub.retention.once()
            assert (gone["news"], gone["files"]) == (1, 1)
            assert not blobs.exists(old)
            assert blobs.exists(young)

    asyncio.run(scenario())
