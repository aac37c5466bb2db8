"""What a person wants, from the first message on: opened, weighed, given to somebody, answered, asleep, closed."""

from __future__ import annotations

import json

from hub.model.by_hand import HumanReplied, InquiryEdited
from hub.model.events import MessageReceived
from hub.model.people import Identity

HOUR, DAY = 3_600_000, 86_400_000
OFFICE = """
[hours.shop]
timezone = "UTC"
week = { mon-fri = "08:00-18:00" }

[agent.anna]
max_open = 1
[agent.bo]
[team.sales]
members = ["anna", "bo"]
lead = "bo"

[currency]
base = "TWD"
rates = { USD = 31.5 }

[priority.P1]
new = true
budget = "> 100000"
reply_by = "2h"
escalate_to = "sales"
reassign_after = "1h"
[priority.P2]
new = true
budget = ">= 50000"
reply_by = "6h"
[priority.P3]
reply_by = "24h"

[[rule]]
name = "give"
on = "inquiry.changed"
about = "opened"
assign = { team = "sales", by = ["load"] }

[[rule]]
name = "budget"
keywords = ["budget"]
set_inquiry = { budget = "{{ message.text }}" }
"""


def said(desk, number, text="hello", who=1):
    return MessageReceived(
        key=f"1001.{number}",
        at=desk.now,
        account="1001",
        sender=(Identity("phone", "", f"+1202555010{who}"),),
        address=f"1202555010{who}",
        provider_id=f"p{number}",
        text=text,
        name=f"Person {who}",
    )


def inquiries(desk, columns):
    return desk.rows(f"SELECT {columns} FROM inquiries ORDER BY id")


def by_hand(desk, **values):
    desk.happen(InquiryEdited(key=f"k{desk.now}{values}", at=desk.now, person="p1", agent="Ana", **values))
    desk.step()


def because(desk):
    return "\n".join(row[0] for row in desk.rows("SELECT because FROM decisions ORDER BY id"))


def test_a_first_message_opens_one_inquiry_over_all_inboxes_and_closing_ends_it(automated):
    desk = automated(OFFICE)
    desk.happened(said(desk, 1))
    desk.happened(said(desk, 2))
    assert inquiries(desk, "person, state, waits_for") == [(1, "open", "us")]

    by_hand(desk, state="closed", reason="sold")
    assert inquiries(desk, "state, reason") == [("closed", "sold")]
    assert desk.rows("SELECT state FROM conversations") == [("closed",)]

    desk.now += HOUR
    desk.happened(said(desk, 3))
    assert inquiries(desk, "state, reopened>0") == [("open", 1)]

    by_hand(desk, state="closed", reason="sold")
    desk.now += 8 * DAY
    desk.happened(said(desk, 4))
    assert inquiries(desk, "state") == [("closed",), ("open",)]


def test_a_budget_over_100000_is_p1_within_2_h_and_over_50000_p2_within_6_h(automated):
    desk = automated(OFFICE)
    desk.happened(said(desk, 1, "my budget is 5,000 USD"))
    desk.happened(said(desk, 2, "budget 60000 TWD", who=2))
    desk.happened(said(desk, 3, "hello", who=3))

    found = dict(enumerate(inquiries(desk, "priority, reply_by - opened")))
    assert found[0] == ("P1", 2 * HOUR)
    assert found[1] == ("P2", 6 * HOUR)
    assert found[2] == ("P3", 24 * HOUR)
    assert "the budget is not known and is to be asked for" in because(desk)


def test_an_overdue_reply_is_told_to_the_lead_and_a_silent_owner_loses_it(automated):
    desk = automated(OFFICE)
    desk.happened(said(desk, 1, "budget 200000 TWD"))
    [(owner,)] = inquiries(desk, "owner")

    desk.tick(2 * HOUR + 1)
    assert "(P1): the reply is overdue" in because(desk)
    desk.tick(HOUR + 1)
    [(other,)] = inquiries(desk, "owner")
    assert {owner, other} == {"anna", "bo"}


def test_an_answer_of_an_agent_stops_the_clock_and_is_counted_for_the_owner(automated):
    desk = automated(OFFICE)
    desk.happened(said(desk, 1, "budget 200000 TWD"))
    desk.now += HOUR
    desk.happen(HumanReplied(key="h", at=desk.now, person="p1", text="Hello!", agent="Ana"))
    desk.step()

    [(reply_by, worked, by, waits)] = inquiries(desk, "reply_by, worked, answered_by, waits_for")
    assert (reply_by, worked, waits) == (0, HOUR, "person")
    assert by in ("anna", "bo")
    desk.tick(5 * HOUR)
    assert "overdue" not in because(desk)


def test_nobody_gets_more_inquiries_than_his_maximum(automated):
    desk = automated(OFFICE)
    desk.happened(*(said(desk, n, who=n) for n in range(1, 6)))

    owners = [owner for (owner,) in inquiries(desk, "owner")]
    assert owners.count("anna") == 1
    assert owners.count("bo") == 4


def test_a_snoozed_inquiry_sleeps_without_its_clock_and_wakes_by_itself(automated):
    desk = automated(OFFICE)
    desk.happened(said(desk, 1, "budget 200000 TWD"))
    by_hand(desk, state="snoozed", until=desk.now + 2 * DAY, reason="waits for parts")
    assert inquiries(desk, "state, reply_by") == [("snoozed", 0)]

    desk.tick(DAY)
    assert "overdue" not in because(desk)
    desk.tick(DAY + 1)
    [(state, reply_by)] = inquiries(desk, "state, reply_by")
    assert state == "open"
    assert reply_by == desk.now - 1 + 2 * HOUR or reply_by > desk.now


def test_an_agents_hold_stops_the_clock_with_its_reason_until_he_lets_it_run(automated):
    desk = automated(OFFICE)
    desk.happened(said(desk, 1, "budget 200000 TWD"))
    by_hand(desk, hold="waits for the factory")
    assert inquiries(desk, "reply_by") == [(0,)]
    [(clock,)] = inquiries(desk, "clock")
    assert json.loads(clock)["w"] == "waits for the factory"
    desk.now += DAY
    by_hand(desk, hold="-")
    assert inquiries(desk, "reply_by") == [(desk.now + 2 * HOUR,)]


def test_a_given_inquiry_is_that_agents_whatever_the_rules_chose(automated):
    desk = automated(OFFICE)
    desk.happened(said(desk, 1))
    by_hand(desk, owner="bo")
    assert inquiries(desk, "owner") == [("bo",)]


def test_a_change_that_cannot_be_is_a_dead_letter_that_says_why(automated):
    desk = automated(OFFICE)
    desk.happened(said(desk, 1))
    by_hand(desk, state="closed", reason="sold")
    by_hand(desk, state="snoozed", until=desk.now + DAY)
    [(cause,)] = desk.rows("SELECT cause FROM dead WHERE kind='event'")
    assert "stays as it is" in cause


def test_what_is_talked_about_can_raise_the_priority(automated):
    desk = automated(
        """
        [topic.outage]
        words = ["does not work"]
        [priority.P1]
        topics = ["outage"]
        reply_by = "2h"
        [priority.P3]
        reply_by = "24h"
        """
    )
    desk.happened(said(desk, 1, "hello"))
    assert inquiries(desk, "priority") == [("P3",)]
    desk.happened(said(desk, 2, "the machine does not work"))
    assert inquiries(desk, "priority, reply_by - opened") == [("P1", 2 * HOUR)]


def test_a_hold_with_an_end_lets_the_clock_run_again_by_itself(automated):
    desk = automated(OFFICE)
    desk.happened(said(desk, 1, "budget 200000 TWD"))
    by_hand(desk, hold="waits for the factory", until=desk.now + DAY)
    desk.tick(DAY - 1)
    assert inquiries(desk, "reply_by") == [(0,)]
    desk.tick(2)
    assert inquiries(desk, "reply_by") == [(desk.now + 2 * HOUR,)]
