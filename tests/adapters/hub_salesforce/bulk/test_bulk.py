"""Bulk API 2.0: thousands of rows in and out, and jobs that end badly."""

from __future__ import annotations

import pytest

from hub.contracts.errors import Rejected, Unavailable
from hub_salesforce import bulk
from hub_salesforce.paths import CONTACT, KEY

ODD = 'Ana, "the\nbest" é'


def test_a_query_gives_every_row_page_after_page(organisation):
    async def scenario(sim, do, crm):
        sim.bulk_polls, sim.bulk_page = 3, 2
        ids = sim.fill([{"LastName": f"{ODD} {n}", "HasOptedOutOfEmail": n == 1} for n in range(5)])
        soql = "SELECT Id, LastName, FirstName, HasOptedOutOfEmail FROM Contact ORDER BY Id"
        types = {"HasOptedOutOfEmail": "boolean"}
        pages = await do(lambda: list(bulk.query(crm.transport, soql, types=types)))
        assert [len(page) for page in pages] == [2, 2, 1]
        rows = [row for page in pages for row in page]
        assert [row["Id"] for row in rows] == ids
        assert [row["LastName"] for row in rows] == [f"{ODD} {n}" for n in range(5)]
        assert [row["HasOptedOutOfEmail"] for row in rows] == [False, True, False, False, False]
        assert {row["FirstName"] for row in rows} == {None}
        assert len(crm.slept) == 3
        assert crm.slept == sorted(set(crm.slept))

    organisation(scenario)


def test_rows_are_written_and_told_in_the_order_given(organisation):
    async def scenario(sim, do, crm):
        (known,) = sim.fill([{"LastName": "Old", "Phone": "+447700900001", KEY: "k1"}])
        rows = [
            {KEY: "k2", "LastName": ODD},
            {KEY: "k1", "Phone": None, "FirstName": "Ana"},
            {KEY: "k3", "LastName": "Mail", "Email": "no address"},
            {KEY: "k4"},
        ]
        told = await do(lambda: bulk.ingest(crm.transport, CONTACT, "upsert", rows, KEY))
        assert [one["success"] for one in told] == [True, True, False, False]
        assert [one["created"] for one in told] == [True, False, False, False]
        assert told[1]["id"] == known
        assert sim.org.find(CONTACT, told[0]["id"]).values["LastName"] == ODD
        values = sim.org.find(CONTACT, known).values
        assert (values.get("Phone"), values["FirstName"], values["LastName"]) == (None, "Ana", "Old")
        assert [one["errors"][0]["statusCode"] for one in told[2:]] == [
            "INVALID_EMAIL_ADDRESS",
            "REQUIRED_FIELD_MISSING",
        ]
        assert [one["errors"][0]["fields"] for one in told[2:]] == [["Email"], ["LastName"]]

    organisation(scenario)


def test_rows_are_changed_by_id(organisation):
    async def scenario(sim, do, crm):
        ids = sim.fill([{"LastName": name} for name in ("A", "B")])
        told = await do(
            lambda: bulk.ingest(crm.transport, CONTACT, "update", [{"Id": i, "Title": i} for i in ids[::-1]])
        )
        assert [one["id"] for one in told] == ids[::-1]
        assert [sim.org.find(CONTACT, i).values["Title"] for i in ids] == ids

    organisation(scenario)


def test_rows_that_cannot_be_told_apart_are_not_sent(organisation):
    async def scenario(sim, do, crm):
        for operation, rows in (
            ("upsert", [{KEY: "k"}, {KEY: "k"}]),
            ("insert", [{"LastName": "x"}]),
            ("upsert", [{}]),
        ):
            with pytest.raises(Rejected):
                await do(lambda op=operation, some=rows: bulk.ingest(crm.transport, CONTACT, op, some, KEY))
        assert not sim.calls

    organisation(scenario)


def test_a_job_that_never_ends_is_given_up(organisation):
    async def scenario(sim, do, crm):
        sim.bulk_polls = 10_000
        with pytest.raises(Unavailable, match="takes too long"):
            await do(lambda: bulk.ingest(crm.transport, CONTACT, "upsert", [{KEY: "k", "LastName": "x"}], KEY))
        assert bulk.WAIT <= sum(crm.slept) < bulk.WAIT + bulk.LAST_PAUSE
        assert not sim.contacts()

    organisation(scenario)


@pytest.mark.parametrize("nth", [1, 2, 3, 4, 5, 6])
def test_a_lost_answer_doubles_nothing(organisation, nth):
    async def scenario(sim, do, crm):
        rows = [{KEY: f"k{n}", "LastName": "x"} for n in range(3)]
        await do(crm.probe)
        count = 0

        def lose(method, path, headers, body):
            nonlocal count
            count += 1
            sim.faults.lose_after = 1.0 if count == nth else 0.0

        sim.observers.append(lose)
        work = lambda: bulk.ingest(crm.transport, CONTACT, "upsert", rows, KEY)  # noqa: E731
        try:
            told = await do(work)
        except Unavailable:
            told = await do(work)
        assert all(one["success"] for one in told)
        assert len(sim.contacts()) == 3

    organisation(scenario)
