"""The bench of intents: what it measures, and that it says why it does not."""

from __future__ import annotations

import csv
import json
from pathlib import Path

from bench import intent
from bench.figures import result

WORDS = {
    "price": ("how much is", "what does it cost for", "the price of", "is there a rate for", "what do you charge for"),
    "delivery": ("when will you bring", "where is", "did you ship", "has the courier got", "please track"),
    "return": ("I send back", "refund me", "please take back", "give me money for", "how do I return"),
}
THINGS = ("the chair", "a lamp", "two beds", "my sofa", "that table", "one stool")


def rows(*places: int) -> list[tuple[str, str]]:
    return [(f"{way} {THINGS[place]}", label) for label, ways in WORDS.items() for way in ways for place in places]


def write(file: Path, columns: tuple[str, str], found: list[tuple[str, str]]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", newline="", encoding="utf-8") as opened:
        writer = csv.writer(opened)
        writer.writerow(columns)
        writer.writerows(found)


def sets(folder: Path) -> None:
    """Invented sets in the form of the public ones."""
    strange = [("good morning all of you", "x"), ("we won the match", "x"), ("zubrowka", "x")]
    data = {"train": rows(0, 1, 2, 3), "test": rows(4, 5), "oos_train": strange, "oos_test": strange}
    (folder / "clinc150").mkdir()
    (folder / "clinc150/data_full.json").write_text(json.dumps(data))
    write(folder / "banking77/train.csv", ("text", "category"), rows(0, 1, 2, 3))
    write(folder / "banking77/test.csv", ("text", "category"), rows(4, 5))
    for name in intent.HINT3:
        write(folder / f"hint3/{name}_train.csv", ("sentence", "label"), rows(0, 1, 2, 3))
        test = rows(4, 5) + [(text, intent.OUTSIDE) for text, _ in strange]
        write(folder / f"hint3/{name}_test.csv", ("sentence", "label"), test)


def test_figures_of_every_set_come_with_cost_and_those_published(tmp_path: Path) -> None:
    sets(tmp_path)
    figures = {figure.name: figure for figure in intent.measure(tmp_path)}
    assert figures["clinc150_closed"].value == 1
    assert figures["banking77_accuracy"].value == 1
    assert (figures["clinc150_in_scope"].target, figures["clinc150_oos_recall"].target) == (0.88, 0.85)
    assert figures["banking77_accuracy"].target == 0.91
    assert figures["clinc150_train_cpu_s"].target == 30
    assert "Rasa 91.5/45.3" in figures["clinc150_in_scope"].note
    for name in intent.HINT3:
        assert 0 < (figures[f"hint3_{name}_accuracy"].value or 0) <= 1
        assert "Haptik" in figures[f"hint3_{name}_accuracy"].note


def test_a_message_that_is_about_nothing_is_treated_rightly_by_silence() -> None:
    guesses = [("price", "price", 0.9), ("price", "price", 0.4), ("none", "price", 0.4), ("none", "price", 0.9)]
    assert intent._right(guesses, 0.5) == 0.5
    assert intent._right(guesses, 0.95) == 0.5
    assert intent._right(guesses, 0.0) == 0.5
    assert intent._right([*guesses, ("price", "delivery", 0.9)], 0.5) == 0.4


def test_a_set_that_is_not_there_is_said_with_the_reason(tmp_path: Path) -> None:
    figures = intent.measure(tmp_path)
    assert [figure.value for figure in figures] == [None] * 5
    assert all("is not there (DRAGOMAN_INTENT_DATA names the folder)" in figure.note for figure in figures)
    data = json.loads(result(figures).removeprefix("RESULT "))
    assert data["missed"] == []
    assert data["clinc150_in_scope"] is None
