"""The tables [role.NAME] and what links to files need of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from hub.contracts.errors import ConfigError
from hub.engine.loader import load_plugins
from hub.engine.settings import Config, load_config
from hub.testing.tabletop import HUB_TOML

KEY = "sixteen letters!"
ROLE = '[role.agents]\nkey = { env = "AGENTS_KEY" }\nmay = ["media"]\n'
LINK = HUB_TOML.replace('adapter = "hubspot"', 'adapter = "hubspot"\nattachments = "link"')
LINE = LINK.splitlines().index('attachments = "link"') + 1


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Config]:
    def read(text: str, key: str = KEY) -> Config:
        (tmp_path / "hub.toml").write_text(text, encoding="utf-8")
        return load_config(tmp_path / "hub.toml", load_plugins(), {"AGENTS_KEY": key})

    return read


def test_a_role_has_a_key_and_permissions(read: Callable[..., Config]) -> None:
    config = read(LINK + ROLE)
    role = config.roles["agents"]
    assert (role.name, role.key.get_secret_value(), role.may) == ("agents", KEY, {"media"})
    assert config.crms["main"].attachments == "link"
    assert config.hub.link_days == 7
    assert KEY not in repr(config)


@pytest.mark.parametrize(
    ("wrong", "line", "said", "remedy"),
    [
        (ROLE.replace('"media"', '"medea"'), 3, "no permission 'medea'; did you mean 'media'?", "media"),
        (ROLE.replace('["media"]', '"media"'), 3, "should be a list", "media"),
        (ROLE.replace('["media"]', "[7]"), 3, "should be a list", "media"),
        (ROLE.replace('{ env = "AGENTS_KEY" }', '"sixteen letters and more"'), 2, "plain text", "AGENTS_KEY"),
        (ROLE.replace("AGENTS_KEY", "NOT_SET"), 2, "NOT_SET is not set", "export"),
        (ROLE.replace("may", "can"), 3, "unknown key 'can'", "may"),
        (ROLE.replace('may = ["media"]\n', ""), 1, "lacks the key 'may'", "media"),
        (ROLE.replace("[role.agents]", "[role]"), 3, "stands in no named table", "[role.NAME]"),
        (ROLE.replace("agents]", "Agents]"), 1, "cannot name a role", "a-z"),
    ],
)
def test_every_mistake_is_told_with_line_and_remedy(read, wrong: str, line: int, said: str, remedy: str) -> None:
    with pytest.raises(ConfigError, match=said) as error:
        read(wrong + HUB_TOML)
    assert error.value.where.endswith(f"hub.toml:{line}")
    assert remedy in error.value.remedy


def test_a_short_key_is_refused_and_not_shown(read) -> None:
    with pytest.raises(ConfigError, match="fewer than 16 characters") as error:
        read(ROLE + HUB_TOML, key="fifteen letters")
    assert "fifteen" not in str(error.value)
    assert error.value.where.endswith("hub.toml:2")


@pytest.mark.parametrize("roles", ["", ROLE.replace('["media"]', "[]")])
def test_links_that_would_open_for_nobody_are_refused(read, roles: str) -> None:
    with pytest.raises(ConfigError, match="no role that may see them") as error:
        read(LINK + roles)
    assert "[role.agents]" in error.value.remedy
    assert error.value.where.endswith(f"hub.toml:{LINE}")


@pytest.mark.parametrize("days", ["0", "-1", '"a week"'])
def test_links_need_a_sensible_end(read, days: str) -> None:
    with pytest.raises(ConfigError, match="link_days"):
        read(HUB_TOML.replace("[hub]", f"[hub]\nlink_days = {days}"))
