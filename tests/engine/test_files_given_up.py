"""A file that could not be fetched is a dead letter; a human can have it fetched again, unless it was erased."""

from __future__ import annotations

import pytest

from hub.backup.settings import RetentionSettings
from hub.engine.retention import keep_of
from hub.model.by_hand import DeadHandled
from hub.model.content import Media
from hub.model.events import MediaSettled, MessageReceived
from hub.model.people import Identity
from hub.store import checking, erasure, reading
from hub.store.chain import chains
from hub.store.copying import blobs_used
from hub.store.retention import DAY, find, rules

ANA = Identity("phone", "", "+12025550111")


@pytest.fixture
def given_up(desk):
    """One message with one file that was given up after a try; gives the table."""
    photo = Media(kind="document", ref="f1", name="plan.pdf")
    desk.happened(
        MessageReceived(
            key="1", at=desk.now, account="1001", sender=(ANA,), address="1", provider_id="p1", media=(photo,)
        )
    )
    settle(desk, "dead", reason="given up after 20 tries: not now")
    return desk


def settle(desk, outcome, **more):
    attempts = desk.rows("SELECT attempts FROM media")[0][0]
    desk.happen(MediaSettled(key=f"1.{attempts}.{outcome}", at=desk.now, media=1, outcome=outcome, **more))
    desk.step()


def handle(desk, action):
    desk.now += 1000
    ids = tuple(row[0] for row in desk.rows("SELECT id FROM dead WHERE state='open'"))
    desk.happen(DeadHandled(key=f"h{desk.now}", at=desk.now, ids=ids, action=action, agent="Eva"))
    return desk.step()


def letters(desk):
    return desk.rows("SELECT kind, ref, person, cause, state FROM dead ORDER BY id")


def test_it_is_shown_as_a_dead_letter(given_up):
    (letter,) = reading.dead_letters(given_up.store.db)
    assert (letter.kind, letter.what, letter.person) == ("media", "document plan.pdf", 1)
    assert letter.cause == "given up after 20 tries: not now"
    (told,) = chains(given_up.store.db, "p1")
    assert [row["kind"] for row in told["dead"]] == ["media"]
    assert all(rule.broken == 0 for rule in checking.check_store(given_up.store.db, lambda blob: True, given_up.now))


@pytest.mark.parametrize("outcome", ["stored", "dead", "expired"])
def test_a_human_has_it_fetched_again(given_up, outcome):
    assert "media" in handle(given_up, "retry").woken
    assert given_up.rows("SELECT state, due, attempts, reason FROM media") == [("pending", given_up.now, 1, "")]
    assert [letter[4] for letter in letters(given_up)] == ["retried"]
    settle(given_up, outcome, blob="b" * 64 if outcome == "stored" else "", reason="again")
    assert given_up.rows("SELECT state, attempts FROM media") == [(outcome, 2)]
    open_now = [letter for letter in letters(given_up) if letter[4] == "open"]
    assert open_now == ([] if outcome == "stored" else [("media", 1, 1, "again", "open")])


def test_a_human_lets_it_go(given_up):
    handle(given_up, "drop")
    assert given_up.rows("SELECT state FROM media") == [("dead",)]
    assert [letter[4] for letter in letters(given_up)] == ["dropped"]


def test_nothing_of_an_erased_person_is_fetched_again(given_up):
    with given_up.store.transaction():
        work = given_up.store.workspace(given_up.now)
        work.messages.fetch([1])
        work.people.fetch([1])
        erasure.erase(work.people.rows[1], work)
        erasure.blank_messages(1, work)
        work.save()
    assert [letter[4] for letter in letters(given_up)] == ["dropped"]
    given_up.store.db.run("UPDATE dead SET state='open'")  # as if a human were quicker
    handle(given_up, "retry")
    assert given_up.rows("SELECT state, ref, name FROM media") == [("expired", "", "")]


def test_its_message_is_kept_while_somebody_may_want_it_again(given_up):
    given_up.store.db.run("UPDATE outbox SET open=0, state='done'")
    (messages,) = (rule for rule in rules(keep_of(RetentionSettings(messages_days=1))) if rule.table == "messages")
    db, later = given_up.store.db, given_up.now + 2 * DAY
    assert find(db, messages, later) == [2]  # the answer
    handle(given_up, "drop")
    assert find(db, messages, later) == [1, 2]


@pytest.mark.parametrize(("state", "used"), [("stored", True), ("pending", False), ("expired", False), ("dead", False)])
def test_only_a_stored_file_keeps_its_content_on_the_disk(given_up, state, used):
    given_up.store.db.run("UPDATE media SET state=?, blob=?", (state, "b" * 64))
    assert (blobs_used(given_up.store.db) == {"b" * 64}) is used
