"""An agent types an answer in Salesforce: the hub sees it, the person gets it once, Salesforce shows how it ended."""

from __future__ import annotations

import asyncio

import pytest

from hub_salesforce import simulator_acts as acts
from hub_salesforce.paths import ACCOUNT, CONTACT, LEAD, TASK

PERSON = "7000000123"
ASK = {"Hub_ReplyText__c": "Until five", "Hub_ReplyStatus__c": "Send"}


def typed(org, where: str, record: str) -> str:
    """An agent asks for an answer on the person's record or on a task of that person; the id of what holds it."""
    if where == TASK:
        return acts.add(org, TASK, {"Subject": "Answer", "WhoId": record, **ASK})
    if where == ACCOUNT:
        acts.edit(org, record, {"Hub_ReplyText__pc": "Until five", "Hub_ReplyStatus__pc": "Send"})
    else:
        acts.edit(org, record, ASK)
    return record


@pytest.mark.parametrize(
    ("where", "person"),
    [(CONTACT, "contact"), (LEAD, "lead"), (TASK, "contact"), (TASK, "lead"), (ACCOUNT, "person_account")],
)
def test_an_answer_typed_in_salesforce_reaches_the_person_once(live, simulators, tmp_path, where, person):
    bot, crm = simulators["telegram"](), simulators["salesforce"]()
    crm.org.person_accounts = person == "person_account"
    settings = {"answers": True, "new_person_as": person}
    if person == "person_account":
        (tmp_path / "people.toml").write_text(
            '[person]\nLastName = "name"\nPersonMobilePhone = "phone"\n', encoding="utf-8"
        )
        settings["mapping"] = "people.toml"
    status = "Hub_ReplyStatus__pc" if where == ACCOUNT else "Hub_ReplyStatus__c"

    async def scenario() -> None:
        async with live(bot, crm, crm=settings, settings={"crm_poll": 0.2}) as run:
            await bot.say(PERSON, "are you open?", name="Ana Example")
            await run.until(lambda: crm.logged())
            (contact,) = crm.contacts()
            held = typed(crm.org, where, contact["id"])
            await run.until(lambda: crm.org.existing(held).values[status] == "Sent")
            looks = sum(crm.calls.values())
            acts.edit(crm.org, contact["id"], {"Description": "a regular"})  # what is read again asks nothing again
            await run.until(lambda: sum(crm.calls.values()) >= looks + 4)
            await run.worked_off()
            assert crm.org.existing(held).values[status] == "Sent"

    asyncio.run(scenario())
    assert [(said.person, said.text) for said in bot.said] == [(PERSON, "Until five")]
    assert len([row for row in crm.logged() if "Until five" in row.text]) == 1


def test_an_answer_that_cannot_be_sent_says_why_and_may_be_mended(live, simulators):
    bot, crm = simulators["telegram"](), simulators["salesforce"]()

    async def scenario() -> None:
        async with live(bot, crm, crm={"answers": True}, settings={"crm_poll": 0.2}) as run:
            await bot.say(PERSON, "are you open?", name="Ana Example")
            await run.until(lambda: crm.logged())
            contact = crm.contacts()[0]["id"]
            acts.edit(crm.org, contact, {"Hub_ReplyStatus__c": "Send"})  # without a text
            values = lambda: crm.org.existing(contact).values  # noqa: E731
            await run.until(lambda: values()["Hub_ReplyStatus__c"] == "Failed")
            assert values()["Hub_ReplyResult__c"]
            acts.edit(crm.org, contact, ASK)
            await run.until(lambda: values()["Hub_ReplyStatus__c"] == "Sent")

    asyncio.run(scenario())
    assert [said.text for said in bot.said] == ["Until five"]
