"""Asking platforms: every failure becomes a finding, and setting up happens only after a good test."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hub import (
    CRM,
    Calls,
    Capabilities,
    Channel,
    CRMCapabilities,
    FieldSchema,
    Finding,
    HttpCall,
    PluginSettings,
    Schema,
    hookimpl,
)
from hub.contracts.errors import AuthFailed, ConfigError
from hub.engine.live import connect_all, probe_all
from hub.engine.loader import load_plugins
from hub.engine.settings import Config, load_config


class Platform(BaseHTTPRequestHandler):
    """Knows `/me`, refuses `/no`, drops the connection at `/silence`; remembers what was asked."""

    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        if self.path.startswith("/silence"):
            self.close_connection = True
            return
        self.send_response(401 if self.path.startswith("/no") else 200)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *args: Any) -> None:
        """Silent."""


@pytest.fixture
def platform() -> Iterator[tuple[str, list[str]]]:
    """The address of a running platform, and what it was asked."""
    asked: list[str] = []
    handler = type("Asked", (Platform,), {"asked": asked})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()
        thread.join()


class PostSettings(PluginSettings):
    """Where the platform is."""

    base_url: str
    path: str = "/me"
    poll: bool = False


class MuteChannel(Channel[PostSettings]):
    """Has no test of its credentials."""

    name = "mute"
    Settings = PostSettings
    capabilities = Capabilities(proof="none", text_max=100)
    verify = split = normalise = send = lambda self, *args: None  # type: ignore[assignment]


class PostChannel(MuteChannel):
    """Tests with one call and connects with another."""

    name = "post"

    def probe(self) -> Calls[list[Finding]]:
        if self.settings.path == "/bug":
            raise RuntimeError("s3cr3t-0000")
        reply = yield HttpCall("GET", self.settings.base_url + self.settings.path)
        if reply.status == 401:
            raise AuthFailed("the token is wrong")
        return [Finding(True, "the token works")]

    def connect(self, callback_url: str) -> Calls[list[Finding]]:
        yield HttpCall("GET", f"{self.settings.base_url}/connect?{callback_url}")
        return [Finding(True, "the callback is set")]

    def polling(self) -> bool:
        return self.settings.poll

    def poll(self, cursor: str) -> Any:
        raise NotImplementedError


class BookSettings(PluginSettings):
    """Whether the test fails, and which fields there are."""

    sound: bool = True
    fields: list[str] = []


class Book(CRM[BookSettings]):
    """A CRM that answers from its settings; it borrows the starter's mapping for HubSpot."""

    name = "hubspot"
    Settings = BookSettings
    capabilities = CRMCapabilities()
    first_read = changes = upsert = log = lambda self, *args: None  # type: ignore[assignment]

    def probe(self) -> list[Finding]:
        if not self.settings.sound:
            raise AuthFailed("the token lacks a scope")
        return [Finding(True, "scopes are complete")]

    def describe(self) -> Schema:
        return Schema(fields={name: FieldSchema(name=name) for name in self.settings.fields})

    def ensure(self) -> list[Finding]:
        return [Finding(True, "fields are there")]


PLUGIN = SimpleNamespace(hub_channels=hookimpl(lambda: [PostChannel, MuteChannel]), hub_crms=hookimpl(lambda: [Book]))


def config_of(folder: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> Config:
    monkeypatch.setattr("hub.engine.loader.entry_points", lambda group: [])
    (folder / "hub.toml").write_text(text)
    return load_config(folder / "hub.toml", load_plugins([("post", PLUGIN)], environ={}), {})


def post(base_url: str, path: str = "/me", name: str = "shop", channel: str = "post") -> str:
    return f'[connection.{name}]\nchannel = "{channel}"\nbase_url = "{base_url}"\npath = "{path}"\n'


CRM_TABLE = '[crm.main]\nadapter = "hubspot"\n'


def test_probes_ask_everybody_and_change_nothing(
    tmp_path: Path, platform: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, asked = platform
    text = post(url) + post(url, "/me", "other") + post(url, name="quiet", channel="mute") + CRM_TABLE
    assert probe_all(config_of(tmp_path, text, monkeypatch)) == [
        ("shop", Finding(True, "the token works")),
        ("other", Finding(True, "the token works")),
        ("quiet", Finding(True, "channel mute has no test of its credentials")),
        ("main", Finding(True, "scopes are complete")),
        ("main", Finding(True, "the mapping fits the CRM's fields")),
    ]
    assert asked == ["/me", "/me"]


@pytest.mark.parametrize(
    ("path", "what", "remedy"),
    [
        ("/no", "the token is wrong", "check the credentials and their permissions"),
        ("/silence", "no answer", "check the network and the address, then try again"),
        ("/bug", "the plugin failed with RuntimeError", "this is a mistake in the plugin; tell its author"),
    ],
)
def test_what_goes_wrong_is_a_finding_and_nothing_is_set_up(
    tmp_path: Path,
    platform: tuple[str, list[str]],
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    what: str,
    remedy: str,
) -> None:
    url, asked = platform
    config = config_of(tmp_path, post(url, path) + CRM_TABLE + "sound = false\n", monkeypatch)
    (shop, first), (main, second) = probe_all(config)
    assert (shop, first.ok, first.remedy) == ("shop", False, remedy)
    assert first.what.startswith(what)
    assert (main, second.ok, second.what) == ("main", False, "the token lacks a scope")

    found, _ = connect_all(config, "shop")
    assert [finding.ok for _, finding in found] == [False]
    assert not [path for path in asked if path.startswith("/connect")]
    found, _ = connect_all(config, "hubspot")
    assert [finding.ok for _, finding in found] == [False]


def test_a_platform_that_is_down_is_a_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Platform) as closed:
        port = closed.server_port
    ((name, finding),) = probe_all(config_of(tmp_path, post(f"http://127.0.0.1:{port}"), monkeypatch))
    assert (name, finding.ok) == ("shop", False)
    assert finding.what.startswith("no connection")


def test_connect_tests_then_sets_up_and_tells_the_callback(
    tmp_path: Path, platform: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, asked = platform
    text = '[hub]\npublic_url = "https://hub.example.com/"\n' + post(url) + post(url, name="two") + CRM_TABLE
    config = config_of(tmp_path, text, monkeypatch)
    found, callbacks = connect_all(config, "shop")
    assert [finding.what for _, finding in found] == ["the token works", "the callback is set"]
    assert callbacks == {"shop": "https://hub.example.com/hook/shop"}
    assert asked == ["/me", "/connect?https://hub.example.com/hook/shop"]

    found, callbacks = connect_all(config, "post")  # by the channel's name: every connection of it
    assert ({name for name, _ in found}, list(callbacks)) == ({"shop", "two"}, ["shop", "two"])
    found, callbacks = connect_all(config, "hubspot")
    assert callbacks == {}
    assert [finding.what for _, finding in found] == [
        "scopes are complete",
        "fields are there",
        "the mapping fits the CRM's fields",
    ]


def test_a_mapping_to_a_field_that_is_not_there_is_a_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own.toml").write_text('[person]\nfrstname = "name.first"\n')
    text = CRM_TABLE + 'mapping = "own.toml"\nfields = ["firstname"]\n'
    config = config_of(tmp_path, text, monkeypatch)
    for found in (probe_all(config), connect_all(config, "main")[0]):
        assert found[-1][1] == Finding(
            False, f"{tmp_path / 'own.toml'}:2: the CRM has no field 'frstname'", "did you mean 'firstname'?"
        )


def test_a_connection_that_polls_needs_no_callback(
    tmp_path: Path, platform: tuple[str, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    config = config_of(tmp_path, post(platform[0]) + "poll = true\n", monkeypatch)
    found, callbacks = connect_all(config, "shop")
    assert (len(found), callbacks) == (2, {})


def test_a_platform_out_there_cannot_call_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Offline(PostChannel):
        def probe(self) -> Calls[list[Finding]]:
            return [Finding(True, "the token works")]
            yield

    monkeypatch.setattr(PLUGIN, "hub_channels", hookimpl(lambda: [Offline]))
    config = config_of(tmp_path, post("https://post.example.com"), monkeypatch)
    found, _ = connect_all(config, "shop")
    assert [finding.ok for _, finding in found] == [True, False]
    assert found[1][1].what == "public_url is http://127.0.0.1:8080, which the platform cannot reach"


def test_an_unknown_name_suggests_the_closest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = config_of(tmp_path, post("http://127.0.0.1:9"), monkeypatch)
    with pytest.raises(ConfigError, match=r"nothing in the configuration is called 'shp' \(did you mean 'shop'\?\)"):
        connect_all(config, "shp")
