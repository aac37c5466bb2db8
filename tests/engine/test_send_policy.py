"""The send policy in the lease: what waits, what is dropped, what a human gets, over all channels."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hub.engine.effects.control import UNTIL_RELEASED
from hub.engine.effects.people import add_outbox
from hub.model.by_hand import (
    ConsentRecorded,
    ConversationClaimed,
    HumanReplied,
    IdentityMoved,
    PauseChanged,
    PersonEdited,
)
from hub.model.events import Event, MessageReceived
from hub.model.happened import TagAdded
from hub.model.people import Identity
from hub.store.journal import Incoming
from hub.store.standing import Standing
from hub.testing.fence_world import Slip, fence_plugins
from hub.testing.stores import ENGINES, place_of
from hub.testing.tabletop import Tabletop

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
ANA, TOO = Identity("phone", "", "+447700900101"), Identity("telegram", "", "42")
TOML = """
[hub]
data = "./data"
public_url = "https://hub.example.com"

[connection.slip]
channel = "slip"

[connection.card]
channel = "card"

[inbox.front]
connection = "slip"
account = "front"

[inbox.side]
connection = "slip"
account = "side"

[inbox.desk]
connection = "card"
account = "desk"

[agent.anna]

[tag.nudge]

[tag.offer]

[tag.remind]

[tag.news]

[topic.legal]
words = ["lawyer"]

[topic.price]
words = ["price"]

[send_policy]
forbidden_topics = ["legal"]

[[rule]]
name = "well"
keywords = ["price", "lawyer"]
reply = { text = "Well." }

[[rule]]
name = "hello"
keywords = ["hello"]
reply = { text = "Hello." }

[[rule]]
name = "nudge"
on = "tag.added"
about = "nudge"
purpose = "clarify"
reply = { text = "Still there?" }

[[rule]]
name = "offer"
on = "tag.added"
about = "offer"
purpose = "market"
reply = { text = "Ten percent off until Friday." }

[[rule]]
name = "remind"
on = "tag.added"
about = "remind"
purpose = "inform"
reply = { text = "Your appointment is at nine tomorrow, please bring the papers with you." }

[[rule]]
name = "news"
on = "tag.added"
about = "news"
purpose = "inform"
reply = { text = "We moved." }
"""


class Front(Tabletop):
    """A hub with two inboxes without a window (front, side), whose texts have 40 characters, and one with (desk)."""

    def __init__(self, folder: Path, **more: Any) -> None:
        super().__init__(folder, TOML, fence_plugins(), **more)
        self._number = 0

    def says(self, text: str, inbox: str = "front", who: Identity = ANA) -> None:
        """A person writes."""
        self._number += 1
        key = f"m{self._number}"
        Slip.events[key] = MessageReceived(
            key=key, at=self.now, account=inbox, sender=(who,), address=who.key, provider_id=key, text=text
        )
        self.store.accept([Incoming("card" if inbox == "desk" else "slip", inbox, key, key, self.now, self.now, b"")])
        self.step()

    def does(self, make: Callable[..., Event], **values: Any) -> None:
        """Something happens."""
        self._number += 1
        self.happen(make(key=f"h{self._number}", at=self.now, **values))
        self.step()

    def tags(self, tag: str, person: int = 1, talk: int = 0) -> None:
        """A tag that rules speak about."""
        self.does(TagAdded, person=person, conversation=talk, tag=tag)

    def leaves(self, inbox: str = "front") -> list[str]:
        """What leaves now, in all; the platform takes it."""
        texts = []
        for _ in range(9):  # one that is dropped is looked at alone
            for one in self.lease(inbox):
                texts.append(one.message.text)
                self.sent(one, f"s{one.outbox}")
        return texts

    def waits(self) -> list[tuple[str, int, str]]:
        """Sends that wait for later: rule, in how many ms, why."""
        found = self.rows("SELECT rule, due, reason FROM outbox WHERE open=1 AND kind='send' AND due>? ORDER BY id", 0)
        return [(rule, due - self.now, reason) for rule, due, reason in found]

    def dropped(self) -> list[str]:
        """Why sends were dropped."""
        return [r for (r,) in self.rows("SELECT reason FROM outbox WHERE state='dropped' ORDER BY id")]


@pytest.fixture
def front(tmp_path: Path) -> Iterator[Front]:
    hub = Front(tmp_path)
    hub.says("hi")
    yield hub
    hub.close()
    Slip.events.clear()


def test_two_inboxes_never_both_send_something_unasked_within_the_gap(front):
    front.says("hi", "side")
    front.tags("news", talk=1)
    front.tags("remind", talk=2)
    assert front.leaves("front") == ["We moved."]
    assert front.leaves("side") == []
    assert front.waits() == [("remind", 20 * HOUR, "20 h after the last unasked message")] * 2
    front.now += 20 * HOUR
    assert " ".join(front.leaves("side")).startswith("Your appointment")


def test_who_was_asked_under_another_number_is_not_asked_again_under_this_one(front):
    front.says("hi", "desk", TOO)
    front.tags("news", person=1)
    assert front.leaves() == ["We moved."]
    front.does(IdentityMoved, identity=ANA.id, person="p2")
    front.tags("remind", person=2, talk=2)
    assert front.leaves("desk") == []
    assert front.waits()[0][:2] == ("remind", 20 * HOUR)


def test_who_stopped_under_a_number_has_stopped_for_whoever_has_it_then(front):
    front.says("hi", "desk", TOO)
    front.says("STOP")
    front.does(IdentityMoved, identity=ANA.id, person="p2")
    front.says("hello", "desk", TOO)
    assert front.leaves("desk") == []
    assert front.rows("SELECT opted_out FROM people ORDER BY id") == [(1,), (1,)]


def test_who_resumed_under_a_number_that_was_somebody_elses_has_stopped_again(front):
    front.says("hi", "desk", TOO)
    front.does(IdentityMoved, identity=TOO.id, person="p1")
    front.says("STOP")
    front.says("START", "desk", TOO)
    assert front.rows("SELECT opted_out FROM people WHERE id=1") == [(0,)]
    front.does(IdentityMoved, identity=TOO.id, person="p2")
    assert front.rows("SELECT opted_out FROM people ORDER BY id") == [(1,), (0,)]
    front.does(HumanReplied, person="p1", text="Hello")
    assert front.leaves() == []


def test_a_started_send_counts_as_sent_whatever_became_of_it(front):
    front.tags("news")
    (leased,) = front.lease("front")
    assert front.rows("SELECT outreach FROM people") == [(str(front.now),)]
    front.sent(leased, outcome="uncertain", reason="no answer")
    front.tags("remind")
    assert front.leaves() == []


def test_a_retry_does_not_wait_for_itself_and_moves_the_gap(front):
    front.tags("news")
    (leased,) = front.lease("front")
    front.sent(leased, outcome="retry", due=front.now + HOUR)
    front.now += HOUR
    assert front.leaves() == ["We moved."]
    assert front.rows("SELECT outreach FROM people") == [(str(front.now),)]


def test_what_waits_for_its_hour_holds_back_no_reply_and_leaves_in_one_piece(front):
    front.tags("news")
    front.leaves()
    front.now += HOUR
    front.tags("remind")
    assert front.leaves() == []
    front.says("hello")
    assert front.leaves() == ["Hello."]
    front.now += 19 * HOUR
    parts = front.leaves()
    assert len(parts) == 2
    assert " ".join(parts) == "Your appointment is at nine tomorrow, please bring the papers with you."


def test_a_nudge_is_dropped_when_he_wrote_since_and_a_reminder_is_not(front):
    front.tags("news")
    front.leaves()
    front.now += HOUR
    front.tags("nudge")
    front.tags("remind")
    assert front.leaves() == []
    front.now += HOUR
    front.says("thanks")
    front.now += 18 * HOUR
    assert len(front.leaves()) == 2
    assert front.dropped() == ["The person wrote since this was decided."]


def test_nudges_are_counted_for_the_inquiry_and_the_fourth_is_dropped(front):
    for number in range(4):
        front.now += 31 * DAY  # the same words may be said again
        front.tags("nudge")
        assert len(front.leaves()) == (1 if number < 3 else 0)
    assert front.rows("SELECT nudges FROM inquiries") == [(3,)]
    assert front.dropped() == ["The inquiry already got 3 unasked messages."]


def test_the_same_words_do_not_go_out_again_for_30_days_through_any_channel(front):
    front.says("hi", "side")
    front.tags("news", talk=1)
    front.leaves()
    front.now += 30 * DAY - 1
    front.tags("news", talk=2)
    assert front.leaves("side") == []
    assert front.dropped() == ["The person got the same words within the last 30 d."]
    front.now += 1
    front.tags("news", talk=2)
    assert front.leaves("side") == ["We moved."]


def test_drops_are_counted_by_the_limit_that_stood_against_them(front):
    front.tags("offer")
    front.says("hello")
    front.does(PauseChanged, conversation=1, until=front.now + HOUR)
    front.leaves()
    assert front.line.dropped == {"human": 2}
    front.does(PauseChanged, conversation=1, until=0)
    front.tags("offer")
    front.says("My lawyer and the price")
    front.leaves()
    assert front.line.dropped == {"human": 2, "consent": 1, "topic": 1}


def test_advertising_needs_recorded_consent_and_ends_with_it(front):
    front.tags("offer")
    assert front.leaves() == []
    assert front.dropped() == ["There is no recorded consent to messages that market."]
    front.does(ConsentRecorded, person="p1", purpose="market", given=True, evidence="form 7")
    front.tags("offer")
    assert front.leaves() == ["Ten percent off until Friday."]
    front.now += 31 * DAY
    front.does(ConsentRecorded, person="p1", purpose="market", given=False, evidence="call")
    front.tags("offer")
    assert front.leaves() == []
    assert front.dropped()[-1] == "The person withdrew the consent to messages that market."


def test_a_wish_that_is_not_understood_counts_as_none_and_a_human_is_asked_once(front):
    front.does(PersonEdited, person="p1", values={"preferred_contact": "when the moon is full"})
    for tag in ("news", "remind"):
        front.now += DAY
        front.tags(tag)
        assert front.leaves()
    ((kind, person, cause),) = front.rows("SELECT kind, person, cause FROM dead")
    assert (kind, person) == ("review", 1)
    assert "'when the moon is full' is not understood" in cause


def test_a_wish_that_is_understood_waits_for_its_time(front):
    front.does(PersonEdited, person="p1", values={"preferred_contact": "17-18", "timezone": "Asia/Yerevan"})
    front.tags("news")  # it is Friday, 12:00 in Yerevan
    assert front.leaves() == []
    assert front.waits() == [("news", 5 * HOUR, "the time that he prefers")]


@pytest.mark.parametrize("claim", [True, False])
def test_a_human_in_one_conversation_stops_outreach_in_all_and_replies_in_his_own(front, claim):
    front.says("hi", "desk", ANA)
    if claim:
        front.does(ConversationClaimed, person="p1", agent="Ana")
    else:
        front.does(HumanReplied, person="p1", text="Hello", agent="Ana")  # in desk, which he used last
    front.tags("news", talk=1)
    front.says("hello")
    assert front.leaves() == ([] if claim else ["Hello."])
    assert not front.rows("SELECT 1 FROM outbox WHERE rule='news' AND attempts>0")


@pytest.mark.parametrize("engine", ENGINES)
def test_an_answer_about_a_forbidden_topic_is_not_said_and_a_human_has_it(tmp_path, request, engine):
    if engine == "postgres":
        request.getfixturevalue("postgres")
    front = Front(tmp_path, engine=engine)
    try:
        front.says("The price, asks my lawyer")
        assert front.leaves() == []
        assert front.dropped() == ["The topic 'legal' is forbidden."]
        assert front.rows("SELECT paused_until FROM conversations") == [(UNTIL_RELEASED,)]
        assert front.rows("SELECT owner FROM inquiries") == [("anna",)]
        assert front.rows("SELECT 1 FROM decisions WHERE because LIKE 'handed over to a human%legal%'")
    finally:
        front.close()
        Slip.events.clear()


@pytest.mark.parametrize(("text", "sent"), [("Ask our lawyer.", False), ("It is sunny.", True)])
def test_the_words_of_a_text_that_a_plugin_made_tell_its_topic(front, text, sent):
    front.says("hello")
    front.leaves()
    with front.store.transaction():
        work = front.store.workspace(front.now)
        work.messages.fetch_by("direction", ["out"])
        (message,) = work.messages.rows.values()
        message.text = text
        add_outbox(work, kind="send", target="front", lane=1, message=message.id, conversation=1, event=3,
                   rule="plugin:oracle", slot="1.0.0", cls="reply")  # fmt: skip
        work.save()
    assert front.leaves() == ([text] if sent else [])


def test_an_older_message_is_answered_no_more_than_the_limit_however_much_was_said_since(front):
    front.says("hello")
    front.leaves()
    ((event,),) = front.rows("SELECT event FROM outbox WHERE rule='hello'")
    for number in range(25):
        front.now += HOUR
        front.says("price hello"[6 * (number % 2) :])
        front.leaves()
    assert len(front.rows("SELECT said FROM conversations")[0][0].split()) <= 21
    with front.store.transaction():
        work = front.store.workspace(front.now)
        work.messages.fetch_by("event", [event])
        message = next(one for one in work.messages.rows.values() if one.direction == "out")
        for text in ("Hello.", "One more.", "And one.", "And another."):
            more = work.messages.add(replace(message, id=work.messages.next_id(), text=text, status="queued"))
            add_outbox(work, kind="send", target="front", lane=1, message=more.id, conversation=1, event=event,
                       rule=text, slot="1.0.0", cls="reply")  # fmt: skip
        work.save()
    before = len(front.dropped())
    assert front.leaves() == ["One more.", "And one."]
    assert front.dropped()[before:] == [
        "The same text was already sent as an answer to this message.",
        "The person's last message already got 3 replies.",
    ]


# -- a pause and a lease at the same time -----------------------------------------------------------------------------


@pytest.mark.parametrize("what", [{}, {"rule": "hello"}, {"person": "p1"}, {"conversation": 1}])
def test_no_send_begins_after_a_pause_is_committed_in_one_process(front, what):
    front.says("hello")
    front.does(PauseChanged, until=front.now + HOUR, **what)
    assert front.leaves() == []
    assert front.rows("SELECT attempts, state FROM outbox WHERE kind='send'") == [(0, "dropped")]


@pytest.mark.parametrize("what", [{}, {"rule": "hello"}, {"person": "p1"}, {"conversation": 1}])
def test_no_send_begins_after_a_pause_is_committed_by_another_process(tmp_path, monkeypatch, postgres, what):
    (tmp_path / "other").mkdir()
    place = place_of(tmp_path / "data", "postgres")
    sender, agent = Front(tmp_path, place=place), Front(tmp_path / "other", place=place)
    looked, paused = threading.Event(), threading.Event()
    real = Standing.paused

    def slowly(self: Standing, now: int) -> frozenset[str]:
        found = real(self, now)
        if threading.current_thread().name == "sender":
            looked.set()
            paused.wait(1.5)  # the pause must not be committed in here: it waits for this lease
            came_between.append(paused.is_set())
        return found

    def pause() -> None:
        looked.wait(20)
        agent.does(PauseChanged, until=agent.now + HOUR, **what)
        paused.set()

    came_between: list[bool] = []
    try:
        sender.says("hello")
        monkeypatch.setattr(Standing, "paused", slowly)
        began: list[Any] = []
        threads = [
            threading.Thread(target=lambda: began.extend(sender.lease("front")), name="sender"),
            threading.Thread(target=pause, name="agent"),
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert came_between == [False]
        assert len(began) == 1  # it began before the pause was committed
        assert paused.is_set()
        sender.says("hello")
        assert sender.lease("front") == []
    finally:
        sender.close()
        agent.close()
        Slip.events.clear()
