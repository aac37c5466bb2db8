"""The how-to for CRM adapters says what runs: its files are these files, and its steps work as written."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import hub_cabinet
import pytest
from cabinet_simulator import CabinetSimulator

from hub.contracts.crm import Reads
from hub.engine.loader import load_plugins
from hub.engine.settings import load_config
from hub.mapping import check
from hub.model.records import PersonWrite, Ref

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PAGE = (ROOT / "docs/how-to/write-a-crm-adapter.md").read_text(encoding="utf-8")
FILES = sorted(file.name for file in (HERE / "cabinet").iterdir() if file.suffix in (".py", ".toml"))
TABLE, MAPPING = re.findall(r"^```toml\n(.*?)^```$", PAGE.partition("## 5.")[2], re.MULTILINE | re.DOTALL)


@pytest.fixture
def simulator() -> Iterator[CabinetSimulator]:
    """A Cabinet that serves in a thread of its own."""
    loop, made = asyncio.new_event_loop(), CabinetSimulator()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    asyncio.run_coroutine_threadsafe(made.start(), loop).result(30)
    yield made
    asyncio.run_coroutine_threadsafe(made.stop(), loop).result(30)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(30)
    loop.close()


@pytest.mark.parametrize("name", FILES)
def test_the_page_shows_the_file_that_runs(name: str) -> None:
    block = re.search(rf"^`{re.escape(name)}`.*?^```\w+\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert block, f"the page does not show {name}"
    assert block[1] == (HERE / "cabinet" / name).read_text(encoding="utf-8")


def test_its_tables_are_sound_and_the_mapping_fits_the_fields(simulator: CabinetSimulator, tmp_path: Path) -> None:
    plugins = load_plugins(extra=[("cabinet", hub_cabinet)], environ={"DRAGOMAN_PLUGINS": "telegram"})
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings/cabinet.toml").write_text(MAPPING, encoding="utf-8")
    table = TABLE.replace('adapter = "cabinet"', f'adapter = "cabinet"\nbase_url = "{simulator.url}"')
    (tmp_path / "hub.toml").write_text(table, encoding="utf-8")
    crm = load_config(tmp_path / "hub.toml", plugins, {"CABINET_TOKEN": str(simulator.config()["token"])}).crms[
        "cabinet"
    ]
    assert check(crm.mapping, crm.adapter.describe()) == []
    assert all(finding.ok for finding in crm.adapter.probe())


def test_what_a_person_changes_there_is_read_in_the_mappings_fields(simulator: CabinetSimulator) -> None:
    table = {name: value for name, value in simulator.config().items() if name != "adapter"}
    adapter = hub_cabinet.Cabinet(hub_cabinet.CabinetSettings.model_validate(table), region="GB")
    adapter.reads = frozenset({"colour", "size"})
    (made,) = adapter.upsert([PersonWrite(outbox=1, key="a" * 32, fields={"name": "Ana", "colour": "plaid"})])
    assert made.left_out == {"colour": "Cabinet: colour cannot be that"}
    start = adapter.changes("").cursor
    simulator.edit(made.record, {"colour": "red"})
    (record,) = adapter.changes(start).records
    assert (record.fields, record.key) == ({"colour": "red"}, "a" * 32)
    assert isinstance(adapter, Reads)
    simulator.remove(made.record)
    assert [one.record for one in adapter.get([Ref("contact", made.record)]).gone] == [made.record]
    assert [one.record for one in adapter.changes(start).gone] == [made.record]


def test_the_package_installs_and_the_hub_finds_it(tmp_path: Path) -> None:
    project, installed = tmp_path / "project", tmp_path / "installed"
    shutil.copytree(HERE / "cabinet", project, ignore=shutil.ignore_patterns("__pycache__"))
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "--no-cache-dir", "install"]
    flags = ["--no-deps", "--no-index", "--no-build-isolation", "--target", str(installed)]
    subprocess.run([*pip, *flags, str(project)], check=True, timeout=120)
    assert (installed / "cabinet_simulator.py").is_file()
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
    (cabinet,) = [info for info in found["plugins"] if info["name"] == "cabinet"]
    assert (cabinet["state"], cabinet["distribution"], cabinet["reason"]) == ("loaded", "hub-cabinet", "")
    assert "cabinet" in found["crms"]
