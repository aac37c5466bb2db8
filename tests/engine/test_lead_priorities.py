"""How soon who is answered: by rules, from what is known, the same for every owner."""

from __future__ import annotations

import pytest

from hub.model.by_hand import InquiryEdited, PersonEdited, TagsEdited
from hub.model.events import MessageReceived, RecordsRead
from hub.model.people import Identity
from hub.model.records import CrmObject, Record

HOUR, DAY = 3_600_000, 86_400_000
SHOP = """
[currency]
base = "TWD"
rates = { USD = 31.5 }

[tag.new-inquiry]

[agent.anna]
[team.sales]
members = ["anna"]
lead = "anna"

[priority.P1]
new = true
tags = { all = ["new-inquiry"] }
budget = "> 100000"
reply_by = "2h"
escalate_to = "sales"
[priority.P2]
new = true
budget = "50000..100000"
reply_by = "6h"
[priority.P3]
reply_by = "24h"

[[rule]]
name = "new"
on = "inquiry.changed"
about = "opened"
tag = "new-inquiry"

[[rule]]
name = "budget"
keywords = ["budget"]
set_inquiry = { budget = "{{ message.text }}" }
"""


def said(desk, number, text, who=1):
    return MessageReceived(
        key=f"1001.{number}",
        at=desk.now,
        account="1001",
        sender=(Identity("phone", "", f"+4477009001{who:02}"),),
        address=f"4477009001{who:02}",
        provider_id=f"p{number}",
        text=text,
        name=f"Person {who}",
    )


@pytest.mark.parametrize(
    ("text", "priority", "hours"),
    [
        ("budget 100001 TWD", "P1", 2),
        ("budget 100,000 TWD", "P2", 6),
        ("budget 50,000 TWD", "P2", 6),
        ("budget 49,999 TWD", "P3", 24),
        ("budget 4000 USD", "P1", 2),
        ("budget 2000 USD", "P2", 6),
        ("hello", "P3", 24),
    ],
)
def test_above_100000_within_2_h_from_50000_within_6_h_all_others_within_24_h(automated, text, priority, hours):
    desk = automated(SHOP)
    desk.happened(said(desk, 1, text))
    assert desk.rows("SELECT priority, reply_by - opened FROM inquiries") == [(priority, hours * HOUR)]


def test_the_renewal_of_an_old_customer_is_p3_whatever_its_budget(automated):
    desk = automated(SHOP)
    desk.happened(said(desk, 1, "budget 500000 TWD"))
    desk.happen(InquiryEdited(key="c", at=desk.now, person="p1", state="closed", reason="sold", agent="Ana"))
    desk.step()
    desk.now += 30 * DAY
    desk.happened(said(desk, 2, "budget 500000 TWD again"))
    assert desk.rows("SELECT priority FROM inquiries ORDER BY id") == [("P1",), ("P3",)]


def test_without_the_tag_of_a_new_inquiry_a_large_budget_alone_is_no_p1(automated):
    desk = automated(SHOP.replace('tag = "new-inquiry"\n', 'next_step = { text = "look", after = "1d" }\n', 1))
    desk.happened(said(desk, 1, "budget 500000 TWD"))
    assert desk.rows("SELECT priority FROM inquiries") == [("P3",)]


@pytest.mark.parametrize(("text", "hours"), [("budget 500000 TWD", 2), ("budget 60000 TWD", 6), ("hello", 24)])
def test_nobody_is_told_before_the_time_and_the_lead_at_it(automated, text, hours):
    desk = automated(SHOP.replace('reply_by = "6h"', 'reply_by = "6h"\nescalate_to = "sales"').replace(
        'reply_by = "24h"', 'reply_by = "24h"\nescalate_to = "sales"'))  # fmt: skip
    desk.happened(said(desk, 1, text))
    told = "SELECT count(*) FROM decisions WHERE because LIKE '%the reply is overdue%'"
    desk.tick(hours * HOUR - 1)
    assert desk.rows(told) == [(0,)]
    desk.tick(1)
    assert desk.rows(told)[0][0] >= 1


def test_a_budget_that_becomes_known_changes_the_priority_from_when_the_person_began_to_wait(automated):
    desk = automated(SHOP)
    desk.happened(said(desk, 1, "hello"))
    desk.tick(HOUR)
    desk.happened(said(desk, 2, "the budget is 200,000 TWD"))
    assert desk.rows("SELECT priority, reply_by - opened FROM inquiries") == [("P1", 2 * HOUR)]


def test_a_known_customer_of_the_crm_is_weighed_by_what_stands_there(automated):
    desk = automated(
        SHOP.replace("[priority.P3]", '[priority.regular]\ncustomer = true\nreply_by = "12h"\n[priority.P3]')
    )
    desk.crm_knows(Record(id="9001", identities=(Identity("phone", "", "+447700900101"),), name="Ana"))
    deal = CrmObject(type="deal", id="77", title="Roof", contacts=("9001",), closed=True, modified=desk.now)
    desk.happen(RecordsRead(key="r", at=desk.now, crm="main", records=(), feed="recent", cursor="5", objects=(deal,)))
    desk.step()
    desk.happened(said(desk, 1, "hello"), said(desk, 2, "hello", who=2))
    assert desk.rows("SELECT priority FROM inquiries ORDER BY id") == [("regular",), ("P3",)]


def test_a_value_of_the_person_is_a_budget_too(automated):
    desk = automated(SHOP)
    desk.happened(said(desk, 1, "hello"))
    desk.happen(PersonEdited(key="e", at=desk.now, person="p1", values={"budget": "50,000-80,000 TWD"}))
    desk.step()
    desk.happened(said(desk, 2, "hello again"))
    assert desk.rows("SELECT priority FROM inquiries") == [("P2",)]


def test_a_tag_that_goes_by_itself_or_by_hand_takes_its_priority_along(automated):
    desk = automated(SHOP.replace("[tag.new-inquiry]", '[tag.new-inquiry]\nexpires = "24h"'))
    desk.happened(said(desk, 1, "budget 500000 TWD"), said(desk, 2, "budget 500000 TWD", who=2))
    desk.happen(TagsEdited(key="t", at=desk.now, person="p2", remove=("new-inquiry",), agent="Eve"))
    desk.step()
    assert desk.rows("SELECT priority FROM inquiries ORDER BY id") == [("P1",), ("P3",)]
    desk.tick(DAY)
    assert desk.rows("SELECT priority FROM inquiries ORDER BY id") == [("P3",), ("P3",)]


def test_who_became_a_customer_since_is_one_when_he_writes_again(automated):
    desk = automated(
        SHOP.replace("[priority.P3]", '[priority.regular]\ncustomer = true\nreply_by = "12h"\n[priority.P3]')
    )
    desk.happened(said(desk, 1, "hello"))
    desk.crm_knows(Record(id="9001", identities=(Identity("phone", "", "+447700900101"),), name="Ana"), feed="recent")
    desk.happen(InquiryEdited(key="c", at=desk.now, person="p1", state="closed", reason="sold", agent="Ana"))
    deal = CrmObject(type="deal", id="77", title="Roof", contacts=("9001",), closed=True, modified=desk.now)
    desk.happen(RecordsRead(key="r", at=desk.now, crm="main", records=(), feed="recent", cursor="5", objects=(deal,)))
    desk.step()
    desk.now += 30 * DAY
    desk.happened(said(desk, 2, "hello again"))
    assert desk.rows("SELECT priority FROM inquiries ORDER BY id") == [("P3",), ("regular",)]


def test_what_he_spoke_of_decides_too_and_stays_with_the_inquiry(automated):
    urgent = '[topic.urgent]\nwords = ["urgent"]\n[priority.now]\ntopics = ["urgent"]\nreply_by = "1h"\n[priority.P1]'
    desk = automated(SHOP.replace("[priority.P1]", urgent, 1))
    desk.happened(said(desk, 1, "this is URGENT"), said(desk, 2, "hello", who=2))
    desk.happened(said(desk, 3, "are you there"))
    assert desk.rows("SELECT priority FROM inquiries ORDER BY id") == [("now",), ("P3",)]
