"""The state of an inquiry and its next step."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.inquiries import inquiry as states
from hub.inquiries.inquiry import FOLLOW_UP, REPLY, WORDS_MAX, Step, begin, next_step

HOUR, DAY = 3_600_000, 86_400_000
NOW = 1_800_000_000_000


def test_a_new_inquiry_waits_for_us_and_is_to_be_answered_by_its_due_time():
    new = begin(NOW)
    assert (new.state, new.waits_for) == ("open", "us")
    assert next_step(new, NOW) == Step("reply", NOW + REPLY)
    assert next_step(states.set_due(new, NOW + HOUR), NOW) == Step("reply", NOW + HOUR)


def test_an_answered_inquiry_is_followed_up_after_seven_days_without_a_word():
    waiting = states.answered(states.set_due(begin(NOW), NOW + HOUR), NOW)
    assert waiting.waits_for == "person"
    assert next_step(waiting, NOW) == Step("follow_up", NOW + 7 * DAY)
    assert states.overdue(waiting, NOW + 7 * DAY) == 0
    assert states.overdue(waiting, NOW + 8 * DAY) == DAY


def test_what_was_planned_comes_next_but_a_person_who_waits_comes_first():
    call = Step("call", NOW + 2 * DAY, "ask for the size")
    waiting = states.plan(states.answered(begin(NOW), NOW), call, NOW)
    assert next_step(waiting, NOW) == call
    again, what = states.arrive(waiting, NOW + HOUR, DAY)
    assert what == "goes on"
    again = states.set_due(again, NOW + 3 * HOUR)
    assert next_step(again, NOW + HOUR) == Step("reply", NOW + 3 * HOUR)
    assert next_step(states.set_due(again, NOW + 3 * DAY), NOW + HOUR) == call  # due earlier
    assert next_step(states.answered(again, NOW + 2 * HOUR), NOW + 2 * HOUR) == call


def test_a_message_ends_what_was_planned_for_silence():
    waiting = states.answered(begin(NOW), NOW)
    for step in (Step("follow_up", NOW + DAY), Step("none", words="the person will come by")):
        assert states.arrive(states.plan(waiting, step, NOW), NOW, DAY).inquiry.plan is None
    own = states.plan(waiting, Step("own", NOW + DAY, "send the sample"), NOW)
    assert states.arrive(own, NOW, DAY).inquiry.plan.words == "send the sample"


def test_none_needs_a_reason():
    waiting = states.answered(begin(NOW), NOW)
    settled = states.plan(waiting, Step("none", NOW, " ordered elsewhere "), NOW)
    assert next_step(settled, NOW) == Step("none", 0, "ordered elsewhere")
    assert states.overdue(settled, NOW + 99 * DAY) == 0


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (Step("none", words=" "), "say why there is no next step"),
        (Step("own", NOW, ""), "say what is to be done"),
        (Step("own", 0, "later"), "needs a time"),
        (Step("call"), "needs a time"),
        (Step("reply", NOW), "can be planned"),
    ],
)
def test_a_plan_without_a_time_or_words_is_refused(step, said):
    with pytest.raises(ValueError, match=said):
        states.plan(begin(NOW), step, NOW)


def test_a_snoozed_inquiry_sleeps_until_its_time_or_a_message():
    asleep = states.snooze(states.set_due(begin(NOW), NOW + HOUR), NOW + DAY, NOW)
    assert next_step(asleep, NOW) == Step("wake", NOW + DAY)
    assert next_step(asleep, NOW + DAY) == Step("wake", NOW + DAY)
    assert states.overdue(asleep, NOW + DAY + HOUR) == HOUR
    assert states.wake(asleep, NOW + DAY).state == "open"
    woken = states.arrive(asleep, NOW + HOUR, DAY)
    assert (woken.what, woken.inquiry.state, woken.inquiry.waits_for) == ("goes on", "open", "us")
    with pytest.raises(ValueError, match="passed"):
        states.snooze(begin(NOW), NOW, NOW)


def test_closing_needs_a_reason_and_leaves_no_step():
    with pytest.raises(ValueError, match="say why"):
        states.close(begin(NOW), " ", NOW)
    done = states.close(begin(NOW), " won " + "x" * 500, NOW + 5)
    assert (done.state, done.waits_for, done.closed) == ("closed", "nobody", NOW + 5)
    assert len(done.reason) == WORDS_MAX
    assert next_step(done, NOW).kind == "none"
    assert states.close(done, "lost", NOW + 9) is done
    for change in (
        lambda: states.snooze(done, NOW + DAY, NOW + 9),
        lambda: states.plan(done, Step("call", NOW + DAY), NOW + 9),
    ):
        with pytest.raises(ValueError, match="reopen"):
            change()


@pytest.mark.parametrize(("after", "what"), [(0, "reopened"), (3 * DAY - 1, "reopened"), (3 * DAY, "new")])
def test_a_message_reopens_a_closed_inquiry_within_three_days_else_begins_a_new_one(after, what):
    done = states.close(begin(NOW), "won", NOW)
    found = states.arrive(done, NOW + after, 3 * DAY)
    assert found.what == what
    assert found.inquiry.state == "open"
    assert found.inquiry.opened == (NOW if what == "reopened" else NOW + after)
    assert found.inquiry.reopened == (what == "reopened")
    assert found.inquiry.reason == ""


def test_without_a_span_to_reopen_and_without_a_last_one_every_message_begins_a_new_one():
    assert states.arrive(states.close(begin(NOW), "won", NOW), NOW, 0).what == "new"
    assert states.arrive(None, NOW, DAY).what == "new"


steps = st.one_of(
    st.builds(Step, st.sampled_from(["follow_up", "call"]), st.integers(1, 2 * NOW)),
    st.builds(Step, st.just("own"), st.integers(1, 2 * NOW), st.text(min_size=1, max_size=9)),
    st.builds(Step, st.just("none"), st.just(0), st.text(max_size=9)),
)
moves = st.one_of(
    st.tuples(st.just("arrive"), st.integers(0, 20) | st.just(0)),
    st.tuples(st.just("answered"), st.none()),
    st.tuples(st.just("snooze"), st.integers(-1, 30)),
    st.tuples(st.just("wake"), st.none()),
    st.tuples(st.just("close"), st.text(max_size=3)),
    st.tuples(st.just("reopen"), st.none()),
    st.tuples(st.just("plan"), steps),
    st.tuples(st.just("set_due"), st.integers(0, 9)),
    st.tuples(st.just("wait_for"), st.sampled_from(["us", "person", "nobody"])),
)


def moved(inquiry, move, given, now):
    match move:
        case "arrive":
            return states.arrive(inquiry, now, given * DAY).inquiry
        case "snooze":
            return states.snooze(inquiry, now + given * DAY, now)
        case "set_due":
            return states.set_due(inquiry, given and now + given * HOUR)
        case "close" | "plan" | "wait_for":
            return getattr(states, move)(inquiry, given, now)
        case _:
            return getattr(states, move)(inquiry, now)


@settings(max_examples=100)
@given(st.lists(st.tuples(moves, st.integers(0, 10 * DAY)), max_size=25))
def test_whatever_happens_an_open_inquiry_has_a_next_step_with_a_time_or_none_with_a_reason(story):
    inquiry, now = begin(NOW), NOW
    for (move, given_value), later in story:
        now += later
        try:
            inquiry = moved(inquiry, move, given_value, now)
        except ValueError:
            continue
        step = next_step(inquiry, now)
        assert bool(step.at) != (step.kind == "none")
        if step.kind == "none":
            assert step.words
        if inquiry.state == "closed":
            assert step.kind == "none"
            assert inquiry.waits_for == "nobody"
        if inquiry.state == "open" and inquiry.waits_for == "us" and inquiry.due:
            assert step.kind == "reply" or step.at <= inquiry.due
    assert FOLLOW_UP == 7 * DAY
