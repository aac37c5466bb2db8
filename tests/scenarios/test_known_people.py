"""An organisation that knows most of the people who write: nobody gets a second record, however he is written there."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hub.testing.people import Company, company
from hub.testing.rush import arrived, broken, opened, write
from hub.testing.stage import Stage

PEOPLE, KNOWN = 200, 150
MESSAGES = 2 * PEOPLE


def cast() -> Company:
    """150 of 200 people are known, their numbers written in every way; 100 others never write."""
    return company(random.Random(4), people=PEOPLE, known=KNOWN, others=100)


async def busy(folder: Path, cast: Company, *crms: str, salesforce: Mapping[str, Any] | None = None) -> Stage:
    """Everybody writes twice; afterwards the proof of each CRM holds. Returns the closed stage."""
    stage = Stage(folder, cast, crms=crms, tables={"crm.salesforce": salesforce} if salesforce else None)
    for crm in stage.crms:
        if crm.name == "salesforce":
            crm.org.person_accounts = True  # type: ignore[attr-defined]
    async with opened(stage):
        await arrived(await write(stage, MESSAGES, rate=150), stage.crms)
        assert broken(stage) == {}
        for crm in stage.crms:
            assert len(crm.contacts()) == len(cast.contacts) + PEOPLE - KNOWN
    return stage


@pytest.mark.parametrize(
    "crms",
    [
        ("hubspot", "salesforce"),
        pytest.param(("hubspot",), marks=pytest.mark.full),
        pytest.param(("salesforce",), marks=pytest.mark.full),
    ],
)
def test_known_people_get_no_second_record(crms: tuple[str, ...], tmp_path: Path) -> None:
    asyncio.run(busy(tmp_path, cast(), *crms))


@pytest.mark.full
@pytest.mark.parametrize(("new", "made"), [("contact", "Contact"), ("lead", "Lead"), ("person_account", "Account")])
def test_people_known_as_contacts_leads_and_person_accounts(new: str, made: str, tmp_path: Path) -> None:
    kinds = ("Contact", "Lead", "Account")
    known = cast()
    mixed = replace(known, contacts=[{**one, "object": kinds[n % 3]} for n, one in enumerate(known.contacts)])
    if new == "person_account":  # whose fields have names of their own
        phone = 'PersonMobilePhone = "phone"\n'
        (tmp_path / "accounts.toml").write_text(f'[person]\nFirstName = "name.first"\nLastName = "name.last"\n{phone}')
    given = {"new_person_as": new} | ({"mapping": "accounts.toml"} if new == "person_account" else {})
    stage = asyncio.run(busy(tmp_path, mixed, "salesforce", salesforce=given))
    org = stage.crms[0].org  # type: ignore[attr-defined]
    standing = Counter(kind for kind in kinds for _ in org.rows[kind].values())
    hidden = sum(1 for row in org.rows["Contact"].values() if row.values.get("IsPersonAccount"))
    standing["Contact"] -= hidden  # behind each person account
    before = Counter(one["object"] for one in mixed.contacts)
    assert standing - before == Counter({made: PEOPLE - KNOWN})
