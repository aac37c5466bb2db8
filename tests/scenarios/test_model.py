"""Random edits on both sides, webhooks, conversions, faults and restarts, against a model of the documented rules.

A run is drawn from its seed and is the same each time; `python -m hub.testing.model_steps CRM SEED` (and `merges`, for
a run with merges) finds the few steps that make a difference.
"""

from __future__ import annotations

import pytest

from hub.testing.model_steps import MERGES, MIX, drawn, run

STEPS = 100


def play(crm: str, seed: int, mix: dict[str, int] = MIX) -> None:
    """One run; what was played is printed where it fails."""
    told: list[str] = []
    try:
        run(crm, seed, drawn(seed, STEPS, mix), told)
    except BaseException:
        print(f"seed {seed} of {crm}:", *told, sep="\n  ")
        raise


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("crm", ["hubspot", "salesforce"])
def test_both_sides_hold_what_the_rules_say(crm: str, seed: int) -> None:
    play(crm, seed)


@pytest.mark.full
@pytest.mark.parametrize("seed", range(10, 210))
@pytest.mark.parametrize("crm", ["hubspot", "salesforce"])
def test_both_sides_hold_what_the_rules_say_in_many_runs(crm: str, seed: int) -> None:
    play(crm, seed)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("crm", ["hubspot", "salesforce"])
def test_both_sides_hold_what_the_rules_say_where_records_are_merged(crm: str, seed: int) -> None:
    play(crm, seed, MERGES)


@pytest.mark.full
@pytest.mark.parametrize("seed", range(5, 110))
@pytest.mark.parametrize("crm", ["hubspot", "salesforce"])
def test_both_sides_hold_what_the_rules_say_in_many_runs_with_merges(crm: str, seed: int) -> None:
    play(crm, seed, MERGES)
