"""`inquiries` and `agents`: who has what, what comes next, how soon each owner answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from hub.cli.app import build
from hub.model.by_hand import HumanReplied, InquiryEdited
from hub.store import open_store
from hub.testing.stores import environ, place_of
from hub.testing.tabletop import HUB_TOML, Tabletop

Run = Callable[..., tuple[int, str]]
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
TOML = (
    HUB_TOML
    + """
[agent.anna]
max_open = 7
[agent.bo]

[priority.P3]
reply_by = "24h"
"""
)


@pytest.fixture
def table(tmp_path: Path) -> Iterator[Tabletop]:
    hub = Tabletop(tmp_path, TOML)
    yield hub
    hub.close()


@pytest.fixture
def run(table: Tabletop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command while the store is closed, and step what it left: exit code and stdout."""

    def run_(*args: str) -> tuple[int, str]:
        table.store.close()
        monkeypatch.setattr("hub.cli.people.fresh", lambda: (f"k{table.now}", table.now))
        words = [*args, "--config", str(tmp_path / "hub.toml")]
        found = CliRunner().invoke(build(), words, env=environ(place_of(tmp_path / "data")), catch_exceptions=False)
        table.store = open_store(place_of(tmp_path / "data"))
        table.now += 1
        table.step()
        return found.exit_code, found.stdout

    return run_


def says(table: Tabletop, who: int, text: str = "hello") -> None:
    table.now += 1000
    number = f"4477009001{who:02}"
    message = {"from": number, "id": f"wamid.{table.now}", "timestamp": str(table.now // 1000), "type": "text"}
    value: dict[str, Any] = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "447700900000", "phone_number_id": "1001"},
        "contacts": [{"profile": {"name": f"Person {who}"}, "wa_id": number}],
        "messages": [message | {"text": {"body": text}}],
    }
    entry = {"id": "9", "changes": [{"field": "messages", "value": value}]}
    table.post("meta", json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode())
    table.step()


def does(table: Tabletop, make: Callable[..., Any], who: int, **values: Any) -> None:
    table.now += 1
    table.happen(make(key=f"{table.now}", at=table.now, person=f"p{who}", **values))
    table.step()


def listed(run: Run, *more: str) -> list[dict[str, Any]]:
    code, told = run("inquiries", "list", "--json", *more)
    assert code == 0
    found: list[dict[str, Any]] = json.loads(told)
    return found


def test_no_open_inquiry_is_without_a_next_step_whatever_was_done_with_it(table, run):
    for who in range(1, 7):
        says(table, who)
    does(table, HumanReplied, 2, text="Hello!", agent="anna")
    does(table, InquiryEdited, 3, state="snoozed", until=table.now + DAY, reason="waits")
    does(table, InquiryEdited, 4, next_step="send the drawing", until=table.now + HOUR)
    does(table, InquiryEdited, 5, hold="waits for parts")
    does(table, InquiryEdited, 6, state="closed", reason="sold")
    for days in (0, 3, 30):
        table.tick(days * DAY)
        rows = listed(run)
        assert [row["person"] for row in rows if row["step"] == "none" or not row["step_at"]] == []
        assert listed(run, "--no-step") == []
        assert sorted(row["person"] for row in rows) == [1, 2, 3, 4, 5]


def test_the_steps_say_what_and_when(table, run):
    for who in (1, 2, 3, 4):
        says(table, who)
    at = table.now
    does(table, HumanReplied, 2, text="Hello!", agent="anna")
    does(table, InquiryEdited, 3, state="snoozed", until=at + DAY, reason="waits")
    does(table, InquiryEdited, 4, next_step="send the drawing", until=at + HOUR)
    steps = {row["person"]: (row["step"], row["words"]) for row in listed(run)}
    assert steps == {1: ("reply", ""), 2: ("follow_up", ""), 3: ("wake", ""), 4: ("own", "send the drawing")}


def test_what_is_overdue_comes_first_and_alone_on_demand(table, run):
    says(table, 1)
    table.tick(25 * HOUR)
    says(table, 2)
    assert [row["person"] for row in listed(run)] == [1, 2]
    assert [row["person"] for row in listed(run, "--due")] == [1]
    assert "OVERDUE" in run("inquiries", "list")[1]


def test_how_soon_each_owner_answers_and_how_far_apart_they_are(table, run):
    waits = {"anna": (10, 20, 30), "bo": (60, 90, 120)}
    who = 0
    for owner, minutes in waits.items():
        for wait in minutes:
            who += 1
            says(table, who)
            does(table, InquiryEdited, who, owner=owner)
            table.now += wait * MINUTE
            does(table, HumanReplied, who, text="Hello!", agent=owner)
    code, told = run("agents", "--since", "7d", "--json")
    assert code == 0
    found = json.loads(told)
    rows = {row["agent"]: row for row in found["agents"]}
    assert {name: round(row["median_ms"] / MINUTE) for name, row in rows.items()} == {"anna": 20, "bo": 90}
    assert {name: row["answers"] for name, row in rows.items()} == {"anna": 3, "bo": 3}
    assert (rows["anna"]["open"], rows["anna"]["max_open"]) == (3, 7)
    assert (round(found["spread_ms"] / MINUTE), found["slowest"], found["fastest"]) == (70, "bo", "anna")
