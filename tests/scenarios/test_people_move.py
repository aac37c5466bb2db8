"""Colleagues convert leads, merge and erase people while these write: each message stands under who is there now."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hub.testing.office import Clock, Office, both_ways, serving, simulated
from hub.testing.people import Company
from hub.testing.rush import arrived, broken, customers, opened, write
from hub.testing.stage import Stage
from hub_salesforce import simulator_acts as acts

PEOPLE = 40


def leads(*, twice: bool = False) -> Company:
    """Everybody is known as a lead; with `twice` each as a second one too."""
    company = customers(PEOPLE, known=True)
    contacts = [{**one, "object": "Lead"} for one in company.contacts]
    return replace(company, contacts=contacts * (1 + twice), owners=tuple(company.owners) * (1 + twice))


async def while_they_write(folder: Path, company: Company, act: Callable[[Any, str], None]) -> Any:
    """Everybody writes ten times; meanwhile something happens to each of the first leads. Returns the simulator."""
    more = {"crm.salesforce": {"new_person_as": "lead"}}
    stage = Stage(folder, company, crms=("salesforce",), settings={"crm_poll": 0.5}, tables=more)
    crm: Any = stage.crm
    crm.latency = 0.05
    async with opened(stage):
        chosen = list(crm.org.rows["Lead"])[:PEOPLE]
        random.Random(7).shuffle(chosen)

        async def colleagues() -> None:
            for lead in chosen:
                await asyncio.sleep(0.09)
                act(crm, lead)

        working = asyncio.create_task(colleagues())
        tokens = await write(stage, 10 * PEOPLE, rate=100)
        await working
        await arrived(tokens, stage.crms)
        assert broken(stage) == {}
        standing = {contact["id"] for contact in crm.contacts()}
        assert {row.contact for row in crm.logged()} <= standing
    return crm


def test_leads_are_converted_while_they_write(tmp_path: Path) -> None:
    crm = asyncio.run(while_they_write(tmp_path, leads(), lambda crm, lead: crm.convert(lead)))
    assert len(crm.contacts()) == PEOPLE


@pytest.mark.full
def test_leads_are_merged_and_converted_while_they_write(tmp_path: Path) -> None:
    def act(crm: Any, lead: str) -> None:
        """The second lead of the same person takes in the first one, and becomes a contact."""
        phone = crm.org.existing(lead).values["Phone"]
        (other,) = [r.id for r in crm.org.matching("Lead", "Phone", phone) if r.id != lead]
        crm.merge(other, lead)
        crm.convert(other)

    crm = asyncio.run(while_they_write(tmp_path, leads(twice=True), act))
    assert len(crm.contacts()) == PEOPLE


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A Salesforce of leads, in the hub's hands."""
    clock = Clock(1_900_000_000_000)
    made = simulated(clock, "salesforce")
    with serving(made.values()):
        table = Office(tmp_path, made, {"salesforce": both_ways(made["salesforce"])}, clock)
        table.begin()
        yield table
        table.close()


def test_who_is_deleted_for_good_is_made_anew_when_he_writes_again(office: Office) -> None:
    crm: Any = office.simulators["salesforce"]
    phone = "+447700900101"
    office.say(phone, "m00001 hello")
    office.quiet()
    (first,) = crm.contacts()
    acts.remove(crm.org, first["id"])
    acts.purge(crm.org, first["id"])
    office.quiet()
    assert crm.contacts() == []  # what was deleted is not brought back by itself
    office.say(phone, "m00002 hello again")
    office.quiet()
    (second,) = crm.contacts()
    assert second["id"] != first["id"]
    assert [row.contact for row in crm.logged() if "m00002" in row.text] == [second["id"]]
