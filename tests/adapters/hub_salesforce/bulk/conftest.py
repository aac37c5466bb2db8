"""The adapter between a simulated organisation and nobody: its pauses are only counted."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pytest

from hub_salesforce.crm import Salesforce
from hub_salesforce.simulator import SalesforceSimulator
from hub_salesforce.transport import Transport

Scenario = Callable[[SalesforceSimulator, Callable[..., Awaitable[Any]], Salesforce], Awaitable[None]]


@pytest.fixture
def organisation() -> Callable[..., None]:
    """Runs a scenario(sim, do, crm) where `do(function, *args)` runs a blocking call off the loop. The hub's fields
    stand, unless `bare`; nothing is counted yet. `crm.slept` are the adapter's pauses in seconds."""

    def run(
        scenario: Scenario,
        *,
        bare: bool = False,
        person_accounts: bool = False,
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        async def main() -> None:
            sim = SalesforceSimulator()
            sim.org.person_accounts = person_accounts
            await sim.start()
            table = {name: value for name, value in sim.config().items() if name != "adapter"} | dict(settings or {})
            crm = Salesforce(Salesforce.Settings(**table), region="GB")
            slept: list[float] = []
            transport = Transport(
                crm.settings, report=lambda *call: crm.on_call(*call), sleep=slept.append, clock=lambda: sum(slept)
            )
            crm.use(transport)
            crm.slept = slept
            try:
                if not bare:
                    assert all(finding.ok for finding in await asyncio.to_thread(crm.ensure))
                    sim.calls.clear()
                await scenario(sim, asyncio.to_thread, crm)
            finally:
                transport.close()
                await sim.stop()

        asyncio.run(main())

    return run
