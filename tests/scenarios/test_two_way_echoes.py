"""Both sides at once, live between the simulated WhatsApp and HubSpot through signed webhooks: own updates that come
back, edits on both sides, owners, merges. What the hub writes is counted by the double's own `calls`."""

from __future__ import annotations

import asyncio
import random

import pytest

from hub.engine.crm import read as crm_read
from hub.ingest.public import LISTENER
from hub_hubspot import simulator_acts as acts
from hub_hubspot.paths import COMMUNICATIONS, CONTACTS

ANA, BEN, NEW = "+447700900101", "+447700900102", "+447700900103"
ALWAYS = """
[person]
firstname = { from = "name.first", when = "always" }
lastname = { from = "name.last", when = "always" }
phone = { from = "phone", when = "always", rule = "hub" }
"""


class Office:
    """A hub between the two, and how to wait until nothing is under way any more."""

    def __init__(self, run, crm, channel):
        self.run, self.crm, self.channel = run, crm, channel
        run._runner.app[LISTENER]._base = crm.hooks.target.removesuffix(f"/hook/{crm.name}")  # the address it signs
        self.told = []  # what the account told its listeners
        self.holding = False
        self._hear = crm.hooks.hear
        crm.portal.heard_by[:] = [self._heard]

    def _heard(self, change):
        self.told.append(change)
        if not self.holding:
            self._hear(change)

    def tell(self, *changes):
        """HubSpot calls about these changes (again)."""
        for change in changes:
            self._hear(change)

    def writes(self) -> int:
        """Calls that wrote contacts, so far."""
        ways = ("create", "update", "upsert")
        return sum(self.crm.calls[f"contacts/batch/{way}"] for way in ways)

    async def quiet(self) -> None:
        """Wait until every webhook was delivered, read and compared, and everything that came of it was written."""

        async def done() -> bool:
            await self.channel.settled()
            await self.crm.hooks.settled()
            left = await self.run.rows(
                "SELECT (SELECT count(*) FROM queue) + (SELECT count(*) FROM crm_touched)"
                " + (SELECT count(*) FROM outbox WHERE open=1)"
            )
            return left == [(0,)]

        await self.run.until(done)

    def contact(self, id_: str):
        """What HubSpot has of a contact."""
        return self.crm.portal.things[CONTACTS][id_].values

    async def links(self):
        """Who is linked with which record."""
        return await self.run.rows("SELECT person, state, record FROM links ORDER BY person")


@pytest.fixture
def play(live, simulators, monkeypatch, tmp_path):
    """Play a scenario in an office whose CRM knows these contacts."""
    monkeypatch.setattr(crm_read, "QUIET", 50)
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings" / "hubspot.toml").write_text(ALWAYS)

    def run_it(scenario, *contacts):
        crm, channel = simulators["hubspot"](), simulators["whatsapp"]()
        channel.statuses = ()
        ids = crm.fill(list(contacts))

        async def whole():
            async with live(channel, crm, crm=crm.app()) as run:
                await run.until(lambda: run.hub.crms["hubspot"].ready.is_set())
                await scenario(Office(run, crm, channel), *ids)

        asyncio.run(whole())

    return run_it


def test_a_storm_of_a_thousand_own_updates_shuffled_and_doubled_writes_nothing_more(play):
    async def scenario(office):
        office.holding = True
        for n in range(500):
            await office.channel.say(f"+1202555{n:04}", "hello", name=f"Person Number{n}")
        await office.quiet()
        for n in range(500):
            office.channel.change_number(f"+1202555{n:04}", f"+1202555{n + 500:04}")
        await office.quiet()
        assert {contact["phone"] for contact in office.crm.contacts()} == {f"+1202555{n:04}" for n in range(500, 1000)}
        writes, reads = office.writes(), office.crm.calls["contacts/batch/read"]
        own = [change for change in office.told if change.kind == CONTACTS]
        assert len(own) >= 1_000
        storm = own * 2
        random.Random(7).shuffle(storm)
        office.tell(*storm)
        await office.quiet()
        assert len(office.crm.hooks.delivered) == len(storm)
        assert office.crm.calls["contacts/batch/read"] > reads
        assert office.writes() == writes
        assert len(office.crm.contacts()) == 500
        assert await office.run.rows("SELECT count(*) FROM outbox WHERE kind='person'") == [(1_000,)]

    play(scenario)


def test_edits_on_both_sides_meet_as_the_mapping_says_and_then_rest(play):
    async def scenario(office, ana):
        await office.channel.say(ANA, "hello", name="Ana Example")
        await office.quiet()
        before = office.writes()
        office.holding = True
        acts.edit(office.crm.portal, CONTACTS, ana, {"lastname": "Married", "phone": "+447700900177"})
        edits = list(office.told)
        office.channel.change_number(ANA, NEW)
        await office.quiet()
        office.holding = False
        office.tell(*edits, *edits)
        await office.quiet()
        assert (office.contact(ana)["lastname"], office.contact(ana)["phone"]) == ("Married", NEW)
        assert await office.run.rows("SELECT name, phone FROM people") == [("Ana Married", NEW)]
        after = office.writes()
        assert after > before
        office.tell(*office.told)
        await office.quiet()
        assert office.writes() == after

    play(scenario, {"name": "Ana Example", "phone": ANA})


def test_after_a_change_of_owner_the_next_message_stands_under_the_new_one(play):
    async def scenario(office, ana):
        await office.channel.say(ANA, "to the old owner", name="Ana Example")
        await office.quiet()
        acts.edit(office.crm.portal, CONTACTS, ana, {"hubspot_owner_id": "902"})
        await office.quiet()
        await office.channel.say(ANA, "to the new owner", name="Ana Example")
        await office.quiet()
        stand = sorted(office.crm.portal.things[COMMUNICATIONS].values(), key=lambda thing: thing.order)
        assert [thing.values.get("hubspot_owner_id") for thing in stand] == ["901", "902"]

    play(scenario, {"name": "Ana Example", "phone": ANA, "hubspot_owner_id": "901"})


def test_after_two_contacts_became_a_third_everybody_is_logged_there(play):
    async def scenario(office, ana, ben):
        await office.channel.say(ANA, "before, from Ana", name="Ana Example")
        await office.quiet()
        third = acts.merge(office.crm.portal, CONTACTS, ana, ben)
        await office.quiet()
        assert [row[1:] for row in await office.links()] == [("linked", third)] * 2
        writes = office.writes()
        await office.channel.say(ANA, "from Ana", name="Ana Example")
        await office.channel.say(BEN, "from Ben", name="Ben Example")
        await office.quiet()
        assert {one.text: one.contact for one in office.crm.logged()[1:]} == {"from Ana": third, "from Ben": third}
        assert [contact["id"] for contact in office.crm.contacts()] == [third]
        assert office.writes() == writes

    play(scenario, {"name": "Ana Example", "phone": ANA}, {"name": "Ben Example", "phone": BEN})


def test_a_deletion_that_was_a_merge_loses_nobody_though_the_merge_is_told_later(play):
    async def scenario(office, ana, ben):
        office.holding = True
        third = acts.merge(office.crm.portal, CONTACTS, ana, ben)
        merged = [change for change in office.told if change.what == "merge"]
        office.tell(*(change for change in office.told if change.what == "deletion"))
        await office.quiet()
        assert [row[1:] for row in await office.links()] == [("linked", third)] * 2
        writes = office.writes()
        await office.channel.say(BEN, "from Ben", name="Ben Example")
        await office.quiet()
        assert [(one.text, one.contact) for one in office.crm.logged()] == [("from Ben", third)]
        office.tell(*merged)
        await office.quiet()
        assert [row[1:] for row in await office.links()] == [("linked", third)] * 2
        assert [contact["id"] for contact in office.crm.contacts()] == [third]
        assert office.writes() == writes

    play(scenario, {"name": "Ana Example", "phone": ANA}, {"name": "Ben Example", "phone": BEN})


def test_a_foreign_change_within_the_echo_of_an_own_write_is_kept(play):
    async def scenario(office):
        office.holding = True
        await office.channel.say(ANA, "hello", name="Ana Example")
        await office.quiet()
        (contact,) = office.crm.contacts()
        assert contact["firstname"] == "Ana"
        own, writes = list(office.told), office.writes()
        acts.edit(office.crm.portal, CONTACTS, contact["id"], {"firstname": "Anna"})  # before the own write came back
        foreign = office.told[len(own) :]
        office.tell(*foreign, *own)
        await office.quiet()
        assert await office.run.rows("SELECT name FROM people") == [("Anna Example",)]
        office.tell(*own, *foreign)
        await office.quiet()
        assert office.contact(contact["id"])["firstname"] == "Anna"
        assert office.writes() == writes

    play(scenario)
