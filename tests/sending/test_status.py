"""Statuses only climb."""

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from hub.model.messages import RANK
from hub.sending import climbs


def test_late_and_repeated_reports_change_nothing():
    assert climbs("queued", "accepted")
    assert climbs("accepted", "delivered")
    assert climbs("sent", "failed")
    assert climbs("failed", "delivered")
    assert not climbs("read", "delivered")
    assert not climbs("delivered", "failed")
    assert not climbs("sent", "sent")
    assert not climbs("sent", "something new")
    assert climbs("", "queued")


@given(st.lists(st.sampled_from(sorted(RANK)), min_size=1, max_size=4, unique_by=RANK.__getitem__))
def test_every_order_of_arrival_ends_the_same(reports):
    ends = set()
    for order in permutations(reports):
        status = "queued"
        for report in order:
            if climbs(status, report):
                status = report
        ends.add(status)
    assert len(ends) == 1
