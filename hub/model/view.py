"""What a decision may know. Its fields are few on purpose: whatever stands here, every rule may depend on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hub.model.people import Person


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationView:
    """The conversation an event belongs to. Times in ms, 0 = never.

    `same` is how many of the person's last messages in a row, this one included, ask the same. `expects` is what the
    hub asked there last and waits for: the id of an answer -> what it does; empty = nothing.
    """

    id: int
    inbox: str
    channel: str
    first: bool = False  # this event opened it
    last_inbound: int = 0
    last_human: int = 0
    paused_until: int = 0
    fired: dict[str, int] | None = None  # rule -> when it last fired here
    claimed: str = ""  # the agent who has it
    same: int = 1
    expects: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class DealView:
    """A deal of the person: `stage` as the CRM names it by id, `label` as people read it, `owner` the CRM's id."""

    stage: str
    closed: bool = False
    owner: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InquiryView:
    """What the person wants, as far as it is known. Times in ms, 0 = never.

    `state` open, snoozed or closed · `priority` its name, "" = none yet · `owner` the agent's name · `reply_by` when
    its clock runs out · `details` what was told of it, by name (budget, quantity, ...) · `nudges` sent so far.
    """

    id: int
    state: str = "open"
    opened: int = 0
    priority: str = ""
    owner: str = ""
    reply_by: int = 0
    details: Mapping[str, str] = field(default_factory=dict)
    nudges: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """The person, the conversation, the time of arrival at the hub (ms) and the active configuration version.

    `owner` of the person's contact (the CRM's id of him), `deals`, and `tickets` that are open stand here only where
    some rule asks for them; so do `tags` (tag -> since when), `intents` (label -> how sure, 0 to 1) and `facts` (what
    is true of the whole company now, by name). `values` are the person's attributes. `heard` and `spoke` tell when he
    last wrote and when he last got something, over all channels. `paused` names the rules that a human stopped, "*" all
    of them.
    """

    person: Person
    conversation: ConversationView
    received: int
    version: int = 0
    owner: str = ""
    deals: tuple[DealView, ...] = ()
    tickets: int = 0
    tags: Mapping[str, int] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)
    inquiry: InquiryView | None = None
    heard: int = 0
    spoke: int = 0
    intents: Mapping[str, float] = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)
    paused: frozenset[str] = frozenset()
