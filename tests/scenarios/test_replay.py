"""`dragoman rules replay` beside a store with some days in it: the same again, a draft, and what it says."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hub.cli.app import build
from hub.testing.month import BELL, Month
from hub.testing.stores import environ

ROOM = 3 * 86_400_000


@pytest.fixture
def month(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Month]:
    """Two days that just passed, and the plugin that was told of them."""
    from hub.engine import loader

    load = loader.load_plugins
    monkeypatch.setattr(loader, "load_plugins", lambda extra=(): load([("bell", BELL), *extra]))
    month = Month(tmp_path, 31, now=time.time_ns() // 1_000_000 - ROOM)
    month._apply = lambda: None  # type: ignore[method-assign]
    month.live(2)
    yield month
    month.close()


def run(month: Month, folder: Path, *args: str) -> tuple[int, str, str]:
    words = ["rules", "replay", "--dry-run", *args, "--config", str(folder / "hub.toml")]
    found = CliRunner().invoke(build(), words, env=environ(month.place), catch_exceptions=False)
    return found.exit_code, found.stdout, found.stderr


def test_the_rules_that_ran_decide_the_same_and_the_command_says_so(month: Month, tmp_path: Path):
    before = month.table.rows("SELECT count(*) FROM outbox"), month.table.rows("SELECT count(*) FROM trail")
    code, out, _ = run(month, tmp_path, "--since", "30d")
    ((live,),) = month.table.rows("SELECT count(*) FROM decisions")
    assert code == 0
    assert f"{live} decisions since" in out
    assert "all are the same" in out
    assert before == (month.table.rows("SELECT count(*) FROM outbox"), month.table.rows("SELECT count(*) FROM trail"))


def test_a_draft_is_shown_with_what_it_would_have_said(month: Month, tmp_path: Path):
    rule = '\n[[rule]]\nname = "bow"\nkeywords = ["thanks"]\nreply = { text = "You are welcome." }\n'
    (tmp_path / "draft.toml").write_text(month.toml + rule, encoding="utf-8")
    code, out, _ = run(month, tmp_path, "--rules", str(tmp_path / "draft.toml"))
    assert code == 0
    assert "would have gone:" in out
    assert "You are welcome." in out
    assert "bow" in out

    code, out, _ = run(month, tmp_path, "--rules", str(tmp_path / "draft.toml"), "--json")
    told = json.loads(out)
    assert {one["rule"] for one in told["more"]} == {"bow"} == {one["rule"] for one in told["turns"]}
    assert told["messages"]["now"] - told["messages"]["live"] == len(told["more"]) == told["rules"]["bow"]["now"]
    assert told["fewer"] == told["changed"] == []


def test_a_draft_with_a_mistake_is_refused_with_its_line(month: Month, tmp_path: Path):
    (tmp_path / "draft.toml").write_text('[[rule]]\nname = "x"\nkeywrds = ["a"]\n', encoding="utf-8")
    code, _, err = run(month, tmp_path, "--rules", str(tmp_path / "draft.toml"))
    assert code == 2
    assert "draft.toml:3" in err


def test_what_cannot_be_replayed_is_one_sentence(month: Month, tmp_path: Path):
    month.table.rows("DELETE FROM journal WHERE seq=5")
    code, _, err = run(month, tmp_path)
    assert code == 2
    assert "is kept no more" in err
    assert "--from" in err
