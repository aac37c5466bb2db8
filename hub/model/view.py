"""What a decision may know. Its fields are few on purpose: whatever stands here, every rule may depend on."""

from __future__ import annotations

from dataclasses import dataclass

from hub.model.people import Person


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationView:
    """The conversation an event belongs to. Times in ms, 0 = never."""

    id: int
    inbox: str
    channel: str
    first: bool = False  # this event opened it
    last_inbound: int = 0
    last_human: int = 0
    paused_until: int = 0
    fired: dict[str, int] | None = None  # rule -> when it last fired here


@dataclass(frozen=True, slots=True, kw_only=True)
class DealView:
    """A deal of the person: `stage` as the CRM names it by id, `label` as people read it, `owner` the CRM's id."""

    stage: str
    closed: bool = False
    owner: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """The person, the conversation, the time of arrival at the hub (ms) and the active configuration version.

    `owner` of the person's contact (the CRM's id of him), `deals`, and `tickets` that are open stand here only where
    some rule asks for them.
    """

    person: Person
    conversation: ConversationView
    received: int
    version: int = 0
    owner: str = ""
    deals: tuple[DealView, ...] = ()
    tickets: int = 0
