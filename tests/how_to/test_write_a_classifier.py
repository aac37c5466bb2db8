"""The how-to for classifiers says what runs: its files are these files, and its table is taken."""

from __future__ import annotations

import re
from pathlib import Path

import hub_oracle
import pytest

from hub.engine.loader import load_plugins
from hub.engine.settings import load_plugin_tables

HERE = Path(__file__).parent
PAGE = (HERE.parents[1] / "docs/how-to/write-a-classifier.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["pyproject.toml", "hub_oracle.py", "test_oracle.py"])
def test_the_page_shows_the_file_that_runs(name: str) -> None:
    block = re.search(rf"^`{re.escape(name)}`.*?^```\w+\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert block, f"the page does not show {name}"
    assert block[1] == (HERE / "oracle" / name).read_text(encoding="utf-8")


def test_the_hub_takes_the_plugin_and_the_table_of_the_page(tmp_path: Path) -> None:
    plugins = load_plugins(extra=[("oracle", hub_oracle)], environ={"DRAGOMAN_PLUGINS": "telegram"})
    assert plugins.infos[-1].reason == ""
    assert plugins.handlers["oracle"] == ("message.classify",)
    (tmp_path / "hub.toml").write_text(PAGE.rpartition("```toml\n")[2].partition("```")[0], encoding="utf-8")
    tables = load_plugin_tables(tmp_path / "hub.toml", plugins, {"ORACLE_KEY": "a-key"}, plugins.classifiers)
    assert tables["oracle"].settings["key"] == "a-key"
    assert tables["oracle"].settings["timeout"] < 2


def test_the_intents_that_the_page_on_teaching_shows_are_read(tmp_path: Path) -> None:
    from hub_intent.examples import gather

    page = (HERE.parents[1] / "docs/how-to/intents.md").read_text(encoding="utf-8")
    for name in ("shop.toml", "march.csv", "export.jsonl"):
        block = re.search(rf"^`intents/{re.escape(name)}`\n\n```\w+\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
        assert block, name
        (tmp_path / name).write_text(block[1], encoding="utf-8")
    found = gather(tmp_path)
    assert (len(found.texts), set(found.labels)) == (11, {"price", "delivery", "none"})
