"""A rush of customers on a stage: they write at a steady pace, and what they wrote is waited for in the CRMs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager

from hub.contracts.simulator import CRMSimulator
from hub.testing.ledgers import token_of
from hub.testing.people import Company, Person
from hub.testing.phrases import VOICES
from hub.testing.proof import prove
from hub.testing.stage import Stage

PATIENCE = 90.0
"""Seconds to wait for messages in a CRM, on a busy machine too."""
LOOK = 0.1


def customers(number: int, *, known: bool = False) -> Company:
    """People with numbers of their own; the CRM has a contact of each, or of nobody."""
    people, contacts = [], []
    for n in range(number):
        digits = f"1555{n:07d}"
        people.append(Person("+" + digits, f"Customer {n}", VOICES[0], frozenset({digits})))
        if known:
            contacts.append({"name": f"Customer {n}", "phone": f"+1 555 {digits[4:7]} {digits[7:]}"})
    owners = tuple(frozenset({person.phone}) for person in people[: len(contacts)])
    return Company(people=tuple(people), contacts=tuple(contacts), owners=owners)


@asynccontextmanager
async def opened(stage: Stage) -> AsyncIterator[Stage]:
    """The stage with a hub that has read the CRMs; closed at the end. Raises ConfigError, Unavailable."""
    try:
        await stage.open()
        await stage.hub.start()
        await stage.hub.ready()
        await stage.first_read()
        yield stage
    finally:
        await stage.close()


async def write(stage: Stage, messages: int, rate: float, *, begin: int = 0) -> set[str]:
    """Customers write by turns, `rate` messages a second; the tokens of what they wrote, numbered from `begin`."""
    people, began = stage.company.people, time.monotonic()
    for n in range(messages):
        await asyncio.sleep(max(0.0, began + n / rate - time.monotonic()))
        await stage.say(people[(begin + n) % len(people)], f"{_token(begin + n)} hello", due=False)
    return {_token(begin + n) for n in range(messages)}


async def arrived(tokens: Iterable[str], crms: Sequence[CRMSimulator], seconds: float = PATIENCE) -> None:
    """Wait until all these messages stand in these CRMs. Raises TimeoutError with how many are missing."""
    wanted, until = set(tokens), time.monotonic() + seconds
    while missing := {crm.name: len(wanted - standing(crm)) for crm in crms if wanted - standing(crm)}:
        if time.monotonic() > until:
            raise TimeoutError(f"messages that do not stand in a CRM after {seconds:.0f} s: {missing}")
        await asyncio.sleep(LOOK)


def standing(crm: CRMSimulator) -> set[str]:
    """The tokens of all messages that stand in a CRM."""
    return {token_of(row.text) for row in crm.logged()}


def broken(stage: Stage) -> dict[str, list[str]]:
    """What each CRM's proof finds broken, empty where it holds."""
    return {crm.name: found for crm in stage.crms if (found := prove(stage.ledgers(crm)).broken())}


def _token(number: int) -> str:
    return f"m{number:05d}"
