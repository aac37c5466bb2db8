"""The rules of the house, checked: floors, documentation, public names, sizes."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import types
import warnings
from dataclasses import fields
from pathlib import Path

import pytest

import hub
from hub.backup.settings import BackupSettings, RetentionSettings
from hub.contracts.hookspecs import EVENT_KINDS
from hub.engine.hub_settings import PREFIX, HubSettings
from hub.engine.loader import HOOKS, load_plugins
from hub.model import by_hand, events, happened

ROOT = Path(__file__).parents[1]
CODE = ("hub", "plugins", "adapters", "tests", "bench")
LONGEST = 500


def python_files() -> list[Path]:
    return [file for folder in CODE for file in sorted((ROOT / folder).rglob("*.py"))]


def test_every_module_stands_only_above_what_it_imports() -> None:
    path = os.pathsep.join(str(ROOT / part) for part in (".", "plugins", "adapters"))
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_setting_is_documented_with_its_default_and_meaning() -> None:
    text = (ROOT / "docs/reference/settings.md").read_text(encoding="utf-8")
    section = text.partition("## `[hub]`")[2].partition("\n## ")[0]
    rows = dict(re.findall(r"^\| `(\w+)` \|(.*)\|$", section, re.MULTILINE))
    assert list(rows) == list(HubSettings.model_fields)
    for name, field in HubSettings.model_fields.items():
        assert field.description, name
        shown = "by CRM" if field.default is None else toml(field.default)
        assert f"`{shown}`" in rows[name], f"the default of {name}"
        assert field.description in rows[name], f"the meaning of {name}"
        assert f"`{PREFIX}{name.upper()}`" in rows[name]


@pytest.mark.parametrize(("table", "model"), [("backup", BackupSettings), ("retention", RetentionSettings)])
def test_every_setting_of_upkeep_is_documented(table: str, model: type[BackupSettings | RetentionSettings]) -> None:
    text = (ROOT / "docs/reference/settings.md").read_text(encoding="utf-8")
    section = text.partition(f"## `[{table}]`")[2].partition("\n## ")[0]
    rows = dict(re.findall(r"^\| `(\w+)` \|(.*)\|$", section, re.MULTILINE))
    assert list(rows) == list(model.model_fields)
    for name, field in model.model_fields.items():
        assert field.description, name
        assert field.description in rows[name]
        assert field.default is None or f"`{toml(field.default)}`" in rows[name]


def toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else f'"{value}"'


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_is_documented_and_tested(hook: str) -> None:
    assert re.search(rf"^## `{hook}\(", (ROOT / "docs/reference/hooks.md").read_text(encoding="utf-8"), re.MULTILINE)
    tests = [file for file in python_files() if file.is_relative_to(ROOT / "tests")]
    assert any(re.search(rf"def test_\w*{hook}", file.read_text(encoding="utf-8")) for file in tests)


@pytest.mark.parametrize("kind", EVENT_KINDS)
def test_every_event_that_plugins_are_told_is_documented_with_its_fields(kind: str) -> None:
    (cls,) = (
        c
        for c in (vars(events) | vars(by_hand) | vars(happened)).values()
        if isinstance(c, type) and getattr(c, "kind", "") == kind
    )
    text = (ROOT / "docs/reference/hooks.md").read_text(encoding="utf-8")
    table = text.partition(f"| field of `{kind}` |")[2].partition("\n\n")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == {"kind", "id", *(f.name for f in fields(cls))}


@pytest.mark.parametrize(
    "module", ["hub_hubspot", "hub_intent", "hub_meta", "hub_notify", "hub_salesforce", "hub_telegram"]
)
def test_every_setting_of_a_bundled_plugin_is_named_in_its_readme(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.engine.loader.entry_points", lambda group: [])
    found = load_plugins(extra=[("this", module)], environ={})
    shapes = [cls.Settings for cls in (*found.channels.values(), *found.crms.values())] + [*found.settings.values()]
    assert shapes, found.infos
    (readme,) = (
        ROOT / part / module / "README.md" for part in ("plugins", "adapters") if (ROOT / part / module).is_dir()
    )
    rows = set(re.findall(r"^\| `(\w+)` \|", readme.read_text(encoding="utf-8"), re.MULTILINE))
    assert [name for shape in shapes for name in shape.model_fields if name not in rows] == []


def test_tests_run_in_a_random_order(pytestconfig: pytest.Config) -> None:
    assert pytestconfig.pluginmanager.hasplugin("randomly")


def test_a_warning_is_an_error() -> None:
    with pytest.raises(UserWarning, match="of our own"):
        warnings.warn("of our own", stacklevel=1)


def test_the_public_names_are_sorted_and_complete() -> None:
    public = {
        name
        for name, value in vars(hub).items()
        if not name.startswith("_") and not isinstance(value, types.ModuleType)
    }
    assert hub.__all__ == sorted(public)


def test_no_module_is_long() -> None:
    long = {str(f.relative_to(ROOT)): n for f in python_files() if (n := len(f.read_text().splitlines())) > LONGEST}
    assert long == {}


def test_every_plugin_says_that_it_is_typed_and_explains_itself() -> None:
    packages = [file.parent for part in ("plugins", "adapters") for file in (ROOT / part).glob("*/__init__.py")]
    assert packages
    lacking = [f"{p.name}/{name}" for p in packages for name in ("py.typed", "README.md") if not (p / name).is_file()]
    assert lacking == []
    assert (ROOT / "hub/py.typed").is_file()


def test_nothing_is_left_for_later() -> None:
    quoted = '(?<!")' + "TO" + "DO" + '(?!")'  # in quotes it is HubSpot's name of a kind of task
    words = re.compile("|".join((quoted, "FIX" + "ME", "X" * 3)))
    files = python_files() + [f for part in ("docs", "mappings") for f in (ROOT / part).rglob("*") if f.is_file()]
    left = [str(f.relative_to(ROOT)) for f in files if words.search(f.read_text(encoding="utf-8"))]
    assert left == []


@pytest.mark.parametrize("host", ["192.0.2.1", "example.com"])
def test_tests_reach_no_other_machine(host: str) -> None:
    with pytest.raises(PermissionError):
        socket.create_connection((host, 80), timeout=1)
    with socket.socket() as plain, pytest.raises(PermissionError):
        plain.connect((host, 80))
