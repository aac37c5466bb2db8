"""A company under load, killed and cut off again and again: nothing lost, doubled, out of order or hidden."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Literal

import pytest

from hub.store import Place, open_reader
from hub.testing.chaos import Script, run
from hub.testing.postgres import PostgresServer
from hub.testing.proof import Proof
from hub.testing.watch import Watch


def play(script: Script, folder: Path) -> list[Proof]:
    """A whole run: the proof for each CRM, all of which hold."""
    proofs = asyncio.run(run(script, folder, Watch(script.events)))
    for crm, proof in proofs.items():
        assert proof.broken() == [], f"{crm}: {proof.line()}"
    return list(proofs.values())


@pytest.mark.parametrize(("crm", "events"), [("hubspot", 400), ("salesforce", 700)])
def test_kills_and_outages_under_load(crm: str, events: int, tmp_path: Path) -> None:
    """Salesforce gathers for longer, so that it needs more messages between the troubles to show how fast it is."""
    (proof,) = play(Script(events=events, kills=2, seed=1, crms=(crm,)), tmp_path)
    assert (proof.messages, proof.kills) == (events, 2)
    assert proof.replies > 50
    assert proof.redelivered > 0


@pytest.mark.usefixtures("postgres")
def test_kills_of_processes_and_of_postgresql(tmp_path: Path) -> None:
    script = Script(events=300, kills=2, seed=1, store="postgres", processes=2, store_kills=1)
    (proof,) = play(script, tmp_path)
    assert (proof.messages, proof.kills) == (300, 2)
    assert proof.store_kills == 1 or not PostgresServer().own
    assert proof.redelivered > 0


@pytest.mark.full
@pytest.mark.usefixtures("postgres")
@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("store", ["sqlite", "postgres"])
def test_a_long_run_with_twenty_kills(store: Literal["sqlite", "postgres"], seed: int, tmp_path: Path) -> None:
    """On PostgreSQL three processes, and three kills of the server itself."""
    processes, server = (1, 0) if store == "sqlite" else (3, 3)
    script = Script(events=20_000, kills=20, seed=seed, store=store, processes=processes, store_kills=server)
    (proof,) = play(script, tmp_path)
    assert (proof.messages, proof.kills) == (20_000, 20)
    assert proof.store_kills == server or not PostgresServer().own
    assert proof.swallowed > 0
    assert proof.crm_swallowed > 0


@pytest.mark.full
@pytest.mark.usefixtures("postgres")
@pytest.mark.parametrize(("crm", "seed"), [("hubspot", 1), ("salesforce", 2)])
def test_everything_that_may_go_wrong_with_three_processes(crm: str, seed: int, tmp_path: Path) -> None:
    """Besides what one process goes through: one that sleeps for longer than its leases, a server that only reads."""
    script = Script(events=1200, kills=4, seed=seed, faults=True, crms=(crm,), store="postgres", processes=3)
    (proof,) = play(script, tmp_path)
    assert proof.messages + proof.in_named_gaps == 1200
    assert proof.in_named_gaps > 0, "nobody wrote while the hub was away for longer than the horizon"


@pytest.mark.full
def test_both_crms_at_once(tmp_path: Path) -> None:
    proofs = play(Script(events=1200, kills=4, seed=2, crms=("hubspot", "salesforce")), tmp_path)
    assert [(proof.messages, proof.kills) for proof in proofs] == [(1200, 4), (1200, 4)]


@pytest.mark.full
def test_a_long_run_with_ten_kills_on_salesforce(tmp_path: Path) -> None:
    (proof,) = play(Script(events=5000, kills=10, seed=1, crms=("salesforce",)), tmp_path)
    assert (proof.messages, proof.kills) == (5000, 10)
    assert proof.swallowed > 0
    assert proof.crm_swallowed > 0


@pytest.mark.full
@pytest.mark.parametrize(("crm", "seed"), [("hubspot", 1), ("hubspot", 2), ("hubspot", 3), ("salesforce", 1)])
def test_everything_that_may_go_wrong(crm: str, seed: int, tmp_path: Path) -> None:
    """A full disk, a wrong clock, poison, storms of 429, a used-up day, a slow CRM, a hanging hook, a long absence."""
    (proof,) = play(Script(events=1200, kills=4, seed=seed, faults=True, crms=(crm,)), tmp_path)
    assert proof.messages + proof.in_named_gaps == 1200
    assert proof.in_named_gaps > 0, "nobody wrote while the hub was away for longer than the horizon"
    db = open_reader(Place(tmp_path / "data"))
    buried = db.rows("SELECT count(*) FROM dead WHERE kind='event' AND cause LIKE '%poison%'")
    db.close()
    assert buried[0][0] > 0, "the poison came through and was buried alone"
