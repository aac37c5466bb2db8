"""The same with the simulated HubSpot and WhatsApp: an agent answers from a task, people are edited and merged."""

from __future__ import annotations

import asyncio
import time

import pytest

from hub.engine.crm import read as crm_read
from hub.ingest.public import LISTENER
from hub_hubspot import simulator_acts as acts
from hub_hubspot.paths import CONTACTS, TASKS

READ = "contacts/batch/read"
ANA, BEN = "+447700900101", "+447700900102"


@pytest.fixture
def crm(simulators, monkeypatch):
    monkeypatch.setattr(crm_read, "QUIET", 50)
    made = simulators["hubspot"]()
    made.search_lag = 0.05
    return made


@pytest.fixture
def channel(simulators):
    made = simulators["whatsapp"]()
    made.statuses = ()
    return made


def hears(run, crm) -> None:
    """HubSpot signs the address it calls, whose port is known only now."""
    run._runner.app[LISTENER]._base = crm.hooks.target.removesuffix(f"/hook/{crm.name}")


def test_an_agent_answers_from_a_task_and_sees_there_what_became_of_it(live, crm, channel):
    (contact,) = crm.fill([{"name": "Ana Example", "phone": ANA}])
    more = {"answers": True, "changes": "search"}

    def looks() -> int:
        return sum(count for name, count in crm.calls.items() if name.endswith("tasks/search"))

    async def scenario() -> None:
        async with live(channel, crm, crm=more, settings={"crm_poll": 0.2}) as run:  # no webhook tells of tasks
            await run.until(lambda: run.hub.crms["hubspot"].ready.is_set())
            await channel.say(ANA, "are you open?", name="Ana")
            await run.until(lambda: len(crm.logged()) == 1)
            values = {
                "hs_task_subject": "Answer",
                "hs_timestamp": str(time.time_ns() // 1_000_000),
                "hub_reply_text": "Yes, until six.",
                "hub_reply_status": "send",
            }
            task = acts.add(crm.portal, TASKS, values, ((CONTACTS, contact),))
            await run.until(lambda: len(crm.logged()) == 2)
            await run.until(lambda: crm.portal.things[TASKS][task].values["hub_reply_status"] == "sent")
            said = await run.rows("SELECT author, text, status FROM messages WHERE direction='out'")
            assert [row[:2] for row in said] == [("agent", "Yes, until six.")]

            async def told() -> bool:
                return await run.rows("SELECT state, outcome FROM crm_answers") == [("told", "sent")]

            await run.until(told)
            before = looks()
            acts.edit(crm.portal, TASKS, task, {"hs_task_subject": "Answered"})
            await run.until(lambda: looks() >= before + 3)
            assert len(crm.logged()) == 2

    asyncio.run(scenario())


def test_what_people_do_with_contacts_is_followed(live, crm, channel):
    one, two = crm.fill([{"name": "Ana Example", "phone": ANA}, {"name": "Ben Example", "phone": BEN}])

    async def scenario() -> None:
        async with live(channel, crm, crm=crm.app()) as run:
            hears(run, crm)
            await run.until(lambda: run.hub.crms["hubspot"].ready.is_set())

            async def named(name: str) -> bool:
                return bool(await run.rows(f"SELECT 1 FROM people WHERE name='{name}'"))

            async def all_at(record: str, state: str = "linked") -> bool:
                return await run.rows("SELECT DISTINCT record, state FROM links") == [(record, state)]

            acts.edit(crm.portal, CONTACTS, one, {"lastname": "Married"})
            await run.until(lambda: named("Ana Married"))
            three = acts.merge(crm.portal, CONTACTS, one, two)
            await run.until(lambda: all_at(three))
            await channel.say(BEN, "from Ben", name="Ben")
            await run.until(lambda: len(crm.logged()) == 1)
            assert crm.logged()[0].contact == three
            acts.remove(crm.portal, CONTACTS, three)
            await run.until(lambda: all_at(three, "gone"))
            acts.restore(crm.portal, CONTACTS, three)
            await run.until(lambda: all_at(three))
            acts.erase(crm.portal, three)

            async def nobody() -> bool:
                return await run.rows("SELECT count(*) FROM people WHERE erased=0") == [(0,)]

            await run.until(nobody)
            assert await run.rows("SELECT text FROM messages") == [("",)]
            assert len(crm.contacts()) == 0

    asyncio.run(scenario())


def test_deletions_and_merges_are_seen_without_webhook_and_journal_and_cost_a_call_a_look(
    live, crm, channel, monkeypatch
):
    monkeypatch.setattr(crm_read, "AT_ONCE", 2)
    people = [{"name": f"Person {n}", "phone": f"+44770090012{n}"} for n in range(5)]
    one, two, three, *_ = crm.fill(people)

    def looks() -> int:
        return sum(count for name, count in crm.calls.items() if name.endswith("contacts/search"))

    async def scenario() -> None:
        async with live(channel, crm, crm={"changes": "search"}, settings={"crm_poll": 0.1}) as run:
            await run.until(lambda: run.hub.crms["hubspot"].ready.is_set())

            async def states() -> dict[str, str]:
                return dict(await run.rows("SELECT record, state FROM links"))

            acts.remove(crm.portal, CONTACTS, one)

            async def one_is_gone() -> bool:
                return (await states())[one] == "gone"

            await run.until(one_is_gone)
            both = acts.merge(crm.portal, CONTACTS, two, three)

            async def merged() -> bool:
                return await run.rows(f"SELECT count(*) FROM links WHERE record='{both}'") == [(2,)]

            await run.until(merged)
            kept = "SELECT count(*) FROM journal WHERE key LIKE 'records.read:hubspot.touched%'"
            before = await run.rows(kept)
            reads, began = crm.calls[READ], looks()
            await run.until(lambda: looks() >= began + 6)
            assert 0 < crm.calls[READ] - reads <= looks() - began + 1
            assert await run.rows(kept) == before  # what is as it was leaves nothing in the journal

    asyncio.run(scenario())
