"""Salesforce ends the hub's session, once or for good: no message is lost or doubled, and there are few log-ins."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hub.testing.ledgers import token_of
from hub.testing.office import Clock, Office, both_ways, serving, simulated
from hub.testing.rush import LOOK, arrived, broken, customers, opened, write
from hub.testing.stage import Stage

NOTICE = "crm salesforce"
PHONE = "+447700900101"
HOUR = 3_600.0


@pytest.mark.full
def test_a_session_that_ends_among_the_calls_of_a_batch(tmp_path: Path) -> None:
    async def scenario() -> None:
        stage = Stage(tmp_path, customers(30), crms=("salesforce",), settings={"crm_linger": 0.2})
        crm: Any = stage.crm
        crm.latency = 0.05
        writes: list[str] = []

        def ends(method: str, path: str, *_: object) -> None:
            """The second call that writes finds its session gone."""
            if method in ("POST", "PATCH") and "composite/sobjects" in path:
                writes.append(path)
                if len(writes) == 2:
                    crm.end_sessions()

        async with opened(stage):
            crm.observers.append(ends)
            await arrived(await write(stage, 300, rate=80), stage.crms)
            assert len(writes) > 2
            assert crm.log_ins.count == 2
            assert broken(stage) == {}

    asyncio.run(scenario())


@pytest.mark.full
def test_sessions_that_are_never_taken_are_told_once(tmp_path: Path) -> None:
    async def scenario() -> None:
        stage = Stage(tmp_path, customers(10), crms=("salesforce",), settings={"crm_poll": 0.2})
        crm: Any = stage.crm
        async with opened(stage):
            tokens = await write(stage, 20, rate=100)
            await arrived(tokens, stage.crms)
            crm.log_ins.fail = True
            tokens |= await write(stage, 20, rate=100, begin=20)
            async with asyncio.timeout(30):
                while NOTICE not in (await stage.hub.status()).get("notices", {}):  # noqa: ASYNC110 - it is another process
                    await asyncio.sleep(LOOK)
            tokens |= await write(stage, 20, rate=20, begin=40)
            assert crm.log_ins.count <= 3
            crm.log_ins.fail = False
            await stage.kill()
            await arrived(tokens, stage.crms)
            assert crm.log_ins.count <= 4
            assert set(broken(stage).get("salesforce", [])) <= {"p95_share"}  # most of them waited for the log-in
        log = stage.hub.log.read_text(encoding="utf-8").splitlines()
        told = [line for line in log if "needs attention" in line and NOTICE in line]
        assert len(told) == 1, told

    asyncio.run(scenario())


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A hub that has read an empty Salesforce whose sessions last an hour."""
    clock = Clock(1_900_000_000_000)
    made: dict[str, Any] = dict(simulated(clock, "salesforce"))
    made["salesforce"].log_ins.life = HOUR
    with serving(made.values()):
        table = Office(tmp_path, made, {"salesforce": both_ways(made["salesforce"])}, clock)
        table.begin()
        yield table
        table.close()


def work(office: Office, steps: int, pause: float) -> None:
    """Write what is due and look at what changed, again and again, `pause` seconds apart."""
    for _ in range(steps):
        office.pass_time(pause)
        office.push("salesforce")
        office.look("salesforce")


def test_a_working_day_takes_at_most_two_log_ins_an_hour(office: Office) -> None:
    crm: Any = office.simulators["salesforce"]
    for hour in range(8):
        before = crm.log_ins.count
        for quarter in range(4):
            office.say(f"+4477009001{hour:02}", f"m{hour:03}{quarter:02} hello")
            work(office, 3, HOUR / 12)
        assert crm.log_ins.count - before <= 2
    assert crm.log_ins.count <= 9
    assert len(crm.logged()) == 32
    assert not office.failures


def test_no_more_than_three_log_ins_are_spent_on_sessions_that_are_never_taken(office: Office) -> None:
    crm: Any = office.simulators["salesforce"]
    crm.log_ins.fail = True
    before = crm.log_ins.count
    for n in range(10):
        office.say(PHONE, f"m{n:05} hello")
        work(office, 8, 10.0)
    assert crm.log_ins.count - before <= 3
    assert office.failures
    crm.log_ins.fail = False
    work(office, 20, HOUR / 6)
    assert [token_of(row.text) for row in crm.logged()] == [f"m{n:05}" for n in range(10)]
    assert crm.log_ins.count - before <= 3 + 4  # one for each hour since
