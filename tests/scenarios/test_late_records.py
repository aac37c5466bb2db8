"""What a CRM shows late, or very much of at once: the look at changes misses nothing of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hub.store.crm import how_many_linked
from hub.testing.office import Clock, Office, both_ways, serving, simulated
from hub_hubspot import simulator_acts as hubspot_acts
from hub_salesforce import simulator_acts as salesforce_acts

ANA, BEN = "+447700900101", "+447700900102"
LATE = 90.0
"""Seconds after which a record becomes visible; its stamp is from before."""
LOOK = 15.0
"""Seconds between two looks."""


class Shop:
    """An office beside a CRM without records."""

    def __init__(self, name: str, office: Office, crm: Any) -> None:
        self.name, self.office, self.crm = name, office, crm
        self.first, self.last, self.phone = (crm.words[one] for one in ("name.first", "name.last", "phone"))

    def late(self, seconds: float) -> None:
        """What people do from now on is seen so much later, with a stamp of now or of before now."""
        if self.name == "hubspot":
            self.crm.search_lag = seconds
        else:
            self.crm.org.lag, self.crm.org.back = seconds, 0.5

    def add(self, name: str, phone: str) -> str:
        """A colleague makes a record; returns its id."""
        values = {self.first: name, self.last: "Example", self.phone: phone}
        if self.name == "hubspot":
            return hubspot_acts.add(self.crm.portal, "contacts", values)
        return salesforce_acts.add(self.crm.org, "Contact", values)

    def look(self) -> None:
        """Time passes, and the hub looks at what changed."""
        self.office.pass_time(LOOK)
        self.office.look(self.name)

    def known(self) -> int:
        """How many records the hub has read."""
        return how_many_linked(self.office.store.db, self.name)


@pytest.fixture(params=["hubspot", "salesforce"])
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shop]:
    name: str = request.param
    clock = Clock(1_900_000_000_000)
    made = simulated(clock, name)
    with serving(made.values()):
        office = Office(tmp_path, made, {name: both_ways(made[name])}, clock)
        office.begin()
        yield Shop(name, office, made[name])
        office.close()


def test_a_record_that_appears_below_newer_ones_is_not_missed(shop: Shop) -> None:
    shop.look()
    for n in range(8):  # half of them are stamped long before they were written
        shop.late(LATE)
        shop.add(f"Ana{n}", f"{ANA[:-1]}{n}")
        shop.late(0)
        shop.add(f"Ben{n}", f"{BEN[:-2]}2{n}")
        shop.look()
        assert shop.known() >= n + 1  # of those that show at once none is waited for
    for _ in range(8):
        shop.look()
    assert shop.known() == 16
    shop.office.say(f"{ANA[:-1]}7", "m00001 hello")
    shop.office.quiet()
    (row,) = shop.crm.logged()
    (ana,) = [one for one in shop.crm.contacts() if one[shop.first] == "Ana7"]
    assert row.contact == ana["id"]
    assert len(shop.crm.contacts()) == 16


def test_an_edit_that_shows_late_arrives(shop: Shop) -> None:
    ana = shop.add("Ana", ANA)
    shop.look()
    shop.office.say(ANA, "m00001 hello", name="Ana Example")
    shop.office.quiet()
    shop.late(LATE)
    shop.crm.edit(ana, {shop.first: "Anna"})
    shop.late(0)
    shop.add("Ben", BEN)
    shop.look()
    assert ("Ana Example",) in shop.office.rows("SELECT name FROM people")
    for _ in range(8):
        shop.look()
    assert ("Anna Example",) in shop.office.rows("SELECT name FROM people")


@pytest.mark.parametrize("rows", [2500, pytest.param(10_500, marks=pytest.mark.full)])
def test_a_burst_of_rows_with_one_time_is_read_whole(shop: Shop, rows: int) -> None:
    shop.look()
    numbers = [f"+44770{n:07}" for n in range(rows)]
    shop.crm.fill([{shop.last: f"P{n}", shop.phone: number} for n, number in enumerate(numbers)])
    shop.office.look(shop.name)
    assert shop.known() == rows
    records = shop.crm.contacts()
    for record in records:  # a job that runs over everybody, within one moment
        shop.crm.edit(record["id"], {shop.first: "Moved"})
    shop.look()
    shop.office.say(numbers[-1], "m00001 hello")
    shop.office.quiet()
    assert len(shop.crm.contacts()) == rows
    assert not shop.office.failures
