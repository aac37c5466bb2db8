"""The how-to for channel plugins says what runs: its files are these files, and its steps work as written."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import hub_pigeon
import pytest

from hub import Request
from hub.engine.loader import load_plugins
from hub.engine.settings import load_config
from hub.testing.tabletop import Tabletop

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PAGE = (ROOT / "docs/how-to/write-a-channel-plugin.md").read_text(encoding="utf-8")
FILES = sorted(
    str(file.relative_to(HERE / "pigeon"))
    for file in (HERE / "pigeon").rglob("*")
    if file.suffix in (".py", ".toml", ".json")
)
SECRETS = {"PIGEON_SECRET": "a-signing-secret", "PIGEON_TOKEN": "an-access-token"}


def hub_toml() -> str:
    return PAGE.rpartition("```toml\n")[2].partition("```")[0]


@pytest.mark.parametrize("name", FILES)
def test_the_page_shows_the_file_that_runs(name: str) -> None:
    block = re.search(rf"^`{re.escape(name)}`.*?^```\w+\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert block, f"the page does not show {name}"
    assert block[1] == (HERE / "pigeon" / name).read_text(encoding="utf-8")


def test_a_note_becomes_a_message_of_the_inbox(tmp_path: Path) -> None:
    plugins = load_plugins(extra=[("pigeon", hub_pigeon)], environ={"DRAGOMAN_PLUGINS": "telegram"})
    (tmp_path / "hub.toml").write_text(hub_toml(), encoding="utf-8")
    channel = load_config(tmp_path / "hub.toml", plugins, SECRETS).connections["pigeon"].channel
    body = json.dumps(json.loads((HERE / "pigeon/fixtures/two_notes.json").read_text())["body"]).encode()
    signature = hmac.new(b"a-signing-secret", body, hashlib.sha256).hexdigest()
    channel.verify(Request("POST", "https://hub.example.com/hook/pigeon", {}, {"x-pigeon-signature": signature}, body))

    plain = re.sub(r'\{ env = "(\w+)" \}', lambda found: f'"{SECRETS[found[1]]}"', hub_toml())
    local = plain.replace('channel = "pigeon"', 'channel = "pigeon"\nbase_url = "http://127.0.0.1:9"')
    table = Tabletop(tmp_path, local, plugins)
    try:
        table.post("pigeon", body)
        table.post("pigeon", body)
        table.step()
        assert table.rows("SELECT form, text FROM messages ORDER BY id") == [("text", "coo"), ("unsupported", "")]
        assert table.rows("SELECT name FROM people ORDER BY id") == [("Ada",), ("Bob",)]
    finally:
        table.close()


def test_the_package_installs_and_the_hub_finds_it(tmp_path: Path) -> None:
    project, installed = tmp_path / "project", tmp_path / "installed"
    shutil.copytree(HERE / "pigeon", project, ignore=shutil.ignore_patterns("__pycache__"))
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "--no-cache-dir", "install"]
    flags = ["--no-deps", "--no-index", "--no-build-isolation", "--target", str(installed)]
    subprocess.run([*pip, *flags, str(project)], check=True, timeout=120)
    path = os.pathsep.join(str(part) for part in (installed, ROOT, ROOT / "plugins", ROOT / "adapters"))
    done = subprocess.run(
        [sys.executable, "-c", "from hub.cli import main; main()", "plugins", "--json"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout)
    (pigeon,) = [info for info in found["plugins"] if info["name"] == "pigeon"]
    assert (pigeon["state"], pigeon["distribution"], pigeon["reason"]) == ("loaded", "hub-pigeon", "")
    assert "pigeon" in found["channels"]
