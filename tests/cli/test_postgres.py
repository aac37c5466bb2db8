"""The commands of daily operation on a store in PostgreSQL, beside a hub that does not run on this machine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from hub.cli.app import build
from hub.model.people import Identity
from hub.model.records import Record
from hub.store import Place
from hub.store.dialects import leases
from hub.testing.postgres import PostgresServer
from hub.testing.stores import environ, place_of
from hub.testing.tabletop import Tabletop

ANA = "12025550101"


def wrote(number: str, text: str, account: str = "1001") -> bytes:
    """Ana writes to an account."""
    message = {"from": ANA, "id": f"wamid.{number}", "timestamp": "1800000000", "type": "text", "text": {"body": text}}
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"phone_number_id": account},
        "contacts": [{"profile": {"name": "Ana"}, "wa_id": ANA}],
        "messages": [message],
    }
    change = {"field": "messages", "value": value}
    return json.dumps({"object": "whatsapp_business_account", "entry": [{"id": "9", "changes": [change]}]}).encode()


class Desk:
    """A hub on a table whose store is in PostgreSQL, and the command line on the same store."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.place = folder, place_of(folder / "data", "postgres")
        self.table = Tabletop(folder, place=self.place)
        self.table.crm_knows(Record(id="9001", identities=(Identity("phone", "", f"+{ANA}"),), name="Ana Example"))
        self.table.post("meta", wrote("1", "what is the price?"))
        self.table.step()
        ((self.person,),) = self.table.rows("SELECT person FROM conversations")

    def run(self, *args: str) -> tuple[int, str, str]:
        """Exit code, stdout, stderr."""
        words = [*args, "--config", str(self.folder / "hub.toml")]
        found = CliRunner().invoke(build(), words, env=environ(self.place), catch_exceptions=False)
        return found.exit_code, found.stdout, found.stderr

    def told(self, *args: str) -> Any:
        """What a command prints as JSON."""
        return json.loads(self.run(*args, "--json")[1])

    def took(self, *args: str) -> None:
        """A command whose event another process takes up."""
        code, out, err = self.run(*args)
        assert code == 0, err
        assert "no hub runs here: event " in out
        assert "is in the store, and any of its processes takes it up" in out
        self.table.now += 1
        self.table.step()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    found = Desk(tmp_path)
    yield found
    found.table.close()


def test_a_command_needs_no_hub_on_its_machine(desk: Desk) -> None:
    who = f"p{desk.person}"
    desk.took("pause", who, "--for", "2d")
    assert desk.told("status")["paused"][0]["person"] == desk.person
    desk.took("release", f"+{ANA}")
    assert desk.told("status")["paused"] == []
    desk.took("reply", who, "We deliver tomorrow.", "--agent", "Eva")
    assert desk.table.rows("SELECT agent FROM messages WHERE text='We deliver tomorrow.'") == [("Eva",)]
    desk.took("people", "set", who, "name=Ana Lee")
    assert desk.table.rows("SELECT name FROM people WHERE id=?", desk.person) == [("Ana Lee",)]
    assert desk.run("people", "move", f"+{ANA}", who)[0] == 2  # it is his already


def test_status_tells_who_lives_on_the_store_and_who_does_what(desk: Desk) -> None:
    leases.begin(desk.table.store.db, "one:1:a", ["crm:main", "send:sales"], 60_000)
    leases.begin(desk.table.store.db, "two:2:b", [], 60_000)
    leases.take(desk.table.store.db, ["crm:main"], "two:2:b", 60_000)
    code, out, _ = desk.run("status")
    assert code == 1  # none runs here
    assert f"No hub runs on {desk.folder / 'data'}." in out
    assert "processes of the hub that live: 2." in out
    assert "process two:2:b" in out
    told = desk.told("status")
    assert (told["processes"], told["duties"]) == (2, {"crm:main": "two:2:b", "send:sales": ""})
    assert told["inboxes"]["sales"]["conversations"] == 1


def test_why_tells_the_whole_chain(desk: Desk) -> None:
    code, out, _ = desk.run("why", "wamid.1")
    assert code == 0
    assert "what is the price?" in out
    assert "Price list for" in desk.run("why", f"p{desk.person}")[1]
    assert desk.run("why", "9001")[0] == 0
    assert desk.run("why", f"+{ANA}", "--field", "nothing")[0] == 1
    assert desk.run("why", "nothing-at-all")[0] == 1


def test_dead_letters_are_listed_shown_dropped_and_retried(desk: Desk) -> None:
    desk.table.post("meta", wrote("2", "hello", account="4711"))
    desk.table.step()
    (letter,) = desk.told("dead", "list")["letters"]
    assert letter["kind"] == "unrouted"
    assert "4711" in desk.run("dead", "show", str(letter["id"]))[1]
    desk.took("dead", "retry", "--cause", "UNROUTED")
    (again,) = desk.told("dead", "list")["letters"]
    desk.took("dead", "drop", str(again["id"]))
    assert desk.run("dead", "list")[1] == "There are no dead letters.\n"


@pytest.mark.parametrize(
    "args",
    [
        ("news",),
        ("templates",),
        ("crm", "conflicts"),
        ("mapping", "show"),
        ("mapping", "log"),
        ("mapping", "check"),
        ("mapping", "diff"),
        ("store", "prune", "--dry-run"),
        ("backup", "list"),
    ],
    ids=" ".join,
)
def test_what_looks_only_works_on_postgresql_too(desk: Desk, args: tuple[str, ...]) -> None:
    code, out, err = desk.run(*args)
    assert (code, "Traceback" in err) == (0, False), out + err


def test_check_and_doctor_say_where_the_store_is(desk: Desk) -> None:
    (desk.folder / "data" / "blobs").mkdir(exist_ok=True)
    stated = [finding for finding in desk.told("check")["findings"] if finding["of"] == "store"]
    assert "is PostgreSQL at " in stated[0]["what"], stated
    lived = [finding["what"] for finding in desk.told("check", "--live")["findings"] if finding["of"] == "store"]
    assert lived[1].startswith("PostgreSQL 1")
    found = [finding["what"] for finding in desk.told("doctor")["findings"] if finding["of"] == "store"]
    assert found[0] == stated[0]["what"]
    assert any("connections are in use" in what for what in found)


def test_before_the_first_start_there_is_no_store(desk: Desk, postgres: PostgresServer, tmp_path: Path) -> None:
    desk.place = Place(tmp_path, postgres.database("fresh"))
    for args in (("status",), ("reply", "p1", "hello"), ("dead", "list"), ("mapping", "show")):
        code, _, err = desk.run(*args)
        assert (code, err.count("\n")) == (2, 1), err
    assert "there is no store in postgresql://" in desk.run("status")[2]
    assert desk.run("mapping", "check")[0] == 0


def test_a_server_that_is_away_is_one_sentence(desk: Desk, tmp_path: Path) -> None:
    away = {"DRAGOMAN_STORE": f"postgresql://hub:s3cr3t-0000@/x?host={tmp_path}", "DRAGOMAN_MEDIA": str(tmp_path)}
    words = ["status", "--config", str(desk.folder / "hub.toml")]
    found = CliRunner().invoke(build(), words, env=away, catch_exceptions=False)
    assert (found.exit_code, found.stderr.count("\n")) == (2, 1)
    assert found.stderr.startswith("dragoman: the store postgresql://")
    assert "s3cr3t-0000" not in found.stderr
