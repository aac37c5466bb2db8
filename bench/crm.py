"""What it costs the hub to log one message in HubSpot: the adapter's CPU for a record, in full batches."""

from __future__ import annotations

import time

from pydantic import SecretStr

from bench.figures import Figure
from bench.load import load
from bench.remote import Remote
from bench.run import Run
from hub.model.records import LogEntry
from hub_hubspot.crm import HubSpot, HubSpotSettings

BATCHES = 40
SIZE = 100


def measure(run: Run) -> list[Figure]:
    """Microseconds of CPU of this process for each record; the CRM answers from another process."""
    rounds = []
    with Remote(load, fast=True) as far:
        port = far.call("start")
        settings = HubSpotSettings(
            access_token=SecretStr("bench-token"), base_url=f"http://127.0.0.1:{port}", calls_per_10s=1_000_000
        )
        adapter = HubSpot(settings)
        for number in range(run.rounds):
            run.tell(f"round {number + 1} of {run.rounds}")
            rounds.append(cost(adapter, number, max(4, int(BATCHES * run.length))))
        if strange := far.call("strange"):
            raise RuntimeError(f"the platform does not know {strange}")
    return [Figure(name="crm_cpu_us_per_record", rounds=tuple(rounds), note="adapter and transport, batches of 100")]


def cost(adapter: HubSpot, number: int, batches: int) -> float:
    """Microseconds of CPU for each record of some batches."""
    adapter.log(entries(number, -1))  # it connects
    began = time.process_time()
    for batch in range(batches):
        written = adapter.log(entries(number, batch))
        if any(row.error for row in written):
            raise RuntimeError("a record was refused")
    return (time.process_time() - began) / (batches * SIZE) * 1e6


def entries(number: int, batch: int) -> list[LogEntry]:
    """A batch of messages of many people."""
    return [
        LogEntry(
            outbox=n,
            message=f"bench-{number}-{batch}-{n}",
            record=str(1_000_000 + n),
            direction="in",
            channel="whatsapp",
            author="Bench Person",
            text="Good day, is the red one still there, and what would it cost to send it to us?",
            at=1_800_000_000_000 + n,
            sequence=n,
        )
        for n in range(SIZE)
    ]
