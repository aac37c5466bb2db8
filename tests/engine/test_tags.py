"""Tags of people: put on and taken off by hand, by values and by time, with what reminds of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.engine.ticks import tick
from hub.model.by_hand import ConsentRecorded, ConversationClaimed, PersonEdited, TagsEdited
from hub.model.events import RecordsRead
from hub.model.people import Identity
from hub.model.records import CrmObject, Record
from hub.testing.tabletop import HUB_TOML, Tabletop

HOUR, DAY = 3_600_000, 86_400_000

TAGS = (
    HUB_TOML
    + """
[tag.new-customer]
expires = "24h"
remind = "23h"
notify = "owner"
text = "{{ person.name }} waits for a first answer"

[tag.quotation-sent]
group = "status"
expires = "7d"
remind = "6d"
notify = "owner"
text = "quotation of {{ person.name }} expires soon, follow up today"

[tag.sample-sent]
group = "sample"
remind = "14d"
review = "15d"
closed_by_hand = true
until_answered = false
notify = "owner"
text = "trial of {{ person.name }} ends soon, confirm the result"

[tag.quoted-again]
group = "status"

[tag.echoed]

[tag.after-sample]
group = "sample"

[tag.long-term]
group = "status"
review = "monthly"
derive = { after = "60d" }

[tag.value-a]
dimension = "value"
group = "value"
derive = { where = { expected_yearly = "> 500000" } }

[tag.value-b]
dimension = "value"
group = "value"
derive = { where = { expected_yearly = "100000..500000" } }

[tag.value-c]
dimension = "value"
group = "value"
derive = { where = { expected_yearly = "< 100000" } }

[[rule]]
name = "sampled"
keywords = ["sample"]
untag = "sample-sent"
tag = "after-sample"

[[rule]]
name = "heard of it"
on = ["tag.added", "tag.removed", "tag.due"]
tag = "echoed"
where = { nothing = "is so" }
"""
)


@pytest.fixture
def table(tmp_path: Path) -> Iterator[Tabletop]:
    hub = Tabletop(tmp_path, TAGS)
    yield hub
    hub.close()


@pytest.fixture
def ana(table: Tabletop, text) -> Tabletop:
    table.post("meta", text(1, "hello"))
    table.step()
    return table


def edit(table: Tabletop, add: tuple[str, ...] = (), remove: tuple[str, ...] = (), by: str = "Eve") -> None:
    event = TagsEdited(key=f"{table.now}.{add}.{remove}", at=table.now, person="p1", add=add, remove=remove, agent=by)
    table.happen(event)
    table.step()


def value(table: Tabletop, **values: str) -> None:
    event = PersonEdited(key=f"{table.now}.{values}", at=table.now, person="p1", values=values)
    table.happen(event)
    table.step()


def tags(table: Tabletop) -> set[str]:
    return {row[0] for row in table.rows("SELECT tag FROM person_tags WHERE person=1")}


def history(table: Tabletop) -> list[tuple[str, str, str]]:
    return table.rows("SELECT tag, what, by_whom FROM tag_history WHERE person=1 ORDER BY id")  # type: ignore[return-value]


def told(table: Tabletop, words: str) -> int:
    return sum(words in row[0] for row in table.rows("SELECT because FROM decisions"))


def happened(table: Tabletop, kind: str) -> list[str]:
    bodies = [json.loads(row[0]) for row in table.rows("SELECT body FROM journal WHERE source='hub' ORDER BY seq")]
    return [f"{body['tag']}{'/' + body['what'] if 'what' in body else ''}" for body in bodies if body["kind"] == kind]


def test_a_tag_put_on_by_hand_stays_with_who_did_it(ana):
    edit(ana, ("quotation-sent",))
    assert ana.rows("SELECT tag, since, until, by_whom FROM person_tags") == [
        ("quotation-sent", ana.now, ana.now + 7 * DAY, "Eve")
    ]
    assert history(ana) == [("quotation-sent", "added", "Eve")]
    assert happened(ana, "tag.added") == ["quotation-sent"]


def test_a_new_customer_is_reminded_of_in_hour_23_and_no_longer_new_after_24(ana):
    edit(ana, ("new-customer",))
    ana.tick(23 * HOUR - 1000)
    assert told(ana, "waits for a first answer") == 0
    ana.tick(1000)
    assert told(ana, "Ana waits for a first answer") == 1
    assert tags(ana) == {"new-customer"}
    ana.tick(HOUR)
    assert tags(ana) == set()
    assert history(ana)[-1] == ("new-customer", "expired", "expired")
    assert happened(ana, "tag.due") == ["new-customer/remind"]


def test_a_quotation_is_reminded_of_on_day_6_and_ends_after_7(ana):
    edit(ana, ("quotation-sent",))
    ana.tick(6 * DAY)
    assert told(ana, "quotation of Ana expires soon, follow up today") == 1
    ana.tick(DAY)
    assert tags(ana) == set()


def test_a_tag_of_a_group_replaces_the_others_and_their_reminders_die(ana):
    edit(ana, ("quotation-sent",))
    edit(ana, ("quoted-again",))
    assert tags(ana) == {"quoted-again"}
    assert ("quotation-sent", "replaced", "replaced") in history(ana)
    assert happened(ana, "tag.removed") == ["quotation-sent"]
    ana.tick(8 * DAY)
    assert told(ana, "expires soon") == 0
    assert tags(ana) == {"quoted-again"}


def test_the_reminder_dies_when_the_tag_is_taken_off(ana):
    edit(ana, ("quotation-sent",))
    edit(ana, remove=("quotation-sent",))
    ana.tick(8 * DAY)
    assert told(ana, "expires soon") == 0
    assert history(ana)[-1] == ("quotation-sent", "removed", "Eve")


def test_the_reminder_dies_when_the_person_answers(ana, text):
    edit(ana, ("quotation-sent",))
    ana.now += DAY
    ana.post("meta", text(2, "thank you, I will look"))
    ana.step()
    ana.tick(5 * DAY)
    assert told(ana, "expires soon") == 0
    assert tags(ana) == {"quotation-sent"}
    ana.tick(DAY)
    assert tags(ana) == set()


def test_a_tag_that_waits_for_no_answer_reminds_all_the_same(ana, text):
    edit(ana, ("sample-sent",))
    ana.now += DAY
    ana.post("meta", text(2, "it works well"))
    ana.step()
    ana.tick(13 * DAY)
    assert told(ana, "trial of Ana ends soon, confirm the result") == 1


def test_a_tag_put_on_again_begins_anew(ana):
    edit(ana, ("quotation-sent",))
    ana.tick(5 * DAY)
    edit(ana, ("quotation-sent",))
    ana.tick(5 * DAY)
    assert told(ana, "expires soon") == 0
    assert tags(ana) == {"quotation-sent"}
    ana.tick(DAY)
    assert told(ana, "expires soon") == 1
    assert happened(ana, "tag.added") == ["quotation-sent"]


def test_a_tag_closed_by_hand_outlives_its_time_and_whoever_is_no_human(ana):
    edit(ana, ("sample-sent",))
    for _ in range(3):
        ana.tick(15 * DAY)
    assert tags(ana) == {"sample-sent"}
    assert happened(ana, "tag.due") == ["sample-sent/remind", *["sample-sent/review"] * 3]
    edit(ana, ("after-sample",))
    assert tags(ana) == {"after-sample"}


def test_values_lead_to_a_b_and_c(ana):
    for yearly, tag in (("99,999", "value-c"), ("100000", "value-b"), ("500000", "value-b"), ("500001", "value-a")):
        value(ana, expected_yearly=yearly)
        assert tags(ana) == {tag}, yearly
    value(ana, expected_yearly="")
    assert tags(ana) == set()


def test_a_derived_tag_leaves_alone_what_a_human_chose(ana):
    edit(ana, ("value-a",))
    value(ana, expected_yearly="5")
    assert tags(ana) == {"value-a"}
    edit(ana, remove=("value-a",))
    assert tags(ana) == {"value-c"}


def test_sixty_days_after_the_first_contact_the_follow_up_is_long_term(ana):
    value(ana, expected_yearly="5")
    ana.tick(60 * DAY - 1000)
    assert "long-term" not in tags(ana)
    ana.tick(1000)
    assert "long-term" in tags(ana)
    ana.tick(30 * DAY)
    assert happened(ana, "tag.due") == ["long-term/review"]


def test_long_term_waits_until_the_quotation_is_over(ana):
    value(ana, expected_yearly="5")
    ana.tick(58 * DAY)
    edit(ana, ("quotation-sent",))
    ana.tick(3 * DAY)
    assert "long-term" not in tags(ana)
    ana.tick(4 * DAY)
    assert tags(ana) == {"long-term", "value-c"}


def test_an_unknown_person_is_a_dead_letter(table):
    edit(table, ("quotation-sent",))
    assert table.rows("SELECT cause FROM dead") == [("nobody to tag: p1 is unknown",)]


def test_consent_is_kept_with_its_evidence_and_withdrawn(ana):
    for given in (True, False):
        ana.now += 1
        event = ConsentRecorded(
            key=str(ana.now), at=ana.now, person="p1", purpose="market", given=given, evidence="form", agent="Eve"
        )
        ana.happen(event)
        ana.step()
        assert ana.rows("SELECT purpose, given, at, evidence, by_whom FROM consents") == [
            ("market", int(given), ana.now, "form", "Eve")
        ]


def test_nobody_is_reminded_while_an_agent_has_the_case(ana):
    edit(ana, ("quotation-sent",))
    ana.happen(ConversationClaimed(key="claim", at=ana.now, person="p1", agent="Eve"))
    ana.step()
    ana.tick(6 * DAY)
    assert told(ana, "expires soon") == 0
    assert told(ana, "tag quotation-sent: nobody is reminded, Eve has the case") == 1


@pytest.mark.parametrize(("closed", "reminded"), [(True, 0), (False, 1)])
def test_nobody_is_reminded_once_a_deal_was_closed(ana, closed, reminded):
    ana.crm_knows(Record(id="9001", identities=(Identity("phone", "", "+15550101"),), name="Ana"))
    edit(ana, ("quotation-sent",))
    deal = CrmObject(type="deal", id="77", title="Roof", contacts=("9001",), closed=closed, modified=ana.now + 5)
    ana.happen(RecordsRead(key="r", at=ana.now, crm="main", records=(), feed="recent", cursor="5", objects=(deal,)))
    ana.step()
    ana.tick(6 * DAY)
    assert told(ana, "expires soon, follow up today") == reminded
    assert told(ana, "nobody is reminded, a deal was closed") == 1 - reminded


def test_a_rule_neither_replaces_nor_takes_off_what_is_closed_by_hand(table, text):
    table.post("meta", text(1, "hello"))
    table.step()
    edit(table, ("sample-sent",))
    table.post("meta", text(2, "the sample please"))
    table.step()
    assert tags(table) == {"sample-sent"}
    assert told(table, "tag sample-sent is closed by hand: sampled does not replace it by after-sample") == 1
    assert told(table, "tag sample-sent is closed by hand: sampled does not take it off") == 1


def test_a_tag_that_a_rule_puts_on_carries_the_rules_name(table, text):
    table.post("meta", text(1, "the sample please"))
    table.step()
    assert history(table) == [("after-sample", "added", "sampled")]


def test_killed_between_the_timer_and_the_step_a_reminder_comes_once(ana):
    edit(ana, ("quotation-sent",))
    ana.now += 6 * DAY
    for _ in range(3):  # the tick commits, then the process dies before it steps
        tick(ana.store, ana.now)
    ana.step()
    assert told(ana, "expires soon, follow up today") == 1
