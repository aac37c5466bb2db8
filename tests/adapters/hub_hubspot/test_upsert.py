"""Contacts: by key, by record id, and with bad rows among good ones."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hub import PersonWrite
from hub.contracts.errors import Conflict, NotFound
from hub_hubspot import simulator_acts as acts


def people(count: int, **more: str) -> list[PersonWrite]:
    return [
        PersonWrite(outbox=n, key=f"{n:032x}", fields={"firstname": "Ana", "phone": f"+447700900{n:03}", **more})
        for n in range(count)
    ]


def test_new_people_are_created_once_and_known_ones_written_by_record(portal):
    async def scenario(sim, do, crm):
        (known,) = sim.fill([{"name": "Ben Known", "phone": "+447700900999"}])
        batch = [*people(3), PersonWrite(outbox=50, key="k" * 32, record=known, fields={"firstname": "Benjamin"})]
        first = await do(crm.upsert, batch)
        again = await do(crm.upsert, batch)
        assert [w.outbox for w in first] == [0, 1, 2, 50]
        assert [w.new for w in first] == [True, True, True, False]
        assert [w.new for w in again] == [False] * 4
        assert [w.record for w in first] == [w.record for w in again]
        assert first[3].record == known
        assert len(sim.contacts()) == 4
        ben = next(c for c in sim.contacts() if c["id"] == known)
        assert (ben["firstname"], ben["lastname"], ben["hub_identity_key"]) == ("Benjamin", "Known", "k" * 32)
        assert sim.calls == {"contacts/batch/upsert": 2, "contacts/batch/update": 2}

    portal(scenario)


def test_the_answers_order_does_not_mix_up_records(portal):
    async def scenario(sim, do, crm):
        written = await do(crm.upsert, people(100))
        by_id = {c["id"]: c["phone"] for c in sim.contacts()}
        assert [by_id[w.record] for w in written] == [f"+447700900{n:03}" for n in range(100)]
        assert sim.calls == {"contacts/batch/upsert": 1}

    portal(scenario)


def test_one_person_twice_in_a_batch_is_one_input(portal):
    async def scenario(sim, do, crm):
        one = PersonWrite(outbox=1, key="a" * 32, fields={"firstname": "Ana", "city": "Leeds"})
        two = PersonWrite(outbox=2, key="a" * 32, fields={"firstname": "Anna"})
        written = await do(crm.upsert, [one, two])
        assert written[0].record == written[1].record
        (ana,) = sim.contacts()
        assert (ana["firstname"], ana["city"]) == ("Anna", "Leeds")

    portal(scenario)


@pytest.mark.parametrize("partial", [True, False])
@pytest.mark.parametrize(("bad", "most"), [((37,), 15), ((99,), 15), ((0, 99), 29), ((3, 70), 29)])
def test_what_hubspot_does_not_take_is_left_out_and_told(portal, partial, bad, most):
    async def scenario(sim, do, crm):
        sim.partial = partial
        batch = people(100)
        for n in bad:
            fields = {**batch[n].fields, "lifecyclestage": "astronaut"}
            batch[n] = PersonWrite(outbox=n, key=batch[n].key, fields=fields)
        written = await do(crm.upsert, batch)
        assert not [w for w in written if w.error]
        assert {w.outbox for w in written if w.left_out} == set(bad)
        assert len(sim.contacts()) == 100
        assert sim.calls["contacts/batch/upsert"] <= (1 if partial else most) + 1
        for n in bad:
            assert written[n].left_out == {"lifecyclestage": "HubSpot does not take it: INVALID_OPTION"}

    portal(scenario)


@pytest.mark.parametrize("partial", [True, False])
@pytest.mark.parametrize(("bad", "most"), [((37,), 15), ((99,), 15), ((0, 99), 29), ((3, 70), 29)])
def test_bad_rows_fail_alone(portal, partial, bad, most):
    async def scenario(sim, do, crm):
        sim.partial = partial
        ids = sim.fill([{"name": f"P{n}"} for n in range(100)])
        await do(crm.upsert, [PersonWrite(outbox=1, key="o" * 32, fields={"firstname": "Ola"})])
        batch = [PersonWrite(outbox=n, key=f"{n:032}", record=i, fields={"city": "York"}) for n, i in enumerate(ids)]
        for n in bad:
            batch[n] = replace(batch[n], key="", fields={"hub_identity_key": "o" * 32})
        written = await do(crm.upsert, batch)
        assert {w.outbox for w in written if w.error} == set(bad)
        assert sum(c.get("city") == "York" for c in sim.contacts()) == 100 - len(bad)
        assert sim.calls["contacts/batch/update"] <= most + 1
        assert all(isinstance(written[n].error, Conflict) for n in bad)

    portal(scenario)


@pytest.mark.parametrize("partial", [True, False])
def test_a_record_that_is_gone_is_not_found(portal, partial):
    async def scenario(sim, do, crm):
        sim.partial = partial
        ids = sim.fill([{"name": f"P{n}", "phone": f"+4477009000{n:02}"} for n in range(8)])
        acts.remove(sim.portal, "contacts", ids[5])
        batch = [PersonWrite(outbox=n, key=f"{n:032}", record=i, fields={"city": "York"}) for n, i in enumerate(ids)]
        written = await do(crm.upsert, batch)
        assert [type(w.error) for w in written] == [type(None)] * 5 + [NotFound] + [type(None)] * 2
        assert sum(c.get("city") == "York" for c in sim.contacts()) == 7

    portal(scenario)


@pytest.mark.parametrize("partial", [True, False])
def test_a_contact_with_the_mailbox_is_the_same_person_unless_it_is_somebody_elses(portal, partial):
    async def scenario(sim, do, crm):
        sim.partial = partial
        cleo, dan = sim.fill([{"name": n, "email": f"{n.lower()}@example.com"} for n in ("Cleo", "Dan")])
        await do(crm.upsert, [PersonWrite(outbox=1, key="d" * 32, record=dan)])
        new = [
            PersonWrite(outbox=8, key="c" * 32, fields={"email": "Cleo@example.com"}),
            PersonWrite(outbox=9, key="e" * 32, fields={"firstname": "Eve", "email": "dan@example.com"}),
        ]
        written = await do(crm.upsert, [*people(5), *new])
        assert (written[5].record, written[5].new, written[5].left_out) == (cleo, False, {})
        assert written[6].record not in ("", dan)
        assert written[6].left_out == {"email": f"HubSpot record {dan} already owns this value"}
        keys = {c["id"]: c["hub_identity_key"] for c in sim.contacts()}
        assert (keys[cleo], keys[dan], keys[written[6].record]) == ("c" * 32, "d" * 32, "e" * 32)
        assert all(w.record for w in written)

    portal(scenario)


def test_two_people_with_one_mailbox_go_in_two_calls(portal):
    async def scenario(sim, do, crm):
        sim.partial = False
        batch = people(60)
        for n in (10, 40):
            batch[n] = PersonWrite(outbox=n, key=batch[n].key, fields={"email": "both@example.com"})
        written = await do(crm.upsert, batch)
        assert [w.outbox for w in written if w.left_out] == [40]
        assert len({w.record for w in written}) == 60
        assert sim.calls["contacts/batch/upsert"] == 3

    portal(scenario)


def test_a_lost_answer_is_repeated_without_harm(portal):
    async def scenario(sim, do, crm):
        sim.faults.lose_after = 1.0
        sim.observers.append(lambda *_: setattr(sim.faults, "lose_after", 1.0 if sim.swallowed == 0 else 0.0))
        written = await do(crm.upsert, people(10))
        assert sim.swallowed == 1
        assert len(sim.contacts()) == 10
        assert all(w.record for w in written)

    portal(scenario)


def test_values_go_as_strings(portal):
    async def scenario(sim, do, crm):
        batch = [PersonWrite(outbox=1, key="s" * 32, fields={"zip": 12345, "city": True})]
        (written,) = await do(crm.upsert, batch)
        assert written.error is None
        assert sim.contacts()[0]["zip"] == "12345"

    portal(scenario)


def test_what_no_message_costs_is_not_counted(portal):
    async def scenario(sim, do, crm):
        await do(crm.ensure)
        await do(crm.owners)
        await do(crm.first_read, "")
        await do(crm.upsert, people(2))
        assert sim.calls["contacts"] == 1
        assert sim.counted() == {"contacts/batch/upsert": 1}

    portal(scenario)
