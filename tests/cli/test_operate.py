"""The commands of daily operation, beside a running hub and without one."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from hub.cli.app import build
from hub.cli.pause import milliseconds
from hub.cli.people import reference
from hub.contracts.errors import ConfigError
from hub.engine.control_client import ask
from hub.store import Place, open_reader, open_store, reading
from hub.testing.shop import LONG, ROOT, Shop

ANA, BEN = "+12025550101", "+12025550102"


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    found = Shop(tmp_path, crm=True)
    monkeypatch.setenv("DRAGOMAN_CONFIG", str(found.config))
    yield found
    found.close()


def open_for_business(shop: Shop) -> Shop:
    """Start the hub and have one conversation that is answered and logged."""
    shop.alone()
    assert shop.say(1, "what is the price?", ANA) == 200
    shop.until(lambda: logged(shop) == 2)
    return shop


@pytest.fixture
def busy(shop: Shop) -> Shop:
    """A shop of this test's own, whose hub runs."""
    return open_for_business(shop)


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    found = Shop(tmp_path_factory.mktemp("window"), crm=True)
    yield open_for_business(found)
    found.close()


@pytest.fixture
def seen(window: Shop, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """A shop whose hub runs, for tests that only look."""
    monkeypatch.setenv("DRAGOMAN_CONFIG", str(window.config))
    return window


def run(*args: str) -> tuple[int, str, str]:
    """Exit code, stdout, stderr."""
    found = CliRunner().invoke(build(), args, catch_exceptions=False)
    return found.exit_code, found.stdout, found.stderr


def told(*args: str) -> Any:
    """What a command prints as JSON."""
    return json.loads(run(*args, "--json")[1])


def logged(shop: Shop) -> int:
    db = open_reader(Place(shop.data))
    try:
        return reading.all_commands(db).get(("log", "done"), 0)
    finally:
        db.close()


def test_run_becomes_the_supervisor(shop: Shop) -> None:
    process = shop.python("-c", "from hub.cli import main; main()", "run", "--config", str(shop.config))
    pid = shop.ready()["pid"]
    parent = next(
        line.split()[1] for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("PPid")
    )
    assert int(parent) == process.pid
    process.terminate()
    assert process.wait(LONG) == 0


def test_run_with_a_mistake_is_one_sentence(shop: Shop) -> None:
    shop.config.write_text("[hub]\nlisten = 5\n")
    found = subprocess.run(
        [sys.executable, "-c", "from hub.cli import main; main()", "run"],
        env=shop.environ() | {"DRAGOMAN_CONFIG": str(shop.config)},
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert found.returncode == 2
    assert found.stderr.startswith(f"dragoman: {shop.config}:2: ")
    assert found.stderr.count("\n") == 1


def test_status_of_a_running_hub(seen: Shop) -> None:
    code, out, _ = run("status")
    assert code == 0
    for words in ("The hub runs since", "front", "outbox send    done 1", "people linked 1", "dead letters   none"):
        assert words in out
    facts = told("status")
    assert facts["running"] is True
    assert facts["hub"]["events"]["accepted"] >= 1
    assert facts["links"] == {"book": {"linked": 1}}


def test_status_without_a_hub(busy: Shop) -> None:
    assert ask(busy.data, {"do": "stop"}) == {"ok": True}
    busy.until(lambda: not (busy.data / "hub.sqlite3-wal").exists())
    code, out, _ = run("status")
    assert code == 1
    assert f"No hub runs on {busy.data}." in out
    assert "outbox send    done 1" in out


def test_commands_without_a_store_are_one_sentence(shop: Shop) -> None:
    for args in (("status",), ("dead", "list"), ("why", "m1"), ("reply", "p1", "hello"), ("pause", "p1")):
        code, _, err = run(*args)
        assert code == 2
        assert err == f"dragoman: there is no store in {shop.data} (start the hub once with `dragoman run`)\n"


def test_reply_reaches_the_person_and_pauses_the_automation(busy: Shop) -> None:
    for number, person in enumerate(("p1", ANA, "+1 202 555-0101", f"phone:{ANA}", f"phone::{ANA}")):
        code, out, err = run("reply", person, f"We deliver tomorrow, {number}.", "--agent", "Eva")
        assert (code, err) == (0, "")
        assert out.startswith("the hub took it as event ")
        busy.until(lambda number=number: {"to": ANA, "text": f"We deliver tomorrow, {number}."} in busy.said)
    (paused,) = told("status")["paused"]
    assert paused["inbox"] == "front"
    assert "automation of front pauses until" in run("status")[1]


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("reply", "p99", "hello"), "nobody is known as p99"),
        (("reply", "+12025550199", "hello"), "nobody is known as phone::+12025550199"),
        (("reply", "somebody", "hello"), "'somebody' names no person"),
        (("reply", "p1", "  "), "there is nothing to say"),
        (("pause", "p1", "--for", "ever"), "'ever' is no length of time"),
        (("dead", "retry"), "say which"),
        (("dead", "retry", "1", "--all"), "say which"),
        (("dead", "show", "7"), "no open dead letter has the number 7"),
    ],
)
def test_a_mistake_is_one_sentence_and_changes_nothing(seen: Shop, args: tuple[str, ...], words: str) -> None:
    code, _, err = run(*args)
    assert code == 2
    assert err.startswith("dragoman: ")
    assert words in err
    assert err.count("\n") == 1


def test_pause_and_release(busy: Shop) -> None:
    assert run("pause", ANA, "--for", "2h")[0] == 0
    busy.until(lambda: told("status")["paused"])
    assert busy.say(2, "the price again?", ANA) == 200
    assert run("release", "p1")[0] == 0
    busy.until(lambda: not told("status")["paused"])
    assert len(busy.said) == 1
    assert busy.say(3, "the price, please", ANA) == 200
    busy.until(lambda: len(busy.said) == 2)


def test_a_reply_without_a_hub_goes_out_at_the_next_start(busy: Shop) -> None:
    ask(busy.data, {"do": "stop"})
    busy.until(lambda: not (busy.data / "hub.sqlite3-wal").exists())
    code, out, _ = run("reply", "p1", "Sorry, we slept.")
    assert code == 0
    assert out.startswith("no hub runs: event ")
    busy.forget()
    busy.alone()
    busy.until(lambda: {"to": ANA, "text": "Sorry, we slept."} in busy.said)


def test_why_tells_the_whole_chain_of_a_message(seen: Shop) -> None:
    (chain,) = told("why", "w1")
    assert (chain["is"], chain["message"]["text"]) == ("message 1", "what is the price?")
    assert chain["event"]["key"] == "w1"
    assert chain["decisions"][0]["because"].startswith("prices: keyword 'price'")
    assert chain["decisions"][0]["hash"] == told("status")["hub"]["version"]
    commands = {(c["kind"], c["target"], c["rule"]): c for c in chain["commands"]}
    assert {command["state"] for command in commands.values()} == {"done"}
    assert commands["log", "book", "log"]["record"]
    assert commands["send", "front", "prices"]["attempts"] == 1
    assert commands["person", "book", "link"]["record"] == chain["links"][0]["record"]

    code, out, _ = run("why", "w1")
    assert code == 0
    for words in ("journal", "prices: keyword 'price'", "send to front by prices: done", "book record c-"):
        assert words in out


def test_why_knows_a_message_by_each_of_its_names(seen: Shop) -> None:
    for name in ("1", "m1", "w1", "n-1", "0123abcd-1"):
        assert [chain["is"] for chain in told("why", name)] == ["message 1"], name
    assert [chain["is"] for chain in told("why", "said1")] == ["message 2"]


def test_why_tells_of_a_contact(seen: Shop) -> None:
    record = told("why", "m1")[0]["links"][0]["record"]
    (chain,) = told("why", record)
    assert chain["is"] == "person 1"
    assert chain["commands"][0]["record"] == record
    assert [i["identity"] for i in chain["identities"]] == [f"phone::{ANA}"]
    assert "identity" in run("why", record)[1]


def test_why_of_nothing(seen: Shop) -> None:
    code, out, _ = run("why", "wamid.nothing")
    assert code == 1
    assert out.startswith("Nothing is known as 'wamid.nothing'")
    assert told("why", "wamid.nothing") == []


@pytest.fixture
def buried(busy: Shop) -> Shop:
    """Two messages that no inbox takes: their dead letters are 1 and 2."""
    text = busy.config.read_text()
    busy.stop()
    busy.config.write_text(text.replace('account = "1"', 'account = "2"'))
    busy.alone()
    assert busy.say(7, "what is the price?", BEN) == 200
    assert busy.say(8, "are you there?", BEN) == 200
    busy.until(lambda: told("status")["dead"].get("unrouted") == 2)
    busy.stop()
    busy.config.write_text(text)
    busy.alone()
    busy.ready()
    return busy


def test_dead_letters_are_listed_shown_retried_and_dropped(buried: Shop) -> None:
    code, out, _ = run("dead", "list")
    assert code == 0
    assert "no inbox is set for account 1 of connection post" in out
    assert [letter["id"] for letter in told("dead", "list")["letters"]] == [1, 2]
    assert "more; see --limit" in run("dead", "list", "--limit", "1")[1]
    code, out, _ = run("dead", "show", "1")
    assert "post w7" in out
    assert told("dead", "show", "2")[0]["what"] == "post w8"

    code, out, _ = run("dead", "retry", "1")
    assert (code, out.splitlines()[-1]) == (0, "1 dead letter to retry.")
    buried.until(lambda: {"to": BEN, "text": "It costs a penny."} in buried.said)
    assert run("dead", "drop", "--cause", "UNROUTED")[1].endswith("1 dead letter to drop.\n")
    buried.until(lambda: not told("status")["dead"])
    assert run("dead", "list")[1] == "There are no dead letters.\n"
    assert run("dead", "drop", "--all")[1] == "There are no such dead letters.\n"


def test_lengths_of_time() -> None:
    assert [milliseconds(text) for text in ("30m", "12h", "2d")] == [1_800_000, 43_200_000, 172_800_000]
    for text in ("", "12", "0h", "-1h", "1w", "400d", "1.5h"):
        with pytest.raises(ConfigError):
            milliseconds(text)


def test_how_people_are_named() -> None:
    assert reference("p12", "") == "p12"
    assert reference("020 7946 0123", "GB") == "phone::+442079460123"
    assert reference("Ana@Example.com", "") == "email::ana@example.com"
    assert reference("slack:T1:U2:3", "") == "slack:T1:U2:3"
    for text in ("", "p", "ana", "12", "a:b"):
        with pytest.raises(ConfigError):
            reference(text, "")


def test_a_torn_store_is_told_in_one_sentence(tmp_path: Path) -> None:
    """What reads the store says what is wrong with it, and where to look; no traceback."""
    (tmp_path / "hub.toml").write_text('[hub]\ndata = "./data"\n', encoding="utf-8")
    open_store(Place(tmp_path / "data")).close()
    file = tmp_path / "data/hub.sqlite3"
    whole = file.read_bytes()
    file.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    done = CliRunner().invoke(build(), ["dead", "list", "-c", str(tmp_path / "hub.toml")])
    assert done.exit_code == 2
    assert "store check" in done.output
    assert "Traceback" not in done.output
