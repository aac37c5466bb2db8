"""The starter files work as they are, with the bundled plugins, once their variables are set."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hub.backup.keys import new_key
from hub.engine.loader import load_plugins
from hub.engine.settings import Config, load_config
from hub.engine.starter import starter_files

BUNDLED = [(name, f"hub_{name}") for name in ("hubspot", "meta", "notify", "salesforce", "telegram")]


def config_of(text: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    """The text with the starter's mappings, and any value for each variable it names."""
    monkeypatch.setattr("hub.engine.loader.entry_points", lambda group: [])
    (folder / "mappings").mkdir()
    (folder / "hub.toml").write_text(text, encoding="utf-8")
    for mapping in (starter_files() / "mappings").iterdir():
        (folder / "mappings" / mapping.name).write_text(mapping.read_text(encoding="utf-8"), encoding="utf-8")
    for name in re.findall(r'file = "([\w/.]+)"', text):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("a secret of our own", encoding="utf-8")
    environ = dict.fromkeys(re.findall(r'env = "(\w+)"', text), "1:x")
    environ["NOTIFY_SECRET"] = "whsec_" + "A" * 32
    environ["AGENTS_KEY"] = "a password of our own"
    environ["DRAGOMAN_BACKUP_KEY"] = new_key()
    return load_config(folder / "hub.toml", load_plugins(BUNDLED, environ={}), environ)


def test_the_starter_is_sound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = config_of((starter_files() / "hub.toml").read_text(encoding="utf-8"), tmp_path, monkeypatch)
    assert list(config.connections) == list(config.inboxes) == ["whatsapp"]
    assert [crm.adapter.name for crm in config.crms.values()] == ["hubspot"]
    assert config.crms["hubspot"].mapping_file == tmp_path / "mappings/hubspot.toml"
    assert [rule.name for rule in config.rules.rules] == ["prices", "away"]


def test_what_the_starter_comments_out_is_sound_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every commented line that reads like TOML."""
    text = (starter_files() / "hub.toml").read_text(encoding="utf-8")
    text = re.sub(r"^# (?=\[|\w+ = )", "", text, flags=re.MULTILINE)
    config = config_of(text, tmp_path, monkeypatch)
    assert sorted(config.connections) == sorted(config.inboxes) == ["telegram", "whatsapp"]
    assert config.hub.public_url == "https://hub.example.com"
    assert config.hub.region == "US"
    assert list(config.plugins) == ["notify"]
    assert config.backup.to == "/mnt/backups"
