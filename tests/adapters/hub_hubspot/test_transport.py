"""Waiting, giving up, and what is said about it."""

from __future__ import annotations

import asyncio
import socket

import pytest

from hub import PersonWrite
from hub.contracts.errors import AuthFailed, RateLimited, Unavailable
from hub_hubspot.budget import Budget
from hub_hubspot.contacts import millis
from hub_hubspot.crm import HubSpot
from hub_hubspot.transport import PATIENCE

PERSON = [PersonWrite(outbox=1, key="k" * 32, fields={"firstname": "Ana"})]


def closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def test_retry_after_is_obeyed_then_it_goes_through(portal):
    async def scenario(sim, do, crm):
        sim.faults.throttle = 1.0

        def once(*_):
            sim.faults.throttle = 1.0 if sim.calls["contacts/batch/upsert"] < 3 else 0.0

        sim.observers.append(once)
        (written,) = await do(crm.upsert, PERSON)
        assert written.record
        assert crm.slept == [1.0, 1.0]
        assert sim.calls == {"contacts/batch/upsert": 3}

    portal(scenario)


def test_patience_ends_in_rate_limited(portal):
    async def scenario(sim, do, crm):
        sim.faults.throttle = 1.0
        with pytest.raises(RateLimited) as raised:
            await do(crm.upsert, PERSON)
        assert raised.value.retry_after == 1.0
        assert sum(crm.slept) <= PATIENCE
        assert len(crm.slept) == PATIENCE

    portal(scenario)


def test_the_library_repeats_no_read_by_itself(portal):
    async def scenario(sim, do, crm):
        seen = []
        crm.on_call = lambda endpoint, status: seen.append(status)
        sim.faults.throttle = 1.0
        with pytest.raises(RateLimited):
            await do(crm.first_read, "")
        assert seen == [429] * sim.calls["contacts"]

    portal(scenario)


def test_the_day_is_used_up(portal):
    async def scenario(sim, do, crm):
        sim.per_day = 0
        with pytest.raises(RateLimited) as raised:
            await do(crm.upsert, PERSON)
        assert raised.value.retry_after == 3_600
        with pytest.raises(RateLimited) as raised:
            await do(crm.describe)
        assert raised.value.retry_after == 3_600
        assert crm.slept == []
        assert sim.calls == {"contacts/batch/upsert": 1}

    portal(scenario, bare=True)


@pytest.mark.parametrize(
    ("zone", "now", "hours"),
    [
        ("Europe/London", "2026-01-10T22:30:00+00:00", 1.5),
        ("Europe/London", "2026-07-10T12:00:00+00:00", 11.0),
        ("Europe/London", "2026-03-29T00:30:00+00:00", 22.5),  # the day on which clocks go forward
        ("US/Eastern", "2026-01-10T02:00:00+00:00", 3.0),
        ("Nowhere/Land", "2026-01-10T22:30:00+00:00", 1.5),  # then the offset counts, which the simulator gives as 0
    ],
)
def test_a_used_up_day_ends_at_midnight_where_the_account_is(portal, zone, now, hours):
    async def scenario(sim, do, crm):
        sim.zone, sim.date = zone, millis(now)
        await do(crm.ensure)
        await do(crm.ensure)
        assert sim.calls["account-info/v3/details"] == 1
        sim.per_day = 0
        with pytest.raises(RateLimited) as raised:
            await do(crm.upsert, PERSON)
        assert raised.value.retry_after == pytest.approx(hours * 3_600)
        sim.per_day = 1_000_000
        sim.calls.clear()
        with pytest.raises(RateLimited):
            await do(crm.upsert, PERSON)
        assert sim.calls == {}
        crm.slept.append(hours * 3_600 + 1)
        (written,) = await do(crm.upsert, PERSON)
        assert written.record

    portal(scenario, bare=True)


def test_the_headers_set_the_pace(portal):
    async def scenario(sim, do, crm):
        await do(crm.describe)
        assert crm.transport.budget.limit == 1_000_000
        sim.per_10s = 50
        await do(crm.describe)
        assert crm.transport.budget.limit == 50
        for _ in range(10):
            await do(crm.describe)
        assert crm.slept == []

    portal(scenario)


def test_a_budget_is_a_rolling_window():
    now = [100.0]
    budget = Budget(3, lambda: now[0])
    assert [budget.take() for _ in range(3)] == [0.0] * 3
    assert budget.take() == pytest.approx(10.0)
    now[0] = 109.0
    assert budget.take() == pytest.approx(1.0)
    now[0] = 110.0
    assert budget.take() == 0.0


def test_a_budget_counts_the_calls_of_others():
    now = [0.0]
    budget = Budget(100, lambda: now[0])
    assert budget.take() == 0.0
    told = {
        "X-HubSpot-RateLimit-Max": "190",
        "X-HubSpot-RateLimit-Remaining": "2",
        "X-HubSpot-RateLimit-Interval-Milliseconds": "10000",
    }
    budget.learn(told)
    assert budget.limit == 190
    assert [budget.take() for _ in range(3)] == [0.0, 0.0, pytest.approx(10.0)]
    budget.learn({})
    assert budget.limit == 190


def test_a_server_error_is_tried_again_for_what_is_repeatable(portal):
    async def scenario(sim, do, crm):
        sim.faults.error = 1.0
        with pytest.raises(Unavailable):
            await do(crm.upsert, PERSON)
        assert sim.calls == {"contacts/batch/upsert": 3}
        assert len(crm.slept) == 2

    portal(scenario)


def test_a_wrong_token_pauses_and_is_not_told(portal):
    async def scenario(sim, do, crm):
        token, sim.token = sim.token, "pat-another"
        with pytest.raises(AuthFailed) as raised:
            await do(crm.upsert, PERSON)
        assert token not in str(raised.value)
        assert token not in repr(crm.settings)
        assert sim.calls == {"contacts/batch/upsert": 1}

    portal(scenario)


def test_missing_scopes_are_named(portal):
    async def scenario(sim, do, crm):
        sim.scopes = False
        with pytest.raises(AuthFailed) as raised:
            await do(crm.upsert, PERSON)
        assert "crm.objects.contacts.write" in str(raised.value)

    portal(scenario)


def test_every_call_is_reported_also_the_unanswered(portal):
    async def scenario(sim, do, crm):
        seen = []
        crm.on_call = lambda endpoint, status: seen.append((endpoint, status))
        await do(crm.upsert, PERSON)
        sim.faults.down = True
        with pytest.raises(Unavailable):
            await do(crm.first_read, "")
        assert seen == [("contacts/batch/upsert", 200), *[("contacts", 0)] * 3]
        assert sim.calls["contacts"] == 3  # nothing below repeats by itself

    portal(scenario)


def test_threads_share_what_is_there(portal):
    async def scenario(sim, do, crm):
        sim.latency, most = 0.01, 0

        def count(*_):
            nonlocal most
            most = max(most, len(sim._runner.server.connections))

        sim.observers.append(count)
        batches = [[PersonWrite(outbox=n, key=f"{n:032}", fields={"firstname": "Ana"})] for n in range(24)]
        written = await asyncio.gather(*(do(crm.upsert, batch) for batch in batches))
        assert [w[0].outbox for w in written] == list(range(24))
        assert len({w[0].record for w in written}) == 24
        assert most <= 3

    portal(scenario, settings={"threads": 3})


def test_one_connection_serves_many_calls(portal):
    async def scenario(sim, do, crm):
        ports = set()
        site = sim._runner.server
        sim.observers.append(lambda *_: ports.update(c.transport.get_extra_info("peername") for c in site.connections))
        for _ in range(3):
            await do(crm.upsert, PERSON)
            await do(crm.describe)
        assert len(ports) == 1

    portal(scenario)


@pytest.mark.parametrize("call", ["upsert", "log"])
def test_a_refused_connection_did_nothing(call):
    from hub import LogEntry

    crm = HubSpot(HubSpot.Settings(access_token="pat", base_url=f"http://127.0.0.1:{closed_port()}"))
    crm.transport._sleep = lambda _: None
    entry = LogEntry(
        outbox=1, message="m", record="1", direction="in", channel="sms", author="person", text="", at=1, sequence=1
    )
    with pytest.raises(Unavailable):
        getattr(crm, call)(PERSON if call == "upsert" else [entry])


def test_a_silent_server_times_out(portal):
    async def scenario(sim, do, crm):
        sim.latency = 30.0
        with pytest.raises(Unavailable):
            await do(crm.first_read, "")
        sim.latency = 0.0

    portal(scenario, bare=True, settings={"timeout": 0.05})


def test_searches_keep_their_own_pace(portal):
    async def scenario(sim, do, crm):
        sim.searches_per_s = 1_000
        for _ in range(9):
            await do(crm.changes, "1750000000000:0:0")
        assert crm.slept == [1.0, 1.0]

    portal(scenario, searches=9, settings={"objects": []})
