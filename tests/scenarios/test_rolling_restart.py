"""Three processes on one PostgreSQL are restarted one after the other under load, as an update does it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import psycopg

from hub.testing.crowd import Crowd, quiet
from hub.testing.people import company
from hub.testing.postgres import PostgresServer
from hub.testing.proof import prove
from hub.testing.stage import Stage

PROCESSES, RATE = 3, 20.0
EACH = 25
"""Messages before each restart, and after the last one."""
WAIT = 60.0


async def restarted(stage: Stage, crowd: Crowd) -> None:
    """One after the other is stopped and started anew while people write."""
    for hub in stage.hubs:
        await written(crowd, EACH)
        before = crowd.said
        assert await hub.stop(), "it was asked to end and did not"
        await hub.start()
        await hub.ready()
        assert crowd.said > before, "nobody wrote meanwhile"
    await written(crowd, EACH)


async def written(crowd: Crowd, more: int) -> None:
    """People have written so many more."""
    then = crowd.said + more
    while crowd.said < then:  # noqa: ASYNC110 - they write as they like
        await asyncio.sleep(0.05)


def terms(dsn: str, duty: str) -> int:
    """How often a duty was taken."""
    with psycopg.connect(dsn) as link:
        (found,) = link.execute("SELECT fence FROM leases WHERE name=%s", (duty,)).fetchone() or (0,)
    return int(found)


def test_a_rolling_restart_is_seen_by_nobody(postgres: PostgresServer, tmp_path: Path) -> None:
    sessions: list[str] = []

    def watch(method: str, path: str, headers: Mapping[str, str], body: object) -> None:
        if path.startswith("/services/data/"):
            sessions.append(headers.get("authorization", ""))

    async def play() -> None:
        rng = random.Random(1)
        cast = company(rng, people=20, known=10, others=20, twice=2)
        stage = Stage(tmp_path, cast, crms=("salesforce",), server=postgres, processes=PROCESSES)
        try:
            await stage.open()
            stage.channel.faults.double = stage.channel.faults.reorder = 0.1
            stage.crm.observers.append(watch)  # type: ignore[attr-defined]
            await stage.start()
            crowd = Crowd(stage, rng, messages=100_000)
            writing = asyncio.create_task(crowd.talk(crowd.left, RATE))
            try:
                await restarted(stage, crowd)
            finally:
                writing.cancel()
            await quiet(stage, WAIT)

            proof = prove(stage.ledgers())
            assert (proof.broken(), proof.uncertain) == ([], 0), proof.line()
            answers = stage.channel.answered()
            assert answers.keys() <= {"200", "503", "refused"}, answers
            assert proof.messages == crowd.said <= answers["200"]
            owners = terms(stage.place.dsn, "crm:salesforce")
            changes = sum(one != other for one, other in pairwise(sessions))
            assert 1 <= changes < owners, "two processes called the CRM at the same time"
            assert len(set(sessions)) == stage.crm.calls["login"] <= owners
        finally:
            await stage.close()

    asyncio.run(play())
