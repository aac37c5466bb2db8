"""A simulated organisation that serves on loopback, and the adapter on it; time stands until a test moves it."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from hub_salesforce.crm import Salesforce
from hub_salesforce.simulator import SalesforceSimulator
from hub_salesforce.transport import Transport

START = 1_790_000_000_000


class Time:
    """Seconds that pass only when told; sleeping tells."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> int:
        """Time of the organisation in ms."""
        return START + round(self.seconds * 1_000)

    def clock(self) -> float:
        return self.seconds

    def passes(self, seconds: float) -> None:
        self.seconds += seconds


class Place:
    """The simulator `sim`, the adapter `crm` on it with the hub's fields made, and their `time`."""

    def __init__(self, sim: SalesforceSimulator, time: Time, settings: dict[str, Any]) -> None:
        self.sim, self.time, self.settings = sim, time, settings
        self.crm = self.restarted()
        self.crm.ensure()
        self.crm.transport.learn()
        sim.calls.clear()

    def restarted(self) -> Salesforce:
        """The adapter as it is after a restart: it remembers nothing."""
        table = {name: value for name, value in self.sim.config().items() if name != "adapter"}
        crm = Salesforce(Salesforce.Settings.model_validate({**table, **self.settings}), region="GB")
        crm.use(
            Transport(
                crm.settings,
                report=lambda endpoint, status: crm.on_call(endpoint, status),
                sleep=self.time.passes,
                clock=self.time.clock,
            )
        )
        self.crm = crm
        return crm

    @contextmanager
    def counted(self) -> Iterator[Counter[str]]:
        """Calls made inside, by endpoint."""
        before = Counter(self.sim.calls)
        made: Counter[str] = Counter()
        yield made
        made.update(self.sim.calls - before)


@contextmanager
def served(sim: SalesforceSimulator) -> Iterator[None]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(sim.start(), loop).result(30)
        try:
            yield
        finally:
            asyncio.run_coroutine_threadsafe(sim.stop(), loop).result(30)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(30)
        loop.close()


@pytest.fixture
def place() -> Iterator[Callable[..., Place]]:
    """Makes places: `place(person_accounts=True, answers=True, ...)`; `person_accounts`, `multi_currency` and `zone`
    are the organisation's, all others settings of the adapter."""
    with ExitStack() as stack:

        def make(**given: Any) -> Place:
            time, sim = Time(), SalesforceSimulator()
            sim.now, sim.clock = time.now, time.clock
            for name in ("person_accounts", "multi_currency", "zone"):
                if name in given:
                    setattr(sim.org, name, given.pop(name))
            stack.enter_context(served(sim))
            return Place(sim, time, given)

        yield make
