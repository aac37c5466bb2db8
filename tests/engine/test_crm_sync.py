"""A running hub and a HubSpot: reading everybody first, looking at what changed, and trouble on the way."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from hub.engine.crm import fate as crm_fate
from hub.engine.crm import sync as crm_sync
from hub.testing.people import COUNTRIES

PAGE, CONTACTS = 50, 350
PAGES = CONTACTS // PAGE
STRANGER = "+447700900123"


def number(n: int) -> str:
    """The n-th invented American number."""
    return "+1" + COUNTRIES["US"].number(n)


@pytest.fixture
def crm(simulators):
    made = simulators["hubspot"]()
    made.search_lag = 0.05
    return made


@pytest.fixture
def channel(simulators):
    made = simulators["whatsapp"]()
    made.statuses = ()
    return made


def logged(crm: Any) -> list[tuple[str, str]]:
    """What stands in the CRM: contact and text."""
    return [(row.contact, row.text) for row in crm.logged()]


def numbered(crm: Any) -> dict[str, str]:
    """Phone -> contact id, of everybody; nobody stands there twice."""
    found = {contact["phone"]: contact["id"] for contact in crm.contacts()}
    assert len(found) == len(crm.contacts())
    return found


def test_a_first_read_that_was_stopped_goes_on_where_it_was_and_nothing_is_written_before_its_end(live, crm, channel):
    calls: list[tuple[str, str]] = []
    ids = crm.fill([{"name": f"Customer {n}", "phone": number(n)} for n in range(CONTACTS)])

    def pages() -> int:
        return calls.count(("GET", "/crm/v3/objects/contacts"))

    async def scenario() -> None:
        crm.latency = 0.05
        crm.observers.append(lambda method, path, *_: calls.append((method, path)))
        async with live(channel, crm, crm={"page": PAGE}) as run:
            await channel.say(number(CONTACTS - 1), "from a known one", name="Ana")
            await channel.say(STRANGER, "from a stranger", name="Zoe")
            await run.until(lambda: pages() >= 3)
            await run.stop()
            assert pages() < PAGES
            await run.start()
            await channel.say(number(0), "from the first one", name="Bea")
            await run.until(lambda: len(crm.logged()) == 3)
            assert await run.rows("SELECT count(*) FROM links WHERE record<>''") == [(CONTACTS + 1,)]

    asyncio.run(scenario())
    assert PAGES <= pages() <= PAGES + 2
    assert crm.calls["contacts"] == pages()
    writes = [
        n for n, (_, path) in enumerate(calls) if path.endswith(("/batch/create", "/batch/update", "/batch/upsert"))
    ]
    writes = [n for n in writes if "/objects/" in calls[n][1]]
    last_page = max(n for n, call in enumerate(calls) if call == ("GET", "/crm/v3/objects/contacts"))
    assert min(writes) > last_page
    people = numbered(crm)
    assert len(people) == CONTACTS + 1
    assert sorted(logged(crm)) == sorted(
        [
            (ids[-1], "from a known one"),
            (people[STRANGER], "from a stranger"),
            (ids[0], "from the first one"),
        ]
    )


def test_a_contact_that_a_human_makes_later_is_found_and_used(live, crm, channel):
    async def scenario() -> None:
        async with live(channel, crm, settings={"crm_poll": 0.3}) as run:
            await run.until(lambda: run.hub.crms["hubspot"].ready.is_set())
            (made,) = crm.fill([{"name": "Ana Example", "phone": "+44 7700 900123"}])

            async def known() -> bool:
                return bool(await run.rows(f"SELECT 1 FROM links WHERE record='{made}'"))

            await run.until(known)
            await channel.say(STRANGER, "hello", name="Ana")
            await run.until(crm.logged)
            assert logged(crm) == [(made, "hello")]
            assert [contact["id"] for contact in crm.contacts()] == [made]

    asyncio.run(scenario())


def test_a_wrong_token_is_said_once_and_costs_no_message(live, crm, channel):
    async def scenario() -> None:
        async with live(channel, crm, crm={"access_token": "pat-not-yet-accepted"}) as run:
            await run.until(lambda: run.hub.notices.open)
            assert list(run.hub.notices.open) == ["crm hubspot"]
            assert "pat-not-yet-accepted" not in str(run.hub.notices.open)
            await channel.say(STRANGER, "hello", name="Ana")
            await asyncio.wait_for(channel.settled(), 3)
            assert run.hub.accepting
            assert crm.contacts() == crm.logged() == []
            crm.token = "pat-not-yet-accepted"
            await run.until(crm.logged)
            assert logged(crm) == [(numbered(crm)[STRANGER], "hello")]
            assert run.hub.notices.open == {}

    asyncio.run(scenario())


def test_a_mapping_that_names_no_field_of_the_crm_is_told(live, crm, channel, tmp_path):
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings" / "hubspot.toml").write_text('[person]\nfirstname = "name"\nshoe_size = "phone"\n')

    async def scenario() -> None:
        async with live(channel, crm) as run:
            await run.until(lambda: run.hub.notices.open)
            assert "shoe_size" in " ".join(run.hub.notices.open.values())

    asyncio.run(scenario())


def test_what_people_write_while_the_crm_is_down_arrives_once_when_it_is_back(live, crm, channel):
    people = [number(n) for n in range(4)]
    said = [(person, f"{word} of {person}") for word in ("first", "second", "third") for person in people]

    async def scenario() -> None:
        async with live(channel, crm) as run:
            await run.until(lambda: run.hub.crms["hubspot"].ready.is_set())
            crm.faults.down = True
            before = sum(crm.calls.values())
            for person, text in said:
                await channel.say(person, text, name="Ana")
            await asyncio.wait_for(channel.settled(), 3)
            await run.until(lambda: sum(crm.calls.values()) > before)
            crm.faults.down = False
            await run.until(lambda: len(crm.logged()) >= len(said))

            async def nothing_open() -> bool:
                return not await run.rows("SELECT 1 FROM outbox WHERE open=1")

            await run.until(nothing_open)
        found = numbered(crm)
        assert sorted(logged(crm)) == sorted((found[person], text) for person, text in said)
        assert set(found) == set(people)
        for person in people:
            texts = [row.text for row in sorted(crm.logged(), key=lambda row: row.at) if row.contact == found[person]]
            assert texts == [text for one, text in said if one == person]

    asyncio.run(scenario())


def test_a_rest_is_no_longer_when_the_clock_is_set_back(live, crm, channel, set_back, monkeypatch):
    monkeypatch.setattr(crm_fate, "LONGEST", 300)
    monkeypatch.setattr(crm_sync, "REST", 0.5)

    async def scenario() -> None:
        async with live(channel, crm) as run:
            await run.until(lambda: run.hub.crms["hubspot"].ready.is_set())
            right, crm.token = crm.token, "pat-renewed"
            await channel.say(STRANGER, "hello", name="Ana")
            await run.until(lambda: "crm hubspot" in run.hub.notices.open)
            set_back()
            crm.token = right
            await run.until(crm.logged)

    asyncio.run(scenario())
