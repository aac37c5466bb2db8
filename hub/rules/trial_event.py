"""The event of a [[test]] in which nobody writes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, cast

from hub.model.happened import (
    CampaignDue,
    CrmChange,
    DealStage,
    Happened,
    InquiryChanged,
    MessageRead,
    MessageSent,
    OwnerChanged,
    Rated,
    RecordChanged,
    ReplyDue,
    TagAdded,
    TagDue,
    TagRemoved,
    TaskDone,
    TimerRang,
)
from hub.model.view import InquiryView
from hub.rules.kinds import FIXED
from hub.rules.trial import EventTable

_CRM: Mapping[str, type[CrmChange]] = {cls.kind: cls for cls in (RecordChanged, DealStage, OwnerChanged, TaskDone)}
_NAMED: Mapping[str, tuple[type[Happened], str]] = {
    CampaignDue.kind: (CampaignDue, "campaign"),
    MessageRead.kind: (MessageRead, "by"),
    MessageSent.kind: (MessageSent, "by"),
    Rated.kind: (Rated, "of"),
    TagAdded.kind: (TagAdded, "tag"),
    TagRemoved.kind: (TagRemoved, "tag"),
    TimerRang.kind: (TimerRang, "name"),
}
"""Kinds of events that have one name, and what it is called there."""


def event_of(given: EventTable, at: int, inquiry: InquiryView | None) -> Happened:
    """What happens at `at` (ms) to the person of a test, with his inquiry."""
    fixed = FIXED.get(given.on, ())
    what = next((name for name in given.about if name in fixed), "")
    name = next((name for name in given.about if name not in fixed), "")
    base: dict[str, Any] = {"key": "test", "at": at, "person": 1, "conversation": 1}
    if given.on in _CRM:
        change: dict[str, Any] = {"crm": "test", "type": "contact", "record": "1", "field": given.field}
        return _CRM[given.on](before=given.from_, after=given.to, **change, **base)
    if given.on == TagDue.kind:
        return TagDue(tag=name, what=cast("Literal['remind', 'review']", what or "remind"), **base)
    if given.on == ReplyDue.kind:
        owner, priority = (inquiry.owner, inquiry.priority) if inquiry is not None else ("", "")
        return ReplyDue(inquiry=1, priority=priority, owner=owner, step=2 if what == "silent" else 1, **base)
    if given.on == InquiryChanged.kind:
        return InquiryChanged(inquiry=1, what=cast("Any", what), before=given.from_, after=given.to, **base)
    cls, key = _NAMED[given.on]
    more: dict[str, Any] = {key: name}
    if cls in (MessageRead, MessageSent):
        more |= {"message": 1, "cls": given.class_, "origin": 1}
    elif cls is Rated:
        more["score"] = given.score
    elif cls is CampaignDue:
        more["run"] = 1
    return cls(**more, **base)
