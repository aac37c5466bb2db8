"""Values that lost, and questions about which one stays: what a human decides goes to both sides."""

from __future__ import annotations

import pytest

from hub.model.by_hand import ConflictDecided
from hub.model.records import Record
from hub.testing.one_contact import ANA, BEN, OneContact, line


def decides(desk: OneContact, keep: str, conflict: int = 1) -> None:
    desk.now += 1
    desk.happen(ConflictDecided(key=str(desk.now), at=desk.now, conflict=conflict, keep=keep, agent="Cleo"))  # type: ignore[arg-type]
    desk.step()


def both_changed(desk_of, rule: str, **more: str) -> OneContact:
    """The hub has Here, the CRM has There."""
    desk = desk_of(line(rule, **more))
    desk.shows(nick="Bo")
    desk.edits(nick="Here")
    desk.shows(nick="There")
    return desk


def settled(desk: OneContact) -> tuple[str, str, list[str]]:
    """What the hub has, what the CRM has, and what was written there, once all is quiet."""
    written = []
    for _ in range(4):
        for write in desk.writes():
            desk.fields |= write.fields
            written.append(write.fields["nick"])
        desk.shows()
    return desk.has("nick"), desk.fields["nick"], written


@pytest.mark.parametrize(("keep", "stays", "written"), [("hub", "Here", ["Here"]), ("crm", "There", [])])
def test_what_a_human_decides_stands_on_both_sides(desk_of, keep, stays, written):
    desk = both_changed(desk_of, "ask")
    assert desk.conflicts() == [("nick", "ask", "Here", "There", "", "asked")]
    decides(desk, keep)
    assert settled(desk) == (stays, stays, written)
    assert desk.conflicts() == [("nick", "ask", "Here", "There", keep, "settled")]
    assert "conflict 1: the value of" in desk.rows("SELECT because FROM decisions ORDER BY id DESC LIMIT 1")[0][0]


@pytest.mark.parametrize(("rule", "keep", "stays"), [("crm", "hub", "Here"), ("hub", "crm", "There")])
def test_a_value_that_lost_is_restored(desk_of, rule, keep, stays):
    desk = both_changed(desk_of, rule)
    assert len(set(settled(desk)[:2])) == 1
    decides(desk, keep)
    assert settled(desk)[:2] == (stays, stays)
    assert desk.conflicts() == [("nick", rule, "Here", "There", keep, "restored")]


def test_a_question_waits_and_shows_the_values_of_now(desk_of):
    desk = both_changed(desk_of, "ask")
    assert settled(desk) == ("Here", "There", [])
    desk.shows(nick="Elsewhere")
    desk.edits(nick="Nowhere")
    desk.shows()
    assert desk.writes() == []
    assert desk.conflicts() == [("nick", "ask", "Nowhere", "Elsewhere", "", "asked")]


def test_a_question_that_both_sides_answer_alike_closes(desk_of):
    desk = both_changed(desk_of, "ask")
    desk.edits(nick="There")
    desk.shows()
    assert desk.conflicts() == [("nick", "ask", "Here", "There", "", "settled")]
    assert settled(desk) == ("There", "There", [])
    desk.edits(nick="Later")  # and the field goes on as before
    assert settled(desk) == ("Later", "Later", ["Later"])


def test_a_decision_counts_for_a_line_that_is_not_written_otherwise(desk_of):
    desk = desk_of('nick = { from = "attr.nick", rule = "crm" }')
    desk.shows(nick="Bo")
    desk.edits(nick="Here")
    desk.shows(nick="There")
    decides(desk, "hub")
    assert settled(desk) == ("Here", "Here", ["Here"])


def test_an_old_decision_after_further_edits_says_which_value_stays_now(desk_of):
    desk = both_changed(desk_of, "crm")
    desk.edits(nick="Later")
    assert settled(desk)[:2] == ("Later", "Later")
    decides(desk, "crm")
    assert settled(desk)[:2] == ("There", "There")


def test_a_conflict_nobody_knows_is_a_dead_letter(desk_of):
    desk = desk_of(line())
    decides(desk, "hub", 9)
    assert desk.rows("SELECT kind, cause FROM dead") == [("event", "there is no conflict 9")]


def test_an_address_that_became_somebody_elses_is_not_restored(desk_of):
    desk = desk_of('phone = { from = "phone", when = "always" }')
    desk.shows(phone=ANA.key)
    desk.edits(phone="+447009000155")
    desk.shows(phone="+447009000166")
    ((field, *_),) = desk.conflicts()
    assert field == "phone"
    desk.store.db.run("DELETE FROM identities WHERE id LIKE '%0155'")
    other = Record(id="8", identities=(BEN._replace(key="+447009000155"),))
    desk.crm_knows(other, feed="recent")
    decides(desk, "hub")
    assert "belongs to somebody else" in desk.rows("SELECT cause FROM dead")[0][0]
    assert desk.rows("SELECT phone FROM people WHERE id=1") == [("+447009000166",)]
