"""Companies, deals, tickets and tasks as they are, with their contacts, stages and owners."""

from __future__ import annotations

from hub import Ref
from hub_hubspot import simulator_acts as acts

OWNERS = [
    {"id": "7", "email": "kim@example.com", "firstName": "Kim", "lastName": "Lee", "userId": 1, "archived": False},
    {"id": "8", "email": "pat@example.com", "firstName": "", "lastName": "", "userId": 2, "archived": False},
]


def test_every_type_is_read(portal):
    async def scenario(sim, do, crm):
        sim.portal.owners = OWNERS
        ana, ben = sim.fill([{"name": "Ana"}, {"name": "Ben"}])
        under = (("contacts", ben), ("contacts", ana))
        company = acts.add(sim.portal, "companies", {"name": "Example Ltd", "hubspot_owner_id": "8"}, under[:1])
        values = {"dealname": "Roof", "pipeline": "default", "dealstage": "closedwon", "amount": "120.50"}
        deal = acts.add(sim.portal, "deals", {**values, "hubspot_owner_id": "7"}, under)
        ticket = acts.add(sim.portal, "tickets", {"subject": "Leak", "hs_pipeline": "0", "hs_pipeline_stage": "2"})
        task_values = {"hs_task_subject": "Call", "hs_timestamp": "1750000000000", "hs_task_status": "COMPLETED"}
        task = acts.add(sim.portal, "tasks", task_values, under[1:])
        refs = [Ref("company", company), Ref("deal", deal), Ref("ticket", ticket), Ref("task", task)]
        page = await do(crm.get, [*refs, Ref("deal", "999")])
        by_type = {(o.type, o.archived): o for o in page.objects}
        assert len(page.objects) == len(by_type) == 5
        assert by_type["deal", True].id == "999"
        read = by_type["deal", False]
        assert (read.title, read.stage, read.closed, read.amount) == ("Roof", "closedwon", True, "120.50")
        assert (read.owner, read.contacts, read.fields["owner_name"]) == ("7", (ben, ana), "Kim Lee")
        assert read.fields["stage_label"] == "Closed Won"
        assert read.modified == sim.portal.things["deals"][deal].modified
        read = by_type["ticket", False]
        assert (read.title, read.stage, read.closed, read.contacts) == ("Leak", "2", False, ())
        read = by_type["task", False]
        assert (read.title, read.closed, read.due, read.contacts) == ("Call", True, 1_750_000_000_000, (ana,))
        read = by_type["company", False]
        assert (read.title, read.contacts, read.fields["owner_name"]) == ("Example Ltd", (ben,), "pat@example.com")
        assert sim.calls == {
            **{f"{kind}/batch/read": 1 for kind in ("companies", "deals", "tickets", "tasks")},
            **{f"associations/{kind}/contacts/batch/read": 1 for kind in ("companies", "deals", "tickets", "tasks")},
            "pipelines/deals": 1,
            "pipelines/tickets": 1,
            "owners": 1,
        }

    portal(scenario)


def test_pipelines_are_read_once_and_again_after_an_hour_or_for_a_new_stage(portal):
    async def scenario(sim, do, crm):
        deal = acts.add(sim.portal, "deals", {"dealname": "D", "pipeline": "default", "dealstage": "contractsent"})

        async def closed():
            return (await do(crm.get, [Ref("deal", deal)])).objects[0].closed

        assert not await closed()
        assert not await closed()
        assert sim.calls["pipelines/deals"] == 1
        stage = {"id": "lost", "label": "Lost", "metadata": {"isClosed": "true"}}
        sim.portal.pipelines["deals"][0]["stages"].append(stage)
        acts.edit(sim.portal, "deals", deal, {"dealstage": "lost"})
        assert not await closed(), "it was read a moment ago"
        crm.slept.append(61.0)
        assert await closed()
        assert sim.calls["pipelines/deals"] == 2
        crm.slept.append(3_601.0)
        assert await closed()
        assert sim.calls["pipelines/deals"] == 3

    portal(scenario)


def test_all_owners_through_all_pages(portal):
    async def scenario(sim, do, crm):
        sim.portal.owners = [{**OWNERS[0], "id": str(n), "firstName": f"Kim{n}"} for n in range(1, 1_101)]
        deal = acts.add(sim.portal, "deals", {"dealname": "D", "hubspot_owner_id": "1100"})
        page = await do(crm.get, [Ref("deal", deal)])
        assert page.objects[0].fields["owner_name"] == "Kim1100 Lee"
        assert sim.calls["owners"] == 3

    portal(scenario)


def test_what_may_not_be_read_is_left_out(portal):
    async def scenario(sim, do, crm):
        sim.granted -= {"crm.objects.deals.read"}
        deal = acts.add(sim.portal, "deals", {"dealname": "D"})
        (ana,) = sim.fill([{"name": "Ana"}])
        page = await do(crm.get, [Ref("deal", deal), Ref("contact", ana)])
        assert (page.objects, [r.id for r in page.records]) == ([], [ana])

    portal(scenario)
