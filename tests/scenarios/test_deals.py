"""Deals, live between WhatsApp and HubSpot: a rule knows where one stands, and rules and people move it on."""

from __future__ import annotations

import asyncio

import pytest

from hub.engine.control_client import ask
from hub.engine.crm import read as crm_read
from hub.ingest.public import LISTENER
from hub.model.by_hand import RecordEdited
from hub.model.packing import pack
from hub_hubspot import simulator_acts as acts
from hub_hubspot.paths import CONTACTS, DEALS

ANA = "+447700900101"
RULES = """
[[rule]]
name = "offered"
keywords = ["yes"]
deal_stage = ["{here}"]
reply = {{ text = "Then it is agreed." }}
move_deal = "{there}"
"""


@pytest.fixture
def crm(simulators, monkeypatch):
    monkeypatch.setattr(crm_read, "QUIET", 50)
    return simulators["hubspot"]()


@pytest.fixture
def channel(simulators):
    made = simulators["whatsapp"]()
    made.statuses = ()
    return made


def stages(crm) -> list[dict]:
    return crm.portal.pipelines[DEALS][0]["stages"]


def test_a_deal_is_seen_by_a_rule_moved_by_it_and_then_by_a_human(live, crm, channel):
    (contact,) = crm.fill([{"name": "Ana Example", "phone": ANA}])
    first, second, third = stages(crm)[:3]
    rules = RULES.format(here=first["label"], there=second["label"])
    more = {**crm.app(), "objects": ["deal"]}

    async def scenario() -> None:
        async with live(channel, crm, crm=more, tables=rules) as run:
            run._runner.app[LISTENER]._base = crm.hooks.target.removesuffix(f"/hook/{crm.name}")
            await run.until(lambda: run.hub.crms["hubspot"].ready.is_set())
            values = {"dealname": "Roof", "dealstage": first["id"], "pipeline": crm.portal.pipelines[DEALS][0]["id"]}
            deal = acts.add(crm.portal, DEALS, values, ((CONTACTS, contact),))

            def stands_at(stage) -> bool:
                return crm.portal.things[DEALS][deal].values["dealstage"] == stage["id"]

            async def known_at(stage) -> bool:
                return await run.rows("SELECT stage FROM crm_objects WHERE type='deal'") == [(stage["id"],)]

            async def buried() -> bool:
                return bool(await run.rows("SELECT 1 FROM dead WHERE kind='object'"))

            async def edit(stage: str) -> dict:
                event = RecordEdited(key=stage, at=1, crm="hubspot", type="deal", record=deal, stage=stage)
                return await asyncio.to_thread(ask, run.hub.config.hub.data, {"do": "event", "event": pack(event)})

            await run.until(lambda: known_at(first))
            await channel.say(ANA, "yes, please", name="Ana")
            await run.until(lambda: stands_at(second))
            await run.until(lambda: known_at(second))
            writes = crm.calls["deals/batch/update"]
            await channel.say(ANA, "yes!", name="Ana")  # it stands elsewhere now: the rule is silent
            await run.until(lambda: len(crm.logged()) == 3)
            assert crm.calls["deals/batch/update"] == writes
            assert (await edit(third["label"]))["ok"]
            await run.until(lambda: stands_at(third))
            assert (await edit(third["label"]))["ok"]  # the same event again
            assert (await edit("Nowhere"))["ok"]
            await run.until(buried)
            assert stands_at(third)
            assert crm.calls["deals/batch/update"] == writes + 1
            ((cause,),) = await run.rows("SELECT cause FROM dead WHERE kind='object'")
            assert "no stage Nowhere" in cause

    asyncio.run(scenario())


def test_an_event_that_changes_nothing_is_refused(live, crm, channel):
    async def scenario() -> None:
        async with live(channel, crm) as run:
            for more in ({}, {"stage": "A", "done": True}, {"stage": "x" * 201}):
                event = RecordEdited(key="k", at=1, crm="hubspot", type="deal", record="7", **more)
                told = await asyncio.to_thread(ask, run.hub.config.hub.data, {"do": "event", "event": pack(event)})
                assert not told["ok"]

    asyncio.run(scenario())
