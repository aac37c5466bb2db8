"""Campaigns: gathered, told one after the other, stopped, and never told twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hub.engine.campaigns import Campaigns
from hub.engine.effects import campaigns as effect
from hub.model.by_hand import CampaignChanged, ConsentRecorded, TagsEdited
from hub.model.events import RecordsRead
from hub.model.people import Identity
from hub.model.records import CrmObject, Record
from hub.store import campaigns
from hub.testing.tabletop import HUB_TOML, Tabletop
from tests.engine.conftest import whatsapp

SECOND, MINUTE, DAY = 1000, 60_000, 86_400_000

SPRING = (
    HUB_TOML
    + """
[tag.quotation-sent]

[segment.quoted]
tags = ["quotation-sent"]

[campaign.spring]
segment = "quoted"
text = "New prices, {{ person.name }}"
rate = 60
"""
)


@pytest.fixture
def table(tmp_path: Path) -> Iterator[Tabletop]:
    hub = Tabletop(tmp_path, SPRING)
    yield hub
    hub.close()


def people(table: Tabletop, number: int, *, consent: bool = True) -> None:
    """So many people who wrote, with the tag."""
    for one in range(1, number + 1):
        stamp = str(table.now // 1000)
        message = {"from": f"155501{one:02}", "id": f"wamid.{one}", "timestamp": stamp, "type": "text"}
        table.post("meta", whatsapp(message | {"text": {"body": "hello"}, "name": f"N{one}"}))
        table.step()
        tag(table, one, add=("quotation-sent",))
        if consent:
            event = ConsentRecorded(
                key=f"c{one}", at=table.now, person=f"p{one}", purpose="market", given=True, evidence="form"
            )
            table.happen(event)
    table.step()


def tag(table: Tabletop, person: int, **change: tuple[str, ...]) -> None:
    table.happen(TagsEdited(key=f"{table.now}.{person}.{change}", at=table.now, person=f"p{person}", **change))
    table.step()


def change(table: Tabletop, action: str) -> None:
    table.now += 1
    event = CampaignChanged(key=f"{action}{table.now}", at=table.now, campaign="spring", action=action)  # type: ignore[arg-type]
    table.happen(event)
    table.step()


def pace(table: Tabletop) -> Callable[[int], None]:
    """The duty, with the table's clock: let so many ms pass, a second at a time."""
    duty = Campaigns(table.line, None)  # type: ignore[arg-type]

    def later(ms: int) -> None:
        for _ in range(ms // SECOND):
            table.now += SECOND
            duty.turn(table.store, table.now)
            table.step()

    return later


def queued(table: Tabletop) -> list[tuple[int, str]]:
    sql = (
        "SELECT o.lane, m.text FROM outbox o JOIN messages m ON m.id=o.message WHERE o.rule='campaign:spring'"
        " ORDER BY o.id"
    )
    return table.rows(sql)  # type: ignore[return-value]


def state(table: Tabletop) -> str:
    return str(table.rows("SELECT state FROM campaign_runs ORDER BY id DESC")[0][0])


def test_each_person_of_the_segment_is_told_once_and_the_run_ends(table):
    people(table, 3)
    change(table, "start")
    pace(table)(10 * SECOND)
    assert queued(table) == [(one, f"New prices, N{one}") for one in (1, 2, 3)]
    assert table.rows("SELECT state, people FROM campaign_runs") == [("done", 3)]
    assert [row[0] for row in table.rows("SELECT DISTINCT class FROM outbox WHERE rule='campaign:spring'")] == [
        "outreach"
    ]
    assert [leased.message.text for leased in table.lease()] == [f"New prices, N{one}" for one in (1, 2, 3)]


def test_the_rate_is_kept(table):
    people(table, 10)
    change(table, "start")
    later = pace(table)
    later(2 * SECOND)  # the first second gathers
    for told in range(1, 6):
        assert len(queued(table)) == told
        later(SECOND)


def test_without_consent_the_gate_drops_it(table):
    people(table, 1, consent=False)
    change(table, "start")
    pace(table)(3 * SECOND)
    assert table.lease() == []
    ((state, reason),) = table.rows("SELECT state, reason FROM outbox WHERE rule='campaign:spring'")
    assert state == "dropped"
    assert "consent" in reason.lower()


def test_stopped_nobody_else_has_a_turn_and_what_waits_is_dropped(table):
    people(table, 5)
    change(table, "start")
    later = pace(table)
    later(3 * SECOND)
    assert len(queued(table)) == 2
    change(table, "stop")
    later(10 * SECOND)
    assert len(queued(table)) == 2
    assert table.lease() == []
    assert table.rows("SELECT DISTINCT state FROM outbox WHERE rule='campaign:spring'") == [("dropped",)]
    assert state(table) == "stopped"


def test_started_again_a_stopped_run_goes_on_and_tells_nobody_twice(table):
    people(table, 4)
    change(table, "start")
    later = pace(table)
    later(3 * SECOND)
    change(table, "stop")
    change(table, "start")
    later(10 * SECOND)
    assert [lane for lane, _ in queued(table)] == [1, 2, 3, 4]
    assert table.rows("SELECT count(*), max(state) FROM campaign_runs") == [(1, "done")]


def test_killed_between_any_two_steps_nobody_is_told_twice_or_left_out(table):
    people(table, 5)
    change(table, "start")
    for _ in range(12):  # each time another process's duty, which knows nothing of the one before
        table.now += SECOND
        Campaigns(table.line, None).turn(table.store, table.now)  # type: ignore[arg-type]
        Campaigns(table.line, None).turn(table.store, table.now)  # type: ignore[arg-type]
    assert queued(table) == []
    table.step()
    assert sorted(lane for lane, _ in queued(table)) == [1, 2, 3, 4, 5]


def test_who_left_the_segment_meanwhile_is_told_nothing(table):
    people(table, 3)
    change(table, "start")
    later = pace(table)
    later(2 * SECOND)
    tag(table, 2, remove=("quotation-sent",))
    later(10 * SECOND)
    assert [lane for lane, _ in queued(table)] == [1, 3]
    assert table.rows("SELECT because FROM decisions WHERE because LIKE 'campaign%' AND person=2") == [
        ("campaign spring says nothing: the person left the segment quoted",)
    ]


def test_an_unknown_campaign_is_a_dead_letter(table):
    event = CampaignChanged(key="1", at=table.now, campaign="autumn", action="start")
    table.happen(event)
    table.step()
    assert table.rows("SELECT cause FROM dead") == [("there is no campaign autumn to start",)]
    assert campaigns.under_way(table.store.db) == []


def test_a_run_that_runs_is_not_started_twice(table):
    people(table, 1)
    change(table, "start")
    change(table, "start")
    assert table.rows("SELECT count(*) FROM campaign_runs") == [(1,)]


def test_while_the_window_is_closed_the_template_goes_instead(tmp_path: Path):
    toml = SPRING + 'template = { name = "spring", language = "en", params = ["{{ person.name }}"] }\n'
    table = Tabletop(tmp_path, toml)
    campaign = table.config.rules.book.campaigns["spring"]
    assert effect.words(campaign, "Ana", "en", "sales", free=True) == ("New prices, Ana", effect.PLAIN)
    text, content = effect.words(campaign, "Ana", "en", "sales", free=False)
    assert (text, content.form, content.template.body) == ("", "template", ("Ana",))
    assert effect.free_text(DAY, table.now - DAY + effect.MARGIN + 1, table.now)
    assert not effect.free_text(DAY, table.now - DAY + effect.MARGIN, table.now)
    table.close()


def test_a_segment_of_those_who_bought_is_told_though_no_rule_asks_for_deals(tmp_path: Path):
    toml = SPRING.replace('tags = ["quotation-sent"]', 'won = { stages = ["closedwon"], at_least = 2 }')
    table = Tabletop(tmp_path, toml.replace('adapter = "hubspot"', 'adapter = "hubspot"\nobjects = ["deal"]'))
    people(table, 2)
    for one in (1, 2):
        phone = Identity("phone", "", f"+155501{one:02}")
        table.crm_knows(Record(id=f"900{one}", identities=(phone,), name=f"N{one}"))
    deals = tuple(
        CrmObject(type="deal", id=f"7{n}", title="Roof", contacts=(who,), stage="closedwon", closed=True, modified=5)
        for n, who in enumerate(("9001", "9002", "9002"))
    )
    read = RecordsRead(key="r", at=table.now, crm="main", records=(), feed="recent", cursor="5", objects=deals)
    table.happen(read)
    table.step()
    change(table, "start")
    pace(table)(5 * SECOND)
    assert [lane for lane, _ in queued(table)] == [2]
    table.close()
