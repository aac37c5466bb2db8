"""Classifiers are asked in their plugin's own process, after the commit; their answers come back as events."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hub import hookimpl
from hub.engine.hub import Hub
from hub.engine.line import now_ms
from hub.engine.loader import load_plugins
from hub.engine.settings import load_config
from hub.model.happened import MessageToClassify
from hub.model.packing import pack
from hub.store import Store
from hub.testing.shop import LONG, Shop

TOPICS = """
import os
from hub import hookimpl

heard = []

@hookimpl
def hub_classify(text, labels, context, settings, folder):
    heard.append(text)
    if "history" in text:
        return [(repr(heard), 1)]
    if not text:
        raise RuntimeError("not in the mood yet")
    if "raise" in text:
        raise RuntimeError("no line to the model")
    if "sure" in text:
        return [("price", 1.5)]
    if "twist" in text:
        return ["price"]
    if "context" in text:
        return [(f"{context['language']} {context['inbox']} {context['person']} {context['conversation']}", 0.5)]
    if "where" in text:
        return [(f"{folder} {settings['tone']} {len(labels)} {os.getpid()}", 1)]
    return [(word, 0.9) for word in text.split()]
"""


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    found = Shop(tmp_path)
    info = found.site / "topics-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: topics\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[hub]\ntopics = topics_plugin\n")
    (found.site / "topics_plugin.py").write_text(TOPICS)
    connection = found.config.read_text().partition("[texts]")[0]
    found.config.write_text(connection + '[plugin.topics]\ntone = { env = "SHOP_GREETING" }\n')
    for name, value in found.environ().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("DRAGOMAN_PLUGINS", "post,topics")
    monkeypatch.syspath_prepend(str(found.site))
    yield found
    found.close()


class Running:
    """A hub inside the test."""

    def __init__(self, hub: Hub) -> None:
        self.hub, self._number = hub, 0

    async def ask(self, text: str, labels: tuple[str, ...] = ()) -> int:
        """Order a message to be classified, as an effect of the step does; its number in the journal."""
        self._number += 1
        number = self._number
        event = MessageToClassify(
            key="7", at=1, person=3, conversation=5, text=text, labels=labels, language="hy", context={"inbox": "front"}
        )

        def order(store: Store) -> None:
            with store.transaction():
                work = store.workspace(now_ms())
                work.plugin_work("topics", number, json.dumps(pack(event), ensure_ascii=False))
                work.save()

        await self.hub.writer.call(order)
        self.hub.workers.wake()
        return number

    async def answers(self) -> list[dict[str, Any]]:
        """What came back so far."""
        rows = await self.hub.writer.call(
            lambda store: store.db.rows("SELECT body FROM journal WHERE source='hub' ORDER BY seq")
        )
        found = [json.loads(body) for (body,) in rows]
        return [event for event in found if event["kind"] == "plugin.answered"]

    async def answer(self, text: str, labels: tuple[str, ...] = ()) -> dict[str, Any]:
        """Ask, and wait for the answer; work that waits for its next try need not wait longer."""
        number = await self.ask(text, labels)
        async with asyncio.timeout(LONG):
            while not (found := [a for a in await self.answers() if a["event"] == number]):
                await self.hub.writer.call(
                    lambda store: store.db.run("UPDATE plugin_work SET due=0 WHERE due<?", (1 << 60,))
                )
                self.hub.workers.wake()
                await asyncio.sleep(0.02)
        return found[0]


def run(shop: Shop, scenario: Callable[[Running], Awaitable[None]]) -> None:
    """Run a scenario with a hub that is stopped afterwards."""

    async def whole() -> None:
        plugins = load_plugins(environ=os.environ)
        hub = Hub(load_config(shop.config, plugins, os.environ), plugins)
        await hub.start()
        try:
            assert hub.line.listeners["message.classify"] == ("topics",)
            await scenario(Running(hub))
        finally:
            await hub.stop()

    asyncio.run(whole())


def test_what_hub_classify_returns_comes_back_as_labels_with_chances(shop: Shop) -> None:
    async def scenario(hub: Running) -> None:
        found = await hub.answer("price delivery")
        assert (found["plugin"], found["ok"]) == ("topics", True)
        assert found["commands"] == [{"label": "price", "p": 0.9}, {"label": "delivery", "p": 0.9}]

    run(shop, scenario)


def test_labels_that_were_not_asked_for_are_passed_over_and_nothing_is_an_answer(shop: Shop) -> None:
    async def scenario(hub: Running) -> None:
        assert (await hub.answer("price delivery", ("delivery",)))["commands"] == [{"label": "delivery", "p": 0.9}]
        nothing = await hub.answer("price", ("delivery",))
        assert (nothing["ok"], nothing["commands"]) == (True, [])

    run(shop, scenario)


def test_a_classifier_gets_the_message_its_context_its_settings_and_the_folder(shop: Shop) -> None:
    async def scenario(hub: Running) -> None:
        assert (await hub.answer("context"))["commands"] == [{"label": "hy front 3 5", "p": 0.5}]
        (told,) = (await hub.answer("where"))["commands"]
        folder, tone, labels, pid = told["label"].split()
        assert (Path(folder), tone, labels) == (shop.data / "intents", "hello", "0")
        assert int(pid) != os.getpid()

    run(shop, scenario)


def test_a_classifier_is_asked_about_nothing_first_so_that_it_can_read_its_model(shop: Shop) -> None:
    async def scenario(hub: Running) -> None:
        assert (await hub.answer("history"))["commands"] == [{"label": "['', 'history']", "p": 1.0}]

    run(shop, scenario)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("please raise", "RuntimeError: no line to the model"),
        ("too sure", "PluginError: hub_classify returns pairs of a label and a chance from 0 to 1"),
        ("twist", "PluginError: hub_classify returns pairs of a label and a chance from 0 to 1"),
    ],
)
def test_a_classifier_that_fails_three_times_answers_that_it_failed(shop: Shop, text: str, why: str) -> None:
    async def scenario(hub: Running) -> None:
        found = await hub.answer(text)
        assert (found["ok"], found["reason"]) == (False, f"{why} (tried 3 times)")

    run(shop, scenario)


def test_hub_classify_and_hub_train_need_no_events_and_take_the_arguments_they_name(tmp_path: Path) -> None:
    module = SimpleNamespace(
        hub_classify=hookimpl(lambda text, labels: [(text, 1.0)]),
        hub_train=hookimpl(lambda base, progress: None),
    )
    found = load_plugins(extra=[("topics", module)], environ={"DRAGOMAN_PLUGINS": "telegram"})
    assert found.infos[-1].reason == ""
    assert found.handlers["topics"] == ("message.classify",)
    given: dict[str, Any] = {"labels": (), "context": {}, "settings": {}, "folder": tmp_path}
    assert found.classifiers["topics"](text="price", **given) == [("price", 1.0)]
    assert found.trainers["topics"](base=tmp_path, progress=print, corrections=(), **given) is None


def test_hub_classify_with_an_unknown_argument_is_quarantined() -> None:
    module = SimpleNamespace(hub_classify=hookimpl(lambda words: []))
    found = load_plugins(extra=[("topics", module)], environ={"DRAGOMAN_PLUGINS": "telegram"})
    assert found.infos[-1].state == "quarantined"
    assert found.classifiers == {}
