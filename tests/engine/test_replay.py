"""A month worked off once more is decided as it was, record by record; other rules show what they would change."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hub.engine.effects import messages
from hub.engine.replay import CannotReplay, Diff, Replay, Replayed, WhatIf, listeners
from hub.engine.settings import load_config
from hub.model.events import RecordsRead
from hub.model.records import Gone
from hub.store import retention
from hub.store.retention import DAY, Keep
from hub.store.scratch import Scratch
from hub.testing.month import Month
from hub.testing.stores import ENGINES, everything, place_of
from hub.testing.tabletop import Tabletop

START = 1_800_000_000_000
STATE = (
    *("people", "identities", "conversations", "messages", "outbox", "links", "timers", "decisions", "dead", "early"),
    *("inquiries", "person_tags", "tag_history", "consents", "pauses", "crm_objects", "crm_object_contacts", "media"),
    *("conflicts", "mappings", "write_ledger", "crm_answers", "statuses"),
)
"""What rules, the gate and the CRM sync go by."""
Make = Callable[..., Month]


@pytest.fixture
def make(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Make]:
    """Begin a month of this seed on an engine."""
    months: list[Month] = []

    def make_(seed: int = 1, engine: str = "sqlite", **more: Any) -> Month:
        if engine == "postgres":
            request.getfixturevalue("postgres")
        folder = tmp_path / f"{engine}{seed}"
        folder.mkdir()
        months.append(Month(folder, seed, engine=engine, **more))
        return months[-1]

    yield make_
    for month in months:
        month.close()


def once_more(month: Month, folder: Path, *, since: int = 0, look: Any = None, **more: Any) -> Replayed:
    """Replay it. `look` is shown the scratch at the end."""
    config = load_config(month.table.config.file, month.plugins, {})
    folder.mkdir(exist_ok=True)
    replay = Replay(month.table.store.db, config, folder, **more)
    replay.line.listeners = listeners(month.plugins, config)
    try:
        result = replay.run(since)
        if look is not None:
            look(replay.db)
        return result
    finally:
        replay.close()
        (folder / "replay.sqlite3").unlink()


def other(month: Month, folder: Path, toml: str, since: int = 0) -> Diff:
    """Replay it with the rules of another file."""
    config = load_config(month.table.config.file, month.plugins, {})
    folder.mkdir(exist_ok=True)
    replay = WhatIf(month.table.store.db, config, folder)
    replay.line.listeners = listeners(month.plugins, config)
    try:
        return replay.run_with(config.read_rules(toml, "other.toml"), since)
    finally:
        replay.close()


def same_state(month: Month) -> Callable[[Scratch], None]:
    """Every row that decisions go by is the same one."""

    def look(scratch: Scratch) -> None:
        live, again = everything(month.table.store.db), everything(scratch)
        assert {table: again[table] for table in STATE} == {table: live[table] for table in STATE}

    return look


# -- the same again ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ENGINES)
def test_a_week_is_decided_as_it_was_record_by_record(make: Make, tmp_path: Path, engine: str):
    month = make(2, engine)
    month.live(4)
    ((live,),) = month.table.rows("SELECT count(*) FROM decisions")
    result = once_more(month, tmp_path / "again", look=same_state(month) if engine == "sqlite" else None)
    assert (result.decisions, result.differ) == (live, 0), result.differences
    kinds = {kind for (kind,) in month.table.rows("SELECT DISTINCT kind FROM trail")}
    assert {"step", "lease", "crm", "tick", "start", "mapping"} <= kinds


@pytest.mark.parametrize("seed", range(11, 17))
def test_whatever_happens_in_whatever_order_is_decided_again_as_it_was(make: Make, tmp_path: Path, seed: int):
    month = make(seed, people=7)
    month.live(1.5, 40)
    result = once_more(month, tmp_path / "again", look=same_state(month))
    assert result.decisions
    assert not result.differ, result.differences


@pytest.mark.full
def test_a_simulated_month_is_decided_as_it_was_record_by_record(make: Make, tmp_path: Path):
    month = make(1, people=150)
    month.live(30, 120)
    ((live,),) = month.table.rows("SELECT count(*) FROM decisions")
    ((written,),) = month.table.rows("SELECT count(*) FROM messages WHERE direction='in'")
    assert written > 2000
    result = once_more(month, tmp_path / "again", look=same_state(month))
    assert (result.decisions, result.differ) == (live, 0), result.differences
    told = "SELECT count(*) FROM decisions WHERE because LIKE ?"
    for what in (
        "not sent: %",
        "automation pauses: %",
        "plugin bell: rang%",
        "the pause ended%",
        "later: %",
        "moved: %",
    ):
        assert month.table.rows(told, what) > [(0,)], what
    causes = {kind for (kind,) in month.table.rows("SELECT DISTINCT kind FROM trail")}
    assert "recovered" in causes  # it died with sends under way


def test_several_processes_beside_each_other_leave_a_trail_that_can_be_gone_again(tmp_path: Path, postgres: object):
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    month = Month(tmp_path / "one", 5, engine="postgres")
    place = place_of(tmp_path / "one" / "data", "postgres")
    second = Tabletop(tmp_path / "two", month.toml, month.plugins, place=place)
    second.line.listeners["inquiry.opened"] = ("bell",)
    second.now = month.table.now
    try:
        for _ in range(4):
            for _ in range(40):
                month.writes()
            works = [threading.Thread(target=table.step, args=(4,)) for table in (month.table, second)]
            for work in works:
                work.start()
            for work in works:
                work.join()
            month.table.step()
            month._send()
            month.table.now = second.now = month.table.now + 60_000
        ((live,),) = month.table.rows("SELECT count(*) FROM decisions")
        result = once_more(month, tmp_path / "again")
        assert (result.decisions, result.differ) == (live, 0), result.differences
    finally:
        second.close()
        month.close()


def test_a_hub_that_decides_otherwise_by_now_is_told_apart(make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    month = make(3)
    month.live(1.5)
    act = messages.automation.act

    def silent(decision: Any, *rest: Any) -> None:
        act(decision._replace(because=tuple(one for one in decision.because if "price" not in one)), *rest)

    monkeypatch.setattr(messages, "act", silent, raising=False)
    monkeypatch.setattr(messages.automation, "act", silent)
    result = once_more(month, tmp_path / "again")
    priced = month.table.rows("SELECT count(*) FROM decisions WHERE because LIKE 'price: %'")[0][0]
    assert result.differ == priced > 0
    assert all(one.live and one.live[5].startswith("price: ") for one in result.differences)


def test_only_what_lies_within_the_time_is_compared_and_all_of_it_is_worked_off(make: Make, tmp_path: Path):
    month = make(4)
    month.live(3)
    since = START + int(1.5 * DAY)
    ((within,),) = month.table.rows("SELECT count(*) FROM decisions WHERE at>=?", since)
    ((events,),) = month.table.rows("SELECT count(*) FROM journal")
    result = once_more(month, tmp_path / "again", since=since)
    assert (result.decisions, result.differ) == (within, 0)
    assert result.events >= events


def test_what_was_removed_after_its_time_is_not_missed(make: Make, tmp_path: Path):
    month = make(6)
    month.live(2)
    month.table.now += 40 * DAY
    keep = Keep(journal=0, done=30, media=0, messages=0, dead=0, ledger=0, news=0)
    for rule in retention.rules(keep):
        while keys := retention.find(month.table.store.db, rule, month.table.now):
            if not retention.remove(month.table.store, rule, keys, month.table.now):
                break
    month.live(1)
    ((live,),) = month.table.rows("SELECT count(*) FROM decisions")
    result = once_more(month, tmp_path / "again", look=same_state(month))
    assert (result.decisions, result.differ) == (live, 0), result.differences


# -- what cannot be done again -----------------------------------------------------------------------------------------


def pruned(month: Month) -> None:
    """The journal of the first weeks is removed, as the hub does it."""
    month.table.now += 95 * DAY
    month.live(0.5)
    keep = Keep(journal=90, done=0, media=0, messages=0, dead=0, ledger=0, news=0)
    for rule in retention.rules(keep):
        while keys := retention.find(month.table.store.db, rule, month.table.now):
            retention.remove(month.table.store, rule, keys, month.table.now)


def test_a_journal_that_was_pruned_refuses_with_the_date_from_which_it_is_kept(make: Make, tmp_path: Path):
    month = make(7)
    month.live(1)
    pruned(month)
    with pytest.raises(CannotReplay) as refused:
        once_more(month, tmp_path / "again")
    assert "the journal is kept from 2027-04-2" in str(refused.value)
    assert "--from" in str(refused.value)


def test_a_copy_from_before_lets_a_pruned_journal_be_replayed_from_there(make: Make, tmp_path: Path):
    month = make(8)
    month.live(1)
    month.table.now += 95 * DAY
    copy = Scratch(tmp_path / "copy.sqlite3", month.table.store.db.path)  # type: ignore[attr-defined]
    copy.close()
    ((before,),) = month.table.rows("SELECT count(*) FROM decisions")
    month.live(1)
    month.table.now -= 95 * DAY
    pruned(month)
    ((live,),) = month.table.rows("SELECT count(*) FROM decisions")
    result = once_more(month, tmp_path / "again", base=tmp_path / "copy.sqlite3")
    assert (result.decisions, result.differ) == (live - before, 0), result.differences


def test_one_body_that_is_gone_refuses_with_the_date_of_what_needs_it(make: Make, tmp_path: Path):
    month = make(9)
    month.live(0.5)
    month.table.rows("DELETE FROM journal WHERE seq=9")
    with pytest.raises(CannotReplay, match=r"worked off at 2027-01-15 \d\d:\d\d UTC is kept no more"):
        once_more(month, tmp_path / "again")


def test_blank_bodies_of_erased_people_refuse_with_their_dates_and_are_left_out_on_demand(make: Make, tmp_path: Path):
    month = make(10)
    month._dead = lambda: None  # type: ignore[method-assign]  # one deed for letters of several people
    month.live(1.5)
    table = month.table
    ((record, person),) = table.rows("SELECT record, person FROM links WHERE record<>'' ORDER BY id LIMIT 1")
    gone = Gone(record=record, erased=True)
    table.happen(RecordsRead(key="gone", at=table.now, crm="main", records=(), gone=(gone,), feed="recent"))
    table.step()
    for _ in range(30):
        table.tick(1000)
    assert table.rows("SELECT count(*) FROM journal WHERE body=? AND key=''", b"") > [(0,)]
    with pytest.raises(CannotReplay, match=r"\d+ events from 2027-01-15 .* are blank, as their people were erased"):
        once_more(month, tmp_path / "again")
    result = once_more(month, tmp_path / "again", without_erased=True)
    others = "SELECT count(*) FROM decisions WHERE person>0 AND person<>?"
    assert (result.decisions, result.differ) == (table.rows(others, person)[0][0], 0), result.differences
    assert result.blank > 0
    assert "erased" in result.remarks[-1]


def test_a_store_that_was_never_run_has_nothing_to_replay(tmp_path: Path, make: Make):
    month = make(1)
    month.table.rows("DELETE FROM trail")
    with pytest.raises(CannotReplay, match="nothing is written down"):
        once_more(month, tmp_path / "again")


# -- other rules -------------------------------------------------------------------------------------------------------


@pytest.fixture
def lived(make: Make) -> Month:
    """Some days without a change of the rules."""
    month = make(21)
    month._apply = lambda: None  # type: ignore[method-assign]
    month.live(4)
    return month


def test_the_same_rules_would_have_changed_nothing(lived: Month, tmp_path: Path):
    for since in (0, START + 2 * DAY):
        diff = other(lived, tmp_path / "again", lived.toml, since)
        (tmp_path / "again" / "replay.sqlite3").unlink()
        assert diff.same, diff
        assert diff.said[0] == diff.said[1] > 0


def test_a_rule_that_names_fewer_words_shows_exactly_its_missing_messages(lived: Month, tmp_path: Path):
    diff = other(lived, tmp_path / "again", lived.toml.replace('["open", "hours"]', '["open"]'))
    assert {turn.rule for turn in diff.turns} == {"hours"}
    assert not diff.more
    assert {one.rule for one in diff.fewer} <= {"hours", "retry"}
    hours = [one for one in diff.fewer if one.rule == "hours"]
    asked = lived.table.rows("SELECT count(*) FROM decisions WHERE because LIKE '%hours: keyword ''hours''%'")
    assert len(hours) == diff.live["hours"] - diff.now["hours"] == asked[0][0] > 0


def test_a_new_rule_shows_what_it_would_have_said_with_the_gates_verdict(lived: Month, tmp_path: Path):
    rule = '\n[[rule]]\nname = "bow"\nkeywords = ["thanks"]\nreply = { text = "You are welcome." }\n'
    diff = other(lived, tmp_path / "again", lived.toml + rule)
    assert {one.rule for one in diff.more} == {"bow"} == {turn.rule for turn in diff.turns}
    assert not diff.fewer
    assert not diff.changed
    assert len(diff.more) == diff.now["bow"] > 0
    assert "sent" in {one.verdict for one in diff.more}
    assert all(one.text == "You are welcome." for one in diff.more)


def test_another_text_shows_as_changed_and_a_later_time_for_a_timer_as_what_it_is(lived: Month, tmp_path: Path):
    diff = other(lived, tmp_path / "again", lived.toml.replace("nine to five", "ten to four"))
    assert diff.changed
    assert not diff.more
    assert not diff.fewer
    assert {(one.rule, new.text) for one, new in diff.changed if one.rule == "hours"} == {
        ("hours", "We are open from ten to four.")
    }


def test_a_rule_that_waits_less_long_fires_at_its_own_time(lived: Month, tmp_path: Path):
    diff = other(lived, tmp_path / "again", lived.toml.replace('after = "2h"', 'after = "1m"'))
    assert {turn.rule for turn in diff.turns} <= {"later"}
    assert {one.rule for one in diff.more} == {"later"}
    armed = lived.table.rows("SELECT at FROM decisions WHERE because LIKE '%later: %goes on in%'")
    assert diff.more
    assert all(one.at - 60_000 in {at for (at,) in armed} for one in diff.more)


def test_nothing_before_the_time_is_touched_by_the_other_rules(lived: Month, tmp_path: Path):
    since = START + 2 * DAY
    toml = lived.toml.replace('["open", "hours"]', '["open"]')
    diff = other(lived, tmp_path / "again", toml, since)
    assert diff.turns
    assert all(turn.at >= since for turn in diff.turns)
    assert all(one.at >= since for one in diff.fewer)
