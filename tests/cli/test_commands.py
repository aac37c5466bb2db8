"""The command line: what it prints, how it ends, and that a mistake is never a traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from hub import Capabilities, Channel, Finding, PluginSettings, __version__, hookimpl
from hub.cli.app import COMMANDS, build
from hub.contracts.errors import Unavailable
from hub.engine.starter import starter_files

ROOT = Path(__file__).parents[2]


class PostSettings(PluginSettings):
    """Nothing to set."""


class PostChannel(Channel[PostSettings]):
    """A complete channel; its test says what the test wants."""

    name = "post"
    Settings = PostSettings
    capabilities = Capabilities(proof="none", text_max=100)
    verify = split = normalise = send = lambda self, *args: None  # type: ignore[assignment]
    alive = True

    def probe(self) -> Any:
        return [Finding(self.alive, "the token [works]", "" if self.alive else "renew it")]
        yield

    def connect(self, callback_url: str) -> Any:
        return [Finding(True, f"paste {callback_url}")]
        yield


POST = SimpleNamespace(hub_channels=hookimpl(lambda: [PostChannel]))
BAD = SimpleNamespace(hub_chanels=hookimpl(lambda: []))
SHOP = '[connection.shop]\nchannel = "post"\n[inbox.front]\nconnection = "shop"\naccount = "1"\n'


def entry(name: str, plugin: Any) -> SimpleNamespace:
    dist = SimpleNamespace(name="somebody", version="1.0")
    return SimpleNamespace(name=name, value=f"hub_{name}", load=lambda: plugin, dist=dist)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder, and one installed plugin."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DRAGOMAN_PLUGINS", raising=False)
    monkeypatch.delenv("DRAGOMAN_CONFIG", raising=False)
    monkeypatch.setattr("hub.engine.loader.entry_points", lambda group: [entry("post", POST)])
    return tmp_path


def run(*args: str) -> tuple[int, str, str]:
    """Exit code, stdout, stderr. An exception that gets out fails the test."""
    done = CliRunner().invoke(build(), args, catch_exceptions=False)
    return done.exit_code, done.stdout, done.stderr


def dragoman(*args: str, cwd: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """The real process."""
    path = os.pathsep.join(str(ROOT / part) for part in (".", "plugins", "adapters"))
    return subprocess.run(
        [sys.executable, "-c", "from hub.cli import main; main()", *args],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": path, **environ},
        capture_output=True,
        text=True,
    )


def test_help_lists_every_command_with_examples() -> None:
    code, out, _ = run("--help")
    assert code == 0
    for name in COMMANDS:
        assert f" {name} " in out
        code, page, _ = run(name, "--help")
        assert code == 0
        assert name == "version" or "Example" in page


def test_version() -> None:
    code, out, _ = run("version")
    assert (code, out.startswith(f"dragoman {__version__} ")) == (0, True)


def test_init_writes_the_starter_and_never_overwrites() -> None:
    code, out, _ = run("init", "shop")
    assert code == 0
    assert Path("shop/hub.toml").read_text() == (starter_files() / "hub.toml").read_text()
    assert Path("shop/mappings/hubspot.toml").is_file()
    for variable in ("WHATSAPP_APP_SECRET", "WHATSAPP_VERIFY_TOKEN", "WHATSAPP_ACCESS_TOKEN", "HUBSPOT_ACCESS_TOKEN"):
        assert variable in out
    assert "cd shop && dragoman check" in out

    Path("shop/hub.toml").write_text("mine")
    code, _, err = run("init", "shop")
    assert (code, err) == (
        2,
        "dragoman: shop/hub.toml already exists (name an empty folder: dragoman init DIR)\n",
    )
    assert Path("shop/hub.toml").read_text() == "mine"


def test_init_writes_nothing_when_any_file_is_in_the_way() -> None:
    Path("mappings").mkdir()
    Path("mappings/hubspot.toml").write_text("mine")
    code, _, err = run("init")
    assert code == 2
    assert "mappings/hubspot.toml already exists" in err
    assert not Path("hub.toml").exists()


def test_init_into_a_file_is_a_sentence() -> None:
    Path("file").write_text("")
    code, _, err = run("init", "file")
    assert code == 2
    assert err.startswith("dragoman: cannot write into file: ")


def test_check_says_that_all_is_well() -> None:
    Path("hub.toml").write_text(SHOP)
    code, out, _ = run("check")
    assert code == 0
    assert "channel post, inboxes: front" in out
    assert "hub.toml is sound." in out


def test_check_as_json() -> None:
    Path("hub.toml").write_text(SHOP)
    code, out, _ = run("check", "--json")
    said = json.loads(out)
    assert (code, said["ok"], said["connections"]) == (0, True, {"shop": "post"})
    assert said["inboxes"] == {"front": {"connection": "shop", "account": "1"}}
    here = Path().resolve() / "data"
    assert said["store"] == f"SQLite in {here}"
    assert said["findings"] == [
        {"of": "store", "ok": True, "what": f"is SQLite in {here}, files in {here / 'blobs'}", "remedy": ""},
        {"of": "connection shop", "ok": True, "what": "channel post, inboxes: front", "remedy": ""},
    ]


def test_check_of_a_mistake_exits_2_with_one_sentence() -> None:
    Path("hub.toml").write_text(SHOP + "[hub]\nlistne = 1\n")
    said = "hub.toml:7: [hub] has the unknown key 'listne' (did you mean 'listen'?)"
    code, out, err = run("check")
    assert (code, out, err) == (2, "", f"dragoman: {said}\n")
    code, out, err = run("check", "--json")
    assert (code, err) == (2, "")
    assert json.loads(out)["error"] == {
        "what": "[hub] has the unknown key 'listne'",
        "where": "hub.toml:7",
        "remedy": "did you mean 'listen'?",
    }


def test_check_without_a_file_says_how_to_get_one() -> None:
    code, _, err = run("check")
    assert (code, err) == (2, "dragoman: hub.toml: the file does not exist (dragoman init writes a starter)\n")


def test_check_exits_1_for_a_connection_without_inbox_and_a_plugin_in_quarantine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("hub.engine.loader.entry_points", lambda group: [entry("bad", BAD), entry("post", POST)])
    Path("hub.toml").write_text('[connection.shop]\nchannel = "post"\n[connection.gone]\nchannel = "gone"\n')
    code, out, _ = run("check", "--json")
    said = json.loads(out)
    assert (code, said["ok"]) == (1, False)
    assert [f["of"] for f in said["findings"] if not f["ok"]] == ["plugin bad", "connection gone", "connection shop"]
    code, out, _ = run("check")
    assert code == 1
    assert "unknown hook 'hub_chanels'" in out


def test_check_live_asks_the_platform(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("hub.toml").write_text(SHOP)
    code, out, _ = run("check", "--live")
    assert (code, "the token [works]" in out) == (0, True)
    monkeypatch.setattr(PostChannel, "alive", False)
    code, out, _ = run("check", "--live")
    assert (code, "renew it" in out) == (1, True)


def test_connect_prints_the_callback_address(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("hub.toml").write_text(SHOP + '[hub]\npublic_url = "https://hub.example.com"\n')
    code, out, _ = run("connect", "post")
    assert code == 0
    assert "paste https://hub.example.com/hook/shop" in out
    assert "callback address of shop: https://hub.example.com/hook/shop" in out
    code, out, _ = run("connect", "shop", "--json")
    assert json.loads(out)["callbacks"] == {"shop": "https://hub.example.com/hook/shop"}
    code, _, err = run("connect", "shpo")
    assert (code, err) == (
        2,
        "dragoman: hub.toml: nothing in the configuration is called 'shpo' (did you mean 'shop'?)\n",
    )
    monkeypatch.setattr(PostChannel, "alive", False)
    assert run("connect", "shop")[0] == 1


def test_plugins_lists_what_is_there_and_what_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    code, out, _ = run("plugins")
    assert (code, "loaded" in out, "channels: post" in out) == (0, True, True)
    monkeypatch.setattr("hub.engine.loader.entry_points", lambda group: [entry("bad", BAD), entry("post", POST)])
    code, out, _ = run("plugins", "--json")
    said = json.loads(out)
    assert code == 1
    assert [(p["name"], p["state"]) for p in said["plugins"]] == [("bad", "quarantined"), ("post", "loaded")]
    assert said["channels"] == ["post"]


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (Unavailable("the platform is down"), 2, "dragoman: the platform is down\n"),
        (KeyboardInterrupt(), 130, "dragoman: stopped\n"),
    ],
)
def test_a_command_that_is_stopped_ends_with_a_line(error: BaseException, code: int, said: str) -> None:
    app = build()

    @app.command()
    def fail() -> None:
        raise error

    done = CliRunner().invoke(app, ["fail"])
    assert (done.exit_code, done.stderr) == (code, said)


def test_every_command_module_registers_itself() -> None:
    import importlib

    for name in COMMANDS:
        app = typer.Typer()
        importlib.import_module(f"hub.cli.{name}").register(app)
        assert app.registered_commands or app.registered_groups


def test_the_real_process_shows_no_traceback(here: Path) -> None:
    done = dragoman("check", cwd=here)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "dragoman: hub.toml: the file does not exist (dragoman init writes a starter)\n"
    done = dragoman("chekc", cwd=here)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_start_up_is_light(here: Path) -> None:
    heavy = ("aiohttp", "phonenumbers", "sqlite3", "hubspot", "jinja2")
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            f"import sys; from hub.cli.app import build; build(); print([m for m in {heavy} if m in sys.modules])",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.stdout == "[]\n", done.stderr


def commands() -> list[list[str]]:
    """Every command, as it is called."""
    found: list[list[str]] = []

    def walk(command: Any, path: list[str]) -> None:
        if hasattr(command, "commands"):
            for name, below in command.commands.items():
                walk(below, [*path, name])
        else:
            found.append(path)

    walk(typer.main.get_command(build()), [])
    return found


@pytest.mark.parametrize("path", commands(), ids=" ".join)
def test_every_command_has_examples_and_its_help_lost_no_words(path: list[str]) -> None:
    """A word in square brackets is markup, and vanishes."""
    done = CliRunner().invoke(build(), [*path, "--help"], env={"COLUMNS": "200"})
    assert done.exit_code == 0
    assert "Example" in done.output
    command = typer.main.get_command(build())
    for name in path:
        command = command.commands[name]  # type: ignore[attr-defined]
    texts = [command.help or "", *(getattr(p, "help", "") or "" for p in command.params)]
    for text in texts:
        shown = " ".join(rich_text(text).split())
        assert shown == " ".join(text.replace("\\[", "[").split()), text


def rich_text(text: str) -> str:
    """What rich shows of it."""
    from rich.text import Text

    return Text.from_markup(text).plain
