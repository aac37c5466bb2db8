"""The admin's examples, read from his folder, and what people corrected: texts with labels, each text once."""

from __future__ import annotations

import csv
import json
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hub.contracts.errors import ConfigError
from hub.contracts.toml_lines import Lines
from hub.contracts.training import NONE, Correction
from hub.words.normal import normal

KINDS = (".toml", ".csv", ".jsonl")
ALSO_NONE = frozenset({NONE, "other", "oos"})
"""Labels, in small letters, of examples that belong to no label."""
FORMS = 'price = ["how much is it"] in a .toml, text,label in a .csv, {"text": "...", "label": "..."} in a .jsonl'


@dataclass(frozen=True, slots=True)
class Examples:
    """Texts and their labels, alike in length. `remarks` are sentences about what was passed over."""

    texts: tuple[str, ...]
    labels: tuple[str, ...]
    remarks: tuple[str, ...] = ()


def gather(folder: Path, corrections: Sequence[Correction] = ()) -> Examples:
    """All examples of the folder's files, and corrections, which win over them.

    A text that stands twice counts once, so that no example helps to find itself. Raises ConfigError: file, line,
    remedy.
    """
    if not folder.is_dir():
        raise ConfigError("there is no such folder of examples", where=str(folder), remedy=f"make it; {FORMS}")
    files = sorted(file for file in folder.iterdir() if file.suffix in KINDS)
    found: dict[str, tuple[str, str]] = {}
    disputed: list[str] = []
    for file in files:
        for text, label in _read(file):
            before = found.setdefault(normal(text), (text, label))
            if before[1] != label:
                disputed.append(f"'{text:.60}' stands under '{before[1]}' and '{label}'; the first one counts")
    for correction in corrections:
        if key := normal(correction.text):
            found[key] = correction.text, _label(correction.label)
    found.pop("", None)
    known = {label for _, label in found.values()}
    if len(known - {NONE}) < 1 or len(known) < 2:
        raise ConfigError("the examples have fewer than two labels", where=str(folder), remedy=FORMS)
    texts, labels = zip(*found.values(), strict=True)
    more = [f"and {len(disputed) - 3} more like it"] if len(disputed) > 3 else []
    return Examples(texts, labels, (*disputed[:3], *more))


def _label(name: str) -> str:
    name = name.strip()
    return NONE if name.lower() in ALSO_NONE else name


def _read(file: Path) -> Iterator[tuple[str, str]]:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot be read: {error}", where=str(file), remedy="save it as UTF-8 text") from None
    read = {".toml": _toml, ".csv": _csv, ".jsonl": _jsonl}[file.suffix]
    for where, example, label in read(text, file):
        if not isinstance(example, str) or not isinstance(label, str) or not label.strip():
            raise ConfigError("this is no example: a text and its label", where=where, remedy=FORMS)
        yield example, _label(label)


def _toml(text: str, file: Path) -> Iterator[tuple[str, Any, Any]]:
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"this is not TOML: {error}", where=str(file), remedy=FORMS) from None
    lines = Lines(text, str(file))
    for label, examples in tables.items():
        if not isinstance(examples, list):
            raise ConfigError(f"'{label}' is not a list of examples", where=lines.where((label,)), remedy=FORMS)
        for place, example in enumerate(examples):
            yield lines.where((label, place)), example, label


def _csv(text: str, file: Path) -> Iterator[tuple[str, Any, Any]]:
    rows = csv.DictReader(text.splitlines(keepends=True))
    if not {"text", "label"} <= set(rows.fieldnames or ()):
        raise ConfigError("the first line does not name text and label", where=f"{file}:1", remedy=FORMS)
    for row in rows:
        yield f"{file}:{rows.line_num}", row["text"], row["label"]


def _jsonl(text: str, file: Path) -> Iterator[tuple[str, Any, Any]]:
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError:
            raise ConfigError("this line is not JSON", where=f"{file}:{number}", remedy=FORMS) from None
        if not isinstance(row, dict):
            row = {}
        yield f"{file}:{number}", row.get("text"), row.get("label")
