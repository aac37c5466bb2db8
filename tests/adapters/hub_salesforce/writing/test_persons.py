"""People: by record or by key, what they lack, what Salesforce does not take of them, and duplicate rules."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hub import PersonWrite
from hub.contracts.errors import Conflict, NotFound, Rejected
from hub_salesforce import simulator_acts as acts
from hub_salesforce.paths import ACCOUNT, CONTACT, KEY, LEAD
from hub_salesforce.simulator_rules import DuplicateRule, ValidationRule

KEYS = "composite/sobjects/Contact/Hub_Key__c"


def people(count: int, first: int = 1) -> list[PersonWrite]:
    return [
        PersonWrite(
            outbox=n, key=f"{n:032x}", fields={"FirstName": "Ana", "LastName": f"N{n}", "Phone": f"+4477009{n:05}"}
        )
        for n in range(first, first + count)
    ]


def person(fields, **more):
    return PersonWrite(**{"outbox": 1, "key": "a" * 32, "fields": fields, **more})


def test_a_thousand_new_people_are_one_call(organisation):
    async def scenario(sim, do, crm):
        crm.width.value = 5
        written = await do(crm.upsert, people(1_000))
        assert sim.calls == {"composite/sobjects": 1}
        assert sim.parts == {KEYS: 5}
        rows = sim.org.rows[CONTACT]
        assert [rows[w.record].values["Phone"] for w in written] == [p.fields["Phone"] for p in people(1_000)]
        assert all(w.new for w in written)
        again = await do(crm.upsert, people(1_000))
        assert [(w.record, w.new) for w in again] == [(w.record, False) for w in written]

    organisation(scenario)


@pytest.mark.parametrize(
    ("fields", "last"),
    [
        ({"FirstName": "Ana"}, "-"),
        ({"FirstName": "", "MobilePhone": "+447700900001"}, "+447700900001"),
        ({"LastName": "", "Email": "ana@example.com"}, "-"),
        ({"lastname": "Lee"}, "Lee"),
    ],
)
def test_nobody_is_without_a_last_name(organisation, fields, last):
    async def scenario(sim, do, crm):
        (written,) = await do(crm.upsert, [person(fields)])
        assert (written.error, written.left_out) == (None, {})
        values = sim.org.rows[CONTACT][written.record].values
        assert (values["LastName"], values.get("FirstName", "")) == (last, fields.get("FirstName", ""))

    organisation(scenario)


def test_a_lead_has_a_company_and_keeps_its_owner(organisation):
    async def scenario(sim, do, crm):
        seen = []
        sim.observers.append(lambda method, path, headers, body: seen.append(headers.get("sforce-auto-assign")))
        (made,) = await do(crm.upsert, [person({"LastName": "Lee"})])
        row = sim.org.rows[LEAD][made.record]
        assert (row.values["Company"], row.values[KEY]) == ("Nobody Ltd", "a" * 32)
        (written,) = await do(
            crm.upsert, [person({"Company": "", "LastName": "", "City": "Leeds"}, record=made.record)]
        )
        assert (written.record, written.error) == (made.record, None)
        assert set(written.left_out) == {"Company", "LastName"}
        assert (row.values["Company"], row.values["City"]) == ("Nobody Ltd", "Leeds")
        assert seen == [None, "FALSE"], "assignment rules give new leads away, never a lead that is changed"

    organisation(scenario, settings={"new_person_as": "lead", "company": "Nobody Ltd"})


def test_a_person_account(organisation):
    async def scenario(sim, do, crm):
        types = sim.org.rows["RecordType"].values()
        type_ = next(row.id for row in types if row.values["IsPersonType"])
        fields = {"FirstName": "Ana", "PersonMobilePhone": "+447700900001", "RecordTypeId": type_}
        (made,) = await do(crm.upsert, [person(fields)])
        assert made.error is None
        assert sim.org.rows[ACCOUNT][made.record].values["PersonContactId"]
        (written,) = await do(crm.upsert, [person({"PersonEmail": "ana@example.com"}, record=made.record)])
        assert (written.record, written.new) == (made.record, False)

    organisation(scenario, person_accounts=True, settings={"new_person_as": "person_account"})


def test_an_empty_value_blanks_a_field_and_the_key_is_set(organisation):
    async def scenario(sim, do, crm):
        (ana,) = sim.fill([{"name": "Ana Lee", "email": "ana@example.com"}])
        (written,) = await do(crm.upsert, [person({"Email": "", "Title": "Dr"}, record=ana)])
        values = sim.org.rows[CONTACT][ana].values
        assert (written.record, written.new, values[KEY]) == (ana, False, "a" * 32)
        assert ("Email" in values, values["Title"]) == (False, "Dr")

    organisation(scenario)


def test_several_rows_of_one_person_become_one(organisation):
    async def scenario(sim, do, crm):
        first = person({"LastName": "Lee", "Title": "Dr"}, outbox=1)
        later = person({"LastName": "Li"}, outbox=2)
        written = await do(crm.upsert, [first, *people(2, first=5), later])
        assert [w.outbox for w in written] == [1, 5, 6, 2]
        assert written[0].record == written[3].record
        assert len(sim.contacts()) == 3
        values = sim.org.rows[CONTACT][written[0].record].values
        assert (values["LastName"], values["Title"]) == ("Li", "Dr")

    organisation(scenario)


def test_what_salesforce_does_not_take_is_left_out_and_told(organisation):
    async def scenario(sim, do, crm):
        bad = {"Email": "ana@home", "Title": "x" * 200, "Nowhere__c": "y", "Salutation": "Dr.", "Name": "Ana"}
        batch = people(9)
        batch[3] = replace(batch[3], fields={**batch[3].fields, **bad})
        written = await do(crm.upsert, batch)
        assert [w.error for w in written] == [None] * 9
        assert [set(w.left_out) for w in written] == [set()] * 3 + [set(bad) - {"Salutation"}] + [set()] * 5
        assert "INVALID_EMAIL_ADDRESS" in written[3].left_out["Email"]
        assert "ana@home" not in str(written[3].left_out)
        values = sim.org.rows[CONTACT][written[3].record].values
        assert (values["LastName"], values["Salutation"]) == ("N4", "Dr.")
        assert sum(sim.calls.values()) <= 1 + 4, "once more for each field at most"

    organisation(scenario)


def test_a_long_name_is_cut_and_nobody_is_lost(organisation):
    async def scenario(sim, do, crm):
        (made,) = await do(crm.upsert, [person({"LastName": "x" * 100})])
        assert list(made.left_out) == ["LastName"]
        assert sim.org.rows[CONTACT][made.record].values["LastName"] == "x" * 80

    organisation(scenario)


def test_a_rule_of_the_organisation_refuses_one_person_in_its_words(organisation):
    async def scenario(sim, do, crm):
        rule = ValidationRule(CONTACT, lambda v: v.get("LastName") == "N4", "No fourth person, please")
        field = ValidationRule(CONTACT, lambda v: v.get("Title") == "Boss", "No bosses", "Title")
        sim.org.validation_rules += [rule, field]
        batch = people(9)
        batch[5] = replace(batch[5], fields={**batch[5].fields, "Title": "Boss"})
        written = await do(crm.upsert, batch)
        assert [n for n, w in enumerate(written) if w.error] == [3]
        assert isinstance(written[3].error, Rejected)
        assert "No fourth person, please" in str(written[3].error)
        assert list(written[5].left_out) == ["Title"]
        assert len(sim.contacts()) == 8

    organisation(scenario)


def test_somebody_whom_a_duplicate_rule_knows_is_linked(organisation):
    async def scenario(sim, do, crm):
        (ana, ben) = sim.fill(
            [{"name": "Ana Lee", "phone": "+447700900001"}, {"name": "Ben", "phone": "+447700900002"}]
        )
        sim.org.duplicate_rules.append(DuplicateRule())
        new = [person({"Phone": "+44 7700 900001"}, outbox=1), *people(2, first=7)]
        written = await do(crm.upsert, new)
        assert [(w.record == ana, w.new, w.error) for w in written] == [
            (True, False, None),
            (False, True, None),
            (False, True, None),
        ]
        values = sim.org.rows[CONTACT][ana].values
        assert (values["LastName"], values[KEY]) == ("Lee", "a" * 32), "what stands in for a name never replaces one"
        assert (await do(crm.upsert, [new[0]]))[0].record == ana
        assert len(sim.contacts()) == 4
        assert ben not in [w.record for w in written]

    organisation(scenario)


def test_two_known_people_are_for_a_human_to_choose_from(organisation):
    async def scenario(sim, do, crm):
        both = sim.fill([{"name": "Ana", "phone": "+447700900001"}, {"name": "Ben", "phone": "+447700900001"}])
        sim.org.duplicate_rules.append(DuplicateRule())
        (written,) = await do(crm.upsert, [person({"LastName": "Cam", "Phone": "+447700900001"})])
        assert isinstance(written.error, Conflict)
        assert all(id_ in str(written.error) for id_ in both)
        assert len(sim.contacts()) == 2

    organisation(scenario)


@pytest.mark.parametrize("block", [False, True])
def test_a_second_record_is_made_only_where_that_is_asked_for(organisation, block):
    async def scenario(sim, do, crm):
        sim.fill([{"name": "Ana", "phone": "+447700900001"}])
        sim.org.duplicate_rules.append(DuplicateRule(block=block))
        (written,) = await do(crm.upsert, [person({"LastName": "Cam", "Phone": "+447700900001"})])
        assert isinstance(written.error, Conflict) is block
        assert len(sim.contacts()) == (1 if block else 2)

    organisation(scenario, settings={"duplicates": "allow"})


def test_an_upsert_that_lost_a_race_goes_again(organisation):
    async def scenario(sim, do, crm):
        first = await do(crm.upsert, people(3))
        seen = []

        def once(*_):
            sim.org.race = 1.0 if not seen else 0.0
            seen.append(1)

        sim.observers.append(once)
        again = await do(crm.upsert, people(3))
        assert [w.record for w in again] == [w.record for w in first]
        assert len(seen) == 2
        assert crm.slept == []

    organisation(scenario)


def test_who_is_gone_or_converted_is_looked_for_again(organisation):
    async def scenario(sim, do, crm):
        leads = await do(crm.upsert, people(2))
        acts.convert(sim.org, leads[0].record)
        sim.remove(leads[1].record)
        batch = [replace(p, record=w.record) for p, w in zip(people(2), leads, strict=True)]
        batch.append(person({"LastName": "Cam"}, outbox=3, record="999999999"))
        written = await do(crm.upsert, [*batch, *people(1, first=8)])
        assert [type(w.error) for w in written] == [NotFound] * 3 + [type(None)]

    organisation(scenario, settings={"new_person_as": "lead"})


@pytest.mark.parametrize("times", [1, 2])
def test_whose_key_stands_on_a_converted_lead_is_made_once_under_a_further_one(organisation, times):
    async def scenario(sim, do, crm):
        (made,) = await do(crm.upsert, people(1))
        key = people(1)[0].key
        for time in range(times):
            sim.remove(acts.convert(sim.org, made.record).contact)
            (made,) = await do(crm.upsert, people(1))
            assert (made.error, made.new) == (None, True)
            assert sim.org.rows[LEAD][made.record].values[KEY] == f"{key}.{time + 2}"
            (again,) = await do(crm.upsert, people(1))  # the answer was lost
            assert (again.record, again.new) == (made.record, False)
        (known,) = await do(crm.upsert, [replace(people(1)[0], key=f"{key}.{times + 1}")])
        assert (known.record, known.new) == (made.record, False)

    organisation(scenario, settings={"new_person_as": "lead"})


def test_a_key_that_another_record_has_does_not_stop_a_linked_one(organisation):
    async def scenario(sim, do, crm):
        (other,) = await do(crm.upsert, [person({"LastName": "Cam"})])
        (ana,) = sim.fill([{"name": "Ana Lee"}])
        (written,) = await do(crm.upsert, [person({"Title": "Dr"}, record=ana)])
        assert (written.record, list(written.left_out)) == (ana, [KEY])
        assert sim.org.rows[CONTACT][ana].values["Title"] == "Dr"
        assert sim.org.rows[CONTACT][other.record].values[KEY] == "a" * 32

    organisation(scenario)


@pytest.mark.parametrize("by_bulk", [True, False])
def test_thousands_of_people_are_a_bulk_job(organisation, by_bulk):
    async def scenario(sim, do, crm):
        batch = people(2_000)
        batch[7] = replace(batch[7], fields={**batch[7].fields, "Email": "ana@home", "Title": ""})
        written = await do(crm.upsert, batch)
        assert [w.error for w in written] == [None] * 2_000
        assert [list(w.left_out) for w in written if w.left_out] == [["Email"]]
        assert [sim.org.rows[CONTACT][w.record].values["LastName"] for w in written] == [
            f"N{n}" for n in range(1, 2_001)
        ]
        assert (sim.calls["jobs/ingest"] > 0) is by_bulk
        assert sum(sim.calls.values()) <= 10

    organisation(scenario, settings={"bulk": by_bulk})
