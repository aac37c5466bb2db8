"""Figures of follow-ups, from what a whole hub decided and what people did then."""

from __future__ import annotations

import pytest

from hub.inquiries.feedback import gather
from hub.model.by_hand import HumanReplied
from hub.model.events import MessageReceived
from hub.model.people import Identity
from hub.store import feedback

HOUR, DAY = 3_600_000, 86_400_000
WATCHED = """
[followup.sales]
answers_alone_below = 0.5
at_least = "4h"
at_most = "2d"
left_alone = 1.0
required = ["quantity"]
texts = { clarify = "which" }

[texts]
which = { text = "Which quantity do you need?", purpose = "clarify" }
"""


def said(desk, number, who, text="I want parts"):
    return MessageReceived(
        key=f"1001.{number}",
        at=desk.now,
        account="1001",
        sender=(Identity("phone", "", f"+447700{who:06}"),),
        address=f"447700{who:06}",
        provider_id=f"p{number}",
        text=text,
        name=f"Person {who}",
    )


def answer(desk, *people):
    for who in people:
        person, key = f"p{who}", f"h{desk.now}{who}"
        desk.happen(HumanReplied(key=key, at=desk.now, person=person, text="Do you want an offer?", agent="Ana"))
    desk.step()
    leaves(desk)


def leaves(desk):
    for _ in range(3):
        for one in desk.lease():
            desk.sent(one, provider_id=f"x{one.outbox}")


@pytest.mark.parametrize(("by_himself", "share"), [(True, (1, 1)), (False, (1, 0))])
def test_a_silence_left_alone_that_ends_by_itself_counts_as_a_needless_follow_up(automated, by_himself, share):
    desk = automated(WATCHED)
    for who in range(1, 86):  # what most people do: fifty answer within half an hour
        desk.happened(said(desk, f"a{who}", who))
    answer(desk, *range(1, 86))
    desk.now += HOUR // 2
    desk.happened(*(said(desk, f"b{who}", who, "100 pieces") for who in range(1, 51)))
    desk.tick(8 * DAY)
    since = desk.now
    desk.happened(said(desk, "c", 90))
    answer(desk, 86)
    desk.tick(13 * HOUR)  # the pause after a human is over: it would be time, and it is left alone
    desk.tick(HOUR)
    left = feedback.left_alone(desk.store.db, since)
    assert list(left) == [86]
    for _ in range(10 if by_himself else 60):
        desk.tick(HOUR)
        leaves(desk)
    if by_himself:
        desk.happened(said(desk, "d", 90, "100 pieces"))
    now = desk.now + 9 * DAY
    found = gather(feedback.said(desk.store.db, since), {}, left, since, now)
    assert (found.left_alone, found.answered_alone) == share
    assert sum(kind.sent for kind in found.kinds.values()) == (0 if by_himself else 1)
