"""How fast one person may be written to."""

from hypothesis import given
from hypothesis import strategies as st

from hub.sending import PairRate

NOW = 1_800_000_000_000


def test_a_burst_then_one_at_a_time():
    rate = PairRate(3, 6.0)
    for _ in range(3):
        assert rate.ready(1, NOW) <= NOW
        rate.spend(1, NOW)
    due = rate.ready(1, NOW)
    assert NOW + 5900 < due < NOW + 6100
    assert rate.ready(2, NOW) <= NOW
    assert rate.ready(1, due) <= due
    rate.spend(1, due)
    assert rate.ready(1, due) > due
    assert rate.ready(1, due + 18_000) <= due + 18_000


def test_without_a_limit_nobody_waits():
    rate = PairRate(0, 0.0)
    for _ in range(100):
        rate.spend(1, NOW)
    assert rate.ready(1, NOW) <= NOW


def test_a_clock_that_was_set_back_makes_nobody_wait_for_it():
    rate = PairRate(3, 6.0)
    for _ in range(3):
        rate.spend(1, NOW)
    earlier = NOW - 3_600_000
    due = rate.ready(1, earlier)
    assert earlier < due < earlier + 6100
    assert rate.ready(1, due) <= due


def test_it_remembers_only_so_many():
    rate = PairRate(1, 6.0, most=10)
    for talk in range(1000):
        rate.spend(talk, NOW + talk)
    assert len(rate._sent) <= 10
    assert rate.ready(999, NOW + 999) > NOW + 999


@given(st.lists(st.integers(0, 20_000), min_size=1, max_size=60))
def test_never_more_than_the_burst_and_the_rate(pauses):
    rate, now, sent = PairRate(3, 6.0), NOW, []
    for pause in pauses:
        now += pause
        if rate.ready(7, now) <= now:
            rate.spend(7, now)
            sent.append(now)
    for first in range(len(sent)):
        for last in range(first, len(sent)):
            assert last - first + 1 <= 3 + (sent[last] - sent[first]) / 6000 + 0.01
