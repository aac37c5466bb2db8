"""`dragoman intents`: train from examples and corrections, try a message, correct one; a hub need not run."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hub.cli.app import build
from hub.engine import corrections
from hub.store import open_store
from hub.testing.stores import place_of

Run = Callable[..., tuple[int, str, str]]

EXAMPLES = """
price = ["how much is it", "what does it cost", "the price please", "how much do you charge", "is it expensive"]
delivery = ["when will it arrive", "where is my parcel", "did you ship it", "has it left", "how long until it comes"]
return = ["I want to send it back", "how do I return it", "money back please", "refund this", "take it back"]
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command in a folder with examples: exit code, stdout, stderr."""
    monkeypatch.setenv("DRAGOMAN_PLUGINS", "intent,telegram")
    (tmp_path / "hub.toml").write_text('[plugin.intent]\nexamples = "intents"\nprecision = 0.6\n')
    (tmp_path / "intents").mkdir()
    (tmp_path / "intents" / "shop.toml").write_text(EXAMPLES)

    def run_(*words: str) -> tuple[int, str, str]:
        found = CliRunner().invoke(
            build(), ["intents", *words, "--config", str(tmp_path / "hub.toml")], catch_exceptions=False
        )
        return found.exit_code, found.stdout, found.stderr

    return run_


def heard(tmp_path: Path, *texts: str) -> None:
    """Put inbound messages into the store, and one that the hub wrote; the first is m1."""
    store = open_store(place_of(tmp_path / "data"))
    with store.transaction():
        for number, text in enumerate((*texts, "we wrote this"), 1):
            direction = "out" if number > len(texts) else "in"
            store.db.run(
                "INSERT INTO messages (conversation, person, direction, author, agent, form, text, provider_id,"
                " reply_to, at, received, status, status_at, reason, event, content, session, edited, deleted)"
                " VALUES (1,1,?,'person','','text',?,?,'',1,1,'',0,'',1,'',0,0,0)",
                (direction, text, f"wamid.{number}"),
            )
    store.close()


def test_training_shows_every_label_and_what_it_will_answer(run: Run, tmp_path: Path) -> None:
    code, told, _ = run("train")
    assert code == 0
    assert "intent: 15 examples" in told
    assert [label in told for label in ("price", "delivery", "return")] == [True] * 3
    assert "The best label is right in " in told
    assert "It answers from a chance of " in told or "it will never answer" in told
    assert (tmp_path / "data" / "intents" / "intent.npz").exists()


def test_training_for_machines_is_json_with_the_figures(run: Run) -> None:
    code, told, _ = run("train", "--json")
    report = json.loads(told)["intent"]
    assert code == 0
    assert [row["label"] for row in report["labels"]] == ["delivery", "price", "return"]
    assert report["examples"] == 15
    assert {"precision", "recall", "confused", "examples"} <= report["labels"][0].keys()


def test_a_message_can_be_tried(run: Run) -> None:
    assert run("test", "how much is it")[1].split()[-2:] == ["no", "idea"], "nothing is trained yet"
    assert run("train")[0] == 0
    (answer,) = json.loads(run("test", "how much is the price", "--json")[1])["intent"]
    assert answer["label"] == "price"
    assert 0.5 <= answer["p"] <= 1
    assert "price" in run("test", "how much is the price")[1]
    assert "no idea" in run("test", "zubrowka")[1]


def test_a_correction_is_learned_by_the_next_training_and_holds_no_text(run: Run, tmp_path: Path) -> None:
    heard(tmp_path, "zubrowka zamovar", "samogon")
    assert (
        run("correct", "m1", "drinks", "--agent", "Ana")[1]
        == "m1 is about drinks; `dragoman intents train` learns it.\n"
    )
    assert json.loads(run("correct", "wamid.2", "price", "--json")[1]) == {"message": 2, "label": "price"}
    assert run("correct", "2", "drinks")[0] == 0
    file = tmp_path / "data" / "intents" / "corrections.jsonl"
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    assert [(row["message"], row["label"], row["agent"]) for row in rows] == [
        (1, "drinks", "Ana"),
        (2, "price", "agent"),
        (2, "drinks", "agent"),
    ]
    assert file.stat().st_mode & 0o777 == 0o600
    assert all("zubrowka" not in json.dumps(row) for row in rows)
    figures = {row["label"]: row["examples"] for row in json.loads(run("train", "--json")[1])["intent"]["labels"]}
    assert figures == {"delivery": 5, "drinks": 2, "price": 5, "return": 5}


def test_a_correction_of_a_message_that_is_gone_is_learned_no_more(run: Run, tmp_path: Path) -> None:
    heard(tmp_path, "zubrowka zamovar", "samogon")
    for name in ("m1", "m2"):
        assert run("correct", name, "drinks")[0] == 0
    store = open_store(place_of(tmp_path / "data"))
    with store.transaction():
        store.db.run("UPDATE messages SET text='' WHERE id=1")
        store.db.run("DELETE FROM messages WHERE id=2")
    store.close()
    labels = [row["label"] for row in json.loads(run("train", "--json")[1])["intent"]["labels"]]
    assert "drinks" not in labels


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("correct", "m77", "price"), "nobody wrote a message that is called 'm77'"),
        (("correct", "m3", "price"), "nobody wrote a message that is called 'm3'"),
        (("correct", "m2", "price"), "message m2 has no text"),
        (("correct", "m1", " "), "a label has letters"),
    ],
)
def test_what_cannot_be_corrected_is_told(run: Run, tmp_path: Path, words: tuple[str, ...], sentence: str) -> None:
    heard(tmp_path, "how much", "")
    code, _, told = run(*words)
    assert code == 2
    assert sentence in told


def test_a_mistake_in_the_examples_ends_the_training_with_file_and_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / "intents" / "more.csv").write_text("text,label\nhello\n")
    code, _, told = run("train")
    assert code == 2
    assert "more.csv:2: this is no example" in told


def test_without_a_classifier_the_remedy_is_told(run: Run, tmp_path: Path) -> None:
    (tmp_path / "hub.toml").write_text("")
    code, _, told = run("train")
    assert code == 2
    assert 'no classifier is set up (add [plugin.intent] with examples = "intents"' in told


def test_a_line_that_is_no_correction_is_told(tmp_path: Path) -> None:
    corrections.add(tmp_path, 1, "price", "Ana", 5)
    with (tmp_path / "corrections.jsonl").open("a") as file:
        file.write('{"message": "x"}\n')
    with pytest.raises(Exception, match=r"corrections\.jsonl:2: this line is no correction \(remove it\)"):
        corrections.read(tmp_path)
