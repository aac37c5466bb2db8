"""The wheel holds what it should and nothing else, and works where no checkout is."""

from __future__ import annotations

import email
import importlib.metadata
import json
import os
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = {
    "hub": ROOT / "hub",
    "hub_intent": ROOT / "plugins/hub_intent",
    "hub_meta": ROOT / "plugins/hub_meta",
    "hub_notify": ROOT / "plugins/hub_notify",
    "hub_telegram": ROOT / "plugins/hub_telegram",
    "hub_hubspot": ROOT / "adapters/hub_hubspot",
    "hub_salesforce": ROOT / "adapters/hub_salesforce",
}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
MAIN = "from hub.cli import main; main()"


def run(*command: str | Path, cwd: Path = ROOT, **env: str) -> str:
    done = subprocess.run(
        [sys.executable, *map(str, command)],
        cwd=cwd,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    run("-m", "hatchling", "build", "-t", "wheel", "-d", folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("installed")
    pip = ("-m", "pip", "--disable-pip-version-check", "--quiet", "install", "--no-deps", "--no-index", "--no-compile")
    run(*pip, "--target", target, wheel)
    return target


@pytest.fixture(scope="module")
def libraries(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is installed here, without what an installation of this checkout has left there."""
    folder = tmp_path_factory.mktemp("libraries")
    for name in {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}:
        for entry in Path(name).iterdir():
            if entry.suffix != ".pth" and not entry.name.startswith(("dragoman", "hub_", "__pycache__")):
                (folder / entry.name).symlink_to(entry)
    return folder


class Away:
    """A folder with no checkout in sight: Python sees the installed wheel and the libraries, and no site-packages."""

    def __init__(self, installed: Path, libraries: Path, folder: Path) -> None:
        self.installed, self.folder = installed, folder
        self._path = os.pathsep.join((str(installed), str(libraries)))

    def run(self, *command: str | Path) -> str:
        return run("-S", *command, cwd=self.folder, PYTHONPATH=self._path)


@pytest.fixture
def away(installed: Path, libraries: Path, tmp_path: Path) -> Away:
    return Away(installed, libraries, tmp_path)


def test_every_module_and_file_of_the_packages_is_inside(names: set[str]) -> None:
    wanted = {
        f"{package}/{file.relative_to(folder).as_posix()}"
        for package, folder in PACKAGES.items()
        for file in folder.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    assert {f"{package}/py.typed" for package in PACKAGES} <= wanted
    assert any(name.startswith("hub/store/schema/") and name.endswith(".sql") for name in wanted)
    assert {name for name in names if name.split("/")[0] in PACKAGES} == wanted


def test_the_starter_files_are_inside_as_they_are_here(wheel: Path, names: set[str]) -> None:
    files = [ROOT / "hub.toml", *(ROOT / "mappings").glob("*.toml")]
    assert len(files) > 1
    starter = {f"hub_starter/{file.relative_to(ROOT).as_posix()}": file.read_bytes() for file in files}
    assert {name for name in names if name.startswith("hub_starter/")} == set(starter)
    with zipfile.ZipFile(wheel) as archive:
        assert {name: archive.read(name) for name in starter} == starter


def test_nothing_else_is_inside(names: set[str]) -> None:
    info = f"dragoman-{PROJECT['version']}.dist-info"
    assert {name.split("/")[0] for name in names} == {*PACKAGES, "hub_starter", info}
    assert not [name for name in names if {"tests", "bench", "docs", "__pycache__"} & set(name.split("/"))]
    assert {name.rpartition(".")[2] for name in names if not name.startswith(info)} <= {
        *("py", "typed", "sql", "toml", "md")
    }


def test_the_licence_comes_along(wheel: Path, names: set[str]) -> None:
    (info,) = {name.split("/")[0] for name in names if name.split("/")[0].endswith(".dist-info")}
    with zipfile.ZipFile(wheel) as archive:
        for name in ("LICENSE", "NOTICE"):
            assert archive.read(f"{info}/licenses/{name}") == (ROOT / name).read_bytes()
        metadata = email.message_from_bytes(archive.read(f"{info}/METADATA"))
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata["Requires-Python"] == PROJECT["requires-python"]
    needed = [line for line in metadata.get_all("Requires-Dist") or [] if "extra ==" not in line]
    assert len(needed) == len(PROJECT["dependencies"])
    assert not [line for line in needed if line.startswith(("pytest", "hypothesis", "hatchling"))]


def test_the_entry_points_name_modules_that_are_inside(installed: Path) -> None:
    (found,) = importlib.metadata.distributions(path=[str(installed)])
    plugins, commands = (
        {entry.name: entry.value for entry in found.entry_points.select(group=group)}
        for group in ("hub", "console_scripts")
    )
    assert plugins == PROJECT["entry-points"]["hub"]
    assert set(plugins.values()) == set(PACKAGES) - {"hub"}
    assert commands == PROJECT["scripts"]


def test_the_installed_hub_is_what_runs(away: Away) -> None:
    code = "import hub, hub_meta, hub_hubspot; print(hub.__file__, hub_meta.__file__, hub_hubspot.__file__, sep='\\n')"
    found = [Path(line) for line in away.run("-c", code).splitlines()]
    assert found == [away.installed / name / "__init__.py" for name in ("hub", "hub_meta", "hub_hubspot")]


def test_all_bundled_plugins_load(away: Away) -> None:
    told = json.loads(away.run("-c", MAIN, "plugins", "--json"))
    bundled = {p["name"]: p for p in told["plugins"] if p["distribution"] == "dragoman"}
    assert {name: plugin["state"] for name, plugin in bundled.items()} == dict.fromkeys(
        PROJECT["entry-points"]["hub"], "loaded"
    )
    assert {plugin["version"] for plugin in bundled.values()} == {PROJECT["version"]}
    assert {"whatsapp", "telegram"} <= set(told["channels"])
    assert "hubspot" in told["crms"]


def test_the_command_writes_the_starter_and_opens_a_store(away: Away) -> None:
    command = away.installed / "bin/dragoman"
    away.run(command, "init", "shop")
    assert (away.folder / "shop/hub.toml").read_bytes() == (ROOT / "hub.toml").read_bytes()
    assert (away.folder / "shop/mappings/hubspot.toml").read_bytes() == (ROOT / "mappings/hubspot.toml").read_bytes()
    code = "import sys, pathlib, hub.store; hub.store.open_store(hub.store.Place(pathlib.Path(sys.argv[1]))).close()"
    away.run("-c", code, away.folder / "data")
    assert any((away.folder / "data").iterdir())


def test_the_contract_tests_come_along(away: Away) -> None:
    away.run("-c", "from hub.testing import channel_contract, crm_contract")
