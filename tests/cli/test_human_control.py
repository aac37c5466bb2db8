"""Pause, release, claim and ratings on the command line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from hub.cli.app import build
from hub.store import Place, open_reader, open_store
from hub.testing.shop import Shop

ANA = "+12025550101"


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """A shop whose hub runs; Ana was answered once."""
    found = Shop(tmp_path)
    monkeypatch.setenv("DRAGOMAN_CONFIG", str(found.config))
    found.alone()
    assert found.say(1, "what is the price?", ANA) == 200
    found.until(lambda: len(found.said) == 1)
    yield found
    found.close()


def run(*args: str) -> tuple[int, str, str]:
    """Exit code, stdout, stderr."""
    found = CliRunner().invoke(build(), args, catch_exceptions=False)
    return found.exit_code, found.stdout, found.stderr


def status() -> Any:
    return json.loads(run("status", "--json")[1])


def worked_off(shop: Shop) -> bool:
    db = open_reader(Place(shop.data))
    try:
        return not db.rows("SELECT 1 FROM queue LIMIT 1")
    finally:
        db.close()


def test_claim_release_and_every_pause_reach_the_hub_and_are_shown(shop: Shop) -> None:
    assert run("claim", ANA, "--agent", "Eva", "--to", "Ben")[0] == 0
    shop.until(lambda: status()["claimed"])
    assert [(one["person"], one["agent"]) for one in status()["claimed"]] == [(1, "Ben")]
    assert "Ben has the conversation in front" in run("status")[1]
    assert shop.say(2, "the price again?", ANA) == 200
    shop.until(lambda: worked_off(shop))
    assert run("release", "p1")[0] == 0
    shop.until(lambda: not status()["claimed"])
    for what, shown in (
        (("--rule", "prices"), "rule prices"),
        (("--all",), "all automation"),
        (("--conversation", "1"), "automation of front"),
    ):
        assert run("pause", *what, "--for", "2h", "--agent", "Eva")[0] == 0
        shop.until(lambda: status()["stopped"] or status()["paused"])
        assert shown in run("status")[1]
        assert run("release", *what)[0] == 0
        shop.until(lambda: not (status()["stopped"] or status()["paused"]))
    assert len(shop.said) == 1


def test_what_was_handed_over_is_shown_as_paused_until_it_is_released(shop: Shop) -> None:
    assert shop.say(2, "HUMAN", ANA) == 200
    shop.until(lambda: status()["paused"])
    assert "automation of front pauses until it is released" in run("status")[1]
    assert run("release", ANA)[0] == 0
    shop.until(lambda: not status()["paused"])


def test_a_mistake_is_one_sentence(shop: Shop) -> None:
    for args, words in (
        (("pause",), "one thing can be paused at a time"),
        (("pause", "p1", "--all"), "one thing can be paused at a time"),
        (("pause", "--rule", "x", "--conversation", "3"), "one thing can be paused at a time"),
        (("release",), "one thing can be released at a time"),
        (("release", "p1", "--all"), "one thing can be released at a time"),
        (("claim", "p99"), "nobody is known as p99"),
    ):
        code, _, err = run(*args)
        assert code == 2
        assert words in err
        assert err.count("\n") == 1


def test_ratings_below_60_percent_good_are_marked_to_be_rewritten(tmp_path: Path, monkeypatch) -> None:
    shop = Shop(tmp_path)
    monkeypatch.setenv("DRAGOMAN_CONFIG", str(shop.config))
    place = Place(shop.data)
    open_store(place).close()
    assert run("ratings")[1] == "Nobody rated anything in the last 90 days.\n"
    store = open_store(place)
    with store.transaction():
        work = store.workspace(1 << 45)
        for about, scores in (("prices", (0, 60, 100, 40, 80)), ("hello", (0, 60, 100, 40, 59)), ("Ana", (100,))):
            for score in scores:
                work.rated(1, 1, about, score, 1)
        work.save()
    store.close()
    found = json.loads(run("ratings", "--json")[1])
    assert [(one["about"], one["ratings"], one["good"], one["rewrite"]) for one in found] == [
        ("hello", 5, 0.4, True),
        ("prices", 5, 0.6, False),
        ("Ana", 1, 1.0, False),
    ]
    assert "40%" in run("ratings")[1]
