"""A hub that is broken on purpose must not pass, and the defect must show where it belongs."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from hub.testing.chaos import BREAKS, broken, run
from hub.testing.runner import SUPERVISED
from hub.testing.sabotage import MODES
from hub.testing.watch import Watch

SHOWS = {
    "dedupe": "doubled",
    "ack-early": "lost",
    "order": "out_of_order",
    "ledger": "doubled",
    "uncertain": "doubled_sends",
    "fence": "doubled",
    "beside": "doubled",
}
LONG = ("ack-early", "ledger", "uncertain", "fence", "beside")


@pytest.mark.usefixtures("postgres")
@pytest.mark.parametrize("mode", ["dedupe", "order", *(pytest.param(mode, marks=pytest.mark.full) for mode in LONG)])
def test_a_broken_hub_fails_the_proof(mode: str, tmp_path: Path) -> None:
    (proof,) = asyncio.run(run(broken(mode, events=300, seed=2), tmp_path, Watch(300))).values()
    assert not proof.holds()
    assert SHOWS[mode] in proof.broken(), proof.line()


@pytest.mark.full
@pytest.mark.usefixtures("postgres")
@pytest.mark.parametrize("mode", BREAKS)
def test_the_same_run_of_the_real_hub_holds(mode: str, tmp_path: Path) -> None:
    (proof,) = asyncio.run(
        run(replace(BREAKS[mode], events=300, seed=2, module=SUPERVISED), tmp_path, Watch(300))
    ).values()
    assert proof.broken() == [], proof.line()


def test_every_way_to_break_has_a_run_and_an_expectation() -> None:
    assert BREAKS.keys() == MODES.keys() == SHOWS.keys()
