"""What stands of people is read for a whole step at once, and events of nobody have their way beside others."""

from __future__ import annotations

import pytest

from hub.model.by_hand import CampaignChanged, InquiryEdited, PauseChanged
from hub.model.events import FactsCounted, MessageReceived
from hub.model.people import Identity
from hub.testing.stores import ENGINES, VARIABLE

RULES = """
[priority.P1]
reply_by = "2h"

[tag.vip]

[agent.anna]
[agent.bo]

[segment.all]
tags = { any = ["vip"] }

[campaign.spring]
segment = "all"
text = { text = "Spring is here.", purpose = "market" }

[[rule]]
name = "vip"
tags = { all = ["vip"] }
tag = "vip"

[[rule]]
name = "give"
on = "inquiry.changed"
about = "opened"
assign = { by = ["load"] }
"""
TABLES = ("FROM inquiries WHERE person", "FROM person_tags WHERE person")


def said(desk, number, who):
    address = f"1202555{who:04}"
    return MessageReceived(
        key=f"1001.{number}",
        at=desk.now,
        account="1001",
        sender=(Identity("phone", "", f"+{address}"),),
        address=address,
        provider_id=f"p{number}",
        text="hello",
    )


@pytest.fixture(params=ENGINES)
def desk(request, monkeypatch, automated):
    if request.param == "postgres":
        request.getfixturevalue("postgres")
    monkeypatch.setenv(VARIABLE, request.param)
    return automated(RULES)


def asked(desk, monkeypatch, *events):
    """How often a step asks for inquiries and tags."""
    found = dict.fromkeys(TABLES, 0)
    rows = desk.store.db.rows

    def noted(sql, args=()):
        for table in TABLES:
            found[table] += table in sql
        return rows(sql, args)

    with monkeypatch.context() as patch:
        patch.setattr(desk.store.db, "rows", noted)
        desk.happened(*events)
    return list(found.values())


def test_a_step_asks_once_for_inquiries_and_once_for_tags_however_many_wrote(desk, monkeypatch):
    desk.happened(*(said(desk, number, number) for number in range(40)))
    desk.step()
    assert asked(desk, monkeypatch, *(said(desk, 100 + number, number) for number in range(40))) == [1, 1]


def test_events_of_nobody_do_what_they_say_in_one_batch_with_everybody_elses(desk):
    desk.happen(
        FactsCounted(key="f", at=desk.now, values={"mean_response": "5 min"}),
        PauseChanged(key="a", at=desk.now, rule="give", until=desk.now + 9),
        PauseChanged(key="b", at=desk.now, until=desk.now + 5),
        CampaignChanged(key="c", at=desk.now, campaign="spring", action="start"),
    )
    desk.happened(*(said(desk, number, number) for number in range(4)))
    desk.happen(
        InquiryEdited(key="i", at=desk.now, person="p2", state="closed", reason="done"),
        PauseChanged(key="d", at=desk.now, conversation=1, until=desk.now + 7),
    )
    desk.step()

    assert desk.rows("SELECT cause FROM dead") == []
    assert desk.rows("SELECT value FROM cursors WHERE name='facts'") == [('{"mean_response": "5 min"}',)]
    assert desk.rows("SELECT name, until FROM pauses ORDER BY name") == [
        ("*", desk.now + 5),
        ("campaign:spring", 0),
        ("rule:give", desk.now + 9),
    ]
    assert desk.rows("SELECT campaign, state FROM campaign_runs") == [("spring", "filling")]
    assert desk.rows("SELECT paused_until FROM conversations WHERE id=1") == [(desk.now + 7,)]
    assert [state for (state,) in desk.rows("SELECT state FROM inquiries ORDER BY person")] == [
        "open",
        "closed",
        "open",
        "open",
    ]
    assert desk.rows("SELECT count(*) FROM queue") == [(0,)]
