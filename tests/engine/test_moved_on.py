"""What was under way when a record was merged, a value set back or a message taken back: nothing is told wrongly."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hub.contracts.crm import Written
from hub.model.by_hand import DeadHandled
from hub.model.content import Media
from hub.model.events import CrmSettled, MediaSettled, MessageReceived, RecordsRead, RowOutcome
from hub.model.people import Identity
from hub.model.records import Gone, Record
from hub.store.blobs import FolderBlobs
from hub.testing.tabletop import HUB_TOML, Tabletop

PHONE = Identity("phone", "", "+15550101")
ANA, BEN = Identity("phone", "", "+12025550101"), Identity("phone", "", "+12025550102")
ANAS = Record(id="A", identities=(PHONE,), name="Ana", owner="o", key="keyA")
LINKS = "SELECT crm, state, record FROM links ORDER BY crm"


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Callable[..., Tabletop]]:
    """Makes a hub on a table with another hub.toml."""
    tables = []

    def make(toml: str = HUB_TOML, *args: Any) -> Tabletop:
        (folder := tmp_path / f"made{len(tables)}").mkdir()
        tables.append(Tabletop(folder, toml, *args))
        return tables[-1]

    yield make
    for table in tables:
        table.close()


def settles(table: Tabletop, outbox: int, outcome: str, due: int = 0) -> None:
    table.now += 1
    row = RowOutcome(outbox=outbox, outcome=outcome, reason="because", due=due)  # type: ignore[arg-type]
    table.happen(CrmSettled(key=f"c{table.now}", at=table.now, crm="main", rows=(row,)))
    table.step()


def reads(table: Tabletop, *records: Record, crm: str = "main", gone: tuple[Gone, ...] = ()) -> None:
    table.now += 1
    event = RecordsRead(
        key=f"r{table.now}",
        at=table.now,
        crm=crm,
        records=records,
        gone=gone,
        feed="recent",
        cursor=str(table.now),
        final=False,
    )
    table.happen(event)
    table.step()


# -- merged while something was under way -----------------------------------------------------------------------------


def test_a_message_refused_under_the_merged_record_goes_to_the_survivor(table, text) -> None:
    table.crm_knows(ANAS)
    table.post("meta", text(1, "hello"))
    table.step()
    (entry,) = table.crm("log").logs
    reads(table, gone=(Gone(record="A", into="C"),))
    settles(table, entry.outbox, "relink")
    assert table.rows(LINKS) == [("main", "linked", "C")]
    assert table.crm("person").persons == []
    (again,) = table.crm("log").logs
    assert (entry.record, again.record) == ("A", "C")


def test_a_message_in_doubt_is_looked_for_under_both_records(table, text) -> None:
    table.crm_knows(ANAS)
    table.post("meta", text(1, "hello"))
    table.step()
    (entry,) = table.crm("log").logs
    reads(table, gone=(Gone(record="A", into="C"),))
    settles(table, entry.outbox, "doubt", due=table.now)
    (again,) = table.crm("log").logs
    assert (again.doubtful, again.record, again.elsewhere) == (True, "A", "C")
    settles(table, again.outbox, "relink")
    table.now += 60_000
    (third,) = table.crm("log").logs
    assert (third.doubtful, third.record, third.elsewhere) == (True, "C", "")


def test_a_person_refused_under_the_merged_record_is_written_to_the_survivor(table, text) -> None:
    table.crm_knows(ANAS)
    table.post("meta", text(1, "hello"))
    table.step()
    table.store.db.run("UPDATE outbox SET kind='person', rule='link', message=0 WHERE kind='log'")
    (write,) = table.crm("person").persons
    reads(table, gone=(Gone(record="A", into="C"),))
    settles(table, write.outbox, "relink")
    assert table.rows(LINKS) == [("main", "linked", "C")]
    (again,) = table.crm("person").persons
    assert (write.record, again.record, again.outbox) == ("A", "C", write.outbox)


# -- values -----------------------------------------------------------------------------------------------------------


def test_a_value_that_a_human_set_back_is_taken(table, text) -> None:
    table.crm_knows()
    table.post("meta", text(1, "hello"))
    table.step()
    (write,) = table.crm("person").persons
    table.crm_answers(Written(outbox=write.outbox, record="R", new=True))
    for name in ("Anna", "Ana"):
        table.now += 1
        reads(table, Record(id="R", key=write.key, identities=(PHONE,), name=name, modified=table.now))
        assert table.rows("SELECT name FROM people") == [(name,)]


def test_what_was_written_into_one_crm_is_awaited_from_that_one_only(made, text) -> None:
    second = '[crm.second]\nadapter = "hubspot"\naccess_token = "t"\nbase_url = "http://127.0.0.1:9"\n\n[texts]'
    table = made(HUB_TOML.replace("[texts]", second))
    table.crm_knows()
    table.crm_knows(crm="second")
    table.post("meta", text(1, "hello"))
    table.step()
    for crm, record in (("main", "M"), ("second", "S")):
        (write,) = table.crm("person", crm).persons
        table.crm_answers(Written(outbox=write.outbox, record=record, new=True), crm=crm)

    def read(crm: str, record: str, name: str) -> list[tuple[str]]:
        table.now += 1
        one = Record(id=record, key=write.key, identities=(PHONE,), name=name, modified=table.now)
        reads(table, one, crm=crm)
        return table.rows("SELECT name FROM people")

    assert read("main", "M", "Ana") == [("Ana",)]
    assert read("main", "M", "Anna") == [("Anna",)]
    assert read("second", "S", "Ana") == [("Anna",)]  # only what the hub wrote there itself


# -- taken back, files, groups ----------------------------------------------------------------------------------------


def test_a_task_of_a_message_that_was_taken_back_tells_nothing_of_it(made, text) -> None:
    rule = '\n[[rule]]\nname = "t"\nkeywords = ["help"]\ntask = { title = "Call", body = "{{ message.text }}" }\n'
    table = made(HUB_TOML + rule)
    table.crm_knows(Record(id="A", identities=(PHONE,), name="Ana"))
    table.post("meta", text(1, "help 4711"))
    table.step()
    revoke = {"type": "revoke", "revoke": {"original_message_id": "wamid.1"}}
    table.post("meta", text(2, "", seconds=2, **revoke))
    table.step()
    (task,) = table.crm("object").objects
    assert (task.title, task.body) == ("Call", "[deleted by the sender]")


def photo(table: Any, key: str, **more: Any) -> FolderBlobs:
    event = MessageReceived(
        key=key,
        at=table.now,
        account="1001",
        sender=(ANA,),
        name="",
        address="x",
        provider_id=key,
        form="image",
        text="",
        media=(Media(kind="image", ref="r1"),),
        **more,
    )
    table.happened(event)
    blob = FolderBlobs(Path(table.config.hub.data) / "blobs").write([b"pic"])
    table.happen(MediaSettled(key="m", at=table.now, media=1, outcome="stored", blob=blob, mime="image/jpeg", size=3))
    table.step()
    return blob


@pytest.mark.parametrize("backfill", [False, True])
def test_a_file_that_is_there_first_is_attached_to_its_message(desk_with, backfill: bool) -> None:
    table = desk_with('attachments = "upload"')
    table.crm_knows(Record(id="A", identities=(ANA,), name="Ana"))
    photo(table, "m1", backfill=backfill)
    (file,) = table.crm("file").files
    table.crm_answers(Written(outbox=file.outbox, record="FILE-9"))
    (entry,) = table.crm("log").logs
    assert entry.files == ("FILE-9",)


def test_a_file_that_is_not_found_says_nothing_of_the_contact(desk_with) -> None:
    table = desk_with('attachments = "upload"')
    table.crm_knows(Record(id="A", identities=(ANA,), name="Ana"))
    photo(table, "m1")
    for _ in range(20):
        table.now += 1_000_000
        for file in table.crm("file").files:
            settles(table, file.outbox, "relink")
    assert table.rows(LINKS) == [("main", "linked", "A")]
    assert table.crm("person").persons == []
    assert table.rows("SELECT kind FROM dead") == [("file",)]


def test_in_a_group_each_person_has_a_session_of_his_own(desk_with) -> None:
    table = desk_with('log_mode = "session"')
    table.crm_knows(Record(id="A", identities=(ANA,), name="Ana"), Record(id="B", identities=(BEN,), name="Ben"))

    def says(key: str, who: Identity) -> list[tuple[str, str, list[tuple[str, str]]]]:
        table.now += 1000
        event = MessageReceived(
            key=key,
            at=table.now,
            account="1001",
            sender=(who,),
            name="",
            address="g1",
            provider_id=key,
            form="text",
            text=key,
            thread="g1",
        )
        table.happened(event)
        found = table.crm("log").logs
        for entry in found:
            table.crm_answers(Written(outbox=entry.outbox, record=entry.logged or f"n{entry.record}"))
        return [(e.record, e.logged, [(line.author, line.text) for line in e.lines]) for e in found]

    assert says("a1", ANA) == [("A", "", [("Ana", "a1")])]
    assert says("b1", BEN) == [("B", "", [("Ben", "b1")])]
    assert says("a2", ANA) == [("A", "nA", [("Ana", "a1"), ("Ana", "a2")])]


def test_messages_of_a_session_that_was_refused_are_all_shown_as_refused(made, text) -> None:
    table = made(HUB_TOML.replace('adapter = "hubspot"', 'adapter = "hubspot"\nlog_mode = "session"'))
    table.crm_knows(Record(id="A", identities=(PHONE,), name="Ana"))
    for number in (1, 2, 3):
        table.now += 1000
        table.post("meta", text(number, f"word {number}"))
    table.step()
    (entry,) = table.crm("log").logs
    settles(table, entry.outbox, "dead")
    assert table.rows("SELECT DISTINCT state FROM outbox WHERE kind='log'") == [("dead",)]
    letters = tuple(row[0] for row in table.rows("SELECT id FROM dead WHERE state='open'"))
    assert len(letters) == 3
    table.happen(DeadHandled(key="d", at=table.now, ids=letters, action="retry", agent="x"))
    table.step()
    (again,) = table.crm("log").logs
    assert [line.text for line in again.lines] == ["word 1", "word 2", "word 3"]
