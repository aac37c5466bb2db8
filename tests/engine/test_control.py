"""The control socket: who may speak, what may be said, and what happens when no hub runs."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import stat
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hub.contracts.errors import ConfigError, Rejected
from hub.engine.control_client import ELSEWHERE, LINE_MAX, SOCKET, ask, socket_path, submit
from hub.engine.hub import Hub
from hub.engine.human_events import human_event
from hub.engine.loader import load_plugins
from hub.engine.settings import load_config
from hub.model.by_hand import DeadHandled, HumanReplied, PauseChanged
from hub.model.events import SendSettled, TimerDue
from hub.model.packing import pack
from hub.store import Place, open_store
from hub.testing.shop import Shop

REPLY = HumanReplied(key="k1", at=1_800_000_000_000, person="p1", text="hello", agent="Eva")


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    found = Shop(tmp_path)
    for name, value in found.environ().items():
        monkeypatch.setenv(name, value)
    monkeypatch.syspath_prepend(str(found.site))
    yield found
    found.close()


def run(shop: Shop, scenario: Callable[[Hub, Path], Awaitable[None]]) -> None:
    """Run a scenario beside a hub that is stopped afterwards."""

    async def whole() -> None:
        plugins = load_plugins(environ=os.environ)
        hub = Hub(load_config(shop.config, plugins, os.environ), plugins)
        await hub.start()
        try:
            await scenario(hub, Path(hub.config.hub.data))
        finally:
            await hub.stop()

    asyncio.run(whole())


async def asked(data: Path, request: Any) -> dict[str, Any]:
    reply = await asyncio.to_thread(ask, data, request)
    assert reply is not None
    return reply


def test_status_says_what_only_the_process_knows(shop: Shop) -> None:
    async def scenario(hub: Hub, data: Path) -> None:
        hub.notices.raise_once("crm book", "log in again")
        reply = await asked(data, {"do": "status"})
        assert (reply["ok"], reply["pid"], reply["accepting"]) == (True, os.getpid(), True)
        assert reply["notices"] == {"crm book": "log in again"}
        assert reply["inboxes"] == {"front": "post"}

    run(shop, scenario)


def test_only_this_user_may_speak(shop: Shop) -> None:
    async def scenario(hub: Hub, data: Path) -> None:
        assert stat.S_IMODE(os.stat(data / SOCKET).st_mode) == 0o600

    run(shop, scenario)
    assert not (shop.data / SOCKET).exists()


def test_an_event_is_durable_before_the_answer_and_happens_once(shop: Shop) -> None:
    async def scenario(hub: Hub, data: Path) -> None:
        first = await asked(data, {"do": "event", "event": pack(REPLY)})
        assert first["ok"]
        rows = await hub.writer.call(lambda store: store.db.rows("SELECT seq, key FROM journal"))
        assert rows == [(first["seq"], "human.replied:k1")]
        assert await asked(data, {"do": "event", "event": pack(REPLY)}) == {"ok": True, "seq": 0}

    run(shop, scenario)


def test_stop_is_asked_for(shop: Shop) -> None:
    async def scenario(hub: Hub, data: Path) -> None:
        assert await asked(data, {"do": "stop"}) == {"ok": True}
        assert hub.control.stop_asked.is_set()

    run(shop, scenario)


def test_nonsense_is_answered_and_costs_nothing(shop: Shop) -> None:
    def speak(data: Path, *lines: bytes) -> list[dict[str, Any]]:
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(10)
            line.connect(str(data / SOCKET))
            with line.makefile("rwb") as file:
                replies = []
                for text in lines:
                    file.write(text + b"\n")
                    file.flush()
                    replies.append(json.loads(file.readline()))
                return replies

    async def scenario(hub: Hub, data: Path) -> None:
        lines = (b"what?", b"\xff", b"[]", b"{}", b'{"do": "event"}', b'{"do": "event", "event": []}', b"[" * 100_000)
        replies = await asyncio.to_thread(speak, data, *lines)
        assert [reply["ok"] for reply in replies] == [False] * len(lines)
        (large,) = await asyncio.to_thread(speak, data, b"x" * (LINE_MAX + 10))
        assert large["error"] == "the request is larger than 1 MB"
        assert (await asked(data, {"do": "status"}))["ok"]

    run(shop, scenario)


@pytest.mark.parametrize(
    "event",
    [
        pack(SendSettled(key="k", at=1, outbox=1, outcome="done")),
        pack(TimerDue(key="k", at=1, subject="conversation", subject_id=1, rule="pause", slot="0", generation=1)),
        {"kind": "message.received"},
        {},
        pack(REPLY) | {"text": 5},
        pack(REPLY) | {"text": "  "},
        pack(REPLY) | {"text": "x" * 100_001},
        pack(REPLY) | {"person": "nobody"},
        pack(REPLY) | {"person": "p"},
        pack(REPLY) | {"person": "phone::"},
        pack(REPLY) | {"colour": "red"},
        pack(REPLY) | {"text": "", "content": {"form": "buttons", "options": [{"id": "a", "title": "A"}]}},
        pack(REPLY) | {"content": {"form": "image", "media": {"kind": "image", "colour": "red"}}},
        pack(REPLY) | {"content": {"form": "template", "template": {"name": "a"}}},
        pack(REPLY) | {"content": {"form": "buttons", "options": 5}},
        pack(REPLY) | {"content": 5},
        pack(PauseChanged(key="k", at=1, person="p1", until=-1)),
        pack(DeadHandled(key="k", at=1, ids=(1,), action="retry")) | {"action": "burn"},
        {"kind": "dead.handled", "key": "k", "at": 1},
    ],
)
def test_only_what_a_human_may_do_is_taken(event: dict[str, Any]) -> None:
    with pytest.raises(ValueError) as caught:
        human_event(event)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "event",
    [
        replace(REPLY, text="", content={"form": "template", "template": {"name": "a", "language": "en"}}),
        REPLY,
        PauseChanged(key="k", at=1, person="telegram::42", until=0),
        DeadHandled(key="k", at=1, ids=(1, 2), action="drop"),
    ],
)
def test_what_a_human_does_arrives_as_it_was_sent(event: Any) -> None:
    assert human_event(json.loads(json.dumps(pack(event)))) == event


def test_submit_goes_through_the_running_hub(shop: Shop) -> None:
    async def scenario(hub: Hub, data: Path) -> None:
        assert (await asyncio.to_thread(submit, Place(data), REPLY)).startswith("the hub took it as event ")
        with pytest.raises(Rejected, match="a person is"):
            await asyncio.to_thread(submit, Place(data), HumanReplied(key="k2", at=1, person="nobody", text="x"))

    run(shop, scenario)


def test_submit_keeps_the_event_when_no_hub_runs(tmp_path: Path) -> None:
    open_store(Place(tmp_path)).close()
    assert submit(Place(tmp_path), REPLY) == "no hub runs: event 1 waits for its next start"
    store = open_store(Place(tmp_path))
    assert [(row.seq, row.key) for row in store.claim(10)] == [(1, "human.replied:k1")]
    store.close()


def test_submit_makes_no_store_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no store"):
        submit(Place(tmp_path / "data"), REPLY)
    assert not (tmp_path / "data").exists()


def test_a_left_over_socket_is_nobody(shop: Shop) -> None:
    shop.data.mkdir()
    with socket.socket(socket.AF_UNIX) as line:
        line.bind(str(shop.data / SOCKET))
    assert ask(shop.data, {"do": "status"}) is None

    async def scenario(hub: Hub, data: Path) -> None:
        assert (await asked(data, {"do": "status"}))["ok"]

    run(shop, scenario)


def test_a_folder_with_a_long_path(shop: Shop) -> None:
    long = shop.folder / ("long" * 30)
    shop.config.write_text(shop.config.read_text().replace("[hub]", f'[hub]\ndata = "{long}"'))

    async def scenario(hub: Hub, data: Path) -> None:
        assert (await asked(data, {"do": "status"}))["ok"]
        assert socket_path(data).is_relative_to(tempfile.gettempdir())
        assert stat.S_IMODE(os.stat(socket_path(data)).st_mode) == 0o600

    run(shop, scenario)
    assert not (long / ELSEWHERE).exists()
    assert ask(long, {"do": "status"}) is None
