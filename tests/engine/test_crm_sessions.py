"""What stands in the CRM follows the messages: one growing record for a session, edits, files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hub.contracts.crm import Written
from hub.engine.crm import parts as crm_parts
from hub.model.events import CrmSettled, RowOutcome
from hub.model.people import Identity
from hub.model.records import Record
from hub.testing.tabletop import HUB_TOML, Tabletop

PHONE = Identity("phone", "", "+15550101")


@pytest.fixture
def table(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Tabletop]:
    mode = getattr(request, "param", "session")
    toml = HUB_TOML.replace('adapter = "hubspot"', f'adapter = "hubspot"\nlog_mode = "{mode}"')
    hub = Tabletop(tmp_path, toml)
    hub.crm_knows(Record(id="7", identities=(PHONE,), name="Ana Example", owner="o"))
    yield hub
    hub.close()


def say(table: Tabletop, text: Any, first: int, *words: str) -> None:
    for n, word in enumerate(words, start=first):
        table.now += 1000
        table.post("meta", text(n, word))
    table.step()


def logged(table: Tabletop, record: str = "") -> list[Any]:
    """The CRM takes what is due."""
    entries = table.crm("log").logs
    if entries:
        table.now += 1
        table.crm_answers(*(Written(outbox=e.outbox, record=e.logged or record or f"n{e.outbox}") for e in entries))
    return entries


def settle(table: Tabletop, outbox: int, outcome: str) -> None:
    table.now += 1
    rows = (RowOutcome(outbox=outbox, outcome=outcome, reason="because"),)  # type: ignore[arg-type]
    table.happen(CrmSettled(key=f"c{table.now}", at=table.now, crm="main", rows=rows))
    table.step()


def lines(entry: Any) -> list[str]:
    return [line.text for line in entry.lines]


def test_a_session_is_one_record_that_grows(table: Tabletop, text):
    say(table, text, 1, "one", "two", "three")
    (entry,) = logged(table, "note-1")
    assert (lines(entry), entry.record, entry.logged) == (["one", "two", "three"], "7", "")
    assert [line.direction for line in entry.lines] == ["in"] * 3
    say(table, text, 4, "four")
    (more,) = logged(table)
    assert (lines(more), more.logged) == (["one", "two", "three", "four"], "note-1")
    assert (more.message, more.at) == (entry.message, entry.at)
    assert logged(table) == []
    assert table.rows("SELECT DISTINCT state FROM outbox WHERE kind='log'") == [("done",)]


def test_a_message_that_comes_while_the_record_is_written_follows_after_it(table: Tabletop, text):
    say(table, text, 1, "one")
    (entry,) = table.crm("log").logs
    say(table, text, 2, "two")
    assert table.crm("log").logs == []
    table.crm_answers(Written(outbox=entry.outbox, record="note-1"))
    (more,) = logged(table)
    assert (lines(more), more.logged) == (["one", "two"], "note-1")


def test_a_long_pause_begins_another_record(table: Tabletop, text):
    say(table, text, 1, "one")
    logged(table, "note-1")
    table.now += 3_600_000
    say(table, text, 2, "two")
    (entry,) = logged(table)
    assert (lines(entry), entry.logged) == (["two"], "")


def test_a_full_record_is_followed_by_another_one(table: Tabletop, text, monkeypatch):
    monkeypatch.setattr(crm_parts, "LINES", 3)
    say(table, text, 1, "1", "2", "3", "4", "5", "6", "7")
    parts = [logged(table), logged(table), logged(table)]
    assert [[lines(entry) for entry in part] for part in parts] == [[["1", "2", "3"]], [["4", "5", "6"]], [["7"]]]
    assert len({part[0].message for part in parts}) == 3
    assert logged(table) == []
    say(table, text, 8, "8")
    assert [lines(entry) for entry in logged(table)] == [["7", "8"]]


def test_in_doubt_the_record_is_looked_for_with_the_lines_it_was_tried_with(table: Tabletop, text):
    say(table, text, 1, "one")
    (entry,) = table.crm("log").logs
    settle(table, entry.outbox, "doubt")
    say(table, text, 2, "two")
    (again,) = logged(table, "note-1")
    assert (lines(again), again.doubtful, again.message) == (["one"], True, entry.message)
    (more,) = logged(table)
    assert (lines(more), more.logged) == (["one", "two"], "note-1")


def test_a_record_that_a_person_deleted_is_not_made_again_but_the_session_goes_on(table: Tabletop, text):
    say(table, text, 1, "one")
    logged(table, "note-1")
    say(table, text, 2, "two")
    (more,) = table.crm("log").logs
    settle(table, more.outbox, "dropped")
    (entry,) = logged(table, "note-2")
    assert (lines(entry), entry.logged) == (["two"], "")
    say(table, text, 3, "three")
    assert [(lines(e), e.logged) for e in logged(table)] == [(["two", "three"], "note-2")]


def test_what_is_still_to_be_sent_is_not_in_the_record(table: Tabletop, text):
    say(table, text, 1, "price please")
    (send,) = table.lease()
    (entry,) = logged(table, "note-1")
    assert lines(entry) == ["price please"]
    table.sent(send, "wamid.out")
    (more,) = logged(table)
    assert [line.direction for line in more.lines] == ["in", "out"]


@pytest.mark.parametrize("table", ["message"], indirect=True)
def test_a_message_that_stands_there_is_changed_and_one_that_was_deleted_there_is_left(table: Tabletop, text):
    say(table, text, 1, "helo")
    logged(table, "note-1")
    again(table, "edited")
    (entry,) = table.crm("log").logs
    assert (entry.text, entry.logged) == ("hello (edited)", "note-1")
    settle(table, entry.outbox, "dropped")
    assert table.crm("log").logs == []
    assert table.rows("SELECT state FROM outbox WHERE id=?", entry.outbox) == [("dropped",)]


@pytest.mark.parametrize("table", ["message"], indirect=True)
def test_what_is_changed_before_it_was_ever_written_is_written_once(table: Tabletop, text):
    say(table, text, 1, "helo")
    again(table, "edited")
    (entry,) = logged(table)
    assert (entry.text, entry.logged) == ("hello (edited)", "")
    assert logged(table) == []


@pytest.mark.parametrize("table", ["message"], indirect=True)
def test_a_change_waits_while_it_is_in_doubt_where_the_message_stands(table: Tabletop, text):
    say(table, text, 1, "helo")
    (entry,) = table.crm("log").logs
    settle(table, entry.outbox, "doubt")
    again(table, "edited")
    (first,) = logged(table, "note-1")
    assert first.outbox == entry.outbox
    (second,) = logged(table)
    assert (second.text, second.logged) == ("hello (edited)", "note-1")


def test_an_edit_in_a_session_writes_its_record_anew(table: Tabletop, text):
    say(table, text, 1, "helo", "there")
    logged(table, "note-1")
    again(table, "edited")
    (entry,) = logged(table)
    assert (lines(entry), entry.logged) == (["hello (edited)", "there"], "note-1")


def again(table: Tabletop, column: str) -> None:
    """The first message changes, and its record is to follow."""
    db = table.store.db
    db.run(f"UPDATE messages SET text='hello', {column}={table.now} WHERE id=1")
    row = db.rows("SELECT lane, message, conversation, event FROM outbox WHERE kind='log' AND message=1")[0]
    number = db.next_id("outbox")
    db.run(
        "INSERT INTO outbox SELECT ?, 'again', kind, target, lane, message, conversation, event, 'relog', class,"
        " 'waiting', 1, 0, 0, 0, ?, 0, '', '', '' FROM outbox WHERE kind='log' AND message=1 AND rule='log'",
        (number, table.now),
    )
    assert row


@pytest.mark.parametrize("table", ["message"], indirect=True)
def test_a_file_in_the_crm_is_added_to_the_record_of_its_message(table: Tabletop, text):
    say(table, text, 1, "look")
    logged(table, "note-1")
    db = table.store.db
    db.run(
        "INSERT INTO media VALUES (1, 1, 'meta', '1001', 'image', 'r', '', 'image/png', 'roof.png', 3, '', 'stored',"
        f" '{'ab' * 32}', 0, 0, '')"
    )
    number = db.next_id("outbox")
    db.run(
        "INSERT INTO outbox SELECT ?, 'file', 'file', target, lane, message, conversation, event, 'file', class,"
        " 'waiting', 1, 0, 0, 0, ?, 0, '', '', ? FROM outbox WHERE kind='log' AND message=1",
        (number, table.now, json.dumps({"media": 1})),
    )
    (file,) = table.crm("file").files
    assert (file.name, file.mime, file.size) == ("roof.png", "image/png", 3)
    assert file.path.endswith("ab" * 32)
    table.crm_answers(Written(outbox=file.outbox, record="file-9"))
    (entry,) = logged(table)
    assert (entry.logged, entry.files) == ("note-1", ("file-9",))
