"""What a batch of events will want to see of the store, gathered before anything is read."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Needs:
    """What a batch of events will want to see."""

    identities: set[str] = field(default_factory=set)
    people: set[int] = field(default_factory=set)
    conversations: set[str] = field(default_factory=set)  # by key
    conversation_ids: set[int] = field(default_factory=set)
    talks_of: set[int] = field(default_factory=set)  # people whose conversations are wanted
    talks_with: set[str] = field(default_factory=set)  # the same, by identity
    outbox: set[int] = field(default_factory=set)
    providers: set[str] = field(default_factory=set)  # messages by the platform's id
    changed: set[str] = field(default_factory=set)  # the same, with all that was ordered for them
    arriving: set[str] = field(default_factory=set)  # platform's ids of new messages: changes that came before them
    media: set[int] = field(default_factory=set)  # files, with their messages
    records: dict[str, set[str]] = field(default_factory=dict)  # crm -> record ids
    keys: set[str] = field(default_factory=set)  # links by the hub's key
    dead: set[int] = field(default_factory=set)
    around: bool = False  # everything around the outbox rows here: message, person, conversation
    timers: set[tuple[str, int]] = field(default_factory=set)
    beside: bool = False  # what the CRMs have of all these people beside their contacts
    inquiries: bool = False  # the last inquiry of all these people
    tags: bool = False  # their tags
    consents: bool = False  # what they consented to
