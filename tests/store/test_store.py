"""What the store promises: durable, deduplicated, in order, one owner."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.contracts.errors import ConfigError
from hub.store import Place, Store, open_reader, open_store
from hub.store.journal import Incoming


def event(key: str, lane: str = "a", source: str = "meta", account: str = "1") -> Incoming:
    return Incoming(source, account, key, lane, 1, 2, key.encode())


@pytest.fixture
def store(tmp_path: Path):
    opened = open_store(Place(tmp_path / "data"))
    yield opened
    opened.close()


def test_an_event_is_accepted_once_however_often_it_comes(store: Store):
    assert store.accept([event("a"), event("b"), event("a")]) == [1, 2, 0]
    assert store.accept([event("b"), event("c")]) == [0, 3]
    assert [row.key for row in store.claim(10)] == ["a", "b", "c"]


def test_the_same_key_of_another_account_is_another_event(store: Store):
    assert store.accept([event("a"), event("a", account="2"), event("a", source="telegram")]) == [1, 2, 3]


def test_numbers_are_never_used_again_after_the_queue_was_emptied(store: Store):
    store.accept([event("a")])
    with store.transaction():
        store.unqueue([1])
        store.db.run("DELETE FROM journal")
    store.db._next.clear()

    assert store.accept([event("b")]) == [2]


def test_a_failed_transaction_leaves_nothing_and_the_next_one_works(store: Store):
    def broken() -> None:
        with store.transaction():
            store.append([event("a")])
            raise RuntimeError("broken on purpose")

    with pytest.raises(RuntimeError):
        broken()

    assert store.claim(10) == []
    assert store.accept([event("a")]) == [1]


def test_a_busy_lane_does_not_starve_the_others(store: Store):
    store.accept([event(f"noisy{n}", "noisy") for n in range(2000)])
    store.accept([event(f"quiet{n}", f"quiet{n}") for n in range(5)])

    claimed = store.claim(64)

    assert len(claimed) <= 64
    assert {row.lane for row in claimed} >= {f"quiet{n}" for n in range(5)}
    assert [row.seq for row in claimed] == sorted(row.seq for row in claimed)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abcde"), st.integers(0, 30)), max_size=60), st.integers(1, 20))
def test_every_lane_is_worked_off_in_journal_order(tmp_path_factory, sent, budget):
    folder = tmp_path_factory.mktemp("lanes")
    store = open_store(Place(folder))
    store.accept([event(f"{lane}{number}", lane) for lane, number in sent])
    done: list[tuple[str, int]] = []
    while claimed := store.claim(budget):
        done += [(row.lane, row.seq) for row in claimed]
        with store.transaction():
            store.unqueue([row.seq for row in claimed])
    store.close()
    shutil.rmtree(folder)

    assert len(done) == len(set(sent))
    for lane in "abcde":
        seqs = [seq for name, seq in done if name == lane]
        assert seqs == sorted(seqs)


def test_a_second_owner_is_refused_in_one_sentence(store: Store, tmp_path: Path):
    with pytest.raises(ConfigError, match="another hub already runs on"):
        open_store(Place(tmp_path / "data"))


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(ConfigError, match="is not writable"):
        open_store(Place(tmp_path / "file" / "data"))


def test_readers_cannot_write(store: Store, tmp_path: Path):
    store.accept([event("a")])
    reader = open_reader(Place(tmp_path / "data"))
    try:
        assert reader.rows("SELECT count(*) FROM journal") == [(1,)]
        with pytest.raises(Exception, match=r"readonly|query_only|read-only"):
            reader.run("DELETE FROM journal")
    finally:
        reader.close()


def test_the_live_connection_commits_durably(store: Store):
    store.db.assert_durable()
    store.db.connection.execute("PRAGMA synchronous=OFF")
    with pytest.raises(ConfigError, match="synchronous"):
        store.db.assert_durable()


COUNTER = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
static int count = 0;
static void report(void) { FILE *f = fopen(getenv("FSYNC_COUNT"), "w"); if (f) { fprintf(f, "%d", count); fclose(f); } }
static void seen(void) { if (count++ == 0) atexit(report); }
int fsync(int fd) { seen(); return ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(fd); }
int fdatasync(int fd) { seen(); return ((int (*)(int))dlsym(RTLD_NEXT, "fdatasync"))(fd); }
"""

ACCEPTING = """
import sys
from pathlib import Path
from hub.store import Place, open_store
from hub.store.journal import Incoming
store = open_store(Place(Path(sys.argv[1])))
for n in range(int(sys.argv[2])):
    store.accept([Incoming("meta", "1", f"{n}.{k}", "a", 1, 2, b"{}") for k in range(5)])
"""


@pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler to count fsync calls")
def test_every_commit_reaches_the_disk(tmp_path: Path):
    source, library = tmp_path / "count.c", tmp_path / "count.so"
    source.write_text(COUNTER)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)

    def syncs(commits: int) -> int:
        import os

        report = tmp_path / f"report{commits}"
        environment = {**os.environ, "LD_PRELOAD": str(library), "FSYNC_COUNT": str(report)}
        command = [sys.executable, "-c", ACCEPTING, tmp_path / f"data{commits}", str(commits)]
        subprocess.run(command, check=True, env=environment)
        return int(report.read_text())

    assert syncs(60) - syncs(10) >= 50  # one at least for each of the fifty commits more


HOT = [
    "SELECT id, person FROM identities WHERE id IN (?,?)",
    "SELECT hash FROM seen WHERE hash IN (?,?)",
    "SELECT * FROM messages WHERE provider_id IN (?,?) AND provider_id <> ''",
    "SELECT * FROM links WHERE person IN (?,?)",
    "SELECT * FROM outbox WHERE message IN (?,?) AND message > 0",
    "SELECT * FROM conversations WHERE key IN (?,?)",
]


@pytest.mark.parametrize("sql", HOT)
def test_hot_look_ups_use_an_index(store: Store, sql: str):
    plan = " ".join(str(row[3]) for row in store.db.rows(f"EXPLAIN QUERY PLAN {sql}", (1, 2)))

    assert "SEARCH" in plan
    assert "SCAN" not in plan


def test_leases_use_an_index(store: Store):
    from hub.store import outbox

    for sql, args in (
        (outbox.OUTBOX.select + outbox._HEADS, ("sales", 1, 1, 10)),
        (outbox.OUTBOX.select + outbox._ROWS, ("main", "log", 1, 1, 10)),
    ):
        plan = [str(row[3]) for row in store.db.rows(f"EXPLAIN QUERY PLAN {sql}", args)]
        assert not [line for line in plan if line.startswith("SCAN")], plan


def test_a_configuration_gets_a_new_number_only_when_it_changed(store: Store):
    assert store.activate("text", 1) == 1
    assert store.activate("text", 2) == 1
    assert store.activate("other", 3) == 2
