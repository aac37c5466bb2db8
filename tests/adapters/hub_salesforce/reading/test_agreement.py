"""Whatever people do, and however late it shows: in the end what was told of each record is what stands there."""

from __future__ import annotations

import random

import pytest

from hub.contracts.errors import HubError
from hub_salesforce import simulator_acts as acts
from hub_salesforce.simulator_values import Rejected

LATE = 590.0
"""Seconds after its stamp by which a change may show: a transaction takes ten minutes at most. The simulator takes half
of them away from the stamp where a change is set back."""


class Told:
    """What a hub knows that stores every page it can: of each person the phone, or where the record went."""

    def __init__(self, here, rng):
        self.here, self.rng = here, rng
        self.known: dict[str, str] = {}
        self.cursor = here.crm.changes("").cursor

    def looks(self) -> None:
        while True:
            try:
                page = self.here.crm.changes(self.cursor)
            except HubError:
                return
            if self.rng.random() < 0.1:
                return  # it was not stored
            self.known |= {gone.record: f"-> {gone.into}" for gone in page.gone}
            self.known |= {r.id: r.fields.get("Phone", "") for r in page.records}
            assert page.last or page.cursor != self.cursor
            self.cursor = page.cursor
            if page.last:
                return


def ends(known: dict[str, str]) -> dict[str, tuple[str, str]]:
    """Each record's last one, as a link follows, and what is known of that: its phone, or "-> " where it is gone."""
    found = {}
    for id_ in known:
        end = id_
        while following := known.get(end, "").removeprefix("-> ") if known.get(end, "").startswith("-> ") else "":
            end = following
        found[id_] = end, known.get(end, "never told")
    return found


def truth(org) -> dict[str, str]:
    found = {}
    for values in (row.values for kind in ("Contact", "Lead") for row in org.rows[kind].values()):
        into = values.get("ConvertedContactId") or values.get("MasterRecordId") or ""
        found[values["Id"]] = f"-> {into}" if into or values["IsDeleted"] else values.get("Phone", "")
    return found


def act(org, rng) -> None:
    alive = [row for kind in ("Contact", "Lead") for row in org.rows[kind].values() if not row.deleted]
    alive = [row for row in alive if not row.values.get("IsConverted")]
    binned = [row.id for row in org.rows["Contact"].values() if row.deleted and not row.values.get("MasterRecordId")]
    number = f"+4477009{rng.randrange(100_000):05}"
    match rng.randrange(8):
        case 0 | 1:
            acts.add(org, "Contact", {"LastName": "Bold", "Phone": number})
        case 2:
            acts.add(org, "Lead", {"LastName": "Lee", "Company": "C", "Phone": number})
        case 3 | 4 if alive:
            acts.edit(org, rng.choice(alive).id, {"Phone": number})
        case 5 if alive:
            acts.remove(org, rng.choice(alive).id)
        case 6 if len(alive) > 1:
            one, other = rng.sample(alive, 2)
            if one.type == other.type:
                acts.merge(org, one.id, other.id)
            elif one.type == "Lead":
                acts.convert(org, one.id)
        case 7 if binned:
            acts.restore(org, rng.choice(binned))


def agree(place, seed: int, steps: int) -> None:
    rng = random.Random(seed)
    here = place()
    org, faults = here.sim.org, here.sim.faults
    told = Told(here, rng)
    here.crm.reads = frozenset({"Phone"})
    for _ in range(steps):
        org.lag = rng.choice((0.0, 0.0, 5.0, 90.0, LATE / 2))
        org.back = rng.choice((0.0, 0.5, 1.0))
        try:
            act(org, rng)
        except Rejected:
            pass
        here.time.passes(rng.choice((0.0, 0.2, 1.0, 20.0, 60.0, 600.0)))
        if rng.random() < 0.05:
            here.restarted()
            here.crm.reads = frozenset({"Phone"})
        if rng.random() < 0.6:
            faults.error = 0.3 if rng.random() < 0.2 else 0.0
            told.looks()
    faults.error = 0.0
    here.time.passes(LATE)
    for _ in range(30):
        told.looks()
    expected, found = ends(truth(org)), ends(told.known)
    assert expected, "something happened"
    assert {id_: found.get(id_) for id_ in expected} == expected


@pytest.mark.parametrize("seed", range(4))
def test_what_was_told_is_what_stands(place, seed):
    agree(place, seed, 60)


@pytest.mark.full
@pytest.mark.parametrize("seed", range(100, 120))
def test_what_was_told_is_what_stands_after_long(place, seed):
    agree(place, seed, 200)
