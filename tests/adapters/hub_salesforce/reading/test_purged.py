"""The list of deletions: an hourly safety net for what no query finds any more."""

from __future__ import annotations

import pytest

from hub import Gone
from hub_salesforce import simulator_acts as acts
from hub_salesforce import simulator_beside

DAY = 86_400


def lists(here):
    """How often the list of deleted contacts was asked for."""
    return here.sim.parts["sobjects/Contact/deleted"]


def begin(here):
    return here.crm.changes(here.crm.changes("").cursor).cursor


def test_it_is_asked_once_an_hour_for_all_objects(place):
    here = place()
    cursor = begin(here)
    here.time.passes(3_599)
    here.crm.changes(cursor)
    assert lists(here) == 0
    dear = 0
    for _ in range(180):
        here.time.passes(60)
        with here.counted() as calls:
            page = here.crm.changes(cursor)
        assert (page.gap, page.gone) == ("", [])
        dear += sum(count for label, count in calls.items() if label != "login") > 2
        cursor = page.cursor
    assert lists(here) == 3
    assert dear == 3, "one call more, once an hour"


def test_what_left_the_bin_while_nobody_looked_is_gone(place):
    here = place()
    ana, ben = here.sim.fill([{"name": "Ana Bold"}, {"name": "Ben Bold"}])
    lead = acts.add(here.sim.org, "Lead", {"LastName": "Lee", "Company": "C"})
    cursor = begin(here)
    here.time.passes(120)
    for id_ in (ana, ben, lead):
        here.sim.remove(id_)
        acts.purge(here.sim.org, id_)
    here.time.passes(DAY)
    page = here.crm.changes(cursor)
    assert set(page.gone) == {Gone(record=id_) for id_ in (ana, ben, lead)}


def test_the_purged_of_every_object_are_told(place):
    here = place(person_accounts=True)
    person = next(r.id for r in here.sim.org.rows["RecordType"].values() if r.values["IsPersonType"])
    ana = acts.add(here.sim.org, "Account", {"LastName": "Bold", "RecordTypeId": person})
    firm = acts.add(here.sim.org, "Account", {"Name": "Firm"})
    case = acts.add(here.sim.org, "Case", {"Subject": "Broken"})
    cursor = begin(here)
    here.time.passes(120)
    for id_ in (ana, firm, case):
        here.sim.remove(id_)
        acts.purge(here.sim.org, id_)
    here.time.passes(DAY)
    page = here.crm.changes(cursor)
    assert Gone(record=ana) in page.gone
    assert {o.id for o in page.objects if o.archived} >= {firm, case}
    assert not page.records


def test_what_was_restored_since_is_not_gone(place):
    here = place()
    (ana,) = here.sim.fill([{"name": "Ana Bold"}])
    cursor = begin(here)
    here.time.passes(120)
    here.sim.remove(ana)
    here.time.passes(DAY)
    here.sim.restore(ana)
    page = here.crm.changes(cursor)
    assert ([r.id for r in page.records], page.gone) == ([ana], [])


@pytest.mark.parametrize(("days", "told"), [(29, False), (40, True)])
def test_it_reaches_back_30_days(place, days, told):
    here = place()
    (ana,) = here.sim.fill([{"name": "Ana Bold"}])
    cursor = begin(here)
    here.time.passes((days - 2) * DAY)
    here.sim.remove(ana)
    acts.purge(here.sim.org, ana)
    here.time.passes(2 * DAY)
    page = here.crm.changes(cursor)
    assert bool(page.gap) is told
    assert page.gone == [Gone(record=ana)], "what is still listed is told"
    here.time.passes(3_601)
    assert here.crm.changes(page.cursor).gap == "", "a gap is told once"


def test_a_list_that_is_kept_for_a_shorter_time_is_a_gap(place, monkeypatch):
    """Salesforce shortens it in organisations where much is deleted."""
    here = place()
    cursor = begin(here)
    here.time.passes(3 * DAY)
    monkeypatch.setattr(simulator_beside, "DAYS_KEPT", 1)
    page = here.crm.changes(cursor)
    assert page.gap
    here.time.passes(3_601)
    assert here.crm.changes(page.cursor).gap == ""


def test_an_object_that_is_no_longer_there_is_no_gap(place):
    here = place()
    cursor = begin(here)
    here.time.passes(3_700)
    del here.sim.org.rows["Lead"]
    (ana,) = here.sim.fill([{"name": "Ana Bold"}])
    page = here.crm.changes(cursor)
    assert (page.gap, [r.id for r in page.records]) == ("", [ana])


def test_where_the_list_is_behind_it_is_not_asked_more_often(place):
    here = place()
    cursor = begin(here)
    here.sim.covered_late = 7_200.0
    for _ in range(120):
        here.time.passes(60)
        cursor = here.crm.changes(cursor).cursor
    assert lists(here) == 2
