"""`dragoman why p1 --field nick`: each value can be explained."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hub.cli.app import build
from hub.testing.one_contact import OneContact, line
from hub.testing.stores import environ, place_of

Why = Callable[..., tuple[int, str]]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[OneContact]:
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings" / "hubspot.toml").write_text(f"[person]\n{line('crm')}\n")
    desk = OneContact(tmp_path)
    desk.crm_knows()
    desk.shows(nick="Bo")
    yield desk
    desk.close()


@pytest.fixture
def why(tmp_path: Path) -> Why:
    def why_(*args: str) -> tuple[int, str]:
        config = ["--config", str(tmp_path / "hub.toml")]
        at = environ(place_of(tmp_path / "data"))
        found = CliRunner().invoke(build(), ["why", *args, *config], env=at, catch_exceptions=False)
        return found.exit_code, found.stdout

    return why_


def test_a_value_that_came_from_the_crm_names_its_event_and_version(desk, why):
    code, out = why("p1", "--field", "NICK", "--json")
    (one,) = json.loads(out)
    assert code == 0
    assert (one["crm"], one["record"], one["field"]) == ("main", "7", "nick")
    assert (one["hub"], one["there"], one["by"], one["version"]) == ("Bo", "Bo", "crm", 1)
    assert one["event"]["key"].startswith("records.read:main.")
    assert one["lines"] == ['nick = { from = "attr.nick", when = "always", rule = "crm" }']
    assert one["lost"] == []


def test_a_value_that_was_written_names_the_edit_and_the_command(desk, why):
    desk.edits(nick="Bea")
    assert "'Bea' is to be written" in why("p1", "--field", "attr.nick")[1]
    assert [row.fields for row in desk.writes()] == [{"nick": "Bea"}]
    (one,) = json.loads(why("7", "--field", "nick", "--json")[1])  # by the record's id
    assert (one["hub"], one["there"], one["by"]) == ("Bea", "Bea", "hub")
    assert one["event"]["key"].startswith("person.edited:")
    assert [command["state"] for command in one["commands"]] == ["done"]
    assert "nick is changed" in " ".join(decision["because"] for decision in one["decisions"])


def test_a_value_that_lost_is_shown_with_the_way_to_bring_it_back(desk, why):
    desk.edits(nick="Here")
    desk.shows(nick="There")
    code, out = why("p1", "--field", "nick")
    assert code == 0
    assert "hub 'Here', in the CRM 'There', version 1: the crm's stayed" in out
    assert "dragoman crm decide 1 hub" in out
    assert "taken from the CRM" in out


@pytest.mark.parametrize(("args", "code"), [(("p1", "--field", "shoe"), 1), (("p9", "--field", "nick"), 2)])
def test_what_nobody_knows_is_said(desk, why, args, code):
    assert why(*args)[0] == code
