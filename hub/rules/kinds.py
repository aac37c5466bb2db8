"""What rules may be `on`: the kinds of events, what each of them is about, and how it is told in few words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hub.model.events import Event, MessageReceived
from hub.model.happened import (
    CampaignDue,
    CrmChange,
    DealStage,
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

SAID = MessageReceived.kind
"""What a rule is about that names nothing else: a person wrote."""

CRM = frozenset({RecordChanged.kind, DealStage.kind, OwnerChanged.kind, TaskDone.kind})
"""Changes in the CRM: they have a field, and a value before and after."""

OURS = frozenset({MessageSent.kind, MessageRead.kind})
"""Messages of the hub: what follows from them may still be the reply to a person."""

VALUED = CRM | {InquiryChanged.kind}
"""What has a value before and after."""

Abouts = Callable[[Any], tuple[str, ...]]


def _due(event: ReplyDue) -> tuple[str, ...]:
    return ("missed" if event.step == 1 else "silent", event.priority, event.owner)


_ABOUT: Mapping[str, Abouts] = {
    CampaignDue.kind: lambda event: (event.campaign,),
    InquiryChanged.kind: lambda event: (event.what,),
    MessageRead.kind: lambda event: (event.by,),
    MessageSent.kind: lambda event: (event.by,),
    Rated.kind: lambda event: (event.of,),
    ReplyDue.kind: _due,
    TagAdded.kind: lambda event: (event.tag,),
    TagDue.kind: lambda event: (event.tag, event.what),
    TagRemoved.kind: lambda event: (event.tag,),
    TimerRang.kind: lambda event: (event.name,),
}

NAMED = frozenset(_ABOUT)
"""Kinds of events that are about something with a name: a tag, a timer, a rule."""

FIXED: Mapping[str, tuple[str, ...]] = {
    InquiryChanged.kind: ("opened", "snoozed", "closed", "reopened", "priority", "owner"),
    ReplyDue.kind: ("missed", "silent"),
    TagDue.kind: ("remind", "review"),
}
"""Names that an event may be about besides those of the file."""

KINDS = (SAID, *sorted(CRM | NAMED))
"""Everything a rule may be on."""


def about(event: Event) -> tuple[str, ...]:
    """The names that an event is about, () = none."""
    found = _ABOUT.get(event.kind)
    return found(event) if found is not None else ()


def told(event: Event) -> str:
    """What happened, in few words; "" of a message."""
    match event:
        case CrmChange():
            return f"{event.field} became '{event.after}'"
        case TagAdded():
            return f"tag '{event.tag}' was added"
        case TagRemoved():
            return f"tag '{event.tag}' was removed"
        case TagDue():
            return f"the {event.what} date of tag '{event.tag}' came"
        case MessageSent():
            return f"a message of '{event.by}' was sent"
        case MessageRead():
            return f"a message of '{event.by}' was read"
        case ReplyDue():
            return "the reply is overdue" if event.step == 1 else "the owner is still silent"
        case InquiryChanged():
            changed = f" to '{event.after}'" if event.after else ""
            return f"the inquiry: {event.what}{changed}"
        case TimerRang():
            return f"timer '{event.name}' rang"
        case Rated():
            return f"'{event.of}' was rated {event.score}"
        case CampaignDue():
            return f"his turn in campaign '{event.campaign}'"
    return ""


def noun(kind: str) -> str:
    """A kind of event in a sentence about a mistake."""
    return "a message" if kind == SAID else "a change in the CRM" if kind in CRM else f"the event {kind}"
