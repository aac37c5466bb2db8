"""Event hooks in their own processes: one that raises, hangs, floods or dies costs only itself."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hub.engine.hub import Hub
from hub.engine.line import incoming, now_ms
from hub.engine.loader import load_plugins
from hub.engine.settings import load_config
from hub.model.by_hand import DeadHandled
from hub.store import Store
from hub.store.journal import Incoming
from hub.store.plugin_work import NEVER
from hub.testing.shop import LONG, Shop


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    found = Shop(tmp_path, plugin=True)
    for name, value in found.environ().items():
        monkeypatch.setenv(name, value)
    monkeypatch.syspath_prepend(str(found.site))
    yield found
    found.close()


class Running:
    """A hub inside the test."""

    def __init__(self, hub: Hub) -> None:
        self.hub, self._number = hub, 0

    async def say(self, *texts: str) -> None:
        """Conversations open, one for each text, all accepted at once."""
        events = []
        for text in texts:
            self._number += 1
            person = f"+44770090{self._number:04}"
            body = f'{{"id": "w{self._number}", "from": "{person}", "text": "{text}", "name": "Ana"}}'.encode()
            events.append(Incoming("post", "1", f"w{self._number}", person, 0, now_ms(), body))
        await self.hub.writer.accept(events)

    async def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return await self.hub.writer.call(lambda store: store.db.rows(sql))

    async def notes(self) -> list[str]:
        """What plugins said, in order."""
        return [
            row[0] for row in await self.rows("SELECT because FROM decisions WHERE because LIKE 'plugin%' ORDER BY id")
        ]

    async def dead(self) -> list[str]:
        return [row[0] for row in await self.rows("SELECT cause FROM dead WHERE kind='plugin' ORDER BY id")]

    async def hurry(self) -> None:
        """Work that waits for its next try need not wait longer."""

        def due_now(store: Store) -> None:
            store.db.run("UPDATE plugin_work SET due=0 WHERE due<>?", (NEVER,))

        await self.hub.writer.call(due_now)
        self.hub.workers.wake()

    async def until(self, look: Callable[[], Awaitable[Any]]) -> Any:
        async with asyncio.timeout(LONG):
            while not (found := await look()):
                await self.hurry()
                await asyncio.sleep(0.02)
        return found


def run(shop: Shop, scenario: Callable[[Running], Awaitable[None]]) -> None:
    """Run a scenario with a hub that is stopped afterwards."""

    async def whole() -> None:
        plugins = load_plugins(environ=os.environ)
        hub = Hub(load_config(shop.config, plugins, os.environ), plugins)
        await hub.start()
        try:
            await scenario(Running(hub))
        finally:
            await hub.stop()

    asyncio.run(whole())


def test_hub_on_event_answers_become_events_and_the_work_ends(shop: Shop) -> None:
    async def scenario(hub: Running) -> None:
        await hub.say("hello", "good day")
        notes = await hub.until(lambda: at_least(2, hub.notes))
        seqs = [row[0] for row in await hub.rows("SELECT seq FROM journal WHERE source='post' ORDER BY seq")]
        words = [note.split() for note in notes]
        assert [w[:4] for w in words] == [["plugin", "post:", "hello", "Ana"]] * 2
        assert [int(w[4]) for w in words] == seqs
        pids = {int(w[5]) for w in words}
        assert len(pids) == 1
        assert os.getpid() not in pids
        assert await hub.rows("SELECT * FROM plugin_work") == []
        answers = await hub.rows(
            "SELECT key FROM journal WHERE source='hub' AND key LIKE 'plugin.answered%' ORDER BY seq"
        )
        assert answers == [(f"plugin.answered:post.{seq}",) for seq in seqs]

    run(shop, scenario)


async def at_least(count: int, look: Callable[[], Awaitable[list[str]]]) -> list[str] | None:
    found = await look()
    return found if len(found) >= count else None


def test_an_event_that_raises_three_times_is_a_dead_letter_and_the_others_go_on(shop: Shop) -> None:
    async def scenario(hub: Running) -> None:
        await hub.say("please raise", "hello")
        assert await hub.until(hub.dead) == ["plugin post: RuntimeError: it did not work (tried 3 times)"]
        assert len(await hub.until(hub.notes)) == 1
        assert hub.hub.workers.quarantined == {}

    run(shop, scenario)


def test_a_dead_letter_of_a_plugin_can_be_retried(shop: Shop) -> None:
    async def scenario(hub: Running) -> None:
        await hub.say("please raise")
        await hub.until(hub.dead)
        await hub.rows("UPDATE plugin_work SET body=replace(body, 'please raise', 'be good')")
        again = DeadHandled(key="again", at=now_ms(), ids=(1,), action="retry")
        await hub.hub.writer.accept([incoming(again)])
        assert len(await hub.until(hub.notes)) == 1
        assert await hub.rows("SELECT * FROM plugin_work") == []

    run(shop, scenario)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("hang in the hook", "did not answer within 0.5 s"),
        ("flood", "its answer is larger than 256 kB"),
        ("exit", "its process ended"),
    ],
)
def test_a_plugin_that_must_be_killed_three_times_is_quarantined(shop: Shop, text: str, why: str) -> None:
    async def scenario(hub: Running) -> None:
        await hub.say(text)
        await hub.until(at_quarantine(hub))
        assert why in hub.hub.workers.quarantined["post"]
        assert why in hub.hub.notices.open["plugin post"]
        assert await hub.until(hub.dead) == [f"plugin post: {why} (tried 3 times)"]
        await hub.say("hello")  # the hub goes on, and keeps the work
        assert await hub.until(lambda: hub.rows("SELECT 1 FROM plugin_work WHERE attempts=0")) == [(1,)]

    run(shop, scenario)


def at_quarantine(hub: Running) -> Callable[[], Awaitable[Any]]:
    async def look() -> Any:
        return hub.hub.workers.quarantined

    return look


def test_one_kill_among_good_answers_is_no_quarantine(shop: Shop) -> None:
    async def scenario(hub: Running) -> None:
        await hub.say("hello", "exit", "hello again")
        await hub.until(lambda: at_least(2, hub.notes))
        for _ in range(2):
            await hub.say("and again")
            count = len(await hub.notes())
            await hub.until(lambda count=count: at_least(count + 1, hub.notes))
        await hub.until(hub.dead)
        assert len(await hub.dead()) == 1

    run(shop, scenario)


def test_lines_that_nobody_asked_for_end_the_process(shop: Shop) -> None:
    async def scenario(hub: Running) -> None:
        await hub.say("unasked")
        await hub.until(at_quarantine(hub))
        assert "spoke without being asked" in hub.hub.workers.quarantined["post"]

    run(shop, scenario)


@pytest.mark.parametrize(("text", "note"), [("print a lot", "hello Ana"), ("what is on stdin", "stdin says ''")])
def test_a_plugin_cannot_reach_the_protocol_by_its_stdin_and_stdout(shop: Shop, text: str, note: str) -> None:
    async def scenario(hub: Running) -> None:
        await hub.say(text)
        (said,) = await hub.until(hub.notes)
        assert said.startswith(f"plugin post: {note}")
        assert hub.hub.workers.quarantined == {}

    run(shop, scenario)


def test_a_hanging_plugin_ends_with_the_hub(shop: Shop) -> None:
    shop.config.write_text(shop.config.read_text().replace("hook_deadline = 0.5", "hook_deadline = 100"))
    pids: list[int] = []

    async def scenario(hub: Running) -> None:
        await hub.say("hello")
        (note,) = await hub.until(hub.notes)
        pids.append(int(note.split()[-1]))
        await hub.say("hang in the hook")
        await hub.until(lambda: hub.rows("SELECT 1 FROM plugin_work"))

    run(shop, scenario)
    with pytest.raises(ProcessLookupError):
        os.kill(pids[0], 0)


def test_settings_are_not_visible_from_outside(shop: Shop) -> None:
    shop.config.write_text(shop.config.read_text() + 'word = { file = "word" }\n')
    (shop.folder / "word").write_text("abracadabra")

    async def scenario(hub: Running) -> None:
        await hub.say("hello")
        (note,) = await hub.until(hub.notes)
        look(note.split()[-1])

    def look(pid: str) -> None:
        for name in ("cmdline", "environ"):
            assert b"abracadabra" not in Path(f"/proc/{pid}/{name}").read_bytes()

    if not Path("/proc/self/environ").exists():
        pytest.skip("this system does not tell")
    run(shop, scenario)
