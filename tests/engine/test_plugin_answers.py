"""What plugins answer, and what a human does with what they could not: rows, and never a flood of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hub import hookimpl
from hub.engine.effects.humans import NOTES_KEPT
from hub.engine.loader import load_plugins
from hub.model.by_hand import DeadHandled
from hub.model.events import PluginAnswered
from hub.store.plugin_work import NEVER, due
from hub.testing.tabletop import HUB_TOML, Tabletop

BELL = SimpleNamespace(EVENTS=("inquiry.opened",), hub_on_event=hookimpl(lambda event: None))
Text = Callable[..., bytes]


@pytest.fixture
def table(tmp_path: Path) -> Iterator[Tabletop]:
    """Two plugins listen."""
    plugins = load_plugins([("bell", BELL), ("bell-2", SimpleNamespace(**vars(BELL)))])
    hub = Tabletop(tmp_path, HUB_TOML + "[plugin.bell]\n[plugin.bell-2]\n", plugins)
    hub.line.listeners["inquiry.opened"] = ("bell", "bell-2")
    yield hub
    hub.close()


def opened(table: Tabletop, body: bytes) -> int:
    """A conversation opens; the event that plugins are to be told of."""
    (seq,) = table.post("meta", body)
    table.step()
    return seq


def answers(table: Tabletop, seq: int, *notes: Any, plugin: str = "bell", reason: str = "") -> None:
    """A plugin answers with notes, or fails for a reason."""
    key = f"{plugin}.{seq}.{reason}"
    event = PluginAnswered(
        key=key, at=table.now, plugin=plugin, event=seq, ok=not reason, commands=notes, reason=reason
    )
    table.happen(event)
    table.step()


def said(table: Tabletop, seq: int) -> list[str]:
    found = table.rows("SELECT because FROM decisions WHERE event=? AND because LIKE 'plugin %' ORDER BY id", seq)
    return [because for (because,) in found]


def handle(table: Tabletop, action: Any, *ids: int) -> None:
    table.happen(DeadHandled(key=f"{action}.{ids}", at=table.now, ids=ids, action=action))
    table.step()


def told(table: Tabletop, plugin: str) -> list[int]:
    """The events a plugin is to be told of now."""
    return [work.event for work in due(table.store.db, plugin, table.now, 10)]


@pytest.mark.parametrize("more", [0, 1, 5000])
def test_a_flood_of_notes_becomes_a_few_and_a_count(table: Tabletop, text: Text, more: int) -> None:
    seq = opened(table, text(1, "hello"))
    answers(table, seq, *({"note": f"note {n}"} for n in range(NOTES_KEPT + more)))
    kept = [f"plugin bell: note {n}" for n in range(NOTES_KEPT)]
    assert said(table, seq) == kept + ([f"plugin bell: and {more} more"] if more else [])


def test_a_note_is_cut_and_an_answer_without_one_is_shown_whole(table: Tabletop, text: Text) -> None:
    seq = opened(table, text(1, "hello"))
    answers(table, seq, {"note": "x" * 5000}, {"colour": "red"})
    assert said(table, seq) == ["plugin bell: " + "x" * 1000, 'plugin bell: {"colour": "red"}']


def test_a_dropped_dead_letter_ends_the_work_of_its_plugin_only(table: Tabletop, text: Text) -> None:
    first, second = opened(table, text(1, "hello")), opened(table, text(2, "hello", "15550102"))
    for plugin in ("bell", "bell-2"):
        for seq in (first, second):
            answers(table, seq, plugin=plugin, reason="it did not work")
    (letter,) = table.rows("SELECT id FROM dead WHERE ref=? AND cause LIKE 'plugin bell: it%'", first)
    handle(table, "drop", *letter)
    left = table.rows("SELECT plugin, event FROM plugin_work WHERE due=? ORDER BY plugin, event", NEVER)
    assert left == [("bell", second), ("bell-2", first), ("bell-2", second)]
    assert table.rows("SELECT id FROM dead WHERE state='dropped'") == [letter]


def test_a_retried_dead_letter_is_told_again(table: Tabletop, text: Text) -> None:
    seq = opened(table, text(1, "hello"))
    assert told(table, "bell") == [seq]
    answers(table, seq, reason="it did not work")
    assert told(table, "bell") == []
    handle(table, "retry", 1)
    assert told(table, "bell") == [seq]


def test_work_that_waits_for_its_turn_outlives_a_dropped_letter(table: Tabletop, text: Text) -> None:
    seq = opened(table, text(1, "hello"))
    answers(table, seq, reason="it did not work")
    handle(table, "retry", 1)
    handle(table, "drop", 1)
    assert told(table, "bell") == [seq]
