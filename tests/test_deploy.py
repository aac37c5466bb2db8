"""The files an operator installs name commands, paths and settings that exist."""

from __future__ import annotations

import re
from configparser import ConfigParser
from pathlib import Path

from hub.cli.app import COMMANDS
from hub.engine.hub_settings import PREFIX, HubSettings

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"


def test_the_service_runs_commands_that_exist_and_locks_the_rest_away() -> None:
    unit = ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read(DEPLOY / "dragoman.service")
    service = unit["Service"]
    command = service["ExecStart"].split()
    assert Path(command[0]).name == "dragoman"
    assert command[1] in COMMANDS
    assert service["Restart"] == "always"
    assert service["RestartPreventExitStatus"] == "2", "a mistake in hub.toml is not mended by trying again"
    assert (service["DynamicUser"], service["ProtectSystem"], service["NoNewPrivileges"]) == ("yes", "strict", "yes")
    assert int(service["TimeoutStopSec"]) > HubSettings.model_fields["stop_grace"].default
    assert service["Environment"] == f"DRAGOMAN_DATA=/var/lib/{service['StateDirectory']}"


def test_the_container_copies_what_is_there_and_sets_what_exists() -> None:
    text = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
    build = text.partition("AS build")[2].partition("\nFROM")[0]
    for sources in re.findall(r"^COPY (.+) \S+$", build, re.MULTILINE):
        for source in sources.split():
            assert (ROOT / source).exists(), source
    known = {PREFIX + name.upper() for name in HubSettings.model_fields} | {"DRAGOMAN_CONFIG"}
    assert set(re.findall(r"DRAGOMAN_\w+", text)) <= known
    extras = re.search(r"'\.\[([a-z0-9,]+)\]'", text)
    assert extras is not None
    packaging = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert all(re.search(rf"^{extra} = \[", packaging, re.MULTILINE) for extra in extras[1].split(","))
    assert "USER dragoman" in text


def test_the_composition_publishes_on_loopback_only() -> None:
    text = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    assert re.findall(r'ports: \["([^"]+)"\]', text) == ["127.0.0.1:8080:8080"]
    assert re.search(r"dockerfile: (\S+)", text)[1] == "deploy/Containerfile"  # type: ignore[index]
