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
class View:
    """The person, the conversation, the time of arrival at the hub (ms) and the active configuration version."""

    person: Person
    conversation: ConversationView
    received: int
    version: int = 0
