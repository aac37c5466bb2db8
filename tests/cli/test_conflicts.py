"""`crm conflicts`, `crm decide` and `people set`, beside a hub that does not run."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hub.cli.app import build
from hub.store import open_store
from hub.testing.one_contact import OneContact, line
from hub.testing.stores import environ, place_of

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def desk(tmp_path: Path):
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings" / "hubspot.toml").write_text(f"[person]\n{line('ask')}\n")
    desk = OneContact(tmp_path)
    desk.crm_knows()
    desk.shows(nick="Bo")
    yield desk
    desk.close()


@pytest.fixture
def run(desk, tmp_path) -> Run:
    """Run a command while the store is closed, and step what it left: exit code, stdout, stderr."""

    def run_(*args: str) -> tuple[int, str, str]:
        desk.store.close()
        words = [*args, "--config", str(tmp_path / "hub.toml")]
        found = CliRunner().invoke(build(), words, env=environ(place_of(tmp_path / "data")), catch_exceptions=False)
        desk.store = open_store(place_of(tmp_path / "data"))
        desk.now += 1
        desk.step()
        return found.exit_code, found.stdout, found.stderr

    return run_


def test_a_conflict_is_listed_and_decided(desk, run):
    assert run("crm", "conflicts")[1] == "There are no conflicts.\n"
    assert run("people", "set", "p1", "attr.nick=Here", "--agent", "Cleo")[0] == 0
    desk.shows(nick="There")

    code, told, _ = run("crm", "conflicts", "--open", "--person", "p1")
    assert code == 0
    assert [word in told for word in ("p1", "nick", "ask", "Here", "There", "asked")] == [True] * 6
    (row,) = json.loads(run("crm", "conflicts", "--json")[1])["conflicts"]
    assert (row["ours"], row["theirs"], row["state"]) == ("Here", "There", "asked")

    assert run("crm", "decide", "1", "crm")[0] == 0
    assert desk.has("nick") == "There"
    assert run("crm", "conflicts", "--open")[1] == "There are no conflicts.\n"


def test_values_of_a_person_are_set_and_emptied(desk, run):
    assert (
        run("people", "set", "+447700900101", "name=Ana de Silva", "name.last=de Silva", "owner=Ben@example.com")[0]
        == 0
    )
    ((name, attributes),) = desk.rows("SELECT name, attributes FROM people")
    assert (name, json.loads(attributes)) == (
        "Ana de Silva",
        {"nick": "Bo", "name.last": "de Silva", "owner": "ben@example.com"},
    )
    assert run("people", "set", "p1", "attr.nick=")[0] == 0
    assert desk.has("nick") == ""
    assert desk.rows("SELECT because FROM decisions ORDER BY id DESC LIMIT 1") == [("nick is emptied: agent",)]


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("people", "set", "p1", "shoe=44"), "'shoe=44' is no value of a person"),
        (("people", "set", "p1", "attr.phone=44"), "'attr.phone=44' is no value of a person"),
        (("people", "set", "p1", "phone"), "'phone' is no value of a person"),
        (("people", "set", "p9", "name=Ana"), "nobody is known as p9"),
        (("crm", "decide", "9", "hub"), "there is no conflict 9"),
    ],
)
def test_what_cannot_be_done_is_said(run, args, told):
    code, _, error = run(*args)
    assert code == 2
    assert told in error


def test_a_number_that_is_none_is_a_dead_letter_and_changes_nothing(desk, run):
    assert run("people", "set", "p1", "phone=twelve")[0] == 0
    assert desk.rows("SELECT cause FROM dead") == [("'twelve' is no phone",)]
    assert desk.rows("SELECT phone FROM people") == [("+447700900101",)]
