"""docs/requirements.md as the tests read it: what is asked of the hub, and the tests that prove each line of it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
FILE = ROOT / "docs" / "requirements.md"

_LINE = re.compile(r"^\| (?P<name>[A-Z]\d+) \| (?P<says>.+?) \| (?P<proof>.+?) \|$", re.MULTILINE)
_TEST = re.compile(r"`(tests/[\w/]+\.py::\w+)`( \(long\))?")


class Requirement(NamedTuple):
    """One line: its name, what it asks in our words, its tests by node id, and those of the long profiles."""

    name: str
    says: str
    tests: tuple[str, ...]
    long: tuple[str, ...]


def requirements() -> list[Requirement]:
    """Every line of the file."""
    found = []
    for line in _LINE.finditer(FILE.read_text("utf-8")):
        tests = _TEST.findall(line["proof"])
        quick, slow = ([test for test, mark in tests if bool(mark) is is_long] for is_long in (False, True))
        found.append(Requirement(line["name"], line["says"], tuple(quick), tuple(slow)))
    return found


def unproven(passed: set[str], *, long: bool) -> list[str]:
    """Tests that the file names and that did not pass in a run of everything; `long`: the long profiles ran too."""
    named = {test for one in requirements() for test in (*one.tests, *(one.long if long else ()))}
    return sorted(named - passed)
