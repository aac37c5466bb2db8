"""What it costs the hub to log one message in a CRM: the adapter's CPU for a record, in full batches."""

from __future__ import annotations

import time
from typing import Any

from pydantic import SecretStr

from bench.figures import Figure
from bench.load import load
from bench.remote import Remote
from bench.run import Run
from hub import CRM
from hub.model.records import LogEntry
from hub_hubspot.crm import HubSpot, HubSpotSettings
from hub_salesforce.crm import Salesforce
from hub_salesforce.settings import SalesforceSettings

BATCHES = 40


def measure(run: Run) -> list[Figure]:
    """Microseconds of CPU of this process for each record; the CRM answers from another process."""
    found: dict[str, list[float]] = {"crm_cpu_us_per_record": [], "crm_salesforce_cpu_us_per_record": []}
    with Remote(load, fast=True) as far:
        base = f"http://127.0.0.1:{far.call('start')}"
        hubspot: CRM[Any] = HubSpot(
            HubSpotSettings(access_token=SecretStr("bench-token"), base_url=base, calls_per_10s=1_000_000)
        )
        salesforce: CRM[Any] = Salesforce(
            SalesforceSettings(instance_url=base, consumer_key="k", consumer_secret=SecretStr("s"), domain="bench.my")
        )
        for number in range(run.rounds):
            run.tell(f"round {number + 1} of {run.rounds}")
            for (_, rounds), (adapter, size) in zip(found.items(), ((hubspot, 100), (salesforce, 200)), strict=True):
                rounds.append(cost(adapter, number, max(4, int(BATCHES * run.length)), size))
        if strange := far.call("strange"):
            raise RuntimeError(f"the platform does not know {strange}")
    notes = ("HubSpot: adapter and transport, batches of 100", "Salesforce: the same, batches of 200")
    return [
        Figure(name=name, rounds=tuple(rounds), note=note)
        for (name, rounds), note in zip(found.items(), notes, strict=True)
    ]


def cost(adapter: CRM[Any], number: int, batches: int, size: int) -> float:
    """Microseconds of CPU for each record of some batches."""
    adapter.log(entries(number, -1, size))  # it connects
    began = time.process_time()
    for batch in range(batches):
        written = adapter.log(entries(number, batch, size))
        if any(row.error for row in written):
            raise RuntimeError("a record was refused")
    return (time.process_time() - began) / (batches * size) * 1e6


def entries(number: int, batch: int, size: int) -> list[LogEntry]:
    """A batch of messages of many people."""
    return [
        LogEntry(
            outbox=n,
            message=f"bench-{number}-{batch}-{n}",
            record=f"003{n:012d}AAA",
            direction="in",
            channel="whatsapp",
            author="Bench Person",
            text="Good day, is the red one still there, and what would it cost to send it to us?",
            at=1_800_000_000_000 + n,
            sequence=n,
        )
        for n in range(size)
    ]
