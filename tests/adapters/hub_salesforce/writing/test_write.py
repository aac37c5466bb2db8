"""Tasks, cases, opportunities and notes that the hub makes and changes, and what becomes of agents' answers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hub.contracts.errors import NotFound, Rejected
from hub.model.records import ObjectWrite
from hub_salesforce.paths import ACCOUNT, CASE, CONTACT, LEAD, OBJECT_KEY, OPPORTUNITY, REPLY_RESULT, REPLY_STATUS, TASK
from hub_salesforce.transport import millis

DUE = 1_750_030_000_000
"""23:26 UTC: the next day in London's summer."""


def wanted(type_: str, contact: str, **more) -> ObjectWrite:
    return ObjectWrite(**{"outbox": 1, "type": type_, "key": f"k-{type_}", "contact": contact, **more})


def values(sim, kind, record):
    return sim.org.rows[kind][record].values


def test_each_kind_of_record_is_made_once(organisation):
    async def scenario(sim, do, crm):
        account = sim.org.insert(ACCOUNT, {"Name": "Shop"}, user=sim.org.me).id
        (ana,) = sim.fill([{"name": "Ana Lee", "AccountId": account}])
        owner = sim.org.add_user("Olga Owner")
        batch = [
            wanted("task", ana, outbox=1, title="Call\nher", body="soon", priority="medium", due=DUE, owner=owner),
            wanted("ticket", ana, outbox=2, title="Broken", body="It is broken", priority="medium", stage="working"),
            wanted("deal", ana, outbox=3, title="Deal", due=DUE),
            wanted("note", ana, outbox=4, title="Said", body="yes"),
            wanted("deal", ana, outbox=5, key="k-2", body="A long wish"),
        ]
        made = await do(crm.write, batch)
        assert [(w.outbox, w.error, w.new) for w in made] == [(n, None, True) for n in range(1, 6)]
        task, case, deal, note, other = (w.record for w in made)
        shown = values(sim, TASK, task)
        assert (shown["Subject"], shown["Description"], shown["WhoId"]) == ("Call her", "soon", ana)
        assert (shown["Priority"], shown["ActivityDate"], shown["OwnerId"]) == ("Normal", "2025-06-16", owner)
        assert not shown["IsClosed"]
        shown = values(sim, CASE, case)
        assert (shown["Subject"], shown["Priority"], shown["Status"]) == ("Broken", "Medium", "Working")
        assert (shown["ContactId"], shown["AccountId"], shown[OBJECT_KEY]) == (ana, account, "k-ticket")
        shown = values(sim, OPPORTUNITY, deal)
        assert (shown["Name"], shown["CloseDate"], shown["AccountId"]) == ("Deal", "2025-06-16", account)
        roles = [row.values["ContactId"] for row in sim.org.rows["OpportunityContactRole"].values()]
        assert roles == [ana, ana]
        shown = values(sim, OPPORTUNITY, other)
        assert shown["Name"] == "A long wish"
        days = (millis(f"{shown['CloseDate']}T00:00:00.000+0000") - sim.now()) / 86_400_000
        assert 28 <= days <= 31
        assert values(sim, TASK, note)["IsClosed"]
        assert sim.logged() == [] or {m.record for m in sim.logged()} == {task, note}
        again = await do(crm.write, [replace(row, doubtful=True) for row in batch])
        assert [(w.record, w.new, w.error, w.left_out) for w in again] == [(w.record, False, None, {}) for w in made]

    organisation(scenario, zone="Asia/Tokyo")


def test_a_record_is_changed_by_its_id(organisation):
    async def scenario(sim, do, crm):
        (ana,) = sim.fill([{"name": "Ana Lee"}])
        owner = sim.org.add_user("Olga Owner")
        types = ("task", "ticket", "deal")
        made = dict(zip(types, [w.record for w in await do(crm.write, [wanted(t, ana) for t in types])], strict=True))
        changes = [
            wanted("task", "", record=made["task"], title="Later", due=DUE, outbox=1),
            wanted("task", "", record=made["task"], done=True, outbox=2),
            wanted("ticket", "", record=made["ticket"], done=True, owner=owner, outbox=3),
            wanted("deal", "", record=made["deal"], stage="closed_won", outbox=4),
            wanted("ticket", "", record="999999999", title="x", outbox=5),
            wanted("task", "", record=made["task"], outbox=6),
        ]
        sim.calls.clear()
        written = await do(crm.write, changes)
        assert [type(w.error) for w in written] == [type(None)] * 4 + [NotFound, type(None)]
        assert sim.calls == {"composite/sobjects": 1}, "three objects, one call"
        shown = values(sim, TASK, made["task"])
        assert (shown["Subject"], shown["ActivityDate"], shown["IsClosed"]) == ("Later", "2025-06-16", True)
        shown = values(sim, CASE, made["ticket"])
        assert (shown["IsClosed"], shown["OwnerId"]) == (True, owner)
        assert values(sim, OPPORTUNITY, made["deal"])["StageName"] == "Closed Won"

    organisation(scenario)


def test_what_the_hub_does_not_make(organisation):
    async def scenario(sim, do, crm):
        (ana,) = sim.fill([{"name": "Ana Lee"}])
        batch = [
            wanted("company", ana, outbox=1, title="x"),
            wanted("deal", ana, outbox=2, title="x"),
            wanted("task", "", outbox=3, title="x"),
            wanted("ticket", ana, outbox=4, stage="No such step"),
            wanted("task", ana, outbox=5, key="k-5", title="x"),
        ]
        written = await do(crm.write, batch)
        assert [type(w.error) for w in written] == [Rejected] * 4 + [type(None)]
        assert "objects" in str(written[1].error)
        assert "New" in str(written[3].error), "the sentence names the steps that there are"
        assert crm.makes() == {"note", "task", "ticket"}
        (closed,) = await do(crm.write, [wanted("deal", "", record="006000000000000AAA", done=True)])
        assert isinstance(closed.error, Rejected)
        assert "Closed Won" in str(closed.error)

    organisation(scenario, settings={"objects": ("task", "ticket")})


def test_a_lead_has_tasks_and_is_named_in_what_cannot_hang_under_it(organisation):
    async def scenario(sim, do, crm):
        sim.person = LEAD
        (lead,) = sim.fill([{"name": "Ana Lee"}])
        batch = [wanted(t, lead, outbox=n, body="Help") for n, t in enumerate(("task", "ticket", "deal"))]
        task, case, deal = await do(crm.write, batch)
        assert values(sim, TASK, task.record)["WhoId"] == lead
        for kind, record in ((CASE, case.record), (OPPORTUNITY, deal.record)):
            assert "ContactId" not in values(sim, kind, record)
            assert values(sim, kind, record)["Description"] == f"Help\n\nLead: {lead}"

    organisation(scenario)


@pytest.mark.parametrize("person", [CONTACT, LEAD, ACCOUNT])
def test_what_became_of_an_answer_is_written_back(organisation, person):
    async def scenario(sim, do, crm):
        sim.person = person
        (ana,) = sim.fill([{"name": "Ana Lee"}])
        (task,) = await do(crm.write, [wanted("task", ana)])
        rows = [
            wanted("contact", "", record=ana, reply_status="sending", outbox=1),
            wanted("contact", "", record=ana, reply_status="failed", reply_result="No\nsession " + "x" * 300, outbox=2),
            wanted("task", "", record=task.record, reply_status="sent", outbox=3),
        ]
        written = await do(crm.write, rows)
        assert [(w.record, w.error) for w in written] == [(ana, None), (ana, None), (task.record, None)]
        shown = values(sim, person, ana)
        assert shown[REPLY_STATUS] == "Failed"
        assert shown[REPLY_RESULT].startswith("No session xxx")
        assert len(shown[REPLY_RESULT]) == 255
        shown = values(sim, TASK, task.record)
        assert (shown[REPLY_STATUS], REPLY_RESULT in shown) == ("Sent", False)

    organisation(
        scenario,
        person_accounts=person == ACCOUNT,
        settings={
            "answers": True,
            "new_person_as": {CONTACT: "contact", LEAD: "lead", ACCOUNT: "person_account"}[person],
        },
    )
