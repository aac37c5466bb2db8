"""`dragoman rules explain`: what each rule saw of an event; and what `why` says of rules."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from hub.cli.app import build
from hub.model.by_hand import HumanReplied
from hub.testing.stores import everything
from hub.testing.tabletop import HUB_TOML, Tabletop
from tests.engine.conftest import whatsapp

RULES = """
[hours.shop]
timezone = "UTC"
week = { mon-fri = "08:00-18:00" }
[tag.vip]
[agent.anna]
email = "anna@example.com"
[[rule]]
name = "by night"
keywords = ["price"]
outside = "shop"
reply = { text = "We are closed" }
[[rule]]
name = "regular"
on = "tag.added"
about = "vip"
notify = { to = "anna", text = "a regular" }
[[rule]]
name = "order"
keywords = ["order"]
tag = "vip"
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder, and the plugins that are built in."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DRAGOMAN_PLUGINS", raising=False)
    monkeypatch.delenv("DRAGOMAN_CONFIG", raising=False)
    return tmp_path


def run(*args: str) -> tuple[int, str, str]:
    """Exit code, stdout, stderr."""
    done = CliRunner().invoke(build(), ["rules", *args], catch_exceptions=False)
    return done.exit_code, done.stdout, done.stderr


def told(*args: str) -> Any:
    return json.loads(run(*args, "--json")[1])


@pytest.fixture
def table(here: Path) -> Iterator[Tabletop]:
    found = Tabletop(here, HUB_TOML + RULES)
    yield found
    found.close()


def says(table: Tabletop, number: int, words: str) -> None:
    message = {"from": "15550101", "id": f"wamid.{number}", "timestamp": str(table.now // 1000), "type": "text"}
    table.post("meta", whatsapp(message | {"text": {"body": words}}))
    table.step()


def test_an_event_is_told_with_each_condition_what_it_saw_and_what_the_gate_let_out(table):
    says(table, 1, "price")
    (leased,) = table.lease()
    table.sent(leased, "wamid.out")
    (found,) = told("explain", "m1")
    assert found["messages"][0]["text"] == "price"
    (decision,) = found["decisions"]
    assert decision["version"] == 1
    entries = {entry["rule"]: entry for entry in decision["record"]}
    assert entries["price"]["did"] == ["send"]
    assert entries["by night"]["asked"] == [
        ["keywords", "keyword 'price'", True],
        ["outside", "during hours 'shop'", False],
    ]
    assert entries["by night"]["why_not"] == "outside does not hold"
    sends = [one for one in found["commands"] if one["kind"] == "send"]
    assert [(one["rule"], one["state"], one["text"]) for one in sends] == [("price", "done", "Price list for price")]
    assert found["silent"] == ""
    out = run("explain", "m1")[1]
    assert "'by night': did nothing (outside does not hold)" in out
    assert "no    outside: during hours 'shop'" in out
    assert "send to sales by price: done: 'Price list for price'" in out
    assert "(configuration 1" in out


def test_what_the_gate_dropped_is_told_with_its_reason(table):
    says(table, 1, "price")
    table.happen(HumanReplied(key="h", at=table.now, person="p1", text="I do", agent="Eva"))
    table.step()
    table.lease()
    (found,) = told("explain", "m1")
    dropped = next(one for one in found["commands"] if one["state"] == "dropped")
    assert dropped["reason"] == "A human has the case: automation is paused."
    assert "dropped (A human has the case" in run("explain", "m1")[1]


def test_a_message_is_known_by_the_platforms_id_and_by_its_place_in_the_journal_too(table):
    says(table, 1, "price")
    (seq,) = table.rows("SELECT event FROM messages WHERE direction='in'")[0]
    assert told("explain", "wamid.1") == told("explain", "m1") == told("explain", str(seq))


def test_an_event_that_no_rule_was_a_candidate_for_says_so(table):
    says(table, 1, "hello")
    (found,) = told("explain", "m1")
    assert found["silent"] == (
        "No rule was a candidate: 3 rules are on message.received, and nothing in the event brings one up."
    )


def test_a_reaction_a_waiting_event_and_one_that_is_no_longer_kept_say_why_nothing_is_told(table):
    message = {"from": "15550101", "id": "wamid.1", "timestamp": str(table.now // 1000), "type": "reaction"}
    table.post("meta", whatsapp(message | {"reaction": {"message_id": "wamid.0", "emoji": "x"}}))
    (found,) = told("explain", "1")
    assert found["silent"] == "It was not worked off yet: it waits for its step."
    table.step()
    (found,) = told("explain", "1")
    assert found["silent"] == "Nobody answers a reaction."
    table.rows("DELETE FROM journal")
    (found,) = told("explain", "m1")
    assert found["silent"] == "The event is no longer in the journal, and no record of it is kept."


def test_what_follows_from_an_event_is_named_and_explained_as_well(table):
    says(table, 1, "order")
    (found,) = told("explain", "m1")
    (followed,) = found["followed"]
    assert followed["key"].startswith("tag.added:")
    (after,) = told("explain", str(followed["seq"]))
    assert after["decisions"][0]["record"][0]["rule"] == "regular"


def test_what_is_said_because_of_our_own_message_is_told_with_the_event_that_caused_it(here):
    more = '[[rule]]\nname = "also"\non = "message.sent"\nabout = "price"\nreply = { text = "Anything else?" }\n'
    table = Tabletop(here, HUB_TOML + RULES + more)
    try:
        says(table, 1, "price")
        table.sent(*table.lease(), "wamid.out")
        ((seq,),) = table.rows("SELECT seq FROM journal WHERE key LIKE 'message.sent:%'")
        (found,) = told("explain", str(seq))
    finally:
        table.close()
    assert [(one["rule"], one["state"], one["text"]) for one in found["commands"]] == [
        ("also", "waiting", "Anything else?")
    ]


def test_all_rules_look_again_with_what_is_known_now(table):
    says(table, 1, "hello")
    (found,) = told("explain", "m1", "--all")
    (again,) = found["again"]
    assert [entry["rule"] for entry in again["record"]] == ["price", "by night", "order"]
    assert all(entry["why_not"] == "keywords does not hold" for entry in again["record"])
    out = run("explain", "m1", "--all")[1]
    assert "again, by the rules that run now and what is known now (message.received)" in out
    table.rows("UPDATE people SET opted_out=1")
    (found,) = told("explain", "m1", "--all")
    assert found["again"][0]["because"] == ["no automation: the person opted out"]


def test_looking_again_changes_nothing(table):
    says(table, 1, "order")
    before = everything(table.store.db)
    run("explain", "m1", "--all")
    assert everything(table.store.db) == before


def test_a_name_that_means_nothing_exits_1(table):
    code, out, _ = run("explain", "m99")
    assert (code, "Nothing is known as 'm99'" in out) == (1, True)


def test_why_names_the_rules_that_looked_and_did_nothing(table):
    says(table, 1, "price")
    done = CliRunner().invoke(build(), ["why", "m1"], catch_exceptions=False)
    assert "rule      'by night': did nothing (outside does not hold)" in done.stdout
    assert "rule      'price'" not in done.stdout
