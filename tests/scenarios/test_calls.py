"""What a thousand messages cost at the CRM, and how soon they stand there; nothing is ever searched for a message."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from hub.testing.ledgers import token_of
from hub.testing.people import Company, Person
from hub.testing.phrases import VOICES
from hub.testing.proof import prove
from hub.testing.stage import Stage

RATE = 100
"""Messages a second."""
SEARCHES = ("search", "query", "queryAll")
"""What a call that looks for something has in its name."""


def customers(number: int, *, known: bool) -> Company:
    """People with numbers of their own; the CRM has a contact of each, or of nobody."""
    people, contacts = [], []
    for n in range(number):
        digits = f"1555{n:07d}"
        people.append(Person("+" + digits, f"Customer {n}", VOICES[0], frozenset({digits})))
        if known:
            contacts.append(
                {"firstname": "Customer", "lastname": str(n), "phone": f"+1 555 {digits[4:7]} {digits[7:]}"}
            )
    owners = tuple(frozenset({person.phone}) for person in people[: len(contacts)])
    return Company(people=tuple(people), contacts=tuple(contacts), owners=owners)


async def calls_per_1000(
    folder: Path, crm: str, company: Company, messages: int, rate: int = RATE
) -> tuple[float, dict[str, int], int]:
    """Paced messages without a reply: calls per 1,000 of them, the calls by endpoint, and contacts at the end."""
    stage = Stage(folder, company, settings={"crm_poll": 600}, crms=(crm,))
    await stage.open()
    try:
        await stage.hub.start()
        await stage.hub.ready()
        await stage.first_read()
        before = dict(stage.crm.counted())
        began = time.monotonic()
        for n in range(messages):
            await asyncio.sleep(max(0.0, began + n / rate - time.monotonic()))
            await stage.say(company.people[n % len(company.people)], f"m{n:05d} hello", due=False)
        wanted = {f"m{n:05d}" for n in range(messages)}
        while not wanted <= {token_of(row.text) for row in stage.crm.logged()}:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.2)
        made = {name: count - before.get(name, 0) for name, count in stage.crm.counted().items()}
        made = {name: count for name, count in made.items() if count}
        cost = sum(made.values()) * 1000 / messages
        proof = prove(stage.ledgers())
        print(f"{crm}: {cost:.1f} calls per 1,000 messages, to_crm_p95_s={proof.to_crm_p95_s:.2f}, {made}")
        assert not [name for name in made if any(word in name for word in SEARCHES)], made
        assert (proof.lost, proof.doubled, proof.duplicate_people) == (0, 0, 0)
        return cost, made, len(stage.crm.contacts())
    finally:
        await stage.close()


@pytest.mark.parametrize(("crm", "most"), [("hubspot", 12), ("salesforce", 6)])
def test_a_thousand_messages_of_known_people(tmp_path: Path, crm: str, most: int) -> None:
    cost, made, contacts = asyncio.run(calls_per_1000(tmp_path, crm, customers(50, known=True), 1000))

    assert contacts == 50  # nobody was made a second time
    assert cost <= most, made


@pytest.mark.full
@pytest.mark.parametrize(("crm", "most"), [("hubspot", 12), ("salesforce", 6)])
def test_a_minute_of_known_people(tmp_path: Path, crm: str, most: int) -> None:
    cost, made, contacts = asyncio.run(calls_per_1000(tmp_path, crm, customers(50, known=True), 6000))

    assert contacts == 50
    assert cost <= most, made


@pytest.mark.full
@pytest.mark.parametrize(("crm", "most"), [("hubspot", 22), ("salesforce", 12)])
def test_a_minute_of_new_people(tmp_path: Path, crm: str, most: int) -> None:
    cost, made, contacts = asyncio.run(calls_per_1000(tmp_path, crm, customers(6000, known=False), 6000))

    assert contacts == 6000
    assert cost <= most, made


@pytest.mark.full
@pytest.mark.parametrize(("known", "most"), [(True, 3), (False, 4)])
def test_many_at_once_share_one_call(tmp_path: Path, known: bool, most: int) -> None:
    people = customers(50 if known else 3000, known=known)
    cost, made, contacts = asyncio.run(calls_per_1000(tmp_path, "salesforce", people, 3000, rate=500))

    assert contacts == len(people.people)
    assert cost <= most, made
