"""Everybody once, in pages or by a job, whatever happens in between."""

from __future__ import annotations

import pytest

from hub_salesforce import first
from hub_salesforce.paths import ACCOUNT, KEY, LEAD


@pytest.fixture
def small(monkeypatch):
    """Pages of three."""
    monkeypatch.setattr(first, "QUERY_PAGE", 3)


async def read(do, crm, cursor=""):
    """Every page after `cursor`, as lists of ids."""
    pages = []
    while True:
        page = await do(crm.first_read, cursor)
        pages.append([record.id for record in page.records])
        assert page.last == (page.cursor == "")
        cursor = page.cursor
        if page.last:
            return pages


def everybody(sim):
    """Seven contacts, a lead, and a lead that was converted; the ids of those who count."""
    ids = sim.fill([{"name": f"Ana {n}", "phone": f"+4477009000{n:02}"} for n in range(7)])
    sim.person = LEAD
    open_, converted = sim.fill([{"name": "Lea One"}, {"name": "Lea Two"}])
    return [*ids, open_, sim.convert(converted)]


@pytest.mark.parametrize("bulk", [True, False])
def test_contacts_then_leads_each_once(organisation, small, bulk):
    async def scenario(sim, do, crm):
        sim.bulk_page = 2
        expected = everybody(sim)
        pages = await read(do, crm)
        found = [one for page in pages for one in page]
        assert sorted(found) == sorted(expected)
        assert found[-1][:3] == "00Q"
        assert bool(sim.calls["jobs/query"]) is bulk
        assert sim.counted() == {}

    organisation(scenario, settings={"bulk": bulk})


def test_few_people_are_one_call_for_each_object(organisation):
    async def scenario(sim, do, crm):
        expected = everybody(sim)
        found = [one for page in await read(do, crm) for one in page]
        assert sorted(found) == sorted(expected)
        assert sim.calls["list/Contact"] == sim.calls["list/Lead"] == 1
        assert not [name for name in sim.calls if "jobs" in name]

    organisation(scenario)


def test_a_record_of_a_job_is_the_same_as_one_of_a_query(organisation, small):
    async def scenario(sim, do, crm):
        sim.fill([{"LastName": f"Ana {n}", "HasOptedOutOfEmail": "true", KEY: f"k{n}"} for n in range(6)])
        crm.reads = frozenset({"HasOptedOutOfEmail", "Title", "CreatedDate"})
        plain = type(crm)(crm.settings.model_copy(update={"bulk": False}), region="GB")
        plain.reads = crm.reads

        async def records(one):
            cursor, found = "", []
            while True:
                page = await do(one.first_read, cursor)
                found += page.records
                cursor = page.cursor
                if page.last:
                    return sorted(found, key=lambda record: record.id)

        assert await records(crm) == await records(plain)
        assert sim.calls["jobs/query"]

    organisation(scenario)


def test_person_accounts_come_too_and_once(organisation):
    async def scenario(sim, do, crm):
        sim.person = ACCOUNT
        ids = sim.fill([{"name": "Ana Account", "phone": "+447700900001"}])
        assert [one for page in await read(do, crm) for one in page] == ids

    organisation(scenario, person_accounts=True, settings={"new_person_as": "person_account"})


def test_a_job_that_is_lost_is_begun_again_from_the_same_id(organisation, small):
    async def scenario(sim, do, crm):
        sim.bulk_page = 2
        expected = everybody(sim)
        jobs = []
        sim.observers.append(
            lambda method, path, *_: jobs.append(path) if (method, path[-10:]) == ("POST", "jobs/query") else None
        )
        start = await do(crm.first_read, "")
        middle = await do(crm.first_read, start.cursor)
        assert middle.records
        job = first.Place.parse(middle.cursor).job
        assert await do(lambda: crm.transport.call("DELETE", f"/jobs/query/{job}")) is None
        rest = await read(do, crm, middle.cursor)
        found = [record.id for page in (start, middle) for record in page.records] + [
            one for page in rest for one in page
        ]
        assert set(found) == set(expected)
        assert len(jobs) == 2

    organisation(scenario)


def test_where_there_are_no_jobs_the_pages_go_on(organisation, small):
    async def scenario(sim, do, crm):
        expected = everybody(sim)
        known = sim.api.answer

        def without(call):
            if call.path.startswith("/jobs") and call.method == "POST":
                call = type(call)("GET", "/nowhere", call.query, call.headers, None)
            return known(call)

        sim.api.answer = without
        found = [one for page in await read(do, crm) for one in page]
        assert sorted(found) == sorted(expected)
        assert sim.calls["list/Contact"] == 3
        assert sim.calls["jobs/query"] == 1

    organisation(scenario)


def test_a_slow_job_gives_empty_pages_meanwhile(organisation, small):
    async def scenario(sim, do, crm):
        sim.bulk_polls = 20
        expected = everybody(sim)
        pages = await read(do, crm)
        assert [] in pages
        assert sorted(one for page in pages for one in page) == sorted(expected)

    organisation(scenario)
