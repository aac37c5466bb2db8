"""A human says whose an identity is, and can take it back."""

from __future__ import annotations

import pytest

from hub.engine.human_events import Refusal, human_event
from hub.model.by_hand import HumanReplied, IdentityMoved
from hub.model.events import IdentityChanged, MessageReceived
from hub.model.packing import pack, unpack
from hub.model.people import Identity

ANA = Identity("phone", "", "+12025550111")
BEN = Identity("phone", "", "+12025550122")


def said(desk, number, *sender):
    return MessageReceived(
        key=f"1001.{number}",
        at=desk.now + number,
        account="1001",
        sender=sender,
        address=sender[0].key,
        provider_id=f"p{number}",
        text="one",
    )


def move(desk, identity, person):
    desk.now += 1
    desk.happen(IdentityMoved(key=f"m{desk.now}", at=desk.now, identity=identity.id, person=person, agent="Eva"))
    desk.step()


def state(desk):
    return (
        desk.rows("SELECT id, person FROM identities ORDER BY id"),
        desk.rows("SELECT key, person, address FROM conversations ORDER BY id"),
        desk.rows("SELECT person FROM messages WHERE direction='in' ORDER BY id"),
        desk.rows("SELECT phone FROM people ORDER BY id"),
    )


def spoken(desk):
    """What leaves, and where to."""
    said_to = []
    for _ in range(8):  # a look that only drops something returns nothing
        for one in desk.lease():
            said_to.append((one.message.text, one.message.address))
            desk.sent(one, f"w{one.outbox}")
    return said_to


@pytest.fixture
def conflict(desk):
    """Person 1 goes by the number of person 2 from now on, says the platform."""
    desk.happened(said(desk, 1, ANA), said(desk, 2, BEN))
    desk.happened(IdentityChanged(key="c", at=desk.now, account="1001", old=(ANA,), new=(BEN,), address=BEN.key))
    assert desk.rows("SELECT kind, state FROM dead") == [("review", "open")]
    return desk


def test_the_number_its_conversation_and_the_question_go_to_the_person(conflict):
    move(conflict, BEN, "p1")
    assert state(conflict) == (
        [(ANA.id, 1), (BEN.id, 1)],
        [(f"sales|{ANA.id}", 1, ANA.key), (f"sales|{BEN.id}", 1, BEN.key)],
        [(1,), (1,)],
        [(ANA.key,), ("",)],
    )
    assert conflict.rows("SELECT state FROM dead") == [("settled",)]
    assert conflict.rows("SELECT person, evidence FROM identity_events WHERE what='moved' ORDER BY id") == [
        (2, "to person 1, by Eva"),
        (1, "from person 2, by Eva"),
    ]
    conflict.happened(said(conflict, 3, BEN))
    assert conflict.rows("SELECT person, conversation FROM messages WHERE provider_id='p3'") == [(1, 2)]
    conflict.happen(HumanReplied(key="h", at=conflict.now, person="p1", text="Hello."))
    conflict.step()
    assert ("Hello.", BEN.key) in spoken(conflict)


def test_moving_back_undoes_it(conflict):
    before = state(conflict)
    move(conflict, BEN, "p1")
    assert state(conflict) != before
    move(conflict, BEN, "p2")
    assert state(conflict) == before
    assert conflict.rows("SELECT count(*) FROM identity_events WHERE what='moved'") == [(4,)]


def test_what_waits_to_be_said_is_said_by_the_new_persons_will(conflict):
    spoken(conflict)
    conflict.happen(HumanReplied(key="h", at=conflict.now, person="p2", text="Hello."))
    conflict.step()
    move(conflict, BEN, "p1")
    conflict.rows("UPDATE people SET opted_out=1 WHERE id=1")
    assert conflict.lease() == []
    assert conflict.rows("SELECT lane, state FROM outbox WHERE kind='send' ORDER BY id DESC LIMIT 1") == [
        (1, "dropped")
    ]


def test_events_of_the_same_step_see_the_move(conflict):
    moved = IdentityMoved(key="m", at=conflict.now, identity=BEN.id, person=ANA.id, agent="Eva")
    conflict.happen(moved)
    conflict.happened(said(conflict, 3, BEN))
    assert conflict.rows("SELECT person, conversation FROM messages WHERE provider_id='p3'") == [(1, 2)]


@pytest.mark.parametrize(
    ("identity", "person", "lost"),
    [(BEN, "p9", "p9"), (Identity("phone", "", "+12025550199"), "p1", "phone::+12025550199")],
)
def test_who_is_not_known_gets_nothing(conflict, identity, person, lost):
    before = state(conflict)
    move(conflict, identity, person)
    assert state(conflict) == before
    assert conflict.rows("SELECT cause FROM dead WHERE kind='event'") == [(f"nothing is moved: {lost} is not known",)]


def test_the_event_keeps_and_is_checked():
    event = IdentityMoved(key="m", at=1, identity=BEN.id, person="p1")
    assert unpack(pack(event)) == human_event(pack(event)) == event
    for wrong in ({"identity": "Ben"}, {"person": "Ana"}):
        with pytest.raises(Refusal, match="kind:scope:key"):
            human_event({**pack(event), **wrong})
