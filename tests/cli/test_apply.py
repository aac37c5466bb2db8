"""`dragoman apply` and `pull`: beside a hub, without one, and on a store that several hosts share."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from hub.cli.app import build
from hub.engine.configurations import CONFIGURED
from hub.engine.hub import Hub
from hub.engine.loader import load_plugins
from hub.engine.settings import load_config
from hub.store import Place, open_store
from hub.testing.stores import place_of
from hub.testing.tabletop import Tabletop

TOML = """[hub]
data = "./data"
disk_min_mb = 1

[texts]
away = "We are away"  # until spring

[[rule]]
name = "away"
reply = "away"
"""
SECOND = TOML.replace("We are away", "Back on Monday")
BAD = TOML.replace('reply = "away"', 'reply = "awai"')


class Host:
    """A folder with a hub.toml."""

    def __init__(self, folder: Path, place: Place) -> None:
        folder.mkdir(exist_ok=True)
        self.file, self.place = folder / "hub.toml", place
        self.head = f'store = "{place.dsn}"\nmedia = "./media"\n' if place.dsn else ""
        self.write(TOML)

    def write(self, text: str) -> str:
        """hub.toml becomes this, with its store."""
        text = text.replace("[hub]\n", f"[hub]\n{self.head}")
        self.file.write_text(text)
        return text

    def run(self, *args: str, answer: str = "") -> tuple[int, str, str]:
        """Exit code, stdout, stderr."""
        found = CliRunner().invoke(build(), [*args, "--config", str(self.file)], input=answer, catch_exceptions=False)
        return found.exit_code, found.stdout, found.stderr

    def told(self, *args: str) -> Any:
        """What a command prints as JSON."""
        return json.loads(self.run(*args, "--json")[1])

    def process(self) -> Tabletop:
        """A process of the hub on this host."""
        return Tabletop(self.file.parent, self.file.read_text(), load_plugins(), place=self.place)

    def copies(self) -> list[str]:
        """What hub.toml was before."""
        return [file.read_text() for file in sorted(self.file.parent.glob("hub.toml.2*"))]

    def beside(self, *commands: Sequence[str], notice: str = "") -> tuple[Hub, list[tuple[int, str, str]]]:
        """Run commands while a hub runs here, which has said something about its configuration."""

        async def scenario() -> tuple[Hub, list[tuple[int, str, str]]]:
            plugins = load_plugins()
            hub = Hub(load_config(self.file, plugins, {}), plugins)
            await hub.start()
            hub.notices.tell({CONFIGURED: notice})
            try:
                async with asyncio.timeout(60):
                    return hub, [await asyncio.to_thread(self._command, command) for command in commands]
            finally:
                await hub.stop()

        return asyncio.run(scenario())

    def _command(self, command: Sequence[str]) -> tuple[int, str, str]:
        if command[0] == "write":
            self.write(command[1])
            return 0, "", ""
        return self.run(*command)


@pytest.fixture(autouse=True)
def no_plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.engine.loader.entry_points", lambda group: [])
    for name in ("DRAGOMAN_PLUGINS", "DRAGOMAN_CONFIG", "DRAGOMAN_STORE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def host(tmp_path: Path) -> Host:
    """One with a store of its own, whose hub ran before."""
    host = Host(tmp_path / "one", Place(tmp_path / "one" / "data"))
    host.process().close()
    return host


@pytest.fixture
def shared(tmp_path: Path) -> tuple[Host, Host]:
    """Two hosts on one PostgreSQL, whose hub ran before."""
    dsn = place_of(tmp_path, "postgres").dsn
    hosts = [Host(tmp_path / name, Place(tmp_path / name / "data", dsn)) for name in ("one", "other")]
    hosts[0].process().close()
    return hosts[0], hosts[1]


def test_a_running_hub_takes_the_file_at_once(host):
    hub, (_, (code, out, _), (again, _, err), (_, log, _)) = host.beside(
        ("write", SECOND), ("apply", "--note", "spring", "--agent", "Ana"), ("apply",), ("pull", "--list")
    )
    assert code == 0
    assert '-away = "We are away"' in out
    assert '+away = "Back on Monday"' in out
    assert "version 2 of the configuration is active" in out
    assert (again, "is what runs already (version 2)" in err) == (2, True)
    assert "Ana" in log
    assert "spring" in log
    assert hub.line.version == 2
    assert hub.line.config.rules.version != hub.config.rules.version
    host.process().close()  # the same file at the next start: no further version
    assert [row["id"] for row in host.told("pull", "--list")] == [2, 1]


def test_a_bad_file_is_a_sentence_and_the_old_one_runs_on(host):
    hub, (_, (code, _, err)) = host.beside(("write", BAD), ("apply",))
    assert code == 2
    assert "hub.toml:10: rule 'away': there is no text 'awai' (did you mean 'away'?" in err
    assert hub.line.version == 1
    assert [row["state"] for row in host.told("pull", "--list")] == ["active"]


def test_without_a_hub_the_file_waits_for_the_next_start(host):
    host.write(SECOND)
    code, out, _ = host.run("apply")
    assert (code, "no hub runs: event 1 waits for its next start" in out) == (0, True)
    table = host.process()
    table.step()
    assert table.line.version == 2
    assert table.rows("SELECT because FROM decisions") == [("the configuration is version 2 already",)]
    table.close()


def test_before_the_first_start_nothing_can_be_applied_or_pulled(tmp_path):
    host = Host(tmp_path / "new", Place(tmp_path / "new" / "data"))
    for command in ("apply", "pull"):
        code, _, err = host.run(command)
        assert (code, "there is no store in" in err) == (2, True)
    open_store(host.place).close()
    for command in ("apply", "pull"):
        code, _, err = host.run(command)
        assert (code, "no version runs yet" in err) == (2, True)


def test_a_dry_run_only_shows(host):
    host.write(SECOND.replace("disk_min_mb = 1", "disk_min_mb = 2"))
    code, out, _ = host.run("apply", "--dry-run")
    assert code == 0
    assert '+away = "Back on Monday"' in out
    assert "[hub] is taken when a process starts, as what it opens stays open: restart the hub." in out
    assert host.told("apply", "--dry-run")["at_start"] == ["[hub]"]
    host.write(SECOND)
    assert "All of it would run at once." in host.run("apply", "--dry-run")[1]
    assert [row["id"] for row in host.told("pull", "--list")] == [1]


def test_a_file_that_is_too_large_is_a_sentence(host):
    host.write(TOML + "#" * 1_000_000)
    code, _, err = host.run("apply")
    assert (code, "more than 1000000 characters" in err) == (2, True)


def test_one_host_applies_and_another_pulls(shared):
    one, other = shared
    text = one.write(SECOND.replace("disk_min_mb = 1", "disk_min_mb = 2"))
    code, out, _ = one.run("apply", "--wait", "0")
    assert code == 0
    assert "processes takes it up" in out
    assert "[hub] is taken when a process starts" in out
    assert "restart the processes one after the other, each with this file" in out
    process = other.process()
    process.step()
    assert process.line.version == 2
    process.close()
    before = other.file.read_text()
    code, out, err = other.run("pull", answer="n\n")
    assert (code, other.file.read_text()) == (1, before)
    assert "Write version 2 into" in err
    code, out, _ = other.run("pull", answer="y\n")
    assert code == 0
    assert '+away = "Back on Monday"' in out
    assert other.file.read_text() == text
    assert other.copies() == [before]
    assert "is version 2 already" in other.run("pull")[1]
    assert other.copies() == [before]


def test_what_the_hub_refuses_is_told_with_its_reason(shared, monkeypatch):
    one, _ = shared
    process = one.process()
    monkeypatch.setattr("hub.engine.loader.entry_points", entry_points)  # who applies has more plugins than the hub
    one.write(TOML + '[[rule]]\nname = "slow"\nchannel = ["telegram"]\nreply = "away"\n')
    with ThreadPoolExecutor(1) as pool:
        applied = pool.submit(one.run, "apply")
        while not applied.done():
            process.step()
    code, out, _ = applied.result()
    assert (code, "version 2 was not taken: version 2:15: " in out) == (1, True)
    assert "names the channel 'telegram', which is not there" in out
    assert process.line.version == 1
    process.close()


def test_a_notice_about_the_file_goes_when_the_file_was_pulled(host):
    hub, (_, (code, _, _)) = host.beside(("write", SECOND), ("pull", "--yes"), notice="another version runs")
    assert code == 0
    assert host.file.read_text() == TOML
    assert CONFIGURED not in hub.notices.open


def test_a_former_version_is_brought_back(shared):
    one, _ = shared
    first = one.file.read_text()
    one.write(SECOND)
    process = one.process()
    one.run("apply", "--wait", "0")
    process.step()
    assert one.told("pull", "--version", "1", "--yes")["version"] == 1
    assert one.file.read_text() == first
    assert len(one.copies()) == 1
    one.run("apply", "--wait", "0")
    process.step()
    assert process.line.version == 3
    assert "there is no version 9" in one.run("pull", "--version", "9")[2]
    process.close()


def test_a_new_host_pulls_its_first_file(shared, tmp_path, monkeypatch):
    one, _ = shared
    monkeypatch.setenv("DRAGOMAN_STORE", one.place.dsn)
    monkeypatch.setenv("DRAGOMAN_MEDIA", str(tmp_path / "media"))
    new = Host(tmp_path / "new", Place(tmp_path / "new" / "data", one.place.dsn))
    new.file.unlink()
    code, out, _ = new.run("pull", "--yes")
    assert (code, f"{new.file} is version 1 now." in out) == (0, True)
    assert new.file.read_text() == one.file.read_text()
    assert new.copies() == []


def test_a_folder_that_cannot_be_written_is_a_sentence(shared, monkeypatch):
    one, _ = shared
    one.file.write_text("# mine\n" + one.file.read_text())

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("shutil.copy2", full)
    code, _, err = one.run("pull", "--yes")
    assert (code, "the file cannot be written: No space left on device" in err) == (2, True)
    assert one.file.read_text().startswith("# mine")
