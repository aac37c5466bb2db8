"""What stands of a person when an identity of his turns out to be somebody else's: some goes along, some stays."""

from __future__ import annotations

import pytest

from hub.model.by_hand import ConsentRecorded, IdentityMoved, InquiryEdited, PauseChanged, TagsEdited
from hub.model.events import MessageReceived
from hub.model.people import Identity

HOUR = 3_600_000
ANA = Identity("phone", "", "+12025550111")
BEN = Identity("phone", "", "+12025550122")
RULES = """
[priority.P1]
reply_by = "2h"

[tag.vip]
"""


def said(desk, number, sender, text="one"):
    return MessageReceived(
        key=f"1001.{number}",
        at=desk.now,
        account="1001",
        sender=(sender,),
        address=sender.key,
        provider_id=f"p{number}",
        text=text,
    )


def moved(desk, identity, person):
    desk.now += 1
    desk.happen(IdentityMoved(key=f"m{desk.now}", at=desk.now, identity=identity.id, person=person, agent="Eva"))
    desk.step()


def closed(desk, person):
    desk.happen(InquiryEdited(key=f"c{desk.now}", at=desk.now, person=person, state="closed", reason="done"))
    desk.step()


def inquiries(desk):
    return desk.rows("SELECT id, person, state FROM inquiries ORDER BY id")


def clocks(desk):
    return desk.rows("SELECT subject_id, rule, due FROM timers WHERE armed=1 AND subject='person' ORDER BY 1, 2")


@pytest.fixture
def desk(automated):
    """Ben (person 1) waits for an answer; Ana (person 2) wrote long ago, and nothing of hers is open."""
    made = automated(RULES)
    made.happened(said(made, 1, BEN))
    made.now += 60_000
    made.happened(said(made, 2, ANA))
    closed(made, "p2")
    return made


def test_an_open_inquiry_and_its_clock_go_with_the_conversation_and_come_back(desk):
    before, running = inquiries(desk), clocks(desk)
    assert before == [(1, 1, "open"), (2, 2, "closed")]
    assert [(person, rule) for person, rule, _ in running] == [(1, "inquiry:reply")]

    moved(desk, BEN, "p2")
    assert inquiries(desk) == [(1, 2, "open"), (2, 2, "closed")]
    assert clocks(desk) == [(2, *running[0][1:])]

    moved(desk, BEN, "p1")
    assert inquiries(desk) == before
    assert clocks(desk) == running


def test_the_clock_that_went_along_runs_out_for_its_new_owner(desk):
    moved(desk, BEN, "p2")
    desk.tick(2 * HOUR)
    overdue = "SELECT person, because FROM decisions WHERE because LIKE '%overdue%'"
    assert desk.rows(overdue) == [(2, "inquiry 1 (P1): the reply is overdue")]


def test_he_goes_on_with_the_open_one_though_a_later_one_of_his_is_closed(desk):
    moved(desk, BEN, "p2")
    desk.happened(said(desk, 3, ANA))
    assert inquiries(desk) == [(1, 2, "open"), (2, 2, "closed")]
    assert desk.rows("SELECT conversation FROM inquiries WHERE id=1") == desk.rows(
        "SELECT conversation FROM messages WHERE provider_id='p3'"
    )


def test_who_has_an_open_inquiry_himself_keeps_that_one(desk):
    desk.happened(said(desk, 3, ANA))
    before, running = inquiries(desk), clocks(desk)
    moved(desk, BEN, "p2")
    assert inquiries(desk) == before == [(1, 1, "open"), (2, 2, "open")]
    assert clocks(desk) == running


def test_tags_stay_with_the_person(desk):
    desk.happen(TagsEdited(key="t", at=desk.now, person="p1", add=("vip",)))
    desk.step()
    moved(desk, BEN, "p2")
    assert desk.rows("SELECT person, tag FROM person_tags") == [(1, "vip")]


def test_what_protects_from_messages_goes_along_and_stays_when_it_is_moved_back(desk):
    later = desk.now + 9 * HOUR
    desk.happen(PauseChanged(key="a", at=desk.now, person="p1", until=later))
    desk.happen(PauseChanged(key="b", at=desk.now, person="p2", until=later - HOUR))
    for number, purpose, given in ((1, "news", False), (1, "market", True), (2, "news", True)):
        consent = {"person": f"p{number}", "purpose": purpose, "given": given, "evidence": "form"}
        desk.happen(ConsentRecorded(key=f"{number}{purpose}", at=desk.now, **consent))
    desk.step()
    desk.store.db.run("UPDATE people SET outreach='5 7' WHERE id=1")
    desk.store.db.run("UPDATE people SET outreach='6 7' WHERE id=2")

    moved(desk, BEN, "p2")
    kept = [("5 6 7", later)]
    assert desk.rows("SELECT outreach, paused_until FROM people WHERE id=2") == kept
    said_no = [("news", 0, "withdrawn under a number of person 1")]
    assert desk.rows("SELECT purpose, given, evidence FROM consents WHERE person=2") == said_no

    moved(desk, BEN, "p1")
    assert desk.rows("SELECT outreach, paused_until FROM people WHERE id=2") == kept
    assert desk.rows("SELECT purpose, given, evidence FROM consents WHERE person=2") == said_no
    assert desk.rows("SELECT purpose, given FROM consents WHERE person=1 ORDER BY 1") == [("market", 1), ("news", 0)]
