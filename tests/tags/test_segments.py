"""Segments and campaigns as they stand in a file."""

from __future__ import annotations

import tomllib

import pytest

from hub.clocks.files import compile_hours
from hub.contracts.errors import ConfigError
from hub.model.people import Person, PersonId
from hub.model.view import ConversationView, DealView, InquiryView, View
from hub.tags.campaigns import Campaign, compile_campaigns
from hub.tags.segments import Segment, SegmentFacts, compile_segments

NOW, DAY = 1_800_000_000_000, 86_400_000
TALK = ConversationView(id=1, inbox="sales", channel="whatsapp")


def where(path: tuple[str | int, ...]) -> str:
    return ".".join(map(str, path))


def segment(text: str) -> Segment:
    found = compile_segments(tomllib.loads(f"[segment.s]\n{text}"), where, tags=["a", "b"], priorities=["P1"])
    return found["s"]


def campaign(text: str) -> Campaign:
    data = tomllib.loads(f'[hours.shop]\ntimezone = "UTC"\nweek = {{ mon-sun = "08:00-18:00" }}\n[campaign.c]\n{text}')
    hours = compile_hours(data, where)
    found = compile_campaigns(data, where, segments=["s"], texts={}, hours=hours, inboxes=["sales", "shop"])
    return found["c"]


@pytest.mark.parametrize(
    ("text", "place", "says"),
    [
        ("", "segment.s", "asks nothing"),
        ('tags = ["c"]', "segment.s.tags", "no tag 'c'"),
        ('tags = { all = ["a"], none = ["a"] }', "segment.s", "wants it not"),
        ('where = { size = "> x" }', "segment.s.where.size", "no number"),
        ('inquiry = "lost"', "segment.s.inquiry", "no state of an inquiry 'lost'"),
        ('priority = "P9"', "segment.s.priority", "no priority 'P9'"),
        ('buys = "daily"', "segment.s.buys", "'daily'"),
        ('silent = "6d"', "segment.s.silent", "unknown key 'silent'"),
        ('silent_for = "6"', "segment.s.silent_for", "no span of time"),
        ('won = { stages = "w", at_least = 0 }', "segment.s.won.at_least", "begins at 1"),
    ],
)
def test_a_mistake_in_a_segment_is_one_sentence_with_its_place(text: str, place: str, says: str):
    with pytest.raises(ConfigError) as caught:
        segment(text)
    assert says in caught.value.what
    assert caught.value.where == place


@pytest.mark.parametrize(
    ("text", "place", "says"),
    [
        ('segment = "t"\ntext = "x"', "campaign.c.segment", "no segment 't'"),
        ('segment = "s"', "campaign.c", "nothing to say"),
        ('segment = "s"\ntext = "x"\nrate = 0', "campaign.c.rate", "1 to 6000"),
        ('segment = "s"\ntext = "x"\ninbox = "away"', "campaign.c.inbox", "no inbox 'away'"),
        ('segment = "s"\ntext = "x"\nhours = "night"', "campaign.c.hours", "no table of hours 'night'"),
        ('segment = "s"\ntext = "{{ message.text }}"', "campaign.c.text", "cannot name message.text"),
        ('segment = "s"\ntext = 5', "campaign.c.text", "is not a text"),
        ('segment = "s"\ntemplate = { name = "n" }', "campaign.c.template.language", "is missing"),
    ],
)
def test_a_mistake_in_a_campaign_is_one_sentence_with_its_place(text: str, place: str, says: str):
    with pytest.raises(ConfigError) as caught:
        campaign(text)
    assert says in caught.value.what
    assert caught.value.where == place


def test_a_quotation_without_an_answer_for_more_than_6_days_is_found():
    quiet = segment('tags = ["a"]\nsilent_for = "6d"')
    for heard, found in ((NOW - 6 * DAY, True), (NOW - 6 * DAY + 1, False), (0, True)):
        assert quiet.holds(SegmentFacts(tags={"a"}, heard=heard), NOW) is found
    assert not quiet.holds(SegmentFacts(heard=0), NOW)


@pytest.mark.parametrize(("every", "monthly", "quarterly"), [(30, True, False), (45, True, False), (46, False, True)])
def test_who_buys_monthly_and_who_quarterly_is_told_by_the_days_between(every: int, monthly: bool, quarterly: bool):
    days = ["2026-01-01", "2026-01-31" if every == 30 else "2026-02-15" if every == 45 else "2026-02-16"]
    facts = SegmentFacts(values={"purchases": " ".join(days)})
    assert segment('buys = "monthly"').holds(facts, NOW) is monthly
    assert segment('buys = "quarterly"').holds(facts, NOW) is quarterly


def test_a_decision_tells_what_segments_ask():
    found = segment(
        'tags = ["a"]\nwhere = { size = "> 5" }\ninquiry = "open"\npriority = "P1"\nlanguage = "en"\n'
        'won = { stages = ["won"] }'
    )
    view = View(
        person=Person(PersonId(1), "Ana", "en", False),
        conversation=TALK,
        received=NOW,
        tags={"a": 1},
        values={"size": "6"},
        inquiry=InquiryView(id=1, state="open", priority="P1"),
        deals=(DealView(stage="won", closed=True),),
    )
    assert found.seen(view)
    assert found.looks == {"tags", "beside"}
    assert not segment('won = { stages = ["won"], at_least = 2 }').seen(view)


def test_the_pace_is_so_many_a_minute_and_never_makes_up_for_what_was_missed():
    one = campaign('segment = "s"\ntext = "x"\nrate = 120')
    assert one.earned(0.0, 1000, NOW) == 2.0
    assert one.earned(0.0, 60_000, NOW) == 4.0
    assert campaign('segment = "s"\ntext = "x"\nrate = 6').earned(0.0, 5000, NOW) == 0.5
    assert one.earned(1.0, -5, NOW) == 1.0


def test_outside_its_hours_it_is_nobodys_turn():
    one = campaign('segment = "s"\ntext = "x"\nhours = "shop"')
    noon = NOW // DAY * DAY + DAY // 2
    assert one.earned(1.0, 1000, noon) > 1
    assert one.earned(1.0, 1000, noon + DAY // 2) == 0


def test_it_goes_through_the_first_of_its_inboxes_in_which_there_was_a_conversation():
    assert campaign('segment = "s"\ntext = "x"').through(["shop", "sales"]) == "shop"
    named = campaign('segment = "s"\ntext = "x"\ninbox = ["sales", "shop"]')
    assert named.through(["shop", "sales"]) == "sales"
    assert named.through(["shop"]) == "shop"
    assert named.through(["other"]) == ""
