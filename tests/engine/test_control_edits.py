"""What the control socket refuses of the events that change people, mappings and conflicts, field by field."""

from __future__ import annotations

from typing import Any

import pytest

from hub.engine.human_events import Refusal, human_event

EDIT = {"kind": "person.edited", "key": "k", "at": 1, "person": "p1", "values": {"name": "Ana"}}
DECISION = {"kind": "conflict.decided", "key": "k", "at": 1, "conflict": 1, "keep": "hub"}
SWEEP = {
    "kind": "drift.swept",
    "key": "k",
    "at": 1,
    "crm": "main",
    "links": 2,
    "after": 9,
    "whole": True,
    "counts": {"gone": 1, "value": 2},
    "repair": ["7"],
    "keys": ["8"],
}
MAPPING = {"kind": "mapping.applied", "key": "k", "at": 1, "crm": "main", "text": '[person]\nname = "name"\n'}

WRONG: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (EDIT, {"values": {}}),
    (EDIT, {"values": {f"n{n}": "x" for n in range(101)}}),
    (EDIT, {"values": {"no name": "x"}}),
    (EDIT, {"values": {"name": "x" * 1001}}),
    (EDIT, {"values": {"name": "\ud800"}}),
    (EDIT, {"values": {"name": 7}}),
    (EDIT, {"person": "nobody"}),
    (EDIT, {"agent": "a" * 201}),
    (EDIT, {"key": ""}),
    (EDIT, {"key": "k" * 201}),
    (EDIT, {"at": -1}),
    (DECISION, {"conflict": 0}),
    (DECISION, {"conflict": 1 << 60}),
    (DECISION, {"conflict": "first"}),
    (DECISION, {"keep": "both"}),
    (SWEEP, {"crm": ""}),
    (SWEEP, {"links": -1}),
    (SWEEP, {"after": 1 << 60}),
    (SWEEP, {"counts": {"gone": -1}}),
    (SWEEP, {"counts": {"[red]": 1}}),
    (SWEEP, {"repair": ["7"] * 1001}),
    (SWEEP, {"repair": [""]}),
    (SWEEP, {"keys": ["k" * 201]}),
    (SWEEP, {"whole": "perhaps"}),
    (MAPPING, {"crm": "m" * 201}),
    (MAPPING, {"text": "\ud800"}),
    (MAPPING, {"limit": float("nan")}),
    (MAPPING, {"note": "n" * 1001}),
    (MAPPING, {"agent": "a" * 201}),
    (MAPPING, {"reapply": 7}),
]


@pytest.mark.parametrize("given", [EDIT, DECISION, SWEEP, MAPPING], ids=lambda given: given["kind"])
def test_what_is_right_is_taken(given: dict[str, Any]) -> None:
    assert human_event(given).kind == given["kind"]


@pytest.mark.parametrize(("given", "wrong"), WRONG, ids=lambda part: next(iter(part)) if len(part) == 1 else "")
def test_what_no_command_would_send_is_refused(given: dict[str, Any], wrong: dict[str, Any]) -> None:
    with pytest.raises(Refusal) as refused:
        human_event(given | wrong)
    assert len(str(refused.value)) < 300
