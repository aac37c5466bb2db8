"""Versions of a mapping: the file at first, then what was applied; trials, their end, and the way back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hub.contracts.crm import FieldSchema, Schema
from hub.contracts.errors import ConfigError
from hub.engine.human_events import Refusal, human_event
from hub.engine.settings import load_config
from hub.model.by_hand import MappingApplied
from hub.model.events import CrmSettled, RowOutcome
from hub.model.people import Identity
from hub.model.records import Record
from hub.store import mappings
from hub.testing.mapping_desk import BAD, FIRST, PEOPLE, SECOND, MappingDesk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[MappingDesk]:
    found = MappingDesk(tmp_path)
    found.open()
    yield found
    found.table.close()


def test_the_file_is_the_first_version_and_says_so(desk):
    assert desk.states() == [(1, "active")]
    assert desk.runs == 1
    assert desk.table.told == {}
    desk.again()
    assert desk.states() == [(1, "active")]


def test_a_file_that_was_changed_runs_only_when_it_is_applied(desk):
    desk.file.write_text(SECOND)
    table = desk.again()
    assert desk.runs == 1
    assert "is not what runs: see dragoman mapping diff" in table.told["mapping of main"]
    desk.apply(SECOND, agent="Mia")
    assert desk.states() == [(1, "retired"), (2, "active")]
    assert desk.again().told == {}
    assert desk.runs == 2


def test_a_bad_file_leaves_the_active_version_running(desk):
    desk.file.write_text(BAD)
    table = desk.again()
    assert desk.runs == 1
    told = table.told["mapping of main"]
    assert "hubspot.toml:2" in told
    assert "unknown source 'nme'" in told
    assert "version 1 runs on" in told
    with pytest.raises(ConfigError, match="unknown source 'nme'"):  # whoever checks is told
        load_config(desk.folder / "hub.toml", table.plugins, {})


def test_a_bad_file_stops_a_hub_that_has_no_version_yet(tmp_path):
    desk = MappingDesk(tmp_path)
    desk.file.write_text(BAD)
    with pytest.raises(ConfigError, match="unknown source 'nme'"):
        desk.open()


@pytest.mark.parametrize(
    ("text", "why"), [(BAD, "version 2:2: 'firstname': unknown source 'nme'"), ("[person", "this is not TOML")]
)
def test_a_version_with_a_mistake_is_kept_as_rejected(desk, text, why):
    desk.apply(text)
    assert desk.states() == [(1, "active"), (2, "rejected")]
    assert why in desk.reason(2)
    assert desk.runs == 1


def test_a_version_that_the_fields_of_the_crm_do_not_fit_is_rejected(desk):
    schema = Schema(fields={"firstname": FieldSchema(name="firstname"), "lang": FieldSchema(name="lang")})
    mappings.keep_shape(desk.table.store.db, "main", schema, (), 1)
    desk.apply(FIRST + 'nick = { from = "attr.nick" }\n')
    assert desk.states()[-1] == (2, "rejected")
    assert "no field 'nick'" in desk.reason(2)


def test_without_anybody_to_try_it_a_version_is_active_at_once(desk):
    desk.apply(SECOND, trial=50)
    assert desk.states() == [(1, "retired"), (2, "active")]
    assert desk.runs == 2


def test_a_version_that_writes_nothing_new_needs_no_trial(desk):
    desk.meet()
    desk.apply(FIRST.replace('"name.first"', '"name"'), trial=50)  # only for records that the hub makes
    assert desk.states() == [(1, "retired"), (2, "active")]
    assert desk.written() == {}


def test_a_trial_writes_few_people_and_then_everybody_has_the_version(desk):
    desk.meet()
    desk.apply(SECOND, trial=3)
    assert desk.states() == [(1, "active"), (2, "trial")]
    assert desk.runs == 1
    written = desk.written()
    assert len(written) == 3
    assert set(map(str, written.values())) == {"{'lang': 'EN'}"}
    desk.answer()
    assert desk.states() == [(1, "retired"), (2, "active")]
    assert desk.runs == 2
    assert desk.table.rows("SELECT count(*) FROM links WHERE mapping=2") == [(3,)]
    assert mappings.versions(desk.table.store.db, "main")[0].links == 3
    assert desk.reason(2) == "tried with 3, 0 refused"


@pytest.mark.parametrize("how", ["refused", "left_out"])
def test_too_many_refusals_take_a_version_back(desk, how):
    desk.meet()
    desk.apply(SECOND, trial=5, limit=0.3)
    desk.written()
    desk.answer(**{how: 2})
    assert desk.states() == [(1, "active"), (2, "rejected")]
    assert desk.runs == 1
    assert desk.reason(2).startswith("2 of 5 were refused: ")
    assert "was rolled back" in desk.table.told["mapping of main"]
    again = desk.written()  # whatever the trial wrote is as before again
    assert set(again) == ({"1", "2", "3"} if how == "refused" else {"1", "2", "3", "4", "5"})
    assert all(fields == {"lang": "en"} for fields in again.values())


def test_as_many_refusals_as_allowed_do_no_harm(desk):
    desk.meet()
    desk.apply(SECOND, trial=5, limit=0.2)
    desk.written()
    desk.answer(refused=1)
    assert desk.states() == [(1, "retired"), (2, "active")]


def test_a_trial_goes_on_where_the_hub_was_killed(desk):
    desk.meet()
    desk.apply(SECOND, trial=5)
    assert len(desk.written()) == 5
    desk.again()  # with all of it under way
    assert desk.runs == 1
    assert 2 in desk.table.line.trials
    desk.table.tick(1000)
    assert desk.states() == [(1, "active"), (2, "trial")]
    assert set(map(str, desk.written().values())) == {"{'lang': 'EN'}"}
    desk.answer()
    assert desk.states() == [(1, "retired"), (2, "active")]
    assert desk.runs == 2


def test_one_trial_at_a_time(desk):
    desk.meet()
    desk.apply(SECOND, trial=3)
    desk.apply(FIRST.replace("always", "create"), trial=3)
    assert desk.states() == [(1, "active"), (2, "trial"), (3, "rejected")]
    assert desk.reason(3) == "version 2 is on trial: wait for its end"
    desk.apply(FIRST.replace("always", "create"), trial=0)
    assert desk.states() == [(1, "retired"), (2, "rejected"), (3, "rejected"), (4, "active")]
    assert desk.reason(2) == "version 4 took its place"
    assert desk.table.line.trials == {}


def test_what_is_applied_while_it_runs_changes_nothing(desk):
    desk.apply(FIRST)
    assert desk.states() == [(1, "active")]


def test_going_back_writes_everybody_again_whom_the_later_version_wrote(desk):
    desk.meet()
    desk.apply(SECOND, trial=2)
    desk.written()
    desk.answer()
    desk.apply(FIRST, trial=0, note="version 1 again", reapply=True)
    assert desk.states() == [(1, "retired"), (2, "retired"), (3, "active")]
    assert sorted(desk.written().values(), key=str) == [{"lang": "en"}, {"lang": "en"}]
    desk.answer()
    assert desk.table.rows("SELECT mapping, count(*) FROM links WHERE mapping>0 GROUP BY mapping") == [(3, 2)]
    desk.apply(FIRST, trial=0, reapply=True)  # nobody is left
    assert desk.written() == {}


def test_a_version_can_be_given_to_everybody_who_was_ever_written(desk):
    desk.meet()
    desk.table.store.db.run("UPDATE links SET mapping=1")
    desk.apply(SECOND, trial=0, reapply=True)
    assert len(desk.written()) == PEOPLE


def test_the_adapter_reads_what_runs_and_what_is_on_trial(desk):
    desk.meet()
    reads: Callable[[], frozenset[str]] = lambda: desk.table.config.crms["main"].adapter.reads  # noqa: E731
    assert reads() == {"firstname", "lang"}
    desk.apply('[person]\nnick = { from = "language", when = "always" }\n', trial=2)
    assert reads() == {"firstname", "lang", "nick"}
    desk.written()
    desk.answer()
    assert reads() == {"nick"}


def test_a_crm_that_is_not_there_gets_no_version(desk):
    event = MappingApplied(key="x", at=desk.table.now, crm="other", text=FIRST)
    desk.table.happen(event)
    desk.table.step()
    assert desk.states() == [(1, "active")]
    assert desk.table.rows("SELECT because FROM decisions") == [
        ("no mapping was applied: there is no CRM called other",)
    ]


def test_a_trial_writes_only_what_the_rules_of_the_version_let_it(desk):
    desk.meet()
    desk.apply(SECOND, trial=0)
    with desk.table.store.transaction():  # the fifth has no language, the fourth has one that the CRM does not share
        desk.table.store.db.run("UPDATE people SET language='' WHERE id=(SELECT person FROM links WHERE record='5')")
        told = '{"lang": {"ours": "FR", "theirs": "de"}}'
        desk.table.store.db.run("UPDATE links SET synced=? WHERE record='4'", (told,))
    desk.apply(FIRST.replace('"always"', '"always", rule = "fill-blank"'), trial=5)
    assert desk.written() == {str(n): {"lang": "en"} for n in (1, 2, 3)}
    assert desk.states()[-1] == (3, "trial")


def test_people_on_trial_are_compared_as_the_trial_has_it(desk):
    desk.meet()
    desk.apply(SECOND, trial=5)
    desk.written()
    rows = [RowOutcome(outbox=row.outbox, outcome="done", record=row.record) for row in desk.batch.persons[:2]]
    desk.table.happen(CrmSettled(key="two", at=desk.table.now, crm="main", rows=tuple(rows)))
    desk.table.step()
    first = rows[0].record
    desk.table.crm_knows(
        Record(
            id=first,
            identities=(Identity("phone", "", f"+4477009001{int(first):02}"),),
            name=f"Ana{first} Example",
            fields={"firstname": f"Ana{first}", "lang": "EN"},
            modified=desk.table.now,
        ),
        feed="recent",
    )
    assert desk.written() == {}  # nothing is written back, as version 1 would have it


@pytest.mark.parametrize(
    "more",
    [{"text": ""}, {"crm": ""}, {"trial": -1}, {"trial": 10**6}, {"limit": 1.5}, {"text": "#" * 200_000}, {"x": 1}],
)
def test_the_control_socket_refuses_a_mapping_that_cannot_be_tried(more):
    given = {"kind": "mapping.applied", "key": "k", "at": 1, "crm": "main", "text": FIRST}
    assert human_event(given) == MappingApplied(key="k", at=1, crm="main", text=FIRST)
    with pytest.raises(Refusal):
        human_event(given | more)


def test_where_nobody_can_be_written_now_a_version_that_fits_needs_no_trial(desk):
    desk.meet()
    schema = Schema(fields={"firstname": FieldSchema(name="firstname"), "language": FieldSchema(name="language")})
    mappings.keep_shape(desk.table.store.db, "main", schema, (), 1)  # lang is called otherwise now
    desk.apply(FIRST.replace("lang =", "language ="), trial=5)
    assert desk.states() == [(1, "retired"), (2, "active")]
