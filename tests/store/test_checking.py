"""A sound store passes; every kind of damage is found and named. What is kept for a time goes, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from hub.backup.settings import RetentionSettings
from hub.engine.retention import keep_of
from hub.store import Place, Store, open_reader, open_store
from hub.store.checking import NUMBERS, PAGES, RULES, check_store
from hub.store.dialects.numbers import counter, numbered, set_counter
from hub.store.dialects.sqlite import Sqlite
from hub.store.dialects.tables import tables
from hub.store.journal import Incoming
from hub.store.retention import (
    BATCH,
    DAY,
    Keep,
    Rule,
    find,
    find_ledger,
    find_turns,
    remove,
    remove_ledger,
    remove_turns,
    rules,
)
from hub.testing.postgres import PostgresServer
from hub.testing.stores import ENGINES, place_of

NOW = 1_800_000_000_000
OLD = NOW - 400 * DAY


@pytest.fixture(params=ENGINES)
def store(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Store]:
    if request.param == "postgres":
        request.getfixturevalue("postgres")  # where there is none, the test is skipped
    opened = open_store(place_of(tmp_path / "data", request.param))
    yield opened
    opened.close()


def fill(store: Store, table: str, **values: object) -> None:
    """A row; columns that are not named are 0 or empty."""
    usual = {"bigint": 0, "text": "", "bytea": b""}
    row = {name: values.pop(name, usual[kind]) for name, kind in tables()[table].columns.items()}
    assert not values, values
    store.db.insert(table, [list(row.values())])


def sound(store: Store, at: int = OLD) -> None:
    """One of everything, well."""
    store.accept([Incoming("meta", "1001", f"k{n}", "l", at, at, b"{}") for n in (1, 2)])
    store.unqueue([1])
    fill(store, "people", id=1, created=at)
    fill(store, "people", id=2, created=at, redirect=1)
    fill(store, "identities", id="phone::1", person=1)
    fill(store, "conversations", id=1, key="k", person=1)
    fill(store, "messages", id=1, conversation=1, person=1, direction="out", status="read", received=at, event=1)
    fill(store, "statuses", message=1, status="delivered", at=at)
    fill(store, "outbox", id=1, key="1:send", kind="send", message=1, lane=1, state="done", created=at, event=1)
    fill(
        store, "outbox", id=2, key="1:log", kind="log", lane=1, state="waiting", open=1, created=at, event=1, message=1
    )
    fill(store, "links", id=1, person=1, crm="main", state="linked", record="77")
    fill(store, "media", id=1, message=1, state="stored", blob="b" * 64)
    fill(store, "timers", id=1, subject="conversation", subject_id=1, generation=1, due=1, armed=1, rule="pause")
    fill(store, "dead", id=1, kind="send", ref=1, state="open", at=at)
    fill(store, "crm_answers", id=1, crm="main", message=1, state="open")
    fill(store, "decisions", id=1, event=1, at=at)
    fill(store, "inquiries", id=1, person=1, state="closed", opened=at, ended=at)
    fill(store, "inquiries", id=2, person=1, state="open", reply_by=at, clock="{}", owner="Dora", assigned=at)
    fill(store, "person_tags", id=1, person=1, tag="vip")
    fill(store, "person_values", person=1, name="nick", text="bo")
    fill(store, "consents", id=1, person=1, purpose="market", given=1)
    fill(store, "campaign_runs", id=1, campaign="spring", state="running")
    fill(store, "campaign_people", run=1, person=1, state="waiting")
    fill(store, "chances", step=1, kind="quick", cases=2, answered=1)
    fill(store, "rhythm", name="everybody", asked=2, answered=1)
    for table in numbered():
        set_counter(store.db, table, max(2, counter(store.db, table)))


def broken(store: Store, *, blobs: bool = True) -> dict[str, tuple[int, tuple[str, ...]]]:
    found = check_store(store.db, lambda name: blobs, NOW)
    return {one.rule: (one.broken, one.rows) for one in found if one.broken}


def test_a_sound_store_passes(store: Store) -> None:
    sound(store)
    assert broken(store) == {}


DAMAGE = {
    "a message has its conversation and its person": "UPDATE messages SET person=9",
    "a conversation has its person": "UPDATE conversations SET person=9",
    "an identity and a link belong to a person": "UPDATE identities SET person=9",
    "people who were merged lead to somebody, in no circle": "UPDATE people SET redirect=3-id",
    "a linked record of a CRM belongs to one person": "INSERT INTO links SELECT 2, 3, crm, state, record, key, owner,"
    " also, made, since, reason, synced, mapping, missing FROM links; INSERT INTO people SELECT 3, name, language,"
    " phone, email, channel, opted_out, created, 0, 0, '', 0, '', '' FROM people WHERE id=1",
    "an open command has its person and its message": "UPDATE outbox SET message=9 WHERE open=1",
    "a command is open exactly while work is left": "UPDATE outbox SET state='done'",
    "a message is sent by one command": "UPDATE outbox SET kind='send'",
    "what waits for its step stands in the journal": "INSERT INTO queue VALUES (99, 'l')",
    "what is in the journal is remembered as seen": "DELETE FROM seen",
    "an open dead letter and plugin work name what is there": "UPDATE dead SET ref=9",
    "a message's status is not behind what was reported": "UPDATE messages SET status='sent'",
    "an armed timer has a time, a generation and its subject": "UPDATE timers SET subject_id=9",
    "an inquiry, a tag, a value and a consent belong to a person": "UPDATE person_tags SET person=9",
    "of an erased person no inquiry, tag, value or consent is left": "UPDATE people SET erased=1",
    "a person has one inquiry that is not closed": "UPDATE inquiries SET state='open', ended=0",
    "an inquiry is in a known state, with its times and its clock": "UPDATE inquiries SET clock=''",
    "a turn in a campaign belongs to a run, whose state is known": "UPDATE campaign_people SET run=9",
    "what is learned of silences adds up": "UPDATE chances SET answered=3",
    "a file that was fetched is there": "UPDATE media SET blob=''",
    "an answer from a CRM has its message and a known state": "UPDATE crm_answers SET message=9",
    "nothing was read in the future": f"INSERT INTO cursors VALUES ('a', 'b', {NOW + 2 * DAY})",
    NUMBERS: "",
}


@pytest.mark.parametrize("rule", DAMAGE)
def test_damage_is_found_and_named(store: Store, rule: str) -> None:
    sound(store)
    for statement in filter(None, DAMAGE[rule].split("; ")):
        store.db.run(statement)
    if rule == NUMBERS:
        set_counter(store.db, "outbox", 1)
    found = broken(store)
    assert rule in found
    count, rows = found[rule]
    assert count >= 1
    assert rows


def test_every_rule_has_a_damage_that_it_finds() -> None:
    assert {rule for rule, _, _ in RULES} | {NUMBERS} == DAMAGE.keys()


def test_a_file_that_is_gone_is_found(store: Store) -> None:
    sound(store)
    assert broken(store, blobs=False) == {"a file that was fetched is there": (1, ("media 1",))}


def test_a_torn_file_is_found_without_a_traceback(tmp_path: Path) -> None:
    store = open_store(Place(tmp_path / "data"))
    sound(store)
    store.db.run("CREATE TABLE ballast AS SELECT zeroblob(400000) AS data")
    store.close()
    file = tmp_path / "data/hub.sqlite3"
    raw = bytearray(file.read_bytes())
    for page in range(2, len(raw) // 4096, 3):
        raw[page * 4096 : page * 4096 + 100] = b"\xff" * 100
    file.write_bytes(raw)
    reader = open_reader(Place(tmp_path / "data"))
    found = list(check_store(reader, lambda name: True, NOW))
    reader.close()
    assert found[0].broken


def test_what_stands_in_for_a_look_at_the_whole_file_is_said(postgres: PostgresServer, tmp_path: Path) -> None:
    dsn = postgres.database("checking")
    with closing(open_store(Place(tmp_path / "data", dsn))) as opened:
        sound(opened)
        first = next(iter(check_store(opened.db, lambda name: True, NOW)))
        assert (first.rule, first.broken) == (PAGES, 0)
        assert first.note.startswith("each page read is checked; CREATE EXTENSION amcheck")


def test_many_broken_rows_are_counted_and_few_named(store: Store) -> None:
    for number in range(1, 301):
        fill(store, "messages", id=number)
    count, rows = broken(store)["a message has its conversation and its person"]
    assert (count, len(rows)) == (300, 5)


# -- retention ---------------------------------------------------------------------------------------------------------

USUAL = keep_of(RetentionSettings())
EVERYTHING = USUAL._replace(messages=100)


def changes(store: Store) -> int:
    """Rows changed so far, as far as the engine counts them."""
    return store.db.connection.total_changes if isinstance(store.db, Sqlite) else 0


def prune(store: Store, keep: Keep = EVERYTHING) -> dict[str, int]:
    gone = {}
    for rule in rules(keep):
        gone[rule.table] = after = 0
        while keys := find(store.db, rule, NOW, after):
            before = changes(store)
            gone[rule.table] += remove(store, rule, keys, NOW)
            assert changes(store) - before <= BATCH + 1  # the row of the trail tells of them
            after = keys[-1]
    return gone


def old_and_done(store: Store, number: int, at: int = OLD) -> None:
    """A message long over, with all that belongs to it."""
    fill(store, "journal", seq=number, key=str(number), at=at, received=at, body=b"{}")
    fill(store, "messages", id=number, received=at, event=number)
    for status in ("sent", "delivered", "read"):
        fill(store, "statuses", message=number, status=status)
    fill(
        store, "outbox", id=number, key=str(number), kind="send", state="done", message=number, created=at, event=number
    )
    fill(store, "decisions", id=number, event=number, at=at)
    fill(store, "media", id=number, message=number, state="stored", blob="b")
    fill(store, "dead", id=number, kind="send", ref=number, state="retried", at=at, handled=at + 1)
    fill(store, "news", id=number, at=at)
    fill(store, "conflicts", id=number, person=number, state="settled", at=at)
    fill(store, "tag_history", id=number, person=number, tag="vip", at=at)
    fill(store, "ratings", id=number, person=number, at=at)
    fill(store, "inquiries", id=number, person=number, state="closed", ended=at)
    fill(store, "trail", id=number, kind="tick", at=at, what="{}")


def test_what_is_over_goes_in_small_batches_and_the_young_stays(store: Store) -> None:
    with store.transaction():
        for number in range(1, 1201):
            old_and_done(store, number)
        for number in range(1201, 1211):
            old_and_done(store, number, NOW - DAY)
        fill(store, "seen", hash=b"x")
        set_counter(store.db, "trail", 1210)
    gone = prune(store)
    assert gone == dict.fromkeys((rule.table for rule in rules(EVERYTHING)), 1200) | {"media": 0, "early": 0}
    for table in gone.keys() - {"early", "trail"}:
        assert store.db.rows(f"SELECT count(*) FROM {table}") == [(10,)], table
    assert store.db.rows("SELECT count(*) FROM trail WHERE kind='tick'") == [(10,)]
    assert store.db.rows("SELECT DISTINCT kind FROM trail WHERE id>1210") == [("removed",)]
    assert store.db.rows("SELECT count(*) FROM seen") == [(1,)]
    assert prune(store) == dict.fromkeys(gone, 0)


def test_open_work_is_never_removed_nor_what_it_names(store: Store) -> None:
    sound(store)
    store.db.run("UPDATE dead SET handled=?", (OLD,))
    fill(store, "plugin_work", id=1, plugin="p", event=1)
    fill(store, "conflicts", id=1, person=1, state="asked", at=OLD)
    assert prune(store) == dict.fromkeys((rule.table for rule in rules(EVERYTHING)), 0) | {
        "decisions": 1,
        "media": 1,  # the file goes after its time, the row says so
        "inquiries": 1,  # the one that is closed
    }
    assert store.db.rows("SELECT id FROM inquiries") == [(2,)]
    assert store.db.rows("SELECT state, blob FROM media") == [("expired", "")]
    assert broken(store) == {}


def test_what_became_open_since_it_was_found_stays(store: Store) -> None:
    old_and_done(store, 1)
    (rule,) = (rule for rule in rules(EVERYTHING) if rule.table == "outbox")
    keys = find(store.db, rule, NOW)
    store.db.run("UPDATE outbox SET open=1, state='waiting'")
    assert keys == [1]
    assert remove(store, rule, keys, NOW) == 0


def test_zero_days_keep_for_good_and_a_dry_run_counts(store: Store) -> None:
    old_and_done(store, 1)
    assert set(prune(store, Keep(0, 0, 0, 0, 0, 0, 0)).values()) == {0}

    def count(rule: Rule) -> int:
        return find(store.db, rule, NOW, count=True)[0]

    assert {rule.table: count(rule) for rule in rules(USUAL)} == {
        "outbox": 1,
        "decisions": 1,
        "messages": 0,
        "media": 1,
        "dead": 1,
        "conflicts": 1,
        "news": 1,
        "tag_history": 0,
        "ratings": 0,
        "inquiries": 0,
        "early": 0,
        "trail": 1,
        "journal": 1,
    }


def test_own_writes_are_forgotten_after_their_time(store: Store) -> None:
    for number, at in enumerate([OLD, OLD, NOW]):
        fill(store, "write_ledger", crm="main", record=str(number), at=at)
    rows = find_ledger(store.db, USUAL, NOW)
    assert remove_ledger(store, rows, USUAL, NOW) == 2
    assert find_ledger(store.db, USUAL, NOW) == []


def test_the_turns_of_a_campaign_that_is_long_over_are_forgotten_in_small_batches(store: Store) -> None:
    with store.transaction():
        for run, state, ended in ((1, "done", OLD), (2, "stopped", 0), (3, "running", 0), (4, "done", NOW - DAY)):
            fill(store, "campaign_runs", id=run, campaign="spring", at=OLD, state=state, people=600, ended=ended)
            for person in range(600 if run == 1 else 2):
                fill(store, "campaign_people", run=run, person=person, state="asked")
    batches = []
    while rows := find_turns(store.db, USUAL, NOW):
        batches.append(remove_turns(store, rows))
    assert batches == [BATCH, 100]
    assert store.db.rows("SELECT run, count(*) FROM campaign_people GROUP BY run ORDER BY run") == [
        (2, 2),
        (3, 2),
        (4, 2),
    ]
    assert find_turns(store.db, USUAL._replace(done=0), NOW + 900 * DAY) == []
