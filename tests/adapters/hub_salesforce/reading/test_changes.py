"""Changes by the stamp of Salesforce: nothing late is missed, nothing is told twice, two calls when nothing changed."""

from __future__ import annotations

import pytest

from hub import Answer, Gone
from hub.contracts.errors import HubError, Refused
from hub_salesforce import simulator_acts as acts
from hub_salesforce.changes import OVERLAP
from hub_salesforce.paths import REPLY_STATUS, REPLY_TEXT


def look(place, cursor):
    """All pages after a cursor."""
    pages = [place.crm.changes(cursor)]
    while not pages[-1].last:
        assert pages[-1].cursor != cursor
        cursor = pages[-1].cursor
        pages.append(place.crm.changes(cursor))
    return pages


def people(pages):
    return [record.id for page in pages for record in page.records]


def begin(place):
    """A cursor that has been looked at once, so that what there is to describe has been described."""
    return look(place, place.crm.changes("").cursor)[-1].cursor


def test_the_first_look_begins_now_without_a_call(place):
    here = place()
    here.sim.fill([{"name": "Ana Bold"}])
    with here.counted() as calls:
        page = here.crm.changes("")
    assert not calls
    assert (page.records, page.last, page.gap) == ((), True, "")
    assert here.crm.changes("{nonsense").gap, "whoever lost the place says so"


def test_a_look_at_everything_is_two_calls_and_leaves_the_cursor(place):
    here = place(answers=True)
    cursor = begin(here)
    here.time.passes(60)
    (ana,) = here.sim.fill([{"name": "Ana Bold"}])
    with here.counted() as calls:
        (page,) = look(here, cursor)
    assert [r.id for r in page.records] == [ana]
    assert sum(calls.values()) == 2, "who changed came with the look"
    for _ in range(3):
        here.time.passes(60)
        with here.counted() as calls:
            (quiet,) = look(here, page.cursor)
        assert sum(calls.values()) == 2
        assert (quiet.records, quiet.objects, quiet.gone, quiet.answers) == ([], [], [], [])
        assert quiet.cursor == page.cursor, "nothing happened, nothing is to be kept"


def test_fewer_objects_are_one_call(place):
    here = place(objects=("deal",))
    cursor = begin(here)
    with here.counted() as calls:
        look(here, cursor)
    assert sum(calls.values()) == 1


@pytest.mark.parametrize("late", [90, 599])
def test_a_row_that_shows_late_below_the_cursor_is_not_missed(place, late):
    here = place()
    cursor = begin(here)
    here.time.passes(60)
    here.sim.org.lag = late
    slow = acts.add(here.sim.org, "Contact", {"LastName": "Slow"})
    here.sim.org.lag = 0.0
    seen = []
    for _ in range(late // 30 + 1):
        here.time.passes(30)
        acts.add(here.sim.org, "Contact", {"LastName": "Quick"})  # takes the cursor past the late one
        pages = look(here, cursor)
        cursor = pages[-1].cursor
        seen += people(pages)
    assert seen.count(slow) == 1
    assert len(seen) == len(set(seen)), "the overlap tells nothing twice"


def test_two_changes_within_a_second_are_both_told(place):
    here = place()
    (ana,) = here.sim.fill([{"name": "Ana Bold"}])
    cursor = begin(here)
    acts.edit(here.sim.org, ana, {"Phone": "+447700900101"})
    first = look(here, cursor)
    assert people(first) == [ana]
    acts.edit(here.sim.org, ana, {"Phone": "+447700900102"})  # the stamp is the same
    second = look(here, first[-1].cursor)
    assert [r.identities[0].key for page in second for r in page.records] == ["+447700900102"]


def test_what_was_given_and_not_stored_comes_again(place):
    here = place()
    cursor = begin(here)
    (ana,) = here.sim.fill([{"name": "Ana Bold"}])
    for _ in range(2):
        pages = look(here, cursor)
        assert people(pages) == [ana]
    assert people(look(here, pages[-1].cursor)) == []
    here.restarted()
    assert people(look(here, pages[-1].cursor)) == [ana], "a new process goes back as far again"


def test_2500_rows_of_one_second_are_paged_by_id(place):
    here = place()
    cursor = begin(here)
    here.time.passes(10)
    ids = here.sim.fill([{"LastName": f"N{n}"} for n in range(2_500)])
    pages = look(here, cursor)
    assert [len(page.records) for page in pages] == [2_000, 500]
    assert sorted(people(pages)) == sorted(ids)
    assert people(look(here, pages[-1].cursor)) == []


def test_a_restart_among_pages_goes_on(place):
    here = place()
    cursor = begin(here)
    here.time.passes(10)
    ids = here.sim.fill([{"LastName": f"N{n}"} for n in range(2_100)])
    first = here.crm.changes(cursor)
    here.restarted()
    rest = look(here, first.cursor)
    assert sorted(people([first, *rest])) == sorted(ids)


def test_merges_conversions_deletions_and_returns(place):
    here = place()
    ana, ben, cleo, dan = here.sim.fill([{"name": f"{n} Known"} for n in ("Ana", "Ben", "Cleo", "Dan")])
    lead = acts.add(here.sim.org, "Lead", {"LastName": "Lee", "Company": "C", "Phone": "+447700900103"})
    cursor = begin(here)
    here.time.passes(OVERLAP / 1_000)
    here.sim.merge(ben, ana)
    here.sim.merge(cleo, ben)
    here.sim.remove(dan)
    contact = acts.convert(here.sim.org, lead).contact
    (page,) = look(here, cursor)
    assert set(page.gone) == {
        Gone(record=ana, into=cleo),
        Gone(record=ben, into=cleo),
        Gone(record=dan),
        Gone(record=lead, into=contact),
    }
    assert {r.id: set(r.merged) for r in page.records} == {cleo: {ana, ben}, contact: {lead}}
    here.time.passes(5)
    here.sim.restore(dan)
    (page,) = look(here, page.cursor)
    assert (people([page]), page.gone) == ([dan], [])


def test_an_object_that_may_not_be_read_costs_only_itself_and_is_tried_again(place):
    here = place()
    cursor = begin(here)
    leads = here.sim.org.rows.pop("Lead")
    (ana,) = here.sim.fill([{"name": "Ana Bold"}])
    pages = look(here, cursor)
    assert (people(pages), pages[-1].gone) == ([ana], [])
    here.sim.org.rows["Lead"] = leads
    here.time.passes(60)
    lead = acts.add(here.sim.org, "Lead", {"LastName": "Lee", "Company": "C"})
    pages = look(here, pages[-1].cursor)
    assert people(pages) == []
    here.time.passes(3_600)
    assert people(look(here, pages[-1].cursor)) == [lead]


def test_without_new_people_there_is_no_look(place):
    here = place()
    cursor = begin(here)
    del here.sim.org.rows["Contact"]
    with pytest.raises(Refused):
        here.crm.changes(cursor)


def test_an_outage_loses_nothing(place):
    here = place()
    cursor = begin(here)
    (ana,) = here.sim.fill([{"name": "Ana Bold"}])
    here.sim.faults.error = 1.0
    with pytest.raises(HubError):
        here.crm.changes(cursor)
    here.sim.faults.error = 0.0
    assert people(look(here, cursor)) == [ana]


def test_a_field_that_is_no_longer_there_is_done_without(place):
    here = place()
    here.sim.org.add_field("Contact.Colour__c", {"type": "Text", "length": 20, "label": "Colour"})
    here.crm.reads = frozenset({"Colour__c", "LastName"})
    (ana,) = here.sim.fill([{"LastName": "Bold", "Colour__c": "red"}])
    cursor = here.crm.changes("").cursor
    (page,) = look(here, cursor)
    assert page.records[0].fields == {"Colour__c": "red", "LastName": "Bold"}
    here.sim.org.drop_field("Contact.Colour__c")
    acts.edit(here.sim.org, ana, {"FirstName": "Ana"})
    (page,) = look(here, page.cursor)
    assert page.records[0].fields == {"LastName": "Bold"}


@pytest.mark.parametrize("status", ["Send", "send"])
def test_answers_are_told_once(place, status):
    here = place(answers=True)
    (ana,) = here.sim.fill([{"name": "Ana Bold"}])
    lead = acts.add(here.sim.org, "Lead", {"LastName": "Lee", "Company": "C"})
    cursor = begin(here)
    here.time.passes(5)
    for id_ in (ana, lead):
        here.sim.org.change_field(f"{'Contact' if id_ == ana else 'Lead'}.{REPLY_STATUS}", restricted=False)
        acts.edit(here.sim.org, id_, {REPLY_STATUS: status, REPLY_TEXT: " We open at nine "})
    (page,) = look(here, cursor)
    agent = here.sim.org.rows["User"][acts.human(here.sim.org)].values["Name"]
    assert set(page.answers) == {
        Answer(type="contact", id=id_, contact=id_, text="We open at nine", agent=agent) for id_ in (ana, lead)
    }
    (page,) = look(here, page.cursor)
    assert page.answers == []


def test_answers_are_not_looked_for_unless_wanted(place):
    here = place()
    assert not any(REPLY_STATUS in here.crm.reader.columns(kind) for kind in ("Contact", "Lead", "Task"))
