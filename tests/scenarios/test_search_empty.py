"""A CRM whose search shows nothing for a minute: many workers write for the same people, and nobody is there twice."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hub.contracts.crm import CRM
from hub.contracts.errors import HubError, Temporary, Uncertain
from hub.contracts.simulator import CRMSimulator, Faults
from hub.engine.loader import load_plugins
from hub.model.records import LogEntry, PersonWrite
from hub.testing.ledgers import token_of
from hub.testing.office import serving
from hub.testing.rush import arrived, broken, customers, opened, write
from hub.testing.stage import Stage

LATE = 60.0
"""Seconds until a search or a query shows what was written."""
PEOPLE, MESSAGES, WORKERS = 50, 1000, 8
CRMS = ("hubspot", "salesforce")


def late(crm: Any, seconds: float = LATE) -> None:
    """What is written from now on is found by no search and no query before then."""
    if crm.name == "hubspot":
        crm.search_lag = seconds
    else:
        crm.org.lag = seconds


async def rush(folder: Path, *, wait: float = 0.0) -> None:
    """50 strangers write 1,000 messages while calls and answers get lost and the hub is killed, then `wait` seconds."""
    tables = {f"crm.{name}": {"threads": WORKERS} for name in CRMS}
    stage = Stage(folder, customers(PEOPLE), crms=CRMS, settings={"crm_poll": 1}, tables=tables)
    for crm in stage.crms:
        late(crm)
    async with opened(stage):
        for crm in stage.crms:
            crm.faults.lose_before = crm.faults.lose_after = 0.1
        tokens = await write(stage, MESSAGES // 2, rate=200)
        await stage.kill()
        tokens |= await write(stage, MESSAGES // 2, rate=200, begin=MESSAGES // 2)
        await arrived(tokens, stage.crms)
        await asyncio.sleep(wait)  # searches show everybody now, and the hub looks every second
        assert {crm.name: len(crm.contacts()) for crm in stage.crms} == dict.fromkeys(CRMS, PEOPLE)
        found = {name for names in broken(stage).values() for name in names}
        assert found <= {"p95_share"}  # the kill may have caught most of so few


def test_strangers_are_made_once_while_nothing_can_be_found(tmp_path: Path) -> None:
    asyncio.run(rush(tmp_path))


@pytest.mark.full
def test_nobody_is_doubled_when_everything_is_found_at_last(tmp_path: Path) -> None:
    asyncio.run(rush(tmp_path, wait=LATE + 5))


@pytest.fixture(params=CRMS)
def beside(request: pytest.FixtureRequest) -> Iterator[tuple[CRMSimulator, CRM[Any]]]:
    """A CRM that finds nothing for a minute and loses calls, and its adapter."""
    plugins = load_plugins()
    made: Any = plugins.simulators()[request.param](Faults(seed=5, lose_before=0.03, lose_after=0.03))
    late(made)
    with serving([made]):
        kind = plugins.crms[request.param]
        given = {name: value for name, value in made.config().items() if name != "adapter"}
        adapter = kind(kind.Settings(**given, threads=WORKERS), region="GB")
        patiently(adapter.ensure)
        yield made, adapter


def patiently(work: Any, *args: Any) -> Any:
    """What a hub does with a call that failed and may be repeated."""
    for _ in range(30):
        try:
            return work(*args)
        except (Temporary, Uncertain):
            continue
    raise AssertionError("thirty tries in a row failed")


@pytest.mark.full
def test_eight_workers_at_once_make_one_record_of_each_person(beside: tuple[CRMSimulator, CRM[Any]]) -> None:
    crm, adapter = beside
    words = crm.words

    def work(worker: int) -> None:
        for n in range(worker, MESSAGES, WORKERS):
            who, tries = n % PEOPLE, 0
            fields = {words["name.last"]: f"Customer {who}", words["phone"]: f"+4477009{who:05}"}
            person = [PersonWrite(outbox=n, key=f"hub:{who}", fields=fields)]
            while not (record := patiently(adapter.upsert, person)[0].record):
                tries += 1
                assert tries < 30
            entry = LogEntry(
                outbox=n,
                message=f"message-{n}",
                record=record,
                direction="in",
                channel="whatsapp",
                author="person",
                text=f"m{n:05d} hello",
                at=1_750_000_000_000 + n,
                sequence=n,
            )
            assert logged(adapter, entry)

    with ThreadPoolExecutor(WORKERS) as pool:
        for done in [pool.submit(work, worker) for worker in range(WORKERS)]:
            done.result()
    assert len(crm.contacts()) == PEOPLE
    assert sorted(token_of(row.text) for row in crm.logged()) == [f"m{n:05d}" for n in range(MESSAGES)]


def logged(adapter: CRM[Any], entry: LogEntry) -> bool:
    """The message, tried again with the mark of doubt after each lost answer, as the hub does."""
    for _ in range(30):
        error: HubError | None
        try:
            error = adapter.log([entry])[0].error
        except HubError as failure:
            error = failure
        if error is None:
            return True
        if isinstance(error, Uncertain):
            entry = replace(entry, doubtful=True)
        elif not isinstance(error, Temporary):
            raise error
    return False
