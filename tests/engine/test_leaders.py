"""The table [lead] of hub.toml, and what mapping files may name of the rest of the configuration."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from pydantic import SecretStr

from hub import CRM, CRMCapabilities, PluginSettings, TransformSpec, hookimpl
from hub.contracts.errors import ConfigError
from hub.engine.loader import load_plugins
from hub.engine.settings import Config, load_config


class BookSettings(PluginSettings):
    """A CRM's settings."""

    access_token: SecretStr


class Book(CRM[BookSettings]):
    """A CRM that does nothing."""

    name = "book"
    Settings = BookSettings
    capabilities = CRMCapabilities()
    describe = ensure = probe = first_read = changes = upsert = log = lambda self, *args: None  # type: ignore[assignment]


SHOUT = TransformSpec(name="shout", forward=lambda value, argument: f"{value}!")
PLUGIN = SimpleNamespace(hub_crms=hookimpl(lambda: [Book]), hub_transforms=hookimpl(lambda: [SHOUT]))
CRMS = """
[crm.one]
adapter = "book"
access_token = { env = "TOKEN" }
mapping = "m.toml"
[crm.two]
adapter = "book"
access_token = { env = "TOKEN" }
mapping = "m.toml"
"""
Read = Callable[..., Config]


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Read:
    """Load a text as hub.toml, with two CRMs of one mapping."""
    monkeypatch.setattr("hub.engine.loader.entry_points", lambda group: [])
    monkeypatch.chdir(tmp_path)

    def read(text: str, mapping: str = '[person]\na = "phone"\nb = "attr.nick"\n') -> Config:
        Path("m.toml").write_text(mapping, encoding="utf-8")
        Path("hub.toml").write_text(text + CRMS, encoding="utf-8")
        plugins = load_plugins([("book", PLUGIN)], environ={})
        return load_config(Path("hub.toml"), plugins, {"TOKEN": "t"})

    return read


def test_who_leads_which_value(read: Read) -> None:
    assert read("").lead == {}
    assert read('[lead]\ndefault = "two"\nphone = "one"\nnick = "one"\n').lead == {
        "default": "two",
        "phone": "one",
        "nick": "one",
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[lead]\ndefault = "too"\n', "hub.toml:2: [lead]: 'default' names the CRM 'too', which is not there (did you"),
        ('[lead]\n\nphone = ["one"]\n', "hub.toml:3: [lead]: 'phone' names the CRM ['one'], which is not there"),
        ('[lead]\nphnoe = "one"\n', "hub.toml:2: [lead]: no mapping has a line for 'phnoe' (did you mean 'phone'?)"),
        ('[lead]\nemail = "one"\n', "hub.toml:2: [lead]: no mapping has a line for 'email' ("),
        ('lead = "one"\n', "hub.toml:1: 'lead' is not a table (write [lead])"),
    ],
)
def test_a_leader_that_is_not_there_is_told_with_its_place(read: Read, text: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(text)
    assert str(caught.value).startswith(said)
    assert caught.value.remedy


def test_a_mapping_names_inboxes_that_are_there_and_transforms_of_plugins(read: Read) -> None:
    config = read("", '[person]\na = { from = "name", transform = "shout" }\n')
    (line,) = config.crms["one"].mapping.person
    assert line.transforms[0].spec is SHOUT
    assert config.read_mapping('[person]\na = { from = "name", transform = "shout" }', "v2").person
    with pytest.raises(ConfigError, match=r"m\.toml:2: 'a': there is no inbox 'shop' \(add \[inbox\.NAME\]"):
        read("", '[person]\na = { value = "x", inbox = "shop" }\n')
