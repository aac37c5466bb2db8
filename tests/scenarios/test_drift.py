"""What stands in the CRM is compared with what the hub knows, and brought in order where that is asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from hub.contracts.crm import Page, Reads
from hub.contracts.errors import Unavailable
from hub.contracts.simulator import CRMSimulator
from hub.engine.crm.drift import Swept, events, sweep
from hub.model.records import Ref
from hub.store import Place, open_reader
from hub.testing.office import Clock, Office, both_ways, serving, simulated

PHONES = [f"+4477009001{n:02}" for n in range(30)]


class Shop:
    """An office whose CRM knows thirty people, all linked."""

    def __init__(self, name: str, office: Office, crm: CRMSimulator) -> None:
        self.name, self.office, self.crm = name, office, crm

    def word(self, source: str) -> str:
        return self.crm.words[source]

    def sweep(self, share: float = 1.0) -> Swept:
        with closing(open_reader(Place(self.office.config.hub.data))) as db:
            return list(sweep(db, self.office.line, self.name, self.office.clock.ms, share=share))[-1]

    def repair(self) -> None:
        swept = self.sweep()
        for event in events(swept, self.name, "r", self.office.clock.ms, repair=True):
            self.office.human(event)
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
    shop.crm.edit(shop.record(PHONES[1]), {first: "Edited"})
    shop.crm.merge(shop.record(PHONES[3]), shop.record(PHONES[4]))
    shop.repair()
    swept = shop.sweep()
    assert swept.found == []
    assert ("Edited Known",) in shop.office.rows("SELECT name FROM people")


def test_a_sweep_stops_where_its_calls_are_used_up_and_goes_on_there(shop: Shop) -> None:
    adapter = shop.office.config.crms[shop.name].adapter
    adapter.capabilities = replace(adapter.capabilities, read_batch=10)
    left = {"day": 30.0}
    adapter.budget = lambda: left  # type: ignore[method-assign]
    try:
        swept = shop.sweep(share=0.05)
        assert (swept.links, swept.whole) == (10, False)
        for event in events(swept, shop.name, "first", shop.office.clock.ms, repair=False):
            shop.office.human(event)
        assert shop.office.rows("SELECT value FROM cursors WHERE name LIKE '%drift'") == [(str(swept.after),)]
    finally:
        del adapter.capabilities


def test_a_crm_that_falls_silent_costs_only_the_rest_of_a_sweep(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    first = shop.word("name.first")
    shop.crm.edit(shop.record(PHONES[1]), {first: "Edited"})
    adapter = shop.office.config.crms[shop.name].adapter
    assert isinstance(adapter, Reads)
    real, asked = adapter.get, 0

    def get(refs: Sequence[Ref]) -> Page:
        nonlocal asked
        asked += 1
        if asked > 1:
            raise Unavailable("nobody is there")
        return real(refs)

    monkeypatch.setattr(adapter, "capabilities", replace(adapter.capabilities, read_batch=10))
    monkeypatch.setattr(adapter, "get", get)
    swept = shop.sweep()
    assert (swept.links, swept.whole, swept.stopped) == (10, False, "nobody is there")
    assert kinds(swept)["value"] == 1
    with pytest.raises(Unavailable):  # it is not there at all
        shop.sweep()


def test_many_repairs_are_told_in_parts_and_the_place_only_with_the_last(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.engine.crm.drift.PART", 2)
    first = shop.word("name.first")
    records = [shop.record(phone) for phone in PHONES[1:6]]
    for record in records:
        shop.crm.edit(record, {first: "Edited"})
    swept = shop.sweep()
    told = events(swept, shop.name, "r", shop.office.clock.ms, repair=True)
    assert len(told) >= 3
    assert [event.more for event in told] == [True] * (len(told) - 1) + [False]
    assert len({event.key for event in told}) == len(told)
    named = [record for event in told for record in event.repair]
    assert sorted(named) == sorted(records)
    for event in told[:-1]:
        shop.office.human(event)
    assert shop.office.rows("SELECT count(*) FROM news WHERE topic='drift'") == [(0,)]
    shop.office.restart()  # the hub is killed: the next sweep begins where this one did
    assert shop.office.rows("SELECT value FROM cursors WHERE name LIKE '%drift'") == []
    shop.office.begin()
    shop.repair()
    assert shop.sweep().found == []
    assert shop.office.rows("SELECT count(*) FROM people WHERE name='Edited Known'") == [(5,)]


def test_a_record_that_a_reading_does_not_name_is_not_taken_for_deleted(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only what the CRM says to be gone is: see `Page.gone`."""
    adapter = shop.office.config.crms[shop.name].adapter
    monkeypatch.setattr(adapter, "get", lambda refs: Page((), "", True))
    swept = shop.sweep()
    assert (swept.links, swept.found) == (30, [])
    shop.office.quiet()
    assert shop.office.rows("SELECT count(*) FROM links WHERE state='gone'") == [(0,)]
