"""What stands in the CRM is compared with what the hub knows, and brought in order where that is asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from hub.contracts.simulator import CRMSimulator
from hub.engine.crm.drift import Swept, event, sweep
from hub.store import open_reader
from hub.testing.office import Clock, Office, both_ways, serving, simulated

PHONES = [f"+4477009001{n:02}" for n in range(30)]


class Shop:
    """An office whose CRM knows thirty people, all linked."""

    def __init__(self, name: str, office: Office, crm: CRMSimulator) -> None:
        self.name, self.office, self.crm = name, office, crm

    def word(self, source: str) -> str:
        return self.crm.words[source]

    def sweep(self, share: float = 1.0) -> Swept:
        with closing(open_reader(self.office.config.hub.data)) as db:
            return list(sweep(db, self.office.line, self.name, self.office.clock.ms, share=share))[-1]

    def repair(self) -> None:
        swept = self.sweep()
        self.office.human(event(swept, self.name, "r", self.office.clock.ms, repair=True))
        self.office.quiet()

    def record(self, phone: str) -> str:
        field = self.word("phone")
        return next(str(contact["id"]) for contact in self.crm.contacts() if contact.get(field) == phone)


@pytest.fixture(params=["hubspot", "salesforce"])
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shop]:
    name: str = request.param
    clock = Clock(1_900_000_000_000)
    made = simulated(clock, name)
    crm = made[name]
    with serving(made.values()):
        first, last, phone = (crm.words[source] for source in ("name.first", "name.last", "phone"))
        crm.fill([{first: f"P{n}", last: "Known", phone: number} for n, number in enumerate(PHONES)])
        office = Office(tmp_path, made, {name: both_ways(crm)}, clock)
        office.begin()
        office.say(PHONES[0], "hello")
        office.quiet()
        yield Shop(name, office, crm)
        office.close()


def kinds(swept: Swept) -> Counter[str]:
    return Counter(one.kind for one in swept.found if one.kind != "key")


def test_nothing_differs_after_everything_was_read(shop: Shop) -> None:
    swept = shop.sweep()
    assert (swept.links, swept.whole, kinds(swept)) == (30, True, {})
    assert swept.calls <= 2


def test_each_kind_of_difference_is_named_and_nothing_is_changed(shop: Shop) -> None:
    first, last = shop.word("name.first"), shop.word("name.last")
    shop.crm.edit(shop.record(PHONES[1]), {first: "Edited"})
    shop.crm.remove(shop.record(PHONES[2]))
    shop.crm.merge(shop.record(PHONES[3]), shop.record(PHONES[4]))
    before = shop.crm.contacts()
    swept = shop.sweep()
    found = kinds(swept)
    assert (found["value"], found["gone"]) == (1, 1)
    assert found["merged"] in (1, 2)  # HubSpot merges into a new record
    (value,) = [one for one in swept.found if one.kind == "value"]
    assert (value.field, value.hub, value.there) == (first, "P1", "Edited")
    assert shop.crm.contacts() == before
    assert not shop.office.waiting()
    assert last not in [one.field for one in swept.found]


def test_what_differs_is_brought_in_order(shop: Shop) -> None:
    first = shop.word("name.first")
    shop.crm.edit(shop.record(PHONES[1]), {first: "Edited", shop.word("key"): ""})
    shop.crm.merge(shop.record(PHONES[3]), shop.record(PHONES[4]))
    shop.repair()
    swept = shop.sweep()
    assert swept.found == []
    assert ("Edited Known",) in shop.office.rows("SELECT name FROM people")
    assert all(
        contact.get(shop.word("key")) for contact in shop.crm.contacts() if contact[shop.word("phone")] == PHONES[1]
    )


def test_a_sweep_stops_where_its_calls_are_used_up_and_goes_on_there(shop: Shop) -> None:
    adapter = shop.office.config.crms[shop.name].adapter
    adapter.capabilities = replace(adapter.capabilities, read_batch=10)
    left = {"day": 30.0}
    adapter.budget = lambda: left  # type: ignore[method-assign]
    try:
        swept = shop.sweep(share=0.05)
        assert (swept.links, swept.whole) == (10, False)
        shop.office.human(event(swept, shop.name, "first", shop.office.clock.ms, repair=False))
        assert shop.office.rows("SELECT value FROM cursors WHERE name LIKE '%drift'") == [(str(swept.after),)]
    finally:
        del adapter.capabilities
