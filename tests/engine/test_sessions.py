"""Whole messages as they come: what they hold, their files, their session; and what nobody answers."""

from __future__ import annotations

import json

from hub.model.content import Media
from hub.model.events import MessageEchoed, MessageReceived, SendSettled
from hub.model.people import Identity

ANA = Identity("phone", "", "+12025550111")
MINUTE = 60_000
PHOTO = Media(kind="image", ref="f1", mime="image/jpeg", size=4, sha256="00" * 32)


def said(desk, number, *, later=0, account="1001", **more):
    values = {"text": "hello", "name": "Ana"} | more
    return MessageReceived(
        key=f"{account}.{number}",
        at=desk.now + later,
        account=account,
        sender=(ANA,),
        address="12025550111",
        provider_id=f"p{number}",
        **values,
    )


def echo(desk, number, *, later=0, callback="", **more):
    return MessageEchoed(
        key=f"echo{number}",
        at=desk.now + later,
        account="1001",
        recipient=(ANA,),
        address="12025550111",
        provider_id=f"e{number}",
        text="from the phone",
        callback=callback,
        **more,
    )


def sessions(desk):
    """When the running session of each conversation began and when something was said in it last, minutes from now."""
    return desk.rows(
        "SELECT (session_began - ?) / 60000, (session_last - ?) / 60000 FROM conversations WHERE session>0",
        desk.now,
        desk.now,
    )


def of_messages(desk, direction="in"):
    return [row[0] for row in desk.rows("SELECT session FROM messages WHERE direction=? ORDER BY id", direction)]


def test_messages_without_a_long_pause_are_one_session(desk):
    for number, minute in enumerate([0, 29, 58, 89]):
        desk.happened(said(desk, number, later=minute * MINUTE))

    assert of_messages(desk) == [1, 1, 1, 7]
    assert sessions(desk) == [(89, 89)]
    assert desk.rows("SELECT session FROM conversations") == [(7,)]


def test_messages_worked_off_together_share_a_session_and_echoes_belong_to_it(desk):
    desk.happened(said(desk, 1), said(desk, 2, later=MINUTE), echo(desk, 1, later=2 * MINUTE))

    assert of_messages(desk) == [1, 1]
    assert desk.rows("SELECT session FROM messages WHERE agent='phone'") == [(1,)]


def test_another_inbox_is_another_session(desk):
    desk.happened(said(desk, 1), said(desk, 1, account="1002"))

    assert len(set(of_messages(desk))) == 2


def test_history_and_stragglers_are_in_no_session_and_stretch_none(desk):
    desk.happened(said(desk, 1))
    desk.happened(said(desk, 2, later=-MINUTE, backfill=True), said(desk, 3, later=-31 * MINUTE))

    assert of_messages(desk) == [1, 0, 0]
    assert sessions(desk) == [(0, 0)]


def test_a_late_message_of_the_same_session_makes_it_begin_earlier(desk):
    desk.happened(said(desk, 1))
    desk.happened(said(desk, 2, later=-29 * MINUTE))

    assert of_messages(desk) == [1, 1]
    assert sessions(desk) == [(-29, 0)]


def test_what_a_message_holds_beside_its_text_is_kept(desk):
    desk.happened(said(desk, 1, payload="buy\0:7", referral={"source": "ad", "id": "99"}), said(desk, 2))

    (held,), (plain,) = desk.rows("SELECT content FROM messages WHERE direction='in' ORDER BY id")
    assert json.loads(held) == {"payload": "buy:7", "referral": {"source": "ad", "id": "99"}}
    assert plain == ""


def test_files_are_to_be_fetched_and_those_of_history_later(desk):
    desk.store.accept([])
    desk.happened(said(desk, 1, form="image", media=(PHOTO,)))
    desk.happened(said(desk, 2, form="image", media=(PHOTO, PHOTO), backfill=True))
    desk.happened(echo(desk, 3, media=(PHOTO,), backfill=True))

    rows = desk.rows("SELECT message, source, account, ref, state, due FROM media ORDER BY id")
    assert rows[0] == (1, "paper", "1001", "f1", "pending", desk.now)
    assert [row[5] - desk.now for row in rows] == [0, MINUTE, MINUTE, MINUTE]
    assert desk.rows("SELECT mime, size, sha256 FROM media LIMIT 1") == [("image/jpeg", 4, "00" * 32)]


def test_a_reaction_is_kept_and_opens_the_window_and_nobody_answers_it(desk):
    desk.happened(said(desk, 1, text="hello"))
    desk.lease()
    before = desk.rows("SELECT last_in FROM conversations")[0][0]
    desk.now += MINUTE
    desk.happened(said(desk, 2, form="reaction", text="👍", reply_to="p1"))
    desk.happened(said(desk, 3, form="reaction", text="", reply_to="p1"))

    assert desk.rows("SELECT form, text, reply_to FROM messages WHERE form='reaction' ORDER BY id") == [
        ("reaction", "👍", "p1"),
        ("reaction", "", "p1"),
    ]
    assert desk.rows("SELECT last_in FROM conversations")[0][0] == before + MINUTE
    assert desk.rows("SELECT count(*) FROM messages WHERE direction='out'") == [(1,)]


def test_a_word_of_consent_in_a_reaction_does_not_count(desk):
    desk.happened(said(desk, 1, form="reaction", text="stop"))

    assert desk.rows("SELECT opted_out FROM people") == [(0,)]


def test_the_hubs_own_send_coming_back_settles_it(desk):
    desk.happened(said(desk, 1))
    (send,) = desk.lease()
    desk.sent(send, outcome="evidence", due=desk.now + MINUTE)
    desk.happened(echo(desk, 1, callback=send.message.callback))

    assert desk.rows("SELECT state FROM outbox WHERE kind='send'") == [("done",)]
    assert desk.rows("SELECT status, provider_id FROM messages WHERE direction='out'") == [("sent", "e1")]
    assert desk.rows("SELECT count(*) FROM outbox WHERE kind='log' AND message=2") == [(1,)]
    desk.tick(2 * MINUTE)
    assert desk.rows("SELECT count(*) FROM dead") == [(0,)]


def test_it_settles_what_was_uncertain_and_does_not_pause_the_automation(desk):
    desk.happened(said(desk, 1))
    (send,) = desk.lease()
    desk.sent(send, outcome="uncertain", reason="no answer")
    desk.happened(echo(desk, 1, callback=send.message.callback))

    assert desk.rows("SELECT state FROM outbox WHERE kind='send'") == [("done",)]
    assert desk.rows("SELECT state FROM dead") == [("settled",)]
    assert desk.rows("SELECT paused_until FROM conversations") == [(0,)]


def test_it_changes_nothing_that_is_settled(desk):
    desk.happened(said(desk, 1))
    (send,) = desk.lease()
    desk.sent(send, "e1")
    desk.happened(echo(desk, 1), echo(desk, 1, callback=send.message.callback))

    assert desk.rows("SELECT count(*) FROM messages WHERE direction='out'") == [(1,)]
    assert desk.rows("SELECT count(*) FROM outbox WHERE kind='log' AND message=2") == [(1,)]


def test_equal_ids_in_two_inboxes_are_two_messages(desk):
    desk.happened(said(desk, 1))
    desk.happened(said(desk, 2, account="1002"))
    first, second = desk.lease("sales")[0], desk.lease("service")[0]
    desk.sent(first, "e1")
    desk.happen(SendSettled(key="9", at=desk.now, outbox=second.outbox, outcome="done", provider_id="e1"))
    desk.step()
    desk.happened(echo(desk, 1))

    assert desk.rows("SELECT status FROM messages WHERE direction='out' ORDER BY id") == [("sent",), ("accepted",)]


def test_a_straggler_of_a_full_second_is_not_shown_behind_the_next_one(desk):
    """The hub's own answer took the last millisecond of the second; what is told later of it stays in it."""
    second = desk.now // 1000 * 1000
    desk.now = second + 999
    desk.happened(said(desk, 1, later=-999))
    desk.happened(said(desk, 2, later=0))
    desk.now += 500
    desk.happened(said(desk, 3, later=second + 1000 - desk.now))
    desk.happened(said(desk, 4, later=second - desk.now))

    at = dict(desk.rows("SELECT provider_id, at FROM messages WHERE direction='in'"))
    assert at["p4"] // 1000 == second // 1000
    assert at["p3"] // 1000 == second // 1000 + 1
