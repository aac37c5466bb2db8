"""Messages as tasks under people: once, in order, many to a call, whatever Salesforce does meanwhile."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from hub import LogEntry
from hub.contracts.errors import NotFound, Unavailable, Uncertain
from hub.model.records import LogLine
from hub_salesforce import simulator_acts as acts
from hub_salesforce.cures import TRIES
from hub_salesforce.paths import CHANNEL, CONTACT, DIRECTION, LEAD, MESSAGE, SENT_AT, SEQUENCE, TASK
from hub_salesforce.simulator_rules import ValidationRule

AT = 1_750_030_000_000
"""23:26 UTC, the next day in Tokyo."""


def entries(records: list[str] | str, count: int, *, first: int = 1) -> list[LogEntry]:
    records = [records] if isinstance(records, str) else records
    return [
        LogEntry(
            outbox=n,
            message=f"m-{n}",
            record=records[n % len(records)],
            direction="in" if n % 2 else "out",
            channel="whatsapp",
            author="person" if n % 2 else "bot",
            text=f"message {n}",
            at=AT + n * 1_000,
            sequence=n,
        )
        for n in range(first, first + count)
    ]


def tasks(sim):
    return [row.values for row in sim.org.rows[TASK].values() if not row.deleted]


def told(sim):
    """Each person's messages as a report in Salesforce sorts them."""
    found: dict[str, list[str]] = {}
    for values in sorted(tasks(sim), key=lambda v: (v[SENT_AT], v[SEQUENCE])):
        found.setdefault(values["WhoId"], []).append(values[MESSAGE])
    return found


def said(batch):
    found: dict[str, list[str]] = {}
    for entry in batch:
        found.setdefault(entry.record, []).append(entry.message)
    return found


def test_a_message_is_a_completed_task_of_its_day(organisation):
    async def scenario(sim, do, crm):
        (ana,) = sim.fill([{"name": "Ana"}])
        owner = sim.org.add_user("Olga Owner")
        (written,) = await do(crm.log, [replace(e, owner=owner) for e in entries(ana, 1)])
        values = sim.org.rows[TASK][written.record].values
        wanted = {
            "WhoId": ana,
            "Subject": "WhatsApp in: message 1",
            "Description": "message 1",
            "Status": "Completed",
            "Priority": "Normal",
            "ActivityDate": "2025-06-16",
            "OwnerId": owner,
            "IsClosed": True,
            MESSAGE: "m-1",
            SENT_AT: AT + 1_000,
            SEQUENCE: 1,
            DIRECTION: "in",
            CHANNEL: "whatsapp",
        }
        assert {name: values.get(name) for name in wanted} == wanted
        assert written.new
        assert sim.calls == {"composite/sobjects/Task/Hub_Message__c": 1}, "no query on the way of a message"

    organisation(scenario, zone="Asia/Tokyo")


def test_messages_cost_no_query_hours_later_and_the_steps_follow_the_hourly_reading(organisation):
    async def scenario(sim, do, crm):
        (ana,) = sim.fill([{"name": "Ana"}])
        await do(crm.log, entries(ana, 1))
        now = crm.transport.clock()
        crm.transport.clock = lambda: now + 3 * 3_600
        sim.calls.clear()
        await do(crm.log, entries(ana, 3, first=2))
        assert sim.calls == {"composite/sobjects/Task/Hub_Message__c": 1}
        acts.change_choices(sim.org, "Task.Status", ["To do", "Said"], closed=["Said"])
        await do(crm.owners)
        (written,) = await do(crm.log, entries(ana, 1, first=5))
        assert sim.org.rows[TASK][written.record].values["Status"] == "Said"

    organisation(scenario)


def test_a_thousand_messages_are_one_call(organisation):
    async def scenario(sim, do, crm):
        crm.width.value = 5
        people = sim.fill([{"name": f"Ana N{n}"} for n in range(50)])
        batch = entries(people, 1_000)
        written = await do(crm.log, batch)
        assert sim.calls == {"composite/sobjects": 1}
        assert told(sim) == said(batch)
        assert [sim.org.rows[TASK][w.record].values[MESSAGE] for w in written] == [e.message for e in batch]

    organisation(scenario)


def test_locked_rows_are_all_stored_and_keep_their_order(organisation):
    async def scenario(sim, do, crm):
        people = sim.fill([{"name": f"Ana N{n}"} for n in range(50)])
        batch = entries(people, 1_000)
        sim.org.lock_share = 0.3
        waiting = list(batch)
        for _ in range(10):  # what is still locked after a few seconds comes again, as the hub brings it
            fates = await do(crm.log, waiting)
            assert all(isinstance(w.error, Unavailable) for w in fates if w.error)
            locked = {w.outbox for w in fates if w.error}
            waiting = [entry for entry in waiting if entry.outbox in locked]
            if not waiting:
                break
        assert not waiting
        assert len(tasks(sim)) == 1_000
        assert told(sim) == said(batch)
        assert 1 <= len(crm.slept) <= 10 * TRIES

    organisation(scenario)


def test_a_row_that_stays_locked_waits_a_few_seconds_and_is_for_later(organisation):
    async def scenario(sim, do, crm):
        (ana, ben) = sim.fill([{"name": "Ana"}, {"name": "Ben"}])
        sim.org.lock_share = 1.0
        written = await do(crm.log, entries([ana, ben], 4))
        assert all(isinstance(w.error, Unavailable) for w in written)
        assert len(crm.slept) == TRIES
        assert sum(crm.slept) < 5
        assert sum(sim.calls.values()) == 1 + TRIES
        assert crm.width.value == 1

    organisation(scenario)


def test_threads_write_under_one_person_without_meeting_each_other(organisation):
    async def scenario(sim, do, crm):
        sim.latency = 0.01
        people = sim.fill([{"name": "Ana"}, {"name": "Ben"}])
        batches = [entries(people, 10, first=10 * n) for n in range(8)]
        with ThreadPoolExecutor(8) as pool:
            loop = asyncio.get_running_loop()
            written = await asyncio.gather(*(loop.run_in_executor(pool, crm.log, batch) for batch in batches))
        assert all(w.error is None for rows in written for w in rows)
        assert told(sim) == said([entry for batch in batches for entry in batch])
        assert crm.slept == [], "a row was locked: two calls were under way below one person"
        assert sim.calls == {"composite/sobjects/Task/Hub_Message__c": 8}

    organisation(scenario)


def test_one_bad_message_does_not_fail_the_others(organisation):
    async def scenario(sim, do, crm):
        (ana, gone) = sim.fill([{"name": "Ana"}, {"name": "Gone"}])
        sim.remove(gone)
        batch = entries(ana, 9)
        batch[3] = replace(batch[3], record=gone)
        batch[5] = replace(batch[5], record="999999999")
        written = await do(crm.log, batch)
        assert [w.outbox for w in written] == list(range(1, 10))
        assert [type(w.error) for w in written if w.error] == [NotFound, NotFound]
        assert [m.sequence for m in sim.logged()] == [1, 2, 3, 5, 7, 8, 9]
        assert sum(sim.calls.values()) == 1

    organisation(scenario)


def test_a_lead_that_was_converted_is_looked_for_again(organisation):
    async def scenario(sim, do, crm):
        sim.person = LEAD
        (lead,) = sim.fill([{"name": "Ana"}])
        contact = acts.convert(sim.org, lead).contact
        (written,) = await do(crm.log, entries(lead, 1))
        assert isinstance(written.error, NotFound)
        (written,) = await do(crm.log, entries(contact, 1))
        assert written.new
        assert tasks(sim)[0]["WhoId"] == contact

    organisation(scenario)


def test_a_doubtful_message_is_found_by_its_id(organisation):
    async def scenario(sim, do, crm):
        (ana, ben) = sim.fill([{"name": "Ana"}, {"name": "Ben"}])
        sim.faults.lose_after = 1.0
        with pytest.raises(Uncertain):
            await do(crm.log, entries(ben, 3))
        sim.faults.lose_after = 0.0
        assert len(tasks(sim)) == 3
        sim.merge(ana, ben)
        again = [replace(e, doubtful=True, elsewhere=ana) for e in entries(ben, 4)]
        written = await do(crm.log, again)
        assert [(w.error, w.new) for w in written] == [(None, False)] * 3 + [(None, True)]
        assert told(sim) == {ana: ["m-1", "m-2", "m-3", "m-4"]}

    organisation(scenario)


def test_a_message_is_changed_where_it_stands(organisation):
    async def scenario(sim, do, crm):
        (ana,) = sim.fill([{"name": "Ana"}])
        batch = entries(ana, 3)
        stands = [replace(e, logged=w.record) for e, w in zip(batch, await do(crm.log, batch), strict=True)]
        acts.remove(sim.org, stands[2].logged)
        changed = replace(stands[0], text="what was meant")
        written = await do(crm.log, [stands[2], replace(changed, text="no"), changed])
        assert [type(w.error) for w in written] == [NotFound, type(None), type(None)]
        values = sim.org.rows[TASK][stands[0].logged].values
        assert (values["Subject"], values["Description"]) == ("WhatsApp in: what was meant", "what was meant")
        assert len(tasks(sim)) == 2

    organisation(scenario)


def test_a_session_is_one_task_that_grows(organisation):
    async def scenario(sim, do, crm):
        (ana,) = sim.fill([{"name": "Ana"}])
        lines = tuple(LogLine(direction="in", author="Ana", text=f"line {n}", at=AT + n) for n in range(3))
        (talk,) = (replace(e, text="", lines=lines[:1]) for e in entries(ana, 1))
        (made,) = await do(crm.log, [talk])
        (grown,) = await do(crm.log, [replace(talk, lines=lines, logged=made.record)])
        assert grown.record == made.record
        (values,) = tasks(sim)
        assert (values[SENT_AT], DIRECTION in values) == (AT, False)
        assert [m.text for m in sim.logged()] == ["Ana: line 0\nAna: line 1\nAna: line 2"]

    organisation(scenario)


def test_a_field_that_is_refused_does_not_keep_a_message_out(organisation):
    async def scenario(sim, do, crm):
        (ana,) = sim.fill([{"name": "Ana"}])
        sim.org.drop_field(f"Activity.{CHANNEL}")
        sim.org.validation_rules.append(
            ValidationRule(TASK, lambda v: "ActivityDate" in v, "No days, please", "ActivityDate")
        )
        batch = entries(ana, 50)
        batch[7] = replace(batch[7], owner="005000000000000AAA", text="x" * 40_000)
        written = await do(crm.log, batch)
        assert [w.error for w in written] == [None] * 50
        assert {frozenset(w.left_out) for w in written} == {
            frozenset({CHANNEL, "ActivityDate"}),
            frozenset({CHANNEL, "ActivityDate", "OwnerId", "Description"}),
        }
        assert "No days, please" in written[0].left_out["ActivityDate"]
        assert told(sim) == said(batch)
        assert sum(sim.calls.values()) <= 4

    organisation(scenario)


def test_text_that_looks_like_a_reference_stands_as_it_was_written(organisation):
    async def scenario(sim, do, crm):
        crm.width.value = 5
        (ana, ben) = sim.fill([{"name": "Ana"}, {"name": "Ben"}])
        batch = entries(ana, 400)
        batch[399] = replace(batch[399], direction="in", record=ben, text="my code is @{c0[0].id}")
        written = await do(crm.log, batch)
        assert [w.error for w in written] == [None] * 400
        assert sim.org.rows[TASK][written[399].record].values["Description"] == "my code is @{c0[0].id}"

    organisation(scenario)


def test_what_a_person_account_says_is_about_the_account(organisation):
    async def scenario(sim, do, crm):
        sim.person = "Account"
        (ana,) = sim.fill([{"name": "Ana Lee"}])
        (written,) = await do(crm.log, entries(ana, 1))
        assert written.error is None
        assert [(v.get("WhoId"), v["WhatId"]) for v in tasks(sim)] == [(None, ana)]

    organisation(scenario, person_accounts=True)


def test_a_contact_is_not_touched_by_its_messages(organisation):
    async def scenario(sim, do, crm):
        (ana,) = sim.fill([{"name": "Ana"}])
        before = dict(sim.org.rows[CONTACT][ana].values)
        await do(crm.log, entries(ana, 3))
        after = sim.org.rows[CONTACT][ana].values
        assert after["SystemModstamp"] == before["SystemModstamp"]

    organisation(scenario)
