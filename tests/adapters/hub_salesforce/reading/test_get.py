"""Records read again by id: many to a call, the merged and converted followed, nobody gone because a query failed."""

from __future__ import annotations

import pytest

from hub import Gone, Ref
from hub.contracts.errors import HubError
from hub_salesforce import simulator_acts as acts
from hub_salesforce.shapes import whole
from hub_salesforce.soql import soql_text

NOBODY = whole("0035g0000zzzzz9")


def contacts(*ids):
    return [Ref("contact", id_) for id_ in ids]


def ids(page):
    return [record.id for record in page.records]


def test_everything_is_one_call(place):
    here = place()
    (ana,) = here.sim.fill([{"name": "Ana Bold", "phone": "+447700900101"}])
    lead = acts.add(here.sim.org, "Lead", {"LastName": "Lee", "Company": "C", "MobilePhone": "+447700900102"})
    case = acts.add(here.sim.org, "Case", {"Subject": "Broken", "ContactId": ana})
    task = acts.add(here.sim.org, "Task", {"Subject": "Call", "WhoId": lead})
    refs = [*contacts(ana, lead), Ref("ticket", case), Ref("task", task)]
    here.crm.get(refs)  # what the organisation has is asked once
    with here.counted() as calls:
        page = here.crm.get(refs)
    assert sum(calls.values()) == 1
    assert ids(page) == [ana, lead]
    assert [r.identities[0].key for r in page.records] == ["+447700900101", "+447700900102"]
    assert [(o.type, o.id, o.contacts) for o in page.objects] == [("ticket", case, (ana,)), ("task", task, (lead,))]
    assert (page.cursor, page.last, page.gone) == ("", True, [])


def test_more_than_fit_into_one_query(place):
    here = place()
    made = here.sim.fill([{"LastName": f"N{n}"} for n in range(1_001)])
    here.crm.get(contacts(made[0]))
    with here.counted() as calls:
        page = here.crm.get(contacts(*made))
    assert ids(page) == made
    assert sum(calls.values()) == 2


def test_an_id_in_another_spelling_is_found(place):
    here = place()
    (ana,) = here.sim.fill([{"name": "Ana Bold"}])
    for spelled in (ana[:15], ana.lower(), ana.upper()):
        page = here.crm.get(contacts(spelled))
        assert (ids(page), page.gone) == ([ana], [])


@pytest.mark.parametrize(
    "spelled", ["003' OR Name LIKE '%", "003000000000000') OR (Id != '", "\\' OR Id!='", "", "\ud800"]
)
def test_an_id_that_is_none_asks_for_nobody_else(place, spelled):
    here = place()
    (ana,) = here.sim.fill([{"name": "Ana Bold"}])
    page = here.crm.get([*contacts(spelled, ana), Ref("task", spelled), Ref("company", spelled)])
    assert ids(page) == [ana]
    assert page.gone == [Gone(record=spelled, told=False)]
    assert all(one.archived for one in page.objects)


@pytest.mark.parametrize("value", ["O'Neil\\", "' OR Id != '", '%_"\n\r\t\0', "\u2028\u2019 x"])
def test_a_value_stays_one_value_in_a_query(place, value):
    here = place()
    kept = value.replace("\0", "").strip()
    ana, _ = here.sim.fill([{"LastName": kept}, {"LastName": "Cold"}])
    rows = here.crm.transport.everything(f"SELECT Id FROM Contact WHERE LastName = {soql_text(kept)}")
    assert [row["Id"] for row in rows] == [ana]


def test_who_is_not_there_is_gone(place):
    here = place()
    (ana,) = here.sim.fill([{"name": "Ana Bold"}])
    here.sim.remove(ana)
    page = here.crm.get(contacts(ana, NOBODY, "999999999"))
    assert page.records == []
    assert set(page.gone) == {
        Gone(record=ana),
        Gone(record=NOBODY, told=False),
        Gone(record="999999999", told=False),
    }
    here.sim.restore(ana)
    assert ids(here.crm.get(contacts(ana))) == [ana]


def test_a_chain_of_merges_leads_to_the_one_that_is_left(place):
    here = place()
    ana, ben, cleo = here.sim.fill([{"name": f"{n} Known"} for n in ("Ana", "Ben", "Cleo")])
    here.sim.merge(ben, ana)
    here.sim.merge(cleo, ben)
    page = here.crm.get(contacts(ana))
    assert [(r.id, set(r.merged)) for r in page.records] == [(cleo, {ana, ben})]
    assert set(page.gone) == {Gone(record=ana, into=cleo), Gone(record=ben, into=cleo)}
    page = here.crm.get(contacts(cleo))
    assert (ids(page), page.gone) == ([cleo], [])


def test_a_converted_lead_leads_to_its_contact_even_if_that_was_merged(place):
    here = place()
    lead = acts.add(here.sim.org, "Lead", {"LastName": "Lee", "Company": "C"})
    (ana,) = here.sim.fill([{"name": "Ana Bold"}])
    contact = acts.convert(here.sim.org, lead).contact
    page = here.crm.get(contacts(lead))
    assert [(r.id, r.merged) for r in page.records] == [(contact, (lead,))]
    assert page.gone == [Gone(record=lead, into=contact)]
    here.sim.merge(ana, contact)
    page = here.crm.get(contacts(lead))
    assert [(r.id, set(r.merged)) for r in page.records] == [(ana, {lead, contact})]


@pytest.mark.parametrize("fault", ["error", "lose_before", "lose_after", "throttle"])
def test_an_outage_makes_nobody_gone(place, fault):
    here = place()
    (ana,) = here.sim.fill([{"name": "Ana Bold"}])
    here.crm.get(contacts(ana))
    setattr(here.sim.faults, fault, 1.0)
    with pytest.raises(HubError):
        here.crm.get(contacts(ana))


def test_a_query_that_fails_among_others_makes_nobody_gone(place):
    here = place()
    (ana,) = here.sim.fill([{"name": "Ana Bold"}])
    lead = acts.add(here.sim.org, "Lead", {"LastName": "Lee", "Company": "C"})
    here.crm.get(contacts(ana, lead))
    leads = here.sim.org.rows.pop("Lead")
    with pytest.raises(HubError):
        here.crm.get(contacts(ana, lead))
    with pytest.raises(HubError):
        here.crm.get(contacts(lead))
    here.sim.org.rows["Lead"] = leads
    here.time.passes(3_600)
    assert ids(here.crm.get(contacts(ana, lead))) == [ana, lead]


def test_the_fields_of_the_mapping_are_read(place):
    here = place()
    here.crm.reads = frozenset({"Title", "Birthdate", "HasOptedOutOfEmail", "Nothing__c", "CreatedDate"})
    (ana,) = here.sim.fill([{"LastName": "Bold", "Birthdate": "1990-02-03"}])
    lead = acts.add(here.sim.org, "Lead", {"LastName": "Lee", "Company": "C", "Title": "Dr"})
    page = here.crm.get(contacts(ana, lead))
    created = "2026-09-21T14:13:20.000Z"
    assert [dict(r.fields) for r in page.records] == [
        {"Title": "", "Birthdate": "1990-02-03", "HasOptedOutOfEmail": "false", "CreatedDate": created},
        {"Title": "Dr", "HasOptedOutOfEmail": "false", "CreatedDate": created},
    ]


def test_a_person_account_is_one_person(place):
    here = place(person_accounts=True, new_person_as="person_account")
    values = {"LastName": "Bold", "FirstName": "Ana", "PersonEmail": "ana@example.com"}
    person = next(r.id for r in here.sim.org.rows["RecordType"].values() if r.values["IsPersonType"])
    cursor = here.crm.changes(here.crm.changes("").cursor).cursor
    account = acts.add(here.sim.org, "Account", values | {"RecordTypeId": person})
    firm = acts.add(here.sim.org, "Account", {"Name": "Firm"})
    hidden = here.sim.org.rows["Account"][account].values["PersonContactId"]
    case = acts.add(here.sim.org, "Case", {"Subject": "Broken", "ContactId": hidden, "AccountId": account})
    task = acts.add(here.sim.org, "Task", {"Subject": "Call", "WhoId": hidden})
    page = here.crm.changes(cursor)
    assert [(r.id, r.name, r.identities[0].key) for r in page.records] == [(account, "Ana Bold", "ana@example.com")]
    assert page.gone == []
    assert {(o.id, o.contacts) for o in page.objects} == {(firm, ()), (case, (account,)), (task, (account,))}
    page = here.crm.get(contacts(hidden, firm))
    assert [(r.id, r.merged) for r in page.records] == [(account, (hidden,))]
    assert set(page.gone) == {Gone(record=hidden, into=account), Gone(record=firm)}, "a company is nobody"


def test_owners_are_the_users(place):
    here = place()
    left = here.sim.org.add_user("Left Long-Ago", email="Left@Example.com")
    acts.leave(here.sim.org, left)
    owners = {one.id: one for one in here.crm.owners()}
    assert len(owners) == len(here.sim.org.rows["User"])
    assert (owners[left].email, owners[left].name, owners[left].active) == ("left@example.com", "Left Long-Ago", False)
