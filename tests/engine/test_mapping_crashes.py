"""The hub is killed between any two steps of a version's life: nothing is lost, doubled, or on trial for ever."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hub.contracts.transforms import TransformSpec
from hub.engine.effects import reapply
from hub.model.events import CrmSettled, RowOutcome
from hub.model.people import Identity
from hub.model.records import Record
from hub.testing.mapping_desk import FIRST, SECOND, MappingDesk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[MappingDesk]:
    found = MappingDesk(tmp_path)
    found.open()
    found.meet()
    yield found
    found.table.close()


def kill(desk: MappingDesk) -> None:
    desk.again()
    desk.table.step()


def settle(desk: MappingDesk, outcome: str = "done", **more: str) -> None:
    """The CRM's answer, kept in the journal: worked off only by the next hub."""
    rows = tuple(
        RowOutcome(outbox=row.outbox, outcome=outcome, record=row.record, **more)  # type: ignore[arg-type]
        for row in desk.batch.persons
    )
    desk.table.happen(CrmSettled(key=f"s{desk.table.now}", at=desk.table.now, crm="main", rows=rows))


def test_a_kill_after_each_step_of_a_trial_changes_nothing_of_its_end(desk):
    desk.apply(SECOND, trial=5)
    kill(desk)
    assert desk.states() == [(1, "active"), (2, "trial")]
    first = desk.written()
    kill(desk)  # leased, and nobody knows whether it was written: it is written again
    desk.table.tick(1000)
    assert desk.written() == first
    desk.table.now += 1000
    settle(desk)
    kill(desk)  # the answer is in the journal
    assert desk.states() == [(1, "active"), (2, "trial")]
    kill(desk)  # before it was judged
    desk.table.tick(1000)
    assert desk.states() == [(1, "retired"), (2, "active")]
    kill(desk)
    assert desk.runs == 2
    assert desk.table.line.trials == {}
    desk.table.tick(1000)
    assert desk.written() == {}


def test_a_kill_after_each_step_of_a_rollback_writes_everybody_back_once(desk):
    desk.apply(SECOND, trial=5, limit=0.3)
    desk.written()
    desk.answer(refused=2)
    assert desk.states() == [(1, "active"), (2, "rejected")]
    kill(desk)
    back = desk.written()
    assert set(back) == {"1", "2", "3"}
    kill(desk)
    desk.table.tick(1000)
    assert desk.written() == back
    desk.table.now += 1000
    settle(desk)
    kill(desk)
    desk.table.tick(1000)
    assert desk.written() == {}
    assert desk.table.rows("SELECT count(*) FROM outbox WHERE open=1 AND kind='person'") == [(0,)]


def test_what_a_trial_may_have_written_is_written_back_too(desk):
    """A write without an answer waits to be tried again when another version takes the trial's place."""
    desk.apply(SECOND, trial=2)
    tried = set(desk.written())
    settle(desk, "doubt")
    desk.table.step()
    desk.apply(FIRST + 'nick = "attr.nick"\n', trial=0)
    desk.table.tick(5000)
    assert desk.written() == {record: {"lang": "en"} for record in tried}


def test_everybody_is_written_again_after_a_trial_that_was_to_do_so(desk):
    desk.table.store.db.run("UPDATE links SET mapping=1")
    desk.apply(SECOND, trial=2, reapply=True)
    assert len(desk.written()) == 2
    desk.answer()
    kill(desk)
    assert desk.states() == [(1, "retired"), (2, "active")]
    assert len(desk.written()) == 3


def test_many_are_written_again_in_parts_that_go_on_after_a_kill(tmp_path, monkeypatch):
    monkeypatch.setattr(reapply, "PART", 4)
    desk = MappingDesk(tmp_path)
    desk.open()
    desk.meet(10)
    desk.table.store.db.run("UPDATE links SET mapping=1")
    desk.apply(SECOND, trial=0, reapply=True)
    waiting: Callable[[], int] = lambda: desk.table.rows("SELECT count(*) FROM outbox WHERE open=1")[0][0]  # noqa: E731
    assert waiting() == 4
    kill(desk)
    assert waiting() == 4
    desk.table.tick()
    assert waiting() == 8
    kill(desk)
    desk.table.tick()
    assert waiting() == 10
    desk.table.tick(1000)
    assert waiting() == 10
    assert len(desk.written()) == 10
    desk.table.close()


def test_asking_once_more_for_it_leaves_nobody_out(tmp_path, monkeypatch):
    monkeypatch.setattr(reapply, "PART", 4)
    desk = MappingDesk(tmp_path)
    desk.open()
    desk.meet(10)
    desk.apply(SECOND, trial=0)
    desk.table.store.db.run("UPDATE links SET mapping=2")
    desk.apply(FIRST, trial=0, reapply=True)
    desk.apply(FIRST, trial=0, reapply=True)
    for _ in range(4):
        desk.table.tick()
    assert sorted(desk.written()) == sorted(str(n) for n in range(1, 11))
    desk.table.close()


def test_another_version_ends_the_writing_again_for_the_one_before(tmp_path, monkeypatch):
    monkeypatch.setattr(reapply, "PART", 4)
    desk = MappingDesk(tmp_path)
    desk.open()
    desk.meet(10)
    desk.table.store.db.run("UPDATE links SET mapping=1")
    desk.apply(SECOND, trial=0, reapply=True)
    desk.apply(FIRST.replace("always", "create"), trial=0)
    desk.table.tick()
    assert desk.table.rows("SELECT count(*) FROM outbox WHERE rule='reapply'") == [(4,)]
    desk.table.close()


def test_a_trial_that_can_be_read_no_more_ends(desk):
    """The plugin that brought its transform is not installed any more."""
    shout = TransformSpec(name="shout", forward=lambda value, argument: f"{value}!")
    desk.table.plugins.transforms["shout"] = shout
    object.__setattr__(desk.table.config, "transforms", (shout,))
    desk.apply(SECOND.replace("upper", "shout"), trial=2)
    assert sorted(map(str, desk.written().values())) == ["{'lang': 'en!'}"] * 2
    table = desk.again()
    assert desk.states() == [(1, "active"), (2, "rejected")]
    assert "was on trial and cannot be read any more" in table.told["mapping of main"]
    settle(desk)
    desk.table.tick(1000)
    assert set(map(str, desk.written().values())) == {"{'lang': 'en'}"}


def test_what_became_of_a_trial_is_told_by_the_event_that_asked_for_it(desk):
    desk.apply(SECOND, trial=2)
    desk.written()
    desk.answer()
    ((asked,),) = desk.table.rows("SELECT seq FROM journal WHERE key LIKE 'mapping.applied%'")
    told = desk.table.rows("SELECT event, because FROM decisions WHERE because LIKE 'version 2%' ORDER BY id")
    assert told == [
        (asked, "version 2 of the mapping of main is tried with 2"),
        (asked, "version 2 of the mapping of main is active"),
    ]


def shown(desk: MappingDesk, record: str, lang: str) -> None:
    n = int(record)
    own = Identity("phone", "", f"+4477009001{n:02}")
    fields = {"firstname": f"Ana{n}", "lang": lang}
    desk.table.crm_knows(
        Record(id=record, identities=(own,), name=f"Ana{n} Example", fields=fields, modified=desk.table.now),
        feed="touched",
    )


def test_a_trial_waits_for_whom_somebody_changed_meanwhile_and_counts_what_is_written_then(desk):
    hub_wins = SECOND.replace('transform = ["upper"]', 'rule = "hub", transform = ["upper"]')
    desk.apply(hub_wins, trial=2)
    tried = sorted(desk.written())
    settle(desk, "overtaken")
    desk.table.tick(1000)
    assert desk.states()[-1] == (2, "trial")  # the records are to be read again
    for record in tried:
        shown(desk, record, "de")
    desk.table.store.db.run("DELETE FROM crm_touched")
    desk.table.tick(1000)
    assert desk.states()[-1] == (2, "trial")
    assert desk.written() == {record: {"lang": "EN"} for record in tried}
    desk.answer(refused=2)
    assert desk.states() == [(1, "active"), (2, "rejected")]
    assert desk.reason(2).startswith("2 of 2 were refused")


def test_a_record_that_cannot_be_read_again_does_not_hold_a_trial_for_ever(desk):
    desk.apply(SECOND, trial=2)
    desk.written()
    settle(desk, "overtaken")
    desk.table.tick(1000)
    assert desk.states()[-1] == (2, "trial")
    desk.table.tick(3_600_000)
    assert desk.states()[-1] == (2, "active")
    assert desk.reason(2) == "tried with 0, 0 refused"


def test_those_who_were_not_written_do_not_count_as_taken(desk):
    desk.apply(SECOND, trial=5, limit=0.4)
    desk.written()
    rows = [
        RowOutcome(outbox=row.outbox, outcome="dropped" if place else "dead", reason="no option EN")
        for place, row in enumerate(desk.batch.persons)
    ]
    desk.table.happen(CrmSettled(key="few", at=desk.table.now, crm="main", rows=tuple(rows)))
    desk.table.tick(1000)
    assert desk.reason(2).startswith("1 of 1 were refused")


def test_the_progress_of_writing_again_is_kept_as_plain_data(tmp_path, monkeypatch):
    monkeypatch.setattr(reapply, "PART", 4)
    desk = MappingDesk(tmp_path)
    desk.open()
    desk.meet(5)
    desk.table.store.db.run("UPDATE links SET mapping=1")
    desk.apply(SECOND, trial=0, reapply=True)
    ((told,),) = desk.table.rows("SELECT value FROM cursors WHERE name=?", reapply.place("main"))
    assert [(json.loads(told)["after"],)] == desk.table.rows("SELECT id FROM links WHERE record='4'")
    desk.table.tick()
    assert desk.table.rows("SELECT value FROM cursors WHERE name=?", reapply.place("main")) == [("",)]
    desk.table.close()
