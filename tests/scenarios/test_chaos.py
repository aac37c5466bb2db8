"""A company under load, killed and cut off again and again: nothing lost, doubled, out of order or hidden."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from hub.store import open_reader
from hub.testing.chaos import Script, run
from hub.testing.watch import Watch


def test_kills_and_outages_under_load(tmp_path: Path) -> None:
    proof = asyncio.run(run(Script(events=400, kills=2, seed=1), tmp_path, Watch(400)))
    assert proof.broken() == [], proof.line()
    assert (proof.messages, proof.kills) == (400, 2)
    assert proof.replies > 50
    assert proof.redelivered > 0


@pytest.mark.full
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_long_run_with_ten_kills(seed: int, tmp_path: Path) -> None:
    proof = asyncio.run(run(Script(events=5000, kills=10, seed=seed), tmp_path, Watch(5000)))
    assert proof.broken() == [], proof.line()
    assert (proof.messages, proof.kills) == (5000, 10)
    assert proof.swallowed > 0
    assert proof.crm_swallowed > 0


@pytest.mark.full
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_everything_that_may_go_wrong(seed: int, tmp_path: Path) -> None:
    """A full disk, a wrong clock, poison, storms of 429, a used-up day, a slow CRM, a hanging hook, a long absence."""
    script = Script(events=1200, kills=4, seed=seed, faults=True)
    proof = asyncio.run(run(script, tmp_path, Watch(1200)))
    assert proof.broken() == [], proof.line()
    assert proof.messages + proof.in_named_gaps == 1200
    assert proof.in_named_gaps > 0, "nobody wrote while the hub was away for longer than the horizon"
    db = open_reader(tmp_path / "data")
    buried = db.rows("SELECT count(*) FROM dead WHERE kind='event' AND cause LIKE '%poison%'")
    db.close()
    assert buried[0][0] > 0, "the poison came through and was buried alone"
