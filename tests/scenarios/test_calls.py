"""What a thousand messages cost at the CRM, at a hundred messages a second; nothing is ever searched for a message."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from hub.testing.ledgers import SETUP_CALLS, token_of
from hub.testing.people import Company, Person
from hub.testing.phrases import VOICES
from hub.testing.stage import Stage

RATE = 100


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


async def calls_per_1000(folder: Path, company: Company, messages: int) -> tuple[float, dict[str, int], int]:
    """Paced messages without a reply: calls per 1,000 of them, the calls by endpoint, and contacts at the end."""
    stage = Stage(folder, company, settings={"crm_poll": 600})
    await stage.open()
    try:
        await stage.hub.start()
        await stage.hub.ready()
        await stage.first_read()
        before = dict(stage.crm.calls)
        began = time.monotonic()
        for n in range(messages):
            await asyncio.sleep(max(0.0, began + n / RATE - time.monotonic()))
            await stage.say(company.people[n % len(company.people)], f"m{n:05d} hello", due=False)
        wanted = {f"m{n:05d}" for n in range(messages)}
        while not wanted <= {token_of(row.text) for row in stage.crm.logged()}:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.2)
        made = {name: count - before.get(name, 0) for name, count in stage.crm.calls.items()}
        made = {name: count for name, count in made.items() if count and name not in SETUP_CALLS}
        return sum(made.values()) * 1000 / messages, made, len(stage.crm.contacts())
    finally:
        await stage.close()


def test_a_thousand_messages_of_known_people(tmp_path: Path) -> None:
    cost, made, contacts = asyncio.run(calls_per_1000(tmp_path, customers(50, known=True), 1000))

    assert contacts == 50  # nobody was made a second time
    assert "contacts/search" not in made
    assert cost <= 12, made


@pytest.mark.full
def test_a_minute_of_known_people(tmp_path: Path) -> None:
    cost, made, contacts = asyncio.run(calls_per_1000(tmp_path, customers(50, known=True), 6000))

    print(f"calls per 1,000 messages of 50 known people: {cost:.1f}")
    assert contacts == 50
    assert "contacts/search" not in made
    assert cost <= 12, made


@pytest.mark.full
def test_a_minute_of_new_people(tmp_path: Path) -> None:
    cost, made, contacts = asyncio.run(calls_per_1000(tmp_path, customers(6000, known=False), 6000))

    print(f"calls per 1,000 messages of new people: {cost:.1f}")
    assert contacts == 6000
    assert "contacts/search" not in made
    assert cost <= 22, made
