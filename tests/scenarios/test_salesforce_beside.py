"""What stands beside people in Salesforce: deals, cases and owners in rules, files beside tasks, long sessions."""

from __future__ import annotations

import asyncio

import pytest

from hub_salesforce import simulator_acts as acts
from hub_salesforce.paths import CASE, CONTACT, DESCRIPTION, OPPORTUNITY, TASK

ANA, BEN = "+447700900101", "+447700900102"
PHOTO = b"\xff\xd8 an invented photo \xff\xd9" * 400
RULES = """
[[rule]]
name = "agreed"
keywords = ["yes"]
deal_stage = ["Prospecting"]
reply = {{ text = "Then it is agreed." }}
move_deal = "Qualification"

[[rule]]
name = "case"
keywords = ["help"]
has_open_ticket = true
reply = {{ text = "We are at it." }}

[[rule]]
name = "owned"
keywords = ["who"]
owner = ["{owner}"]
reply = {{ text = "Yours is known." }}
"""


@pytest.fixture
def channel(simulators):
    made = simulators["whatsapp"]()
    made.statuses = ()
    return made


def out(crm) -> list[str]:
    """What the hub answered, as Salesforce shows it."""
    return sorted(row.text for row in crm.logged() if row.direction == "out")


def test_a_rule_sees_the_deal_the_open_case_and_the_owner_and_moves_the_deal(live, simulators, channel):
    crm = simulators["salesforce"]()
    (contact,) = crm.fill([{"name": "Ana Example", "phone": ANA}])
    owner = acts.human(crm.org)
    acts.edit(crm.org, contact, {"OwnerId": owner})

    async def scenario() -> None:
        settings, rules = {"crm_poll": 0.2}, RULES.format(owner=owner)
        async with live(channel, crm, settings=settings, tables=rules) as run:
            await run.until(lambda: run.hub.crms["salesforce"].ready.is_set())
            given = {"Name": "Roof", "StageName": "Prospecting", "CloseDate": "2027-01-31", "ContactId": contact}
            deal = acts.add(crm.org, OPPORTUNITY, given)
            case = acts.add(crm.org, CASE, {"Subject": "It leaks", "Status": "New", "ContactId": contact})

            async def known(number: int) -> bool:
                return await run.rows(
                    "SELECT count(*) FROM crm_objects WHERE closed=0 AND type IN ('deal','ticket')"
                ) == [(number,)]

            await run.until(lambda: known(2))
            for word in ("yes please", "help me", "who is it"):
                await channel.say(ANA, word, name="Ana")
            await run.until(lambda: crm.org.existing(deal).values["StageName"] == "Qualification")
            await run.until(lambda: len(out(crm)) == 3)
            acts.edit(crm.org, case, {"Status": "Closed"})
            await run.until(lambda: known(1))
            await channel.say(ANA, "help again", name="Ana")  # nothing is open any more
            await run.until(lambda: len(crm.logged()) == 7)
            await run.worked_off()

    asyncio.run(scenario())
    assert [text.partition(":\n")[2] or text for text in out(crm)] == [
        "Then it is agreed.", "We are at it.", "Yours is known."
    ]  # fmt: skip


@pytest.mark.parametrize("mode", ["message", "session"])
def test_a_photo_stands_beside_its_task_once(live, simulators, channel, mode):
    crm = simulators["salesforce"]()
    (contact,) = crm.fill([{"name": "Ana Example", "phone": ANA}])
    files = crm.org.rows["ContentDocumentLink"]

    async def scenario() -> None:
        async with live(channel, crm, crm={"attachments": "upload", "log_mode": mode}) as run:
            await run.until(lambda: run.hub.crms["salesforce"].ready.is_set())
            await channel.say_media(ANA, "image", PHOTO, "image/jpeg", caption="my garden")
            await run.until(lambda: any(row.values["LinkedEntityId"][:3] == "00T" for row in files.values()))

            async def nothing_left() -> bool:
                return await run.rows("SELECT count(*) FROM outbox WHERE open=1") == [(0,)]

            await run.until(nothing_left)

    asyncio.run(scenario())
    (task,) = {row.values["LinkedEntityId"] for row in files.values() if row.values["LinkedEntityId"][:3] == "00T"}
    assert crm.org.existing(task).values["WhoId"] == contact
    (version,) = crm.org.rows["ContentVersion"].values()
    assert version.values["ContentSize"] == len(PHOTO)


def test_who_is_deleted_in_salesforce_is_gone_until_he_is_restored(live, simulators, channel):
    crm = simulators["salesforce"]()
    (contact,) = crm.fill([{"name": "Ana Example", "phone": ANA}])

    async def scenario() -> None:
        async with live(channel, crm, settings={"crm_poll": 0.2}) as run:
            await run.until(lambda: run.hub.crms["salesforce"].ready.is_set())
            await channel.say(ANA, "hello", name="Ana")
            await run.until(lambda: crm.logged())

            async def state() -> str:
                return (await run.rows("SELECT state FROM links"))[0][0]

            acts.remove(crm.org, contact)

            async def gone() -> bool:
                return await state() == "gone"

            await run.until(gone)
            made = len(crm.contacts())
            acts.restore(crm.org, contact)

            async def back() -> bool:
                return await state() == "linked"

            await run.until(back)
            assert made == 0

    asyncio.run(scenario())


def test_a_session_that_fills_a_task_goes_on_in_another_one(live, simulators, channel):
    crm = simulators["salesforce"]()
    (contact,) = crm.fill([{"name": "Ana Example", "phone": ANA}])
    words = [f"number {n:02} " + "\N{WAVING HAND SIGN}" * 1_500 for n in range(24)]  # two characters to Salesforce

    async def scenario() -> None:
        async with live(channel, crm, crm={"log_mode": "session"}) as run:
            await run.until(lambda: run.hub.crms["salesforce"].ready.is_set())
            for word in words:
                await channel.say(ANA, word, name="Ana")
            await run.until(lambda: sum(row.text.count("number ") for row in crm.logged()) >= len(words))
            await run.worked_off()
            assert await run.rows("SELECT 1 FROM dead") == []

    asyncio.run(scenario())
    tasks = [row.values["Description"] for row in crm.org.rows[TASK].values() if row.values.get("WhoId") == contact]
    assert len(tasks) == 3
    assert all(len(text.encode("utf-16-le")) // 2 <= DESCRIPTION and "continued" not in text for text in tasks)
    assert all(sum(word in text for text in tasks) == 1 for word in words)


def test_two_organisations_keep_the_same_person_each_once(live, simulators, channel):
    one, two = simulators["salesforce"](), simulators["salesforce"]()
    two.name = "other"
    one.fill([{"name": "Ana Example", "phone": ANA}])

    async def scenario() -> None:
        async with live(channel, one, two, settings={"crm_poll": 0.2}) as run:
            for crm in ("salesforce", "other"):
                await run.until(lambda crm=crm: run.hub.crms[crm].ready.is_set())
            await channel.say(ANA, "hello", name="Ana")
            await channel.say(BEN, "good day", name="Ben Example")
            await run.until(lambda: len(one.logged()) == len(two.logged()) == 2)
            await run.worked_off()
            rows = await run.rows("SELECT crm, count(*) FROM links WHERE state='linked' GROUP BY crm ORDER BY crm")
            assert rows == [("other", 2), ("salesforce", 2)]

    asyncio.run(scenario())
    assert [len(org.contacts()) for org in (one, two)] == [2, 2]
    assert len(one.org.rows[CONTACT]) == 2
