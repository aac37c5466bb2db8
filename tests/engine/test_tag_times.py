"""The times of tags at work: 24 h and hour 23, day 6 of 7, day 14 of 15, 60 days, monthly, quarterly, half-yearly."""

from __future__ import annotations

import pytest

from hub.model.by_hand import HumanReplied, InquiryEdited, PersonEdited, TagsEdited
from hub.model.events import MessageReceived, RecordsRead
from hub.model.people import Identity
from hub.model.records import CrmObject, Record

HOUR, DAY = 3_600_000, 86_400_000
TAGS = """
[agent.anna]
[team.sales]
members = ["anna"]
lead = "anna"

[tag.new-inquiry]
group = "status"
expires = "24h"
[tag.quoted]
group = "status"
expires = "7d"
remind = "6d"
notify = "sales"
text = "quotation of customer {{ person.name }} expires soon, follow up today"
[tag.long-term]
group = "status"
review = "weekly"
[tag.completed]
group = "status"

[tag.new-customer]
expires = "24h"
remind = "23h"
notify = "sales"
text = "{{ person.name }} waits for an answer, one hour is left"
[tag.sample-sent]
closed_by_hand = true
until_answered = false
remind = "14d"
review = "15d"
notify = "sales"
text = "trial of customer {{ person.name }} ends soon, confirm the result"

[tag.automotive]
dimension = "attribute"
group = "industry"
review = "monthly"
derive = { where = { industry = "automotive" } }
[tag.size-small]
dimension = "attribute"
group = "size"
review = "quarterly"
derive = { where = { company_size = "< 50" } }
[tag.size-middle]
dimension = "attribute"
group = "size"
review = "quarterly"
derive = { where = { company_size = "50..200" } }
[tag.size-large]
dimension = "attribute"
group = "size"
review = "quarterly"
derive = { where = { company_size = "> 200" } }
[tag.decides]
dimension = "attribute"
group = "role"
derive = { where = { role = "decision-maker" } }
[tag.executes]
dimension = "attribute"
group = "role"
derive = { where = { role = "executor" } }
[tag.strategic]
dimension = "value"
review = "half-yearly"

[[rule]]
name = "what he does"
keywords = ["boss"]
set = { role = "decision-maker" }
[[rule]]
name = "what he does else"
keywords = ["technician"]
set = { role = "executor" }

[[rule]]
name = "met"
on = "inquiry.changed"
about = "opened"
tag = "new-inquiry"
[[rule]]
name = "hello"
keywords = ["hello"]
reply = { text = "Hello." }
[[rule]]
name = "first answer"
on = "message.sent"
about = ["hello", "anna"]
once_per = "3650d"
tag = "new-customer"
[[rule]]
name = "quotation out"
on = "deal.stage"
to = "Quotation"
tag = "quoted"
[[rule]]
name = "a second follow-up"
on = "tag.due"
about = "quoted"
segment = "quiet"
notify = { to = "sales", text = "{{ person.name }} is silent since the quotation: offer something" }

[segment.quiet]
tags = ["quoted"]
silent_for = "6d"
"""


def said(desk, number, text="hello", who=1):
    return MessageReceived(
        key=f"1001.{number}",
        at=desk.now,
        account="1001",
        sender=(Identity("phone", "", f"+4477009001{who:02}"),),
        address=f"4477009001{who:02}",
        provider_id=f"p{number}",
        text=text,
        name="Ana",
    )


def tags(desk):
    return {tag for (tag,) in desk.rows("SELECT tag FROM person_tags WHERE person=1")}


def tag(desk, *add):
    desk.happen(TagsEdited(key=f"{desk.now}{add}", at=desk.now, person="p1", add=add, agent="Eve"))
    desk.step()


def value(desk, **values):
    desk.happen(PersonEdited(key=f"{desk.now}{values}", at=desk.now, person="p1", values=values))
    desk.step()


def told(desk, words):
    return desk.rows("SELECT count(*) FROM decisions WHERE because LIKE ?", f"%{words}%")[0][0]


@pytest.fixture
def desk(automated):
    hub = automated(TAGS)
    hub.happened(said(hub, 1))
    return hub


def test_a_new_inquiry_has_its_tag_for_24_h_and_the_next_state_takes_its_place(desk):
    assert tags(desk) == {"new-inquiry"}
    tag(desk, "quoted")
    tag(desk, "completed")
    assert tags(desk) == {"completed"}
    desk.happened(said(desk, 2, who=2))
    desk.tick(24 * HOUR)
    assert desk.rows("SELECT count(*) FROM person_tags WHERE tag='new-inquiry'") == [(0,)]


def test_right_after_the_first_answer_he_is_a_new_customer_of_whom_is_reminded_in_hour_23(desk):
    assert "new-customer" not in tags(desk)
    (leased,) = desk.lease()
    desk.sent(leased, "x1")
    assert "new-customer" in tags(desk)
    desk.tick(23 * HOUR - 1000)
    assert told(desk, "one hour is left") == 0
    desk.tick(1000)
    assert told(desk, "Ana waits for an answer, one hour is left") == 1
    desk.tick(HOUR)
    assert "new-customer" not in tags(desk)


def test_a_quotation_in_the_crm_replaces_the_tag_and_is_reminded_of_on_day_6_with_advice_where_he_is_silent(desk):
    desk.crm_knows(Record(id="9001", identities=(Identity("phone", "", "+447700900101"),), name="Ana"))
    for stage, modified in (("New", 1), ("Quotation", 2)):
        deal = CrmObject(
            type="deal", id="77", title="Roof", stage=stage, contacts=("9001",), modified=desk.now + modified
        )
        page = RecordsRead(
            key=stage, at=desk.now, crm="main", records=(), feed="recent", cursor=str(modified), objects=(deal,)
        )
        desk.happen(page)
        desk.step()
    assert tags(desk) == {"quoted"}
    desk.tick(6 * DAY - 1000)
    assert told(desk, "expires soon") == 0
    desk.tick(1000)
    assert told(desk, "quotation of customer Ana expires soon, follow up today") == 1
    assert told(desk, "Ana is silent since the quotation: offer something") == 1
    desk.tick(DAY)
    assert tags(desk) == set()


def test_nothing_is_advised_where_he_wrote_within_6_days(desk):
    tag(desk, "quoted")
    desk.tick(5 * DAY)
    desk.happened(said(desk, 2, "still thinking"))
    desk.tick(DAY)
    assert told(desk, "is silent since the quotation") == 0


def test_a_sample_is_prompted_for_on_day_14_and_stays_after_15_until_a_human_closes_it(desk):
    tag(desk, "sample-sent")
    desk.tick(14 * DAY - 1000)
    assert told(desk, "trial of customer Ana ends soon") == 0
    desk.tick(1000)
    assert told(desk, "trial of customer Ana ends soon, confirm the result") == 1
    desk.tick(30 * DAY)
    assert "sample-sent" in tags(desk)
    desk.happen(TagsEdited(key="off", at=desk.now, person="p1", remove=("sample-sent",), agent="Eve"))
    desk.step()
    assert "sample-sent" not in tags(desk)


@pytest.mark.parametrize(
    ("name", "days", "values"),
    [
        ("long-term", 7, {}),
        ("automotive", 30, {"industry": "automotive"}),
        ("size-large", 91, {"company_size": "201"}),
        ("strategic", 182, {}),
    ],
)
def test_tags_are_looked_at_weekly_monthly_quarterly_and_half_yearly(desk, name, days, values):
    if values:
        value(desk, **values)
    else:
        tag(desk, name)
    desk.tick(days * DAY - 1000)
    assert told(desk, f"tag {name}: it is to be looked at again") == 0
    desk.tick(1000)
    assert told(desk, f"tag {name}: it is to be looked at again") == 1
    desk.tick(days * DAY)
    assert told(desk, f"tag {name}: it is to be looked at again") == 2


@pytest.mark.parametrize(
    ("size", "name"), [("49", "size-small"), ("50", "size-middle"), ("200", "size-middle"), ("201", "size-large")]
)
def test_companies_below_50_from_50_to_200_and_above_200_people_are_told_apart(desk, size, name):
    value(desk, company_size="7")
    value(desk, company_size=size)
    assert {one for one in tags(desk) if one.startswith("size")} == {name}


def test_the_role_of_the_contact_follows_from_each_conversation(desk):
    desk.happened(said(desk, 2, "I have to ask my boss"))
    assert "decides" in tags(desk)
    desk.happened(said(desk, 3, "I am only the technician"))
    assert {"decides", "executes"} & tags(desk) == {"executes"}


def test_no_human_is_needed_for_any_of_it(desk):
    value(desk, industry="automotive", company_size="300")
    tag(desk, "quoted")
    desk.tick(8 * DAY)
    assert tags(desk) == {"automotive", "size-large"}
    assert desk.rows("SELECT DISTINCT by_whom FROM person_tags") == [("derived",)]
    assert desk.rows("SELECT 1 FROM dead") == []


def test_who_answers_in_time_and_who_does_not_is_kept_with_the_history(desk):
    tag(desk, "quoted")
    desk.happen(HumanReplied(key="h", at=desk.now, person="p1", text="Any questions?", agent="anna"))
    desk.happen(InquiryEdited(key="i", at=desk.now, person="p1", priority="", next_step="call", until=desk.now + DAY))
    desk.step()
    desk.tick(8 * DAY)
    kept = desk.rows("SELECT tag, what, by_whom FROM tag_history WHERE tag='quoted' ORDER BY id")
    assert kept == [("quoted", "added", "Eve"), ("quoted", "expired", "expired")]
