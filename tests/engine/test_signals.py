"""One process wakes the part of another: over PostgreSQL, where they can listen, else by looking again and again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.engine import signals
from hub.engine.aside import Aside
from hub.engine.signals import Signals, messages
from hub.store import Place
from hub.store.dialects.signals import CHANNEL, LONGEST
from hub.testing.postgres import PostgresServer


class Ear:
    """A process that only tells and hears."""

    def __init__(self, name: str, place: Place) -> None:
        self.aside, self.heard = Aside(place), list[set[str] | None]()
        self.signals = Signals(name, place, self.aside, self.heard.append)
        self.task = asyncio.create_task(self.signals.run())

    async def close(self) -> None:
        self.task.cancel()
        await asyncio.wait([self.task])
        await self.aside.close()


@pytest.fixture
def ears(tmp_path: Path, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Make two, who look by themselves only where they cannot listen."""
    monkeypatch.setattr(signals, "LOOK", 3600.0)
    monkeypatch.setattr(signals, "POOLED", 0.01)
    monkeypatch.setattr(signals, "AGAIN", 0.01)

    @asynccontextmanager
    async def make(*, pooled: bool = False) -> AsyncIterator[tuple[Ear, Ear]]:
        dsn = postgres.database()
        both = tuple(Ear(name, Place(tmp_path / name, dsn, pooled)) for name in "ab")
        await until(lambda: all(None in ear.heard for ear in both))  # each listens, or has looked
        yield both[0], both[1]
        for ear in both:
            await ear.close()

    return make


async def until(holds: Callable[[], Any]) -> None:
    """Look again and again until it holds."""
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


def words(ear: Ear) -> set[str]:
    return set().union(*(targets or () for targets in ear.heard))


def test_what_one_tells_the_other_hears_and_not_himself(ears: Any) -> None:
    async def scenario() -> None:
        async with ears() as (one, other):
            one.signals.tell({"front", "crm é"})
            await until(lambda: words(other) == {"front", "crm é"})
            other.signals.tell({"back"})
            await until(lambda: words(one) == {"back"})
            assert words(other) == {"front", "crm é"}

    asyncio.run(scenario())


def test_what_is_told_while_a_message_is_on_its_way_goes_together(ears: Any) -> None:
    async def scenario() -> None:
        async with ears() as (one, other):
            for number in range(200):
                one.signals.tell({f"t{number}"})
            await until(lambda: len(words(other)) == 200)
            assert len([targets for targets in other.heard if targets]) == 1

    asyncio.run(scenario())


def test_who_lost_his_connection_looks_at_everything_and_listens_again(ears: Any) -> None:
    async def scenario() -> None:
        async with ears() as (one, other):
            looks = other.heard.count(None)
            sql = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query=?"
            assert len(await one.aside.ask(lambda db: db.rows(sql, (f"LISTEN {CHANNEL}",)))) == 2
            await until(lambda: other.heard.count(None) > looks)
            one.signals.tell({"front"})
            await until(lambda: words(other) == {"front"})

    asyncio.run(scenario())


def test_behind_a_pooler_everybody_looks_and_nobody_listens(ears: Any) -> None:
    async def scenario() -> None:
        async with ears(pooled=True) as (one, other):
            one.signals.tell({"front"})
            await until(lambda: other.heard.count(None) > 3)
            assert words(other) == set()
            sql = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname=current_database()"
            assert await one.aside.ask(lambda db: db.rows(sql)) == [(0,)]

    asyncio.run(scenario())


@given(st.sets(st.text(st.characters(exclude_characters="\n", codec="utf-8"), min_size=1, max_size=300), max_size=60))
def test_messages_are_never_too_long_and_leave_nobody_out(targets: set[str]) -> None:
    told = list(messages("host:1:abc", targets))
    assert all(len(text.encode()) <= LONGEST for text in told)
    parts = [text.split("\n") for text in told]
    assert {first for first, *_ in parts} <= {"host:1:abc"}
    assert sorted(target for _, *rest in parts for target in rest) == sorted(targets)
