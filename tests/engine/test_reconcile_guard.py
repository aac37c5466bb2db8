"""Just before a linked record is changed it is read once more: whoever was changed there meanwhile is not written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from hub.contracts.crm import Page, Written
from hub.contracts.errors import Unavailable
from hub.engine.crm.fate import Fate
from hub.model.events import CrmSettled
from hub.model.records import PersonWrite, Record, Ref
from hub.testing.one_contact import ANA, OneContact, line


class There:
    """The CRM's records by id; `broken` is raised by every read."""

    def __init__(self, adapter: Any, monkeypatch: pytest.MonkeyPatch, **records: dict[str, str]) -> None:
        self.records = {name.removeprefix("r"): fields for name, fields in records.items()}
        self.read: list[int] = []
        self.broken: Exception | None = None
        monkeypatch.setattr(adapter, "get", self.get)
        monkeypatch.setattr(adapter, "upsert", self.upsert)

    def get(self, refs: Sequence[Ref]) -> Page:
        self.read.append(len(refs))
        if self.broken:
            raise self.broken
        found = [Record(id=r.id, identities=(), fields=self.records[r.id]) for r in refs if r.id in self.records]
        return Page(found, "", True)

    def upsert(self, batch: Sequence[PersonWrite]) -> list[Written]:
        for one in batch:
            self.records[one.record] |= one.fields
        return [Written(outbox=one.outbox, record=one.record) for one in batch]


def carry_out(desk: OneContact) -> list[str]:
    """Lease and write what is due; the outcomes."""
    batch = desk.crm("person")
    fate = Fate("main", desk.config.crms["main"].adapter, batch, desk.line.mapping("main"))
    rows = fate.carry_out()
    desk.now += 1
    desk.happen(CrmSettled(key=f"c{desk.now}", at=desk.now, crm="main", rows=tuple(rows)))
    desk.step()
    return [row.outcome for row in rows]


@pytest.fixture
def desk(desk_of) -> OneContact:
    desk = desk_of(line(), 'city = { from = "attr.city", when = "always" }')
    desk.shows(nick="Bo", city="Rome")
    desk.edits(nick="Bea")
    return desk


def test_a_record_as_it_was_is_written(desk, monkeypatch):
    there = There(desk.config.crms["main"].adapter, monkeypatch, r7={"nick": " Bo ", "city": "Oslo"})
    assert carry_out(desk) == ["done"]
    assert there.records["7"] == {"nick": "Bea", "city": "Oslo"}
    assert there.read == [1]


def test_a_field_that_was_changed_there_is_not_written_over(desk, monkeypatch):
    there = There(desk.config.crms["main"].adapter, monkeypatch, r7={"nick": "Cleo", "city": "Rome"})
    assert carry_out(desk) == ["overtaken"]
    assert there.records["7"]["nick"] == "Cleo"
    assert desk.rows("SELECT record FROM crm_touched") == [("7",)]
    desk.shows(nick="Cleo")
    assert desk.has("nick") == "Cleo"
    assert carry_out_nothing(desk)


def test_a_write_that_arrived_already_is_no_change_of_somebody_else(desk, monkeypatch):
    There(desk.config.crms["main"].adapter, monkeypatch, r7={"nick": "Bea"})
    assert carry_out(desk) == ["done"]


def test_a_record_that_cannot_be_read_now_is_tried_again(desk, monkeypatch):
    there = There(desk.config.crms["main"].adapter, monkeypatch, r7={"nick": "Bo"})
    there.broken = Unavailable("no answer")
    assert carry_out(desk) == ["retry"]
    there.broken = None
    desk.store.db.run("UPDATE outbox SET due=0")
    assert carry_out(desk) == ["done"]
    assert there.records["7"]["nick"] == "Bea"


def test_somebody_new_is_not_looked_for(desk_of, monkeypatch, text):
    desk = desk_of(line())
    there = There(desk.config.crms["main"].adapter, monkeypatch)
    there.records[""] = {}
    desk.post("meta", text(1, "hello", ANA.key[1:]))
    desk.step()
    carry_out(desk)
    assert there.read == []


def carry_out_nothing(desk: OneContact) -> bool:
    return desk.crm("person").rows == []


def test_what_stands_there_already_is_not_written_again(desk, monkeypatch):
    There(desk.config.crms["main"].adapter, monkeypatch, r7={"nick": "Bea", "city": "Rome"})
    monkeypatch.setattr(desk.config.crms["main"].adapter, "upsert", pytest.fail)
    assert carry_out(desk) == ["done"]
    desk.shows(nick="Bea")
    assert desk.writes() == []


def test_of_several_fields_only_those_are_written_that_differ(desk, monkeypatch):
    there = There(desk.config.crms["main"].adapter, monkeypatch, r7={"nick": "Bea", "city": "Rome"})
    desk.edits(city="Oslo")
    batches: list[list[dict[str, str]]] = []
    upsert = there.upsert

    def noted(batch: Sequence[PersonWrite]) -> list[Written]:
        batches.append([dict(one.fields) for one in batch])
        return upsert(batch)

    monkeypatch.setattr(desk.config.crms["main"].adapter, "upsert", noted)
    carry_out(desk)
    assert batches == [[{"city": "Oslo"}]]
    assert there.records["7"] == {"nick": "Bea", "city": "Oslo"}


def test_a_record_that_was_merged_away_is_not_written(desk, monkeypatch):
    adapter = desk.config.crms["main"].adapter
    there = There(adapter, monkeypatch)
    survivor = Record(id="9", identities=(ANA,), merged=("7",), fields={"nick": "Bo", "city": "Rome"})
    monkeypatch.setattr(adapter, "get", lambda refs: Page([survivor], "", True))
    assert carry_out(desk) == ["overtaken"]
    assert there.records == {}
    assert desk.rows("SELECT record FROM crm_touched") == [("7",)]
    desk.crm_knows(survivor, feed="recent")
    assert [(write.record, write.fields) for write in desk.writes()] == [("9", {"nick": "Bea"})]
