"""Plugins are loaded one by one: the sound ones work, the broken ones say why they do not."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hub import Capabilities, Channel, PluginSettings, hookimpl
from hub.contracts.errors import ConfigError, PluginError
from hub.contracts.simulator import Simulator
from hub.contracts.transforms import TransformSpec
from hub.engine.loader import Plugins, load_plugins


class PostSettings(PluginSettings):
    """Nothing to set."""


class PostChannel(Channel[PostSettings]):
    """A complete channel that does nothing."""

    name = "post"
    Settings = PostSettings
    capabilities = Capabilities(proof="none", text_max=100)

    def verify(self, request: Any) -> None: ...
    def split(self, body: bytes) -> list[Any]:
        return []

    def normalise(self, raw: Any) -> list[Any]:
        return []

    def send(self, message: Any) -> Any:
        raise NotImplementedError


class PostSimulator(Simulator):
    """A complete simulator that does nothing."""

    name = "post"

    async def start(self) -> str:
        return ""

    async def stop(self) -> None: ...
    def config(self) -> dict[str, Any]:
        return {}


def plugin(**members: Any) -> SimpleNamespace:
    """A plugin whose functions are hooks."""
    return SimpleNamespace(**{k: hookimpl(v) if callable(v) and k[:4] == "hub_" else v for k, v in members.items()})


def sound() -> SimpleNamespace:
    return plugin(hub_channels=lambda: [PostChannel])


def load(*extra: tuple[str, Any], **kwargs: Any) -> Plugins:
    """Only what the test gives: no installed plugin takes part."""
    return load_plugins(extra, environ={}, **kwargs)


@pytest.fixture(autouse=True)
def nothing_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.engine.loader.entry_points", lambda group: [])


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder to import plugins from."""
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


def reasons(plugins: Plugins) -> dict[str, str]:
    return {info.name: info.reason for info in plugins.infos if info.state == "quarantined"}


def test_a_sound_plugin_brings_its_channel_handler_and_hooks() -> None:
    found = load(
        (
            "post",
            plugin(hub_channels=lambda: [PostChannel], hub_on_event=lambda event: None, EVENTS=("inquiry.opened",)),
        )
    )
    assert found.channels == {"post": PostChannel}
    assert found.handlers == {"post": ("inquiry.opened",)}
    assert [(i.name, i.state, i.hooks) for i in found.infos] == [("post", "loaded", ("hub_channels", "hub_on_event"))]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("import nowhere_to_be_found", "ModuleNotFoundError: No module named 'nowhere_to_be_found'"),
        ("raise SystemExit('bye')", "SystemExit: bye"),
        ("def f(:", "SyntaxError"),
        ("", "it implements no hook"),
    ],
)
def test_a_plugin_that_raises_on_import_is_quarantined_and_the_others_go_on(
    folder: Path, body: str, reason: str
) -> None:
    (folder / "hub_bad.py").write_text(body)
    found = load(("bad", "hub_bad"), ("post", sound()))
    assert reasons(found)["bad"].startswith(reason)
    assert found.infos[0].module == "hub_bad"
    assert list(found.channels) == ["post"]


def test_ctrl_c_during_an_import_is_not_swallowed(folder: Path) -> None:
    (folder / "hub_slow.py").write_text("raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        load(("slow", "hub_slow"))


def test_a_misspelt_hook_is_quarantined_with_a_suggestion() -> None:
    found = load(("bad", plugin(hub_chanels=lambda: [PostChannel])), ("post", sound()))
    assert reasons(found) == {"bad": "unknown hook 'hub_chanels' (did you mean 'hub_channels'?)"}
    assert list(found.channels) == ["post"]


def test_a_hook_for_a_later_version_may_be_optional() -> None:
    later = hookimpl(optionalhook=True)(lambda: None)
    found = load(("post", SimpleNamespace(hub_later=later, hub_channels=hookimpl(lambda: [PostChannel]))))
    assert reasons(found) == {}


def test_a_hook_without_its_decorator_is_quarantined() -> None:
    found = load(("bad", SimpleNamespace(hub_channels=lambda: [PostChannel])))
    assert reasons(found) == {"bad": "'hub_channels' lacks the decorator @hookimpl"}


def test_a_hook_that_asks_for_an_unknown_argument_is_quarantined() -> None:
    found = load(("bad", plugin(hub_on_event=lambda evnt: None, EVENTS=("inquiry.opened",))), ("post", sound()))
    assert "evnt" in reasons(found)["bad"]
    assert list(found.channels) == ["post"]


def test_an_async_hook_is_quarantined() -> None:
    async def hub_channels() -> list[Any]:
        return [PostChannel]

    found = load(("bad", plugin(hub_channels=hub_channels)))
    assert reasons(found) == {"bad": "'hub_channels' is async; hooks are plain functions"}


class HalfChannel(PostChannel):
    """Lost its `split`."""

    split = Channel.split  # type: ignore[assignment]


class ShoutingChannel(PostChannel):
    name = "POST"


class NamelessChannel(PostChannel):
    name = ""


class BareChannel(PostChannel):
    Settings = dict  # type: ignore[assignment]


class UnableChannel(PostChannel):
    capabilities = None  # type: ignore[assignment]


@pytest.mark.parametrize(
    ("offer", "reason"),
    [
        (lambda: [HalfChannel], "HalfChannel lacks split"),
        (lambda: [ShoutingChannel], "ShoutingChannel.name 'POST' is not made of a-z, 0-9, _ and -"),
        (lambda: [NamelessChannel], "NamelessChannel has no name"),
        (lambda: [BareChannel], "BareChannel.Settings is not a PluginSettings class"),
        (lambda: [UnableChannel], "UnableChannel.capabilities is not a Capabilities"),
        (lambda: [PostChannel, PostChannel], "it offers 'post' twice"),
        (lambda: ["post"], "'post' is not a Channel class"),
        (lambda: None, "TypeError: 'NoneType' object is not iterable"),
    ],
)
def test_an_offer_that_cannot_work_is_quarantined(offer: Any, reason: str) -> None:
    assert reasons(load(("bad", plugin(hub_channels=offer)))) == {"bad": reason}


def test_the_later_of_two_plugins_with_one_channel_name_is_quarantined_whole() -> None:
    later = plugin(hub_channels=lambda: [PostChannel], hub_on_event=lambda: None, EVENTS=("inquiry.opened",))
    found = load(("first", sound()), ("later", later))
    assert reasons(found) == {"later": f"'post' is already offered by {PostChannel.__module__}"}
    assert found.handlers == {}


def test_the_later_of_two_plugins_with_one_name_is_quarantined() -> None:
    found = load(("post", sound()), ("post", plugin(hub_on_event=lambda: None, EVENTS=("inquiry.opened",))))
    assert [(i.name, i.state) for i in found.infos] == [("post", "loaded"), ("post", "quarantined")]
    assert list(found.channels) == ["post"]


@pytest.mark.parametrize(
    ("kinds", "reason"),
    [
        (None, "has no EVENTS"),
        ("inquiry.opened", "has no EVENTS"),
        (
            ("inquiry.openned",),
            "names 'inquiry.openned', a kind that no plugin is told (did you mean 'inquiry.opened'?)",
        ),
        (
            ("inquiry.opened", "message.received"),
            "names 'message.received', a kind that no plugin is told (told: inquiry",
        ),
    ],
)
def test_hub_on_event_needs_events_that_exist(kinds: Any, reason: str) -> None:
    found = load(("bad", plugin(hub_on_event=lambda event: None, EVENTS=kinds)))
    assert reason in reasons(found)["bad"]
    assert found.handlers == {}


def test_hub_crms_takes_crm_adapters_only() -> None:
    assert reasons(load(("bad", plugin(hub_crms=lambda: [PostChannel])))) == {
        "bad": f"{PostChannel!r} is not a CRM class"
    }


def spec(name: Any, **values: Any) -> TransformSpec:
    return TransformSpec(**{"name": name, "forward": lambda value, argument: value, **values})


def test_hub_transforms_are_offered_by_name() -> None:
    shout = spec("shout")
    found = load(("mine", plugin(hub_transforms=lambda: [shout])))
    assert found.transforms == {"shout": shout}
    assert found.infos[0].hooks == ("hub_transforms",)


@pytest.mark.parametrize(
    ("offered", "reason"),
    [
        (["upper"], "'upper' is not a TransformSpec"),
        ([spec("Shout")], "the transform 'Shout' is not made of a-z, 0-9, _ and -"),
        ([spec("upper")], "the transform 'upper' is built in"),
        ([spec("shout"), spec("shout")], "the transform 'shout' is already offered"),
        ([spec("loud")], "the transform 'loud' is already offered"),
        ([spec("mute", back="no")], "the transform 'mute' lacks a function"),
    ],
)
def test_hub_transforms_that_no_mapping_could_use_are_refused(offered: list[Any], reason: str) -> None:
    found = load(
        ("good", plugin(hub_transforms=lambda: [spec("loud")])), ("bad", plugin(hub_transforms=lambda: offered))
    )
    assert reasons(found) == {"bad": reason}
    assert list(found.transforms) == ["loud"]


def test_hub_simulators_are_asked_for_only_when_needed_and_named_when_broken() -> None:
    asked = []

    def hub_simulators() -> list[Any]:
        asked.append(1)
        return [PostSimulator]

    found = load(("post", plugin(hub_simulators=hub_simulators)))
    assert asked == []
    assert found.simulators() == {"post": PostSimulator}

    broken = load(("bad", plugin(hub_simulators=lambda: 1 / 0)))
    assert reasons(broken) == {}
    with pytest.raises(PluginError, match="plugin 'bad': hub_simulators failed: ZeroDivisionError"):
        broken.simulators()


def test_hub_channels_of_a_blocked_plugin_are_not_even_imported(folder: Path) -> None:
    (folder / "hub_stalls.py").write_text("open('imported', 'w')")
    found = load(("stalls", "hub_stalls"), ("post", sound()), blocked={"stalls"})
    assert "stalled the hub" in reasons(found)["stalls"]
    assert "hub_stalls" not in sys.modules
    assert list(found.channels) == ["post"]


def test_each_plugin_is_announced_before_its_code_runs_and_a_blocked_one_never(folder: Path) -> None:
    (folder / "hub_first.py").write_text("")
    seen: list[tuple[str, bool]] = []

    def entering(name: str) -> None:
        seen.append((name, "hub_first" in sys.modules))

    load(
        ("first", "hub_first"),
        ("kept-out", "nowhere_to_be_found"),
        ("post", sound()),
        blocked={"kept-out"},
        entering=entering,
    )
    assert seen == [("first", False), ("post", True)]


class Entry(SimpleNamespace):
    """An installed plugin."""

    def load(self) -> Any:
        return self.loads


def entry(name: str, loads: Any, distribution: str) -> Entry:
    return Entry(name=name, value=name, loads=loads, dist=SimpleNamespace(name=distribution, version="1.2"))


def test_bundled_plugins_come_first_so_that_no_newcomer_takes_their_names(monkeypatch: pytest.MonkeyPatch) -> None:
    installed = [entry("aaa", sound(), "another"), entry("zzz", sound(), "dragoman")]
    monkeypatch.setattr("hub.engine.loader.entry_points", lambda group: installed)
    found = load()
    assert [(i.name, i.distribution, i.version, i.state) for i in found.infos] == [
        ("zzz", "dragoman", "1.2", "loaded"),
        ("aaa", "another", "1.2", "quarantined"),
    ]


def test_the_environment_narrows_what_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    installed = [entry("post", sound(), "dragoman"), entry("other", plugin(hub_crms=lambda: []), "dragoman")]
    monkeypatch.setattr("hub.engine.loader.entry_points", lambda group: installed)
    assert [i.name for i in load_plugins(environ={"DRAGOMAN_PLUGINS": " post, "}).infos] == ["post"]
    assert len(load_plugins(environ={"DRAGOMAN_PLUGINS": ""}).infos) == 2
    with pytest.raises(ConfigError) as error:
        load_plugins(environ={"DRAGOMAN_PLUGINS": "pst"})
    assert str(error.value) == "DRAGOMAN_PLUGINS: plugin 'pst' is not installed (installed: other, post)"
