"""An agent types an answer in HubSpot: a webhook tells the hub at once, the person gets it once, HubSpot shows it."""

from __future__ import annotations

import asyncio

from hub_hubspot import simulator_acts as acts

PERSON = "7000000123"


def test_an_answer_typed_in_hubspot_reaches_the_person_once(live, simulators):
    bot, crm = simulators["telegram"](), simulators["hubspot"]()
    crm.faults.double = crm.faults.reorder = 1.0
    crm.hooks.public = "https://hub.example.com/hook/hubspot"
    settings = {"client_secret": crm.client_secret, "answers": True}

    async def scenario() -> None:
        async with live(bot, crm, crm=settings, settings={"public_url": "https://hub.example.com"}) as run:
            await bot.say(PERSON, "are you open?", name="Ana Example")
            await run.until(lambda: crm.logged())
            (contact,) = crm.contacts()
            ask = {"hub_reply_text": "Until five", "hub_reply_status": "send", "hubspot_owner_id": "7"}
            acts.edit(crm.portal, "contacts", contact["id"], ask)
            await run.until(lambda: crm.contacts()[0].get("hub_reply_status") == "sent")
            await crm.hooks.settled()
            await run.worked_off()

    asyncio.run(scenario())
    assert [(said.person, said.text) for said in bot.said] == [(PERSON, "Until five")]
    assert crm.hooks.refused == []
    assert crm.calls["contacts/search"] == 0
