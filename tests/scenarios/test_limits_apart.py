"""Two CRMs, one of which has used up its calls of the day: the other one flows, and the first one loses nothing."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

from hub.testing.ledgers import token_of
from hub.testing.rush import arrived, broken, customers, opened, standing, write
from hub.testing.stage import Stage

RATE = 60
SOON = 6.0
"""Seconds for which HubSpot's day is used up; it tells how long that is."""


def stored(crm: Any) -> dict[str, float]:
    """When each message was stored, by its token."""
    return {token_of(row.text): row.stored for row in crm.logged()}


def test_the_other_crm_flows_while_one_has_no_calls_left(tmp_path: Path) -> None:
    asyncio.run(scenario(tmp_path))


async def scenario(folder: Path) -> None:
    """Half of the people are known; each CRM has its bad time."""
    tables = {"crm.salesforce": {"day_step": 0.5}}
    stage = Stage(folder, customers(40), crms=("hubspot", "salesforce"), settings={"crm_poll": 1}, tables=tables)
    hubspot: Any
    salesforce: Any
    hubspot, salesforce = stage.crms
    async with opened(stage):
        before = await write(stage, 60, RATE)
        await arrived(before, stage.crms)

        hubspot.faults.used_up = time.monotonic() + SOON
        tokens = await write(stage, 120, RATE, begin=60)
        await arrived(tokens, [salesforce])
        assert not standing(hubspot) & tokens
        await arrived(tokens, [hubspot])
        ends = [stored(salesforce)[token] for token in tokens]
        assert max(ends) < hubspot.faults.used_up <= min(stored(hubspot)[token] for token in tokens)

        salesforce.per_day = salesforce.used
        more = await write(stage, 120, RATE, begin=180)
        await arrived(more, [hubspot])
        assert not standing(salesforce) & more
        salesforce.per_day = 100_000
        await arrived(more, [salesforce])
        assert broken(stage) == {}
        said = {token_of(heard.text): heard.acked for heard in stage.channel.heard}
        for crm, during in ((salesforce, tokens), (hubspot, more)):
            waits = sorted(stored(crm)[token] - said[token] for token in during)
            print(f"{crm.name} while the other one could not: p95 {waits[int(len(waits) * 0.95)]:.2f} s")
