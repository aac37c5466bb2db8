"""Salesforce refuses locked rows, and people whom it takes for others: everything is stored, in order, and once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hub.testing.rush import arrived, broken, customers, opened, write
from hub.testing.stage import Stage
from hub_salesforce import simulator_acts as acts
from hub_salesforce.paths import ACCOUNT, CONTACT, LEAD
from hub_salesforce.simulator_org import DuplicateRule

PEOPLE = 30


def organisation(folder: Path, *, known: bool) -> tuple[Stage, Any]:
    """A stage with Salesforce alone, and its simulator. The hub waits for no more, answers take long: calls overlap."""
    settings = {"crm_poll": 1, "crm_linger": 0.05}
    stage = Stage(folder, customers(PEOPLE, known=known), crms=("salesforce",), settings=settings)
    crm: Any = stage.crm
    crm.latency = 0.4
    return stage, crm


def test_locked_rows_are_all_stored_and_keep_their_order(tmp_path: Path) -> None:
    async def scenario() -> None:
        stage, crm = organisation(tmp_path, known=False)
        crm.org.lock_share, crm.latency = 0.3, 0.05
        async with opened(stage):
            await arrived(await write(stage, 200, rate=80), stage.crms)
            assert broken(stage) == {}

    asyncio.run(scenario())


@pytest.mark.full
@pytest.mark.parametrize("colleagues", [False, True])
def test_no_two_calls_meet_at_one_parent(colleagues: bool, tmp_path: Path) -> None:
    """The parent is the person, or the company where all the people work."""

    async def scenario() -> None:
        stage, crm = organisation(tmp_path, known=True)
        if colleagues:
            (employer,) = crm.org.insert_many(ACCOUNT, [{"Name": "Example Ltd"}])
            contacts = [{**one, "AccountId": employer.id} for one in stage.company.contacts]
            stage.company = replace(stage.company, contacts=contacts)
        async with opened(stage):
            await arrived(await write(stage, 100, rate=50), stage.crms)
            assert crm.org.met == 0
            assert broken(stage) == {}

    asyncio.run(scenario())


@pytest.mark.full
@pytest.mark.parametrize("block", [False, True])
def test_whom_a_duplicate_rule_knows_gets_no_second_record(block: bool, tmp_path: Path) -> None:
    async def scenario() -> None:
        stage, crm = organisation(tmp_path, known=False)
        crm.org.duplicate_rules.append(DuplicateRule(block=block))
        async with opened(stage):
            crm.org.lag = 600.0  # no query shows them: only the rule knows
            for n, person in enumerate(stage.company.people[: 2 * PEOPLE // 3]):
                given = {"LastName": person.name, "Phone": f"{person.phone[:5]} {person.phone[5:]}"}
                acts.add(crm.org, LEAD if n % 2 else CONTACT, given | ({"Company": "Example"} if n % 2 else {}))
            await arrived(await write(stage, 300, rate=80), stage.crms)
            assert len(crm.contacts()) == PEOPLE
            assert broken(stage) == {}

    asyncio.run(scenario())
