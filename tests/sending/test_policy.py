"""The send policy: what is said without being asked, when, how often, to whom, and what nobody speaks of."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.sending.contact_times import parse_preferred, parse_quiet, preferred, zone_of
from hub.sending.policy import CONSENTED, NUDGES, WEEK, Outreach, SendPolicy, may_reach
from hub.words.keywords import Keyword, Keywords

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
YEREVAN = ZoneInfo("Asia/Yerevan")


def at(text: str, zone: str = "Asia/Yerevan") -> int:
    """Ms of a wall time."""
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


def local(ms: int, zone: str = "Asia/Yerevan") -> str:
    return datetime.fromtimestamp(ms / 1000, ZoneInfo(zone)).strftime("%a %d %H:%M")


NOW = at("2026-11-25T12:00")  # a Wednesday
DAYTIME = SendPolicy(awake=parse_quiet("21:00-09:00"), zone=YEREVAN)
FINE = Outreach(purpose="inform", created=NOW, heard=NOW - DAY)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"purpose": ""}, "needs a declared purpose"),
        ({"heard": 0}, "never wrote"),
        ({"purpose": "market"}, "no recorded consent to messages that market"),
        ({"consent": False}, "withdrew the consent to messages that inform"),
        ({"purpose": "market", "consent": False}, "withdrew"),
        ({"purpose": "clarify", "heard": NOW + 1}, "wrote since this was decided"),
        ({"purpose": "revive", "nudges": 3}, "already got 3 unasked messages"),
        ({"same": NOW - 30 * DAY + 1}, "same words within the last 30 d"),
        ({"created": NOW - 3 * DAY - 1}, "within 3 d: it waited too long"),
    ],
)
def test_what_is_never_sent_says_why(changes, reason):
    verdict = may_reach(replace(FINE, **changes), DAYTIME, NOW)
    assert verdict.action == "drop"
    assert reason in verdict.reason


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"purpose": "market", "consent": True},
        {"purpose": "market", "consent": True, "heard": 0},
        {"heard": 0, "consent": True},
        {"heard": NOW + 1},  # a reminder stays right when he writes
        {"nudges": 3},
        {"purpose": "clarify", "nudges": 2},
        {"same": NOW - 30 * DAY},
        {"created": NOW - 3 * DAY},
        {"sent": (NOW - 20 * HOUR,)},
    ],
)
def test_what_is_allowed_leaves_at_once(changes):
    assert may_reach(replace(FINE, **changes), DAYTIME, NOW).action == "send"


def test_the_gap_of_20_hours_is_waited_for_to_the_millisecond():
    gap = SendPolicy()
    verdict = may_reach(replace(FINE, sent=(NOW - 20 * HOUR + 1,)), gap, NOW)
    assert (verdict.action, verdict.due) == ("wait", NOW + 1)
    assert may_reach(replace(FINE, sent=(NOW - 20 * HOUR,)), gap, NOW).action == "send"


def test_a_week_holds_so_many_and_the_next_waits_until_the_first_of_them_is_a_week_old():
    policy = SendPolicy(min_gap=HOUR, per_week=2, max_wait=7 * DAY)
    sent = (NOW - 6 * DAY, NOW - 2 * DAY)
    verdict = may_reach(replace(FINE, sent=sent), policy, NOW)
    assert (verdict.action, verdict.due) == ("wait", NOW + DAY)
    assert may_reach(replace(FINE, sent=sent), policy, NOW + DAY).action == "send"
    assert may_reach(replace(FINE, sent=(NOW - 2 * DAY,)), policy, NOW).action == "send"


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-11-25T20:59", ""),
        ("2026-11-25T21:00", "Thu 26 09:00"),
        ("2026-11-26T00:00", "Thu 26 09:00"),
        ("2026-11-26T08:59", "Thu 26 09:00"),
        ("2026-11-26T09:00", ""),
    ],
)
def test_quiet_hours_wait_until_their_end(now, due):
    moment = at(now)
    verdict = may_reach(replace(FINE, created=moment), DAYTIME, moment)
    assert (local(verdict.due) if verdict.due else "") == due


def test_quiet_hours_are_those_of_the_persons_own_zone():
    elsewhere = replace(FINE, timezone="America/New_York")  # 12:00 in Yerevan is 03:00 there
    verdict = may_reach(elsewhere, DAYTIME, NOW)
    assert local(verdict.due, "America/New_York") == "Wed 25 09:00"
    assert may_reach(replace(FINE, timezone="Nowhere/Atall"), DAYTIME, NOW).action == "send"


def test_without_any_zone_no_hour_is_quiet():
    nowhere = SendPolicy(awake=parse_quiet("00:00-23:59"))
    assert may_reach(FINE, nowhere, NOW).action == "send"
    assert may_reach(replace(FINE, timezone="Asia/Yerevan"), nowhere, NOW).action == "wait"


def test_preferred_times_wait_and_combine_with_quiet_hours():
    wished = replace(FINE, preferred="fri evening")
    assert local(may_reach(wished, DAYTIME, NOW).due) == "Fri 27 18:00"
    late = at("2026-11-27T21:30")  # quiet already, and preferred till 21:00 only
    assert "within 3 d" in may_reach(replace(wished, created=late), DAYTIME, late).reason
    assert may_reach(replace(FINE, preferred="whenever the moon is full"), DAYTIME, NOW).action == "send"


def test_the_gap_and_quiet_hours_together_give_the_first_moment_that_both_allow():
    sent = at("2026-11-25T11:00")  # + 20 h = 07:00, which is quiet
    verdict = may_reach(replace(FINE, sent=(sent,)), DAYTIME, NOW)
    assert local(verdict.due) == "Thu 26 09:00"
    assert "20 h after" in verdict.reason


def test_wishes_that_never_meet_the_waking_hours_are_dropped_not_kept_for_ever():
    verdict = may_reach(replace(FINE, preferred="22:00-23:00"), DAYTIME, NOW)
    assert verdict.action == "drop"
    assert "the time that he prefers" in verdict.reason


# -- contact times ----------------------------------------------------------------------------------------------------


def times(text: str) -> str:
    week = parse_preferred(text)
    if week is None:
        return "?"
    names = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    shown = [" ".join(f"{a // 60}:{a % 60:02}-{b // 60}:{b % 60:02}" for a, b in day) for day in week]
    if len(set(shown)) == 1:
        return shown[0]
    return ", ".join(f"{name} {spans}" for name, spans in zip(names, shown, strict=True) if spans)


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("wed/fri afternoon", "wed 12:00-18:00, fri 12:00-18:00"),
        ("Wed/Fri Afternoon", "wed 12:00-18:00, fri 12:00-18:00"),
        ("Wednesday and Friday afternoons", "wed 12:00-18:00, fri 12:00-18:00"),
        ("afternoon on Wed", "wed 12:00-18:00"),
        ("Mon-Fri 14:00-18:00", "mon 14:00-18:00, tue 14:00-18:00, wed 14:00-18:00, thu 14:00-18:00, fri 14:00-18:00"),
        ("monday to wednesday", "mon 0:00-24:00, tue 0:00-24:00, wed 0:00-24:00"),
        ("weekends", "sat 0:00-24:00, sun 0:00-24:00"),
        ("fri-mon morning", "mon 8:00-12:00, fri 8:00-12:00, sat 8:00-12:00, sun 8:00-12:00"),
        ("mon, tue mornings; sat 10-12:30", "mon 8:00-12:00, tue 8:00-12:00, sat 10:00-12:30"),
        ("evening", "18:00-21:00"),
        ("after 6pm", "18:00-24:00"),
        ("before 10", "0:00-10:00"),
        ("from 9 to 12", "9:00-12:00"),
        ("2-6pm", "14:00-18:00"),
        ("10-2 pm", "10:00-14:00"),
        ("9h30 – 11h", "9:30-11:00"),
        ("10:00~12:00", "10:00-12:00"),
        ("mornings or evenings", "8:00-12:00 18:00-21:00"),
        ("10-12, 11-13", "10:00-13:00"),
        ("anytime", "0:00-24:00"),
        ("between 10 and 12 on tuesdays", "tue 10:00-12:00"),
        ("not on mondays", "?"),
        ("call me", "?"),
        ("25-26", "?"),
        ("18-9", "?"),
        ("13pm-14pm", "?"),
        ("mon to", "?"),
        ("evening, sat 10-12", "?"),
        ("-", "?"),
        ("", "?"),
    ],
)  # fmt: skip
def test_preferred_times_are_read_or_not_at_all(text, means):
    assert times(text) == means


@given(st.text(max_size=60))
def test_any_text_is_a_wish_or_none(text):
    week = parse_preferred(text)
    assert week is None or (len(week) == 7 and any(week))


@pytest.mark.parametrize(
    ("text", "awake"),
    [
        ("21:00-09:00", ((540, 1260),)),
        ("13:00-15:00", ((0, 780), (900, 1440))),
        ("00:00-08:00", ((480, 1440),)),
        ("22:00-24:00", ((0, 1320),)),
        ("", ()),
    ],
)
def test_quiet_hours_leave_the_rest_of_the_day(text, awake):
    assert parse_quiet(text) == awake


@pytest.mark.parametrize("text", ["night", "21-9", "25:00-09:00", "09:00-09:00", "00:00-24:00", "21:60-09:00"])
def test_what_are_no_quiet_hours_is_refused(text):
    with pytest.raises(ValueError, match="no quiet hours"):
        parse_quiet(text)


# -- topics -----------------------------------------------------------------------------------------------------------


def speaks(allowed: str = "", forbidden: str = "") -> SendPolicy:
    words = [
        Keyword("price", "word", ("topic", "price")),
        Keyword("return", "prefix", ("topic", "returns")),
        Keyword("lawyer", "word", ("topic", "legal")),
    ]
    return SendPolicy(allowed=frozenset(allowed.split()), forbidden=frozenset(forbidden.split()), words=Keywords(words))


@pytest.mark.parametrize(
    ("allowed", "forbidden", "topic", "text", "written", "reason"),
    [
        ("", "", "legal", "our lawyer", False, ""),
        ("", "legal", "legal", "hello", True, "'legal' is forbidden"),
        ("", "legal", "price legal", "hello", True, "'legal' is forbidden"),
        ("", "legal", "price", "hello", True, ""),
        ("", "legal", "", "ask our LAWYER", True, "'legal' is forbidden (the text says 'lawyer')"),
        ("", "legal returns", "", "Returns are approved", False, "'returns' is forbidden"),
        ("", "legal", "", "hello", False, ""),
        ("price", "", "returns", "hello", True, "'returns' is not among the allowed"),
        ("price", "", "price returns", "hello", True, ""),
        ("price", "", "", "hello", True, ""),
        ("price", "", "", "hello", False, "about no allowed topic"),
        ("price", "", "", "the price is 5", False, ""),
        ("price", "returns", "", "the price of a return", False, "'returns' is forbidden"),
    ],
)
def test_topics_are_allowed_or_a_human_speaks_of_them(allowed, forbidden, topic, text, written, reason):
    found = speaks(allowed, forbidden).off_topic(topic, text, written=written)
    assert (reason in found) if reason else not found


# -- what always holds ------------------------------------------------------------------------------------------------

ZONES = st.sampled_from(["", "Asia/Yerevan", "America/New_York", "Pacific/Kiritimati", "Europe/Berlin", "nonsense"])
POLICIES = st.builds(
    SendPolicy,
    min_gap=st.sampled_from([MINUTE, HOUR, 20 * HOUR, 40 * HOUR]),
    per_week=st.integers(0, 3),
    nudges=st.integers(0, 4),
    awake=st.sampled_from([(), *map(parse_quiet, ("21:00-09:00", "13:00-15:00", "10:00-09:00"))]),
    zone=st.sampled_from([None, YEREVAN, ZoneInfo("Europe/Berlin")]),
    max_wait=st.sampled_from([HOUR, DAY, 3 * DAY]),
    same_again=st.sampled_from([DAY, 30 * DAY]),
)
MOMENTS = st.integers(at("2026-03-20T00:00"), at("2026-04-05T00:00"))  # clocks change in between


@st.composite
def outreaches(draw: st.DrawFn) -> tuple[Outreach, int]:
    now = draw(MOMENTS)
    past = st.integers(0, 10 * DAY).map(lambda back: now - back)
    return Outreach(
        purpose=draw(st.sampled_from(["", "acknowledge", "clarify", "advance", "revive", "inform", "market"])),
        created=now - draw(st.sampled_from([0, MINUTE, HOUR, 2 * DAY, 5 * DAY])),
        sent=tuple(sorted(draw(st.lists(past, max_size=4)))),
        consent=draw(st.sampled_from([None, None, True, True, False])),
        heard=draw(st.sampled_from([0, now - 9 * DAY, now - 2 * DAY, now - 1])),
        nudges=draw(st.integers(0, 4)),
        same=draw(st.sampled_from([0, 0, now - 2 * DAY])),
        timezone=draw(ZONES),
        preferred=draw(st.sampled_from(["", "", "wed/fri afternoon", "weekday mornings", "after 22", "?!", "sun"])),
    ), now


@settings(max_examples=300, deadline=None)
@given(outreaches(), POLICIES)
def test_what_leaves_unasked_keeps_every_limit_and_what_waits_comes_to_an_end(case, policy):
    out, now = case
    verdict = may_reach(out, policy, now)
    assert bool(verdict.reason) == (verdict.action != "send")
    if verdict.action == "wait":
        assert now < verdict.due <= out.created + policy.max_wait
        # nothing but time stood against it, and it was the first moment: it leaves then
        assert may_reach(out, policy, verdict.due).action == "send"
        assert may_reach(out, policy, verdict.due - 1).action == "wait"
    if verdict.action != "send":
        return
    zone = zone_of(out.timezone) or policy.zone
    assert out.purpose
    assert all(now - time >= policy.min_gap for time in out.sent)
    assert not policy.per_week or sum(now - time < WEEK for time in out.sent) < policy.per_week
    assert out.consent is not False
    assert out.consent or (out.heard and out.purpose not in CONSENTED)
    if out.purpose in NUDGES:
        assert out.heard <= out.created
        assert out.nudges < policy.nudges
    assert not out.same or now - out.same >= policy.same_again
    if zone is not None and policy.awake:
        wall = datetime.fromtimestamp(now / 1000, zone)
        minute = wall.hour * 60 + wall.minute
        assert any(start <= minute < end for start, end in policy.awake)
    wish = preferred(out.preferred, zone or ZoneInfo("UTC"))
    assert wish is None or wish.is_open(now)
