"""Tasks, cases, opportunities and accounts, the people they belong to, and answers on tasks."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from hub import Answer, LogEntry, Ref
from hub.model.records import ObjectWrite
from hub_salesforce import simulator_acts as acts
from hub_salesforce.paths import DIRECTION, MESSAGE, REPLY_STATUS, REPLY_TEXT


def one(here, type_, id_):
    (found,) = here.crm.get([Ref(type_, id_)]).objects
    return found


def begin(here):
    return here.crm.changes(here.crm.changes("").cursor).cursor


@pytest.mark.parametrize("zone", ["Europe/London", "America/Los_Angeles", "Asia/Tokyo"])
def test_a_task_is_due_on_a_day_of_the_organisation(place, zone):
    here = place(zone=zone)
    (ana,) = here.sim.fill([{"name": "Ana Bold"}])
    task = acts.add(here.sim.org, "Task", {"Subject": "Call back", "WhoId": ana, "ActivityDate": "2026-07-01"})
    found = one(here, "task", task)
    assert (found.title, found.stage, found.closed, found.contacts) == ("Call back", "Not Started", False, (ana,))
    assert found.due == datetime(2026, 7, 1, tzinfo=ZoneInfo(zone)).timestamp() * 1_000
    assert found.owner == acts.human(here.sim.org)
    assert found.fields["owner_name"] == here.sim.org.rows["User"][found.owner].values["Name"]
    acts.edit(here.sim.org, task, {"Status": "Completed"})
    assert one(here, "task", task).closed


def test_a_task_of_several_people_belongs_to_each_of_them_also_to_one_who_is_added_later(place):
    here = place()
    here.sim.org.shared_activities = True
    ana, ben = here.sim.fill([{"name": "Ana Bold"}, {"name": "Ben Cold"}])
    task = acts.add(here.sim.org, "Task", {"Subject": "Call", "WhoId": ana})
    cursor = begin(here)
    acts.relate(here.sim.org, task, ben)
    assert one(here, "task", task).contacts == (ana, ben)
    here.time.passes(5)
    acts.edit(here.sim.org, task, {"Subject": "Call both"})
    (found,) = here.crm.changes(cursor).objects
    assert (found.title, found.contacts) == ("Call both", (ana, ben))


def test_names_of_owners_are_asked_once_an_hour(place):
    here = place()
    task = acts.add(here.sim.org, "Task", {"Subject": "Call"})
    one(here, "task", task)
    with here.counted() as calls:
        for _ in range(3):
            one(here, "task", task)
    assert sum(calls.values()) == 3
    here.time.passes(3_600)
    here.crm.transport.call("GET", "/limits")  # the session is a new one by now
    with here.counted() as calls:
        one(here, "task", task)
    assert calls["query/User"] == 1


def test_a_case_and_a_deal(place):
    here = place(multi_currency=True)
    (ana,) = here.sim.fill([{"name": "Ana Bold"}])
    case = acts.add(here.sim.org, "Case", {"Subject": "Broken", "ContactId": ana, "Status": "Closed"})
    deal = acts.add(
        here.sim.org,
        "Opportunity",
        {"Name": "Ten chairs", "StageName": "Prospecting", "CloseDate": "2026-12-31", "Amount": 1250}
        | {"CurrencyIsoCode": "USD"},
    )
    acts.add(here.sim.org, "OpportunityContactRole", {"OpportunityId": deal, "ContactId": ana})
    found = one(here, "ticket", case)
    assert (found.title, found.stage, found.closed, found.contacts) == ("Broken", "Closed", True, (ana,))
    found = one(here, "deal", deal)
    assert (found.title, found.stage, found.closed, found.contacts) == ("Ten chairs", "Prospecting", False, (ana,))
    assert found.amount == "1250"
    assert {found.fields[name] for name in ("stage_label", "currency")} == {"Prospecting", "USD"}


def test_who_belongs_to_a_deal_or_company_is_told_when_it_changes(place):
    here = place()
    ana, ben = here.sim.fill([{"name": "Ana Bold"}, {"name": "Ben Bold"}])
    firm, other = (acts.add(here.sim.org, "Account", {"Name": name}) for name in ("Firm", "Other"))
    deal = acts.add(
        here.sim.org, "Opportunity", {"Name": "Chairs", "StageName": "Prospecting", "CloseDate": "2026-12-31"}
    )
    here.time.passes(3_600)
    cursor = begin(here)
    acts.edit(here.sim.org, ana, {"AccountId": firm})
    acts.add(here.sim.org, "OpportunityContactRole", {"OpportunityId": deal, "ContactId": ben})
    page = here.crm.changes(cursor)
    assert {o.id: set(o.contacts) for o in page.objects} == {firm: {ana}, deal: {ben}}
    acts.edit(here.sim.org, ana, {"AccountId": other})
    page = here.crm.changes(page.cursor)
    assert {o.id: set(o.contacts) for o in page.objects} == {firm: set(), other: {ana}}
    here.time.passes(5)
    acts.edit(here.sim.org, ana, {"Title": "Dr"})
    page = here.crm.changes(page.cursor)
    assert ([r.id for r in page.records], page.objects) == ([ana], [])


def test_what_was_deleted_is_archived(place):
    here = place()
    task, case = (acts.add(here.sim.org, kind, {"Subject": "S"}) for kind in ("Task", "Case"))
    cursor = begin(here)
    here.time.passes(5)
    here.sim.remove(task)
    acts.remove(here.sim.org, case)
    acts.purge(here.sim.org, case)
    assert {(o.id, o.archived) for o in here.crm.changes(cursor).objects} == {(task, True)}
    assert one(here, "ticket", case).archived


def test_what_the_hub_logged_is_no_task_and_what_it_made_is(place):
    here = place()
    (ana,) = here.sim.fill([{"name": "Ana Bold"}])
    cursor = begin(here)
    entry = LogEntry(
        outbox=1,
        message="m-1",
        record=ana,
        direction="in",
        channel="telegram",
        author="person",
        text="Hi",
        at=1,
        sequence=1,
    )
    (logged,) = here.crm.log([entry])
    task, note = here.crm.write(
        [
            ObjectWrite(outbox=n, type=kind, key=f"o-{n}", contact=ana, title="T")
            for n, kind in ((2, "task"), (3, "note"))
        ]
    )
    page = here.crm.changes(cursor)
    assert [(o.id, o.contacts) for o in page.objects] == [(task.record, (ana,))]
    refs = [Ref("task", written.record) for written in (logged, note, task)]
    assert [o.id for o in here.crm.get(refs).objects] == [task.record]


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({REPLY_TEXT: "We open at nine"}, "We open at nine"),
        ({"Description": "We open at nine"}, "We open at nine"),
        ({"Description": "When do you open?", MESSAGE: "m-1", DIRECTION: "in", REPLY_TEXT: "At nine"}, "At nine"),
        ({"Description": "When do you open?", MESSAGE: "m-1", DIRECTION: "in"}, ""),
    ],
)
def test_an_answer_on_a_task(place, values, text):
    """Also on the task of a message; there the description is what the person said."""
    here = place(answers=True, objects=())
    (ana,) = here.sim.fill([{"name": "Ana Bold"}])
    cursor = begin(here)
    task = acts.add(here.sim.org, "Task", {"Subject": "s", "WhoId": ana, REPLY_STATUS: "Send", **values})
    agent = here.sim.org.rows["User"][acts.human(here.sim.org)].values["Name"]
    page = here.crm.changes(cursor)
    assert page.answers == [Answer(type="task", id=task, contact=ana, text=text, agent=agent)]
    assert page.objects == []
