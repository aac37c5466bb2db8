"""What people say messages are about, where a classifier was wrong or had no idea: a file of lines that only grows.

A line names the message and holds no text of it: once the message is erased or its time is over, nothing of it is
learned any more.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from hub.contracts.errors import ConfigError
from hub.contracts.training import Correction

FILE = "corrections.jsonl"
"""Its name in the classifiers' folder."""


def add(folder: Path, message: int, label: str, agent: str, at: int) -> None:
    """Keep that `message` is about `label`, as `agent` says at `at` (ms); what was said of it before is overruled."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    line = json.dumps({"message": message, "label": label, "agent": agent, "at": at}, ensure_ascii=False)
    end = os.open(folder / FILE, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(end, line.encode() + b"\n")
    finally:
        os.close(end)


def read(folder: Path) -> dict[int, str]:
    """Message -> its label, in the order in which they were corrected last. Raises ConfigError."""
    file = folder / FILE
    found: dict[int, str] = {}
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    for number, line in enumerate(lines, 1):
        try:
            row = json.loads(line)
            message, label = int(row["message"]), str(row["label"])
        except (ValueError, KeyError, TypeError):
            raise ConfigError("this line is no correction", where=f"{file}:{number}", remedy="remove it") from None
        found.pop(message, None)
        found[message] = label
    return found


def with_texts(
    corrected: Mapping[int, str], texts: Callable[[Sequence[int]], Mapping[int, str]]
) -> tuple[Correction, ...]:
    """The corrections of messages that still have a text, in their order."""
    known = texts(list(corrected))
    return tuple(Correction(known[message], label) for message, label in corrected.items() if message in known)
