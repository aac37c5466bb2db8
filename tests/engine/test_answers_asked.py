"""Replies that agents wrote in the CRM: each is said once, whatever happens to its record, and its outcome is told."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from hub.contracts.errors import ConfigError
from hub.engine.lease import lease_sends
from hub.model.by_hand import DeadHandled
from hub.model.events import CrmSettled, RecordsRead, RowOutcome
from hub.model.people import Identity
from hub.model.records import Answer, Gone, Record, Ref
from hub.store.copying import mark_restored, restored_at
from hub.testing.tabletop import HUB_TOML, Tabletop

PHONE = Identity("phone", "", "+15550101")
STATES = "SELECT state, outcome FROM crm_answers"


def reads(table: Tabletop, words: str = "", record: str = "A", modified: int = 0, **more: Any) -> None:
    """The CRM's record is read, with "send" on it where there are `words`."""
    table.now += 1
    known = Record(id=record, identities=(PHONE,), name="Ana", modified=modified or table.now)
    answers = (Answer(type="contact", id=record, contact=record, text=words, agent="ag"),) if words else ()
    event = RecordsRead(
        key=f"r{table.now}",
        at=table.now,
        crm="main",
        records=(known,),
        answers=answers,
        feed="recent",
        cursor=str(table.now),
        final=False,
        **more,
    )
    table.happen(event)
    table.step()


def settles(table: Tabletop, outbox: int, outcome: str, **more: Any) -> None:
    table.now += 1
    row = RowOutcome(outbox=outbox, outcome=outcome, reason="because", **more)  # type: ignore[arg-type]
    table.happen(CrmSettled(key=f"c{table.now}", at=table.now, crm="main", rows=(row,)))
    table.step()


def told(table: Tabletop) -> list[tuple[str, str, str]]:
    """The outcomes that are to be written back now."""
    return [(write.record, write.reply_status, write.reply_result) for write in table.crm("object").objects]


@pytest.fixture
def talk(table, text):
    """Ana, known as record A, wrote."""
    table.crm_knows(Record(id="A", identities=(PHONE,), name="Ana"))
    table.post("meta", text(1, "hello"))
    table.step()
    return table


def test_no_rule_may_bear_the_name_of_what_the_hub_does_itself(tmp_path: Path) -> None:
    for name in ("answer", "log", "link", "relog"):
        (folder := tmp_path / name).mkdir()
        with pytest.raises(ConfigError, match="cannot name a rule"):
            Tabletop(folder, f'{HUB_TOML}\n[[rule]]\nname = "{name}"\ntask = {{ title = "Call" }}\n')


def test_a_task_of_a_rule_that_was_once_called_answer_is_made(tmp_path: Path, text) -> None:
    (folder := tmp_path / "other").mkdir()
    table = Tabletop(folder, f'{HUB_TOML}\n[[rule]]\nname = "t"\nkeywords = ["help"]\ntask = {{ title = "Call" }}\n')
    table.crm_knows(Record(id="A", identities=(PHONE,), name="Ana"))
    table.post("meta", text(2, "help"))
    table.step()
    table.store.db.run("UPDATE outbox SET rule='answer' WHERE kind='object'")
    (task,) = table.crm("object").objects
    assert (task.title, task.contact) == ("Call", "A")
    settles(table, task.outbox, "done", record="7")
    assert table.rows("SELECT state FROM outbox WHERE kind='object'") == [("done",)]
    table.close()


def test_a_merge_takes_the_answer_along_and_it_is_not_sent_again(talk) -> None:
    reads(talk, "come at 5")
    (sent,) = talk.lease()
    talk.sent(sent, "wamid.o1")
    (write,) = talk.crm("object").objects
    assert write.record == "A"
    reads(talk, "come at 5", "C", gone=(Gone(record="A", into="C"),))
    assert talk.lease() == []
    settles(talk, write.outbox, "dropped")  # A is not there any more
    talk.now += 60_000
    assert told(talk) == [("C", "sent", "")]
    settles(talk, write.outbox, "done", record="C")
    assert talk.rows("SELECT record, state FROM crm_answers") == [("C", "told")]


def test_a_merge_that_the_hub_has_not_heard_of_is_asked_about(talk) -> None:
    reads(talk, "come at 5")
    (sent,) = talk.lease()
    talk.sent(sent, "wamid.o1")
    (write,) = talk.crm("object").objects
    settles(talk, write.outbox, "dropped")
    assert talk.rows("SELECT type, record FROM crm_touched") == [Ref("contact", "A")]
    reads(talk, "come at 5", "C", gone=(Gone(record="A", into="C"),))
    talk.now += 60_000
    assert (talk.lease(), told(talk)) == ([], [("C", "sent", "")])


def restored(talk: Tabletop, folder: Path) -> Tabletop:
    """The hub that comes from a copy made now, a minute later."""
    talk.store.db.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copytree(talk.config.hub.data, folder / "data")
    table = Tabletop(folder)
    table.now = talk.now + 60_000
    mark_restored(table.store, talk.now, table.now, "restored")
    table.line.restored = restored_at(table.store.db)
    return table


@pytest.mark.usefixtures("on_sqlite")
def test_after_a_restore_only_what_was_asked_since_is_sent(talk, tmp_path: Path) -> None:
    table = restored(talk, tmp_path / "other")
    asked = table.now - 1000
    reads(table, "come at 5", modified=asked)
    assert table.lease() == []
    table.tick(1)
    assert table.rows("SELECT state FROM outbox WHERE kind='send'") == [("uncertain",)]
    ((record, status, why),) = told(table)
    assert (record, status) == ("A", "failed")
    assert "restored from a backup" in why
    reads(table, "or at 6")
    assert [leased.message.text for leased in table.lease()] == ["or at 6"]
    table.close()


def test_a_long_answer_whose_first_part_was_refused_has_failed(talk) -> None:
    reads(talk, "x " * 4000)
    (first,) = talk.lease()
    talk.sent(first, outcome="dead", reason="refused by platform", error="Rejected")
    for part in talk.lease():
        talk.sent(part, f"wamid.o{part.outbox}")
    assert talk.lease() == []
    assert talk.rows(STATES) == [("open", "failed")]
    assert told(talk) == [("A", "failed", "refused by platform")]


def test_a_long_answer_is_sent_when_a_human_sends_the_part_that_failed(talk) -> None:
    reads(talk, "x " * 4000)
    (first,) = talk.lease()
    talk.sent(first, outcome="dead", reason="refused by platform", error="Rejected")
    for part in talk.lease():
        talk.sent(part, f"wamid.o{part.outbox}")
    (letter,) = talk.rows("SELECT id FROM dead WHERE state='open'")
    talk.happen(DeadHandled(key="d", at=talk.now, ids=letter, action="retry", agent="x"))
    talk.step()
    (again,) = talk.lease()
    talk.sent(again, "wamid.late")
    assert talk.rows(STATES) == [("open", "sent")]


def test_an_outcome_that_the_crm_refuses_blocks_no_other_text(talk, text) -> None:
    reads(talk, "first")
    (sent,) = talk.lease()
    talk.sent(sent, "wamid.o1")
    (write,) = talk.crm("object").objects
    settles(talk, write.outbox, "dead")
    reads(talk, "first")  # it still says "send" there
    assert talk.lease() == []
    reads(talk, "second")
    assert [leased.message.text for leased in talk.lease()] == ["second"]


def test_another_text_replaces_one_that_has_not_left(talk) -> None:
    reads(talk, "first")
    reads(talk, "second")
    reads(talk, "first")  # read late
    assert [leased.message.text for leased in talk.lease()] == ["second"]
    assert talk.rows("SELECT text, status FROM messages WHERE author='agent' ORDER BY id") == [
        ("first", "dropped"),
        ("second", "queued"),
    ]


def test_another_text_follows_one_that_has_left(talk) -> None:
    reads(talk, "first")
    (first,) = talk.lease()
    reads(talk, "second")
    talk.sent(first, "wamid.o1")
    (second,) = talk.lease()
    assert second.message.text == "second"
    assert told(talk) == []  # the record tells of the second one
    talk.sent(second, "wamid.o2")
    (write,) = talk.crm("object").objects
    settles(talk, write.outbox, "done", record="A")
    reads(talk, "second")  # set to "send" once more
    assert [leased.message.text for leased in talk.lease()] == ["second"]


def test_an_answer_that_the_gate_refuses_wakes_the_crm_that_is_to_be_told(talk) -> None:
    reads(talk, "hi")
    talk.store.db.run("UPDATE people SET opted_out=1")
    woken: set[str] = set()
    leased, _ = lease_sends(talk.store, talk.line, "sales", talk.now, 10, woke=woken.update)
    assert (leased, "main" in woken) == ([], True)
    assert told(talk)[0][:2] == ("A", "failed")
