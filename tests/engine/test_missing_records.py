"""A record that an answer merely leaves out is no deleted one, until a second reading some time later misses it too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.engine.effects.gone import AGAIN
from hub.model.events import RecordsRead
from hub.model.people import Identity
from hub.model.records import Gone, Record
from hub.testing.tabletop import Tabletop

ANA = Record(id="7", identities=(Identity("phone", "", "+447700900101"),), name="Ana Example")


@pytest.fixture
def table(tmp_path: Path) -> Iterator[Tabletop]:
    hub = Tabletop(tmp_path)
    hub.crm_knows(ANA)
    yield hub
    hub.close()


def missed(table: Tabletop, *, told: bool = False) -> str:
    """A reading does not find Ana's record; the state of her link after it."""
    table.now += 1
    gone = (Gone(record="7", told=told),)
    key = f"m{table.now}"
    table.happen(RecordsRead(key=key, at=table.now, crm="main", records=(), feed="touched", gone=gone))
    table.step()
    return state(table)


def state(table: Tabletop) -> str:
    return str(table.rows("SELECT state FROM links")[0][0])


def test_what_the_crm_says_itself_counts_at_once(table: Tabletop) -> None:
    assert missed(table, told=True) == "gone"


def test_a_record_that_is_missing_once_is_read_again_later(table: Tabletop) -> None:
    assert missed(table) == "linked"
    assert missed(table) == "linked", "the same outage, seen twice within a minute, is no second reading"
    assert table.rows("SELECT record FROM crm_touched") == []
    table.tick(AGAIN)
    assert table.rows("SELECT record FROM crm_touched") == [("7",)]
    assert missed(table) == "gone"


def test_a_record_that_was_found_meanwhile_was_never_missing(table: Tabletop) -> None:
    missed(table)
    table.crm_knows(ANA, feed="touched")
    table.tick(AGAIN)
    assert table.rows("SELECT record FROM crm_touched") == []
    assert missed(table) == "linked"
