"""Tasks, tickets, deals and notes that the hub makes and changes, and what it writes back of answers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hub.contracts.crm import WritesObjects
from hub.contracts.errors import NotFound, RateLimited, Rejected, Uncertain
from hub.model.records import ObjectWrite, Ref
from hub_hubspot import simulator_acts as acts

ALL = {"objects": ("company", "deal", "ticket", "task"), "answers": True}
NOW = 1_750_000_000_000


def make(type_: str, contact: str, n: int = 1, **more) -> ObjectWrite:
    usual = {"outbox": n, "type": type_, "key": f"{type_}-{n}", "contact": contact, "title": f"{type_} {n}"}
    return ObjectWrite(**{**usual, **more})


def values(sim, kind: str, record: str) -> dict[str, str]:
    return sim.portal.things[kind][record].values


def test_one_of_each_with_what_hubspot_needs(portal):
    async def scenario(sim, do, crm):
        assert isinstance(crm, WritesObjects)
        sim.date = NOW
        (ana,) = sim.fill([{"name": "Ana"}])
        rows = [
            make("task", ana, 1, body="call <b>her</b>", due=NOW + 5, owner="77", priority="high"),
            make("ticket", ana, 2, body="a < b", priority="low"),
            make("deal", ana, 3),
            make("note", ana, 4, body="a & b"),
        ]
        written = await do(crm.write, rows)
        assert [w.outbox for w in written] == [1, 2, 3, 4]
        assert all(w.new and not w.error for w in written)
        task, ticket, deal, note = (
            values(sim, kind, w.record) for kind, w in zip(("tasks", "tickets", "deals", "notes"), written, strict=True)
        )
        assert task == {
            "hs_task_subject": "task 1",
            "hs_task_body": "call &lt;b&gt;her&lt;/b&gt;",
            "hs_timestamp": str(NOW + 5),
            "hs_task_status": "NOT_STARTED",
            "hs_task_priority": "HIGH",
            "hs_task_type": "TODO",
            "hubspot_owner_id": "77",
            "hub_object_key": "task-1",
        }
        assert ticket == {
            "subject": "ticket 2",
            "content": "a < b",
            "hs_pipeline": "0",
            "hs_pipeline_stage": "1",
            "hs_ticket_priority": "LOW",
            "hub_object_key": "ticket-2",
        }
        assert deal == {
            "dealname": "deal 3",
            "pipeline": "default",
            "dealstage": "appointmentscheduled",
            "hub_object_key": "deal-3",
        }
        assert note == {
            "hs_note_body": "<b>note 4</b><br>a &amp; b",
            "hs_timestamp": note["hs_timestamp"],
            "hub_message_id": "note-4",
        }
        assert abs(int(note["hs_timestamp"]) - NOW) < 60_000
        for kind in ("tasks", "tickets", "deals", "notes"):
            assert len(sim.portal.under(kind, ana)) == 1
            assert sim.calls[f"{kind}/batch/create"] == 1

    portal(scenario, settings=ALL)


def test_changes_by_record(portal):
    async def scenario(sim, do, crm):
        (ana,) = sim.fill([{"name": "Ana"}])
        kinds = ("task", "ticket", "deal")
        made = await do(crm.write, [make(kind, ana, n) for n, kind in enumerate(kinds)])
        sim.calls.clear()
        task, ticket, deal = (w.record for w in made)
        again = await do(
            crm.write,
            [
                make("task", ana, 5, record=task, title="", due=NOW, done=True),
                make("task", ana, 6, record=task, title="later", owner="78"),
                make("ticket", ana, 7, record=ticket, title="", done=True),
                make("deal", ana, 8, record=deal, title="", stage="closed WON"),
                make("deal", ana, 9, record=deal, title="", owner="", stage=""),
            ],
        )
        assert [w.record for w in again] == [task, task, ticket, deal, deal]
        assert not any(w.new or w.error for w in again)
        stands = values(sim, "tasks", task)
        assert (stands["hs_task_subject"], stands["hs_task_status"]) == ("later", "COMPLETED")
        assert (stands["hs_timestamp"], stands["hubspot_owner_id"]) == (str(NOW), "78")
        assert values(sim, "tickets", ticket)["hs_pipeline_stage"] == "4"
        assert values(sim, "tickets", ticket)["subject"] == "ticket 1"
        assert values(sim, "deals", deal)["dealstage"] == "closedwon"
        assert sim.calls == {"tasks/batch/update": 1, "tickets/batch/update": 1, "deals/batch/update": 1}

    portal(scenario, settings=ALL)


def test_stages_are_read_once_and_a_wrong_one_is_told(portal):
    async def scenario(sim, do, crm):
        (ana,) = sim.fill([{"name": "Ana"}])
        rows = [
            make("ticket", ana, 1, stage="waiting on us"),
            make("ticket", ana, 2, stage="no such stage"),
            make("deal", ana, 3, done=True),
            make("ticket", ana, 4),
        ]
        written = await do(crm.write, rows)
        assert [type(w.error) for w in written] == [type(None), Rejected, Rejected, type(None)]
        assert "no such stage" in str(written[1].error)
        assert values(sim, "tickets", written[0].record)["hs_pipeline_stage"] == "3"
        await do(crm.write, [make("ticket", ana, 5)])
        assert sum(n for path, n in sim.calls.items() if "pipelines" in path) == 2
        page = await do(crm.get, [Ref("ticket", written[0].record)])
        assert page.objects[0].fields["stage_label"] == "Waiting on us"
        assert sim.calls["pipelines/tickets"] == 1, "who reads and who writes know the same stages"

    portal(scenario, settings=ALL)


def test_a_stage_made_a_minute_later_is_known(portal):
    async def scenario(sim, do, crm):
        (ana,) = sim.fill([{"name": "Ana"}])
        (refused,) = await do(crm.write, [make("ticket", ana, 1, stage="abroad")])
        assert isinstance(refused.error, Rejected)
        stage = {"id": "9", "label": "Abroad", "displayOrder": 9, "metadata": {}}
        sim.portal.pipelines["tickets"][0]["stages"].append(stage)
        crm.slept.append(61.0)
        (written,) = await do(crm.write, [make("ticket", ana, 2, stage="abroad")])
        assert values(sim, "tickets", written.record)["hs_pipeline_stage"] == "9"

    portal(scenario, settings=ALL)


@pytest.mark.parametrize("type_", ["task", "ticket", "deal", "note"])
@pytest.mark.parametrize("fault", ["lose_after", "lose_before", "error"])
def test_a_lost_answer_makes_nothing_twice(portal, type_, fault):
    async def scenario(sim, do, crm):
        (ana,) = sim.fill([{"name": "Ana"}])
        await do(crm.write, [make(type_, ana, n) for n in range(40, 60)])
        setattr(sim.faults, fault, 1.0)
        rows = [make(type_, ana, n) for n in range(5)]
        with pytest.raises(Uncertain):
            await do(crm.write, rows)
        setattr(sim.faults, fault, 0.0)
        sim.calls.clear()
        written = await do(crm.write, [replace(row, doubtful=True) for row in [*rows, make(type_, ana, 9)]])
        assert [w.new for w in written] == [fault != "lose_after"] * 5 + [True]
        kind = f"{type_}s"
        assert len(sim.portal.things[kind]) == 26
        assert sum(sim.calls.values()) <= 4
        assert sim.calls[f"{kind}/batch/create"] == 1

    portal(scenario, settings=ALL)


def test_a_limit_in_between_is_waited_out_without_a_double(portal):
    async def scenario(sim, do, crm):
        (ana,) = sim.fill([{"name": "Ana"}])
        sim.faults.throttle = 1.0

        def once(*_):
            sim.faults.throttle = 0.0 if sim.calls["tasks/batch/create"] > 2 else 1.0

        sim.observers.append(once)
        (written,) = await do(crm.write, [make("task", ana)])
        assert written.new
        assert crm.slept == [1.0, 1.0]
        assert len(sim.portal.things["tasks"]) == 1

    portal(scenario)


def test_trouble_after_the_first_type_is_uncertain(portal):
    async def scenario(sim, do, crm):
        (ana,) = sim.fill([{"name": "Ana"}])
        rows = [make("task", ana, 1), make("note", ana, 2)]
        sim.observers.append(lambda _, path, *__: setattr(sim, "per_day", 0 if "/notes/" in path else 1_000_000))
        with pytest.raises(Uncertain):
            await do(crm.write, rows)
        sim.observers.pop()
        sim.per_day = 1_000_000
        crm.transport.budget.close(0)
        written = await do(crm.write, [replace(row, doubtful=True) for row in rows])
        assert [w.new for w in written] == [False, True]
        assert len(sim.portal.things["tasks"]) == len(sim.portal.things["notes"]) == 1

    portal(scenario)


@pytest.mark.parametrize("partial", [True, False])
@pytest.mark.parametrize(("bad", "most"), [((37,), 15), ((0, 99), 29)])
def test_bad_rows_fail_alone(portal, partial, bad, most):
    async def scenario(sim, do, crm):
        sim.partial = partial
        ana, gone = sim.fill([{"name": "Ana"}, {"name": "Gone"}])
        acts.remove(sim.portal, "contacts", gone)
        written = await do(crm.write, [make("task", gone if n in bad else ana, n) for n in range(100)])
        assert [n for n, w in enumerate(written) if w.error] == list(bad)
        assert all(isinstance(written[n].error, NotFound) for n in bad)
        assert "contact" in str(written[bad[0]].error)
        assert sim.calls["tasks/batch/create"] <= (1 if partial else most)
        assert len(sim.portal.things["tasks"]) == 100 - len(bad)
        made = [n for n in range(100) if n not in bad]
        sim.calls.clear()
        changes = [make("task", ana, n, record=written[n].record, title="changed") for n in made]
        acts.remove(sim.portal, "tasks", written[made[10]].record)
        again = await do(crm.write, changes)
        assert [n for n, w in enumerate(again) if isinstance(w.error, NotFound)] == [10]
        assert sim.calls["tasks/batch/update"] <= (1 if partial else 15)

    portal(scenario)


def test_the_outcome_of_answers(portal):
    async def scenario(sim, do, crm):
        ana, ben = sim.fill([{"name": "Ana"}, {"name": "Ben"}])
        (task,) = await do(crm.write, [make("task", ana)])
        sim.calls.clear()
        rows = [
            make("task", "", 2, record=task.record, title="", reply_status="sending"),
            make("contact", "", 3, record=ana, title="", reply_status="sent", reply_result="Sent at 15:06."),
            make("contact", "", 4, record=ben, title="", reply_status="failed", reply_result="x" * 5_000),
        ]
        assert not any(w.error or w.new for w in await do(crm.write, rows))
        assert values(sim, "tasks", task.record)["hub_reply_status"] == "sending"
        assert values(sim, "contacts", ana)["hub_reply_status"] == "sent"
        assert values(sim, "contacts", ana)["hub_reply_result"] == "Sent at 15:06."
        assert len(values(sim, "contacts", ben)["hub_reply_result"]) == 1_000
        assert sim.calls == {"tasks/batch/update": 1, "contacts/batch/update": 1}

    portal(scenario, settings=ALL)


def test_what_cannot_be_made_says_why(portal):
    async def scenario(sim, do, crm):
        (ana,) = sim.fill([{"name": "Ana"}])
        rows = [make("ticket", ana, 1), make("task", "", 2), make("company", ana, 3), make("task", ana, 4)]
        written = await do(crm.write, rows)
        assert [type(w.error) for w in written] == [Rejected] * 3 + [type(None)]
        assert "objects" in str(written[0].error)
        assert await do(crm.write, []) == []
        assert sim.calls == {"tasks/batch/create": 1}

    portal(scenario)


def test_a_missing_scope_fails_only_its_own_rows(portal):
    async def scenario(sim, do, crm):
        (ana,) = sim.fill([{"name": "Ana"}])
        sim.granted.discard("tickets")
        rows = [make("ticket", ana, 1, doubtful=True), make("ticket", ana, 2), make("task", ana, 3)]
        written = await do(crm.write, rows)
        assert [type(w.error) for w in written] == [Rejected, Rejected, type(None)]
        assert "tickets" in str(written[0].error)

    portal(scenario, settings=ALL)


def test_nothing_written_yet_stays_what_it_is(portal):
    async def scenario(sim, do, crm):
        (ana,) = sim.fill([{"name": "Ana"}])
        sim.per_day = 0
        with pytest.raises(RateLimited):
            await do(crm.write, [make("task", ana)])

    portal(scenario)
