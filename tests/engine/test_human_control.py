"""Humans over automation: hand-off with the context, claims, pauses, notices, answers that are waited for."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hub.engine.effects.asking import WAITS
from hub.engine.effects.control import UNTIL_RELEASED
from hub.engine.human_events import Refusal, human_event
from hub.model.by_hand import ConversationClaimed, HumanReplied, InquiryEdited, PauseChanged, TagsEdited
from hub.model.events import Event, MessageReceived, StatusReported
from hub.model.packing import pack, unpack
from hub.model.people import Identity
from hub.store import recent
from hub.store.journal import Incoming
from hub.testing.fence_world import Slip, fence_plugins
from hub.testing.tabletop import Tabletop

MINUTE, HOUR = 60_000, 3_600_000
ANA = Identity("phone", "", "+447700900101")
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

[inbox.desk]
connection = "card"
account = "desk"

[crm.main]
adapter = "hubspot"
access_token = "crm-token"
base_url = "http://127.0.0.1:9"
objects = ["task"]

[agent.anna]
email = "anna@example.com"

[agent.ben]

[team.sales]
members = ["anna", "ben"]
lead = "ben"

[tag.vip]

[priority.P1]
customer = true
reply_by = "2h"

[priority.P3]
reply_by = "24h"

[texts]
hand_off = { en = "A colleague will answer you, {{ person.name }}.", hi = "हमारे साथी जवाब देंगे।" }

[[rule]]
name = "price"
keywords = ["price"]
reply = { text = "From 5." }

[[rule]]
name = "book"
keywords = ["book"]
reply = { text = "Which day?" }

[[rule]]
name = "tier 1"
same_question = 3
hand_off = { because = "asked the same three times", team = "sales" }

[[rule]]
name = "tier 2"
on = "message.sent"
about = "price"
after = "10m"
unless = ["message.read", "message.received"]
ask = { text = { text = "Need more help? Reply 1." }, choices = { "1" = "hand_off" } }

[[rule]]
name = "tier 3"
keywords = ["sign contract", "confirm order"]
priority = "P1"
notify = { to = "sales", text = "{{ person.name }} is ready to buy" }

[[rule]]
name = "closed"
on = "inquiry.changed"
about = "closed"
purpose = "inform"
ask = { text = { text = "Did we help?" }, choices = { "1" = "rate:anna", "4" = "rate:anna", "5" = "rate:anna" } }

[[rule]]
name = "satisfied"
keywords = ["bye"]
ask = { text = { text = "How was it?" }, choices = { "1" = "rate:price", "2" = "rate:price", "5" = "rate:price" } }
"""


class Desk(Tabletop):
    """A hub with an inbox that reports what was read (desk) and one that does not (front)."""

    def __init__(self, folder: Path, engine: str = "") -> None:
        super().__init__(folder, TOML, fence_plugins(), engine=engine)
        self.line.listeners["notice"] = ("bell",)
        self._number = 0
        self.crm_knows()

    def says(self, text: str, inbox: str = "front", who: Identity = ANA, name: str = "Ana") -> None:
        """A person writes."""
        self._number += 1
        key = f"m{self._number}"
        Slip.events[key] = MessageReceived(
            key=key, at=self.now, account=inbox, sender=(who,), address=who.key, provider_id=key, text=text, name=name
        )
        self.store.accept([Incoming("card" if inbox == "desk" else "slip", inbox, key, key, self.now, self.now, b"")])
        self.step()

    def does(self, make: Callable[..., Event], **values: Any) -> None:
        """An agent does something."""
        self._number += 1
        self.happen(make(key=f"h{self._number}", at=self.now, **values))
        self.step()

    def leaves(self, inbox: str = "front") -> list[str]:
        """What leaves now, in all; the platform takes it."""
        texts = []
        while leased := self.lease(inbox):
            for one in leased:
                texts.append(one.message.text)
                self.sent(one, f"s{one.outbox}")
        return texts

    def notices(self) -> list[dict[str, Any]]:
        """What plugins are to carry to agents."""
        return [json.loads(body) for (body,) in self.rows("SELECT body FROM plugin_work WHERE plugin='bell'")]

    def tasks(self) -> list[dict[str, Any]]:
        """What waits in the CRM."""
        return [json.loads(body) for (body,) in self.rows("SELECT body FROM outbox WHERE kind='object' ORDER BY id")]

    def why(self, like: str) -> list[str]:
        """Reasons that hold these words."""
        return [b for (b,) in self.rows("SELECT because FROM decisions WHERE because LIKE ? ORDER BY id", f"%{like}%")]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    hub = Desk(tmp_path)
    yield hub
    hub.close()
    Slip.events.clear()


# -- hand-off ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["HUMAN", "human customer service", "मानव ग्राहक सेवा", "kann ich mit einem menschen sprechen"]
)
def test_who_asks_for_a_human_in_any_language_is_handed_over_with_the_context(desk, text):
    desk.says("price please")
    desk.does(TagsEdited, person="p1", add=("vip",))
    desk.leaves()
    desk.now += MINUTE
    desk.says(text)
    own = "हमारे साथी जवाब देंगे।" if not text.isascii() else "A colleague will answer you, Ana."
    assert desk.leaves() == [own]
    assert desk.rows("SELECT paused_until, claimed FROM conversations") == [(UNTIL_RELEASED, "")]
    (notice,) = [one for one in desk.notices() if "needs a human" in one["text"]]
    assert (notice["to"], notice["person"], notice["conversation"]) in (("anna", 1, 1), ("ben", 1, 1))
    told = notice["context"].splitlines()
    assert told[:2] == ["Ana, +447700900101, p1, in front", "Tags: vip"]
    assert told[2] == f"Inquiry 1: priority P3, owner {notice['to']}"
    assert told[3:] == ["Ana: price please", "hub: From 5.", f"Ana: {text}"]
    (task,) = desk.tasks()
    assert task["title"] == "Answer Ana: asks for a human"
    assert task["body"] == notice["context"]
    desk.says("price")
    assert desk.leaves() == []  # nothing automatic until it is released


def test_asking_again_hands_nothing_over_twice(desk):
    for _ in range(3):
        desk.says("HUMAN")
        desk.now += MINUTE
    assert desk.leaves() == ["A colleague will answer you, Ana."]
    assert len(desk.tasks()) == 1
    assert len([one for one in desk.notices() if "needs a human" in one["text"]]) == 1
    assert len(desk.why("handed over already")) == 2


def test_the_hand_off_goes_to_an_agent_of_the_team_who_becomes_the_owner(desk):
    for _ in range(2):
        desk.says("where is my parcel?")
        assert desk.tasks() == []
    desk.says("Where is my parcel")
    assert [task["title"] for task in desk.tasks()] == ["Answer Ana: asked the same three times"]
    ((owner,),) = desk.rows("SELECT owner FROM inquiries")
    assert owner in ("anna", "ben")
    assert [one["to"] for one in desk.notices() if "needs a human" in one["text"]] == [owner]


def test_release_gives_the_conversation_back_and_a_human_answer_ends_the_hand_off_after_12_hours(desk):
    desk.says("HUMAN")
    desk.leaves()
    desk.does(HumanReplied, person="p1", text="Here I am.", agent="anna")
    assert desk.leaves() == ["Here I am."]
    desk.tick(12 * HOUR - 1)
    desk.says("price")
    assert desk.leaves() == []
    desk.tick(1)
    desk.says("price")
    assert desk.leaves() == ["From 5."]
    desk.says("HUMAN")
    desk.leaves()
    desk.does(ConversationClaimed, person="p1", release=True)
    desk.says("price")
    assert desk.leaves() == ["From 5."]


def test_who_never_wrote_cannot_be_handed_over_but_nothing_breaks(desk):
    assert desk.rows("SELECT 1 FROM dead") == []
    desk.does(ConversationClaimed, person="p9")
    assert [cause for (cause,) in desk.rows("SELECT cause FROM dead")] == [
        "nothing to claim: p9 is unknown or never wrote"
    ]


# -- tiers ------------------------------------------------------------------------------------------------------------


def test_an_answer_not_read_for_10_minutes_is_followed_by_the_question_and_1_leads_to_a_human(desk):
    desk.says("price", "desk")
    assert desk.leaves("desk") == ["From 5."]
    desk.tick(10 * MINUTE - 1)
    assert desk.leaves("desk") == []
    desk.tick(1)
    assert desk.leaves("desk") == ["Need more help? Reply 1."]
    assert desk.why("does not report what was read") == []
    desk.says("1", "desk")
    assert desk.leaves("desk") == ["A colleague will answer you, Ana."]
    assert [task["title"] for task in desk.tasks()] == ["Answer Ana: answered '1'"]


def test_an_answer_that_was_read_in_time_is_not_followed_by_the_question(desk):
    desk.says("price", "desk")
    (leased,) = desk.lease("desk")
    desk.sent(leased, "out1")
    Slip.events["read"] = StatusReported(key="read", at=desk.now, account="desk", provider_id="out1", status="read")
    desk.store.accept([Incoming("card", "desk", "read", "read", desk.now, desk.now, b"")])
    desk.step()
    desk.tick(11 * MINUTE)
    assert desk.leaves("desk") == []


def test_where_nothing_reports_reading_10_minutes_of_silence_count_and_the_decision_says_so(desk):
    desk.says("price")
    desk.leaves()
    desk.tick(10 * MINUTE)
    assert desk.leaves() == ["Need more help? Reply 1."]
    assert desk.why("slip does not report what was read; nobody wrote in that time")
    desk.says("price")
    desk.leaves()
    desk.tick(9 * MINUTE)
    desk.says("thanks")
    desk.tick(MINUTE)
    assert desk.leaves() == []


def test_words_of_high_value_make_it_p1_and_tell_the_supervisor_at_once(desk):
    desk.says("We want to sign contract now")
    assert desk.rows("SELECT priority FROM inquiries") == [("P1",)]
    (notice,) = [one for one in desk.notices() if "ready to buy" in one["text"]]
    assert (notice["to"], notice["text"], notice["at"]) == ("ben", "Ana is ready to buy", desk.now)
    assert "Ana: We want to sign contract now" in notice["context"]


# -- claims and pauses ------------------------------------------------------------------------------------------------


def test_a_claim_silences_all_conversations_and_routes_the_inquiry_to_whom_the_agent_says(desk):
    desk.says("price")
    desk.says("price", "desk")
    desk.does(ConversationClaimed, person="p1", agent="anna", to="ben")
    assert desk.leaves() == desk.leaves("desk") == []
    assert desk.rows("SELECT claimed FROM conversations") == [("ben",), ("ben",)]
    assert desk.rows("SELECT owner FROM inquiries") == [("ben",)]
    assert desk.why("ben has the case now by anna: automation pauses")
    desk.does(HumanReplied, person="p1", text="Hello", agent="ben")
    assert [*desk.leaves(), *desk.leaves("desk")] == ["Hello"]
    desk.tick(100 * HOUR)
    desk.says("price")
    assert desk.leaves() == []  # a claim does not end by itself
    desk.does(ConversationClaimed, person="p1", agent="anna")
    assert desk.why("anna has the case now from ben")
    desk.does(ConversationClaimed, person="p1", release=True)
    desk.says("book")
    assert desk.leaves() == ["Which day?"]


def test_nobody_unknown_gets_a_case(desk):
    desk.says("hello")
    desk.does(ConversationClaimed, person="p1", agent="anna", to="zoe")
    assert desk.rows("SELECT claimed FROM conversations") == [("",)]
    assert desk.rows("SELECT cause FROM dead") == [("nothing is claimed: there is no agent zoe",)]


@pytest.mark.parametrize(
    ("what", "other"),
    [
        ({"person": "p1"}, []),
        ({"conversation": 1}, ["From 5."]),
        ({"rule": "price"}, []),
        ({}, []),
    ],
)
def test_a_pause_is_of_a_person_a_conversation_a_rule_or_of_all(desk, what, other):
    desk.says("price")  # waits in the outbox when the pause comes
    desk.does(PauseChanged, until=desk.now + HOUR, **what)
    assert desk.leaves() == []
    desk.now += MINUTE
    desk.says("price", "desk")
    assert desk.leaves("desk") == other
    if what == {"rule": "price"}:
        desk.says("book")
        assert desk.leaves() == ["Which day?"]
    desk.does(PauseChanged, until=0, **what)
    desk.now += MINUTE
    desk.says("price")
    assert desk.leaves() == ["From 5."]


@pytest.mark.parametrize("what", [{"person": "p1"}, {"conversation": 1}, {"rule": "price"}, {}])
def test_a_pause_ends_by_itself_at_its_time(desk, what):
    desk.says("hello")
    desk.does(PauseChanged, until=desk.now + HOUR, **what)
    desk.tick(HOUR - 1)
    desk.says("price")
    assert desk.leaves() == []
    desk.tick(1)
    desk.says("price")
    assert desk.leaves() == ["From 5."]


def test_a_new_conversation_of_a_paused_person_is_paused_too(desk):
    desk.says("hello")
    desk.does(PauseChanged, person="p1", until=desk.now + HOUR)
    desk.says("price", "desk")
    assert desk.leaves("desk") == []


def test_an_agents_own_longer_pause_outlives_his_answer(desk):
    desk.says("hello")
    desk.does(PauseChanged, conversation=1, until=desk.now + 72 * HOUR)
    desk.does(HumanReplied, person="p1", text="Hi", agent="anna")
    desk.leaves()
    desk.tick(13 * HOUR)
    desk.says("price")
    assert desk.leaves() == []


# -- answers that are waited for, ratings -----------------------------------------------------------------------------


def test_a_question_waits_24_hours_for_its_answer_and_not_longer(desk):
    desk.says("bye")
    assert desk.leaves() == ["How was it?"]
    desk.now += WAITS
    desk.says("5")
    assert desk.rows("SELECT about, score FROM ratings") == [("price", 100)]
    desk.says("bye")
    desk.leaves()
    desk.now += WAITS + 1
    desk.says("2")
    assert desk.rows("SELECT count(*) FROM ratings") == [(1,)]


def test_after_closing_one_tap_rates_the_agent(desk):
    desk.says("hello")
    desk.does(InquiryEdited, person="p1", state="closed", reason="sold", agent="anna")
    assert desk.leaves() == ["Did we help?"]
    desk.says("4")
    assert desk.rows("SELECT about, score, person FROM ratings") == [("anna", 75, 1)]
    desk.says("5")  # it was asked once
    assert desk.rows("SELECT count(*) FROM ratings") == [(1,)]


def test_a_question_that_never_left_waits_for_nothing(desk):
    desk.says("bye")
    desk.does(PauseChanged, conversation=1, until=desk.now + MINUTE)
    assert desk.leaves() == []
    assert desk.rows("SELECT expects FROM conversations") == [("",)]


def test_ratings_are_counted_by_what_was_rated_the_worst_first(desk):
    for answer in ("1", "2", "5"):
        desk.says("bye")
        desk.leaves()
        desk.says(answer)
        desk.now += MINUTE
    with desk.store.transaction():
        work = desk.store.workspace(desk.now)
        work.rated(1, 1, "anna", 80, 1)
        work.save()
    found = recent.ratings(desk.store.db, 0, 60)
    assert [(one.about, one.times, one.good) for one in found] == [("price", 3, 1), ("anna", 1, 1)]
    assert recent.ratings(desk.store.db, desk.now, 60)[0].about == "anna"


# -- what may come from outside ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "event",
    [
        ConversationClaimed(key="k", at=1, person="p1", to="ben"),
        ConversationClaimed(key="k", at=1, person="phone::+447700900101", release=True),
        PauseChanged(key="k", at=1, until=5),
        PauseChanged(key="k", at=1, until=5, rule="price"),
        PauseChanged(key="k", at=1, until=0, conversation=3),
    ],
)
def test_what_agents_say_is_kept_as_it_was(event):
    assert unpack(pack(event)) == human_event(pack(event)) == event


@pytest.mark.parametrize(
    ("event", "told"),
    [
        (PauseChanged(key="k", at=1, until=5, person="p1", rule="price"), "a rule, or of everything"),
        (PauseChanged(key="k", at=1, until=-1), "after 1970"),
        (PauseChanged(key="k", at=1, until=1, conversation=-4), "a conversation has a number"),
        (PauseChanged(key="k", at=1, until=1, rule="x" * 201), "a rule a name"),
        (PauseChanged(key="k", at=1, until=1, person="Ana"), "a person is p and a number"),
        (ConversationClaimed(key="k", at=1, person="Ana"), "a person is p and a number"),
        (ConversationClaimed(key="k", at=1, person="p1", to="x" * 201), "200 characters"),
        (ConversationClaimed(key="k", at=1, person="p1", to="ben", release=True), "nobody gets one"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(event, told):
    with pytest.raises(Refusal, match=told):
        human_event(pack(event))
