"""The admin's examples: three kinds of files, every mistake with its line, every text once."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.contracts.errors import ConfigError
from hub.contracts.training import Correction
from hub_intent.examples import gather


def folder(tmp_path: Path, **files: str) -> Path:
    """A folder of files; `_` in a name stands for the dot."""
    for name, text in files.items():
        (tmp_path / name.replace("_", ".")).write_text(text, encoding="utf-8")
    return tmp_path


def test_all_three_kinds_of_files_are_read_and_others_are_not(tmp_path: Path) -> None:
    found = gather(
        folder(
            tmp_path,
            a_toml='price = ["how much", "what does it cost"]\n',
            b_csv='text,label,more\n"where, then, is it?",delivery,x\n',
            c_jsonl='{"text": "գինը", "label": "price"}\n\n{"text": "any news", "label": "delivery"}\n',
            README_md="price",
        )
    )
    assert dict(zip(found.texts, found.labels, strict=True)) == {
        "how much": "price",
        "what does it cost": "price",
        "where, then, is it?": "delivery",
        "գինը": "price",
        "any news": "delivery",
    }
    assert found.remarks == ()


@pytest.mark.parametrize("name", ["none", "NONE", "other", "Other", "oos"])
def test_examples_of_nothing_are_known_by_several_names(tmp_path: Path, name: str) -> None:
    found = gather(folder(tmp_path, a_toml=f'price = ["how much"]\n{name} = ["good morning"]\n'))
    assert found.labels == ("price", "none")


def test_a_text_that_stands_twice_counts_once_and_a_dispute_is_told(tmp_path: Path) -> None:
    found = gather(folder(tmp_path, a_toml='price = ["How much", "how  MUCH"]\ncost = ["how much", "the sum"]\n'))
    assert found.texts == ("How much", "the sum")
    assert found.labels == ("price", "cost")
    assert found.remarks == ("'how much' stands under 'price' and 'cost'; the first one counts",)


def test_a_correction_wins_over_examples_and_a_later_one_over_it(tmp_path: Path) -> None:
    files = folder(tmp_path, a_toml='price = ["how much", "cost"]\ndelivery = ["when"]\n')
    found = gather(files, [Correction("WHEN", "price"), Correction("when", "other"), Correction("  ", "price")])
    assert dict(zip(found.texts, found.labels, strict=True)) == {"how much": "price", "cost": "price", "when": "none"}


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({"a_toml": "price = [\n"}, "a.toml: this is not TOML"),
        ({"a_toml": '[price]\nx = ["a"]\n'}, "a.toml:1: 'price' is not a list of examples"),
        ({"a_toml": 'x = ["a"]\ny = [\n  "a",\n  3]\n'}, "a.toml:4: this is no example: a text and its label"),
        ({"a_csv": "text,topic\nhow much,price\n"}, "a.csv:1: the first line does not name text and label"),
        ({"a_csv": ""}, "a.csv:1: the first line does not name text and label"),
        ({"a_csv": "text,label\nhow much\n"}, "a.csv:2: this is no example: a text and its label"),
        ({"a_jsonl": '{"text": "a", "label": "b"}\nnonsense\n'}, "a.jsonl:2: this line is not JSON"),
        ({"a_jsonl": "[1]\n"}, "a.jsonl:1: this is no example: a text and its label"),
        ({"a_jsonl": '{"text": "a", "label": " "}\n'}, "a.jsonl:1: this is no example: a text and its label"),
        ({"a_toml": 'price = ["how much"]\n'}, ": the examples have fewer than two labels"),
        ({"a_toml": 'none = ["a"]\nother = ["b"]\n'}, ": the examples have fewer than two labels"),
        ({}, ": the examples have fewer than two labels"),
    ],
)
def test_a_mistake_is_told_with_its_line_and_a_remedy(tmp_path: Path, files: dict[str, str], sentence: str) -> None:
    with pytest.raises(ConfigError) as told:
        gather(folder(tmp_path, **files))
    assert sentence in str(told.value)
    assert 'price = ["how much is it"]' in told.value.remedy


def test_a_folder_that_is_not_there_and_a_file_that_is_no_text_are_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no such folder of examples"):
        gather(tmp_path / "nowhere")
    (tmp_path / "a.csv").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(ConfigError, match=r"a\.csv: cannot be read.*UTF-8"):
        gather(tmp_path)
