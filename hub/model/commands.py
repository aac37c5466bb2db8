"""Everything a decision can ask for. Carried out by the outbox and the store, never by the decision itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from hub.model.content import PLAIN, Content
from hub.model.records import ObjectType

SendClass = Literal["reply", "human", "outreach"]
Purpose = Literal["", "acknowledge", "clarify", "advance", "revive", "inform", "market"]
"""What a message is for. One without a purpose is no outreach; `market` needs recorded consent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What should be done, and why: `rule` names the rule (or built-in) and `slot` its place in it.

    `(event, kind, target, rule, slot)` is the command's idempotency key.
    """

    kind: ClassVar[str] = ""
    rule: str
    slot: str = "0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Send(Command):
    """Say `text` in the conversation of the event. `once`: the rule wants to know later when it last spoke here.

    `content` makes it more than a text: buttons, a file, a template. `reply_to` is the platform's id of the message
    that it quotes (of a reaction: that it is about), "" = none. `purpose` says what an outreach is for; `topic` what it
    is about (several with spaces between), "" = unknown. `expects`: answers it waits for (see `Ask`).
    `instead`: the template that goes in its place where free text may not; plain = there is none. `above`: a notice
    that stands above the text and is no part of what is said, "" = none.
    """

    kind: ClassVar[str] = "send"
    text: str
    once: bool = False
    cls: SendClass = "reply"
    agent: str = ""
    content: Content = PLAIN
    reply_to: str = ""
    purpose: Purpose = ""
    topic: str = ""
    expects: Mapping[str, str] = field(default_factory=dict)
    instead: Content = PLAIN
    above: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeRecord(Command):
    """Create a record in every CRM under the person's contact: a task, a ticket, a deal, a note.

    `stage` "" = the CRM's first; `due` ms, 0 = none; `owner` "" = the contact's owner. `once` as in `Send`.
    """

    kind: ClassVar[str] = "make_record"
    type: ObjectType
    title: str
    body: str = ""
    stage: str = ""
    priority: Literal["", "low", "medium", "high"] = ""
    owner: str = ""
    due: int = 0
    once: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveDeal(Command):
    """Put the person's newest open deal on `stage` (the CRM's id or label of it). `once` as in `Send`."""

    kind: ClassVar[str] = "move_deal"
    stage: str
    once: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OptOut(Command):
    """Remember that the person wants (or no longer wants) no messages."""

    kind: ClassVar[str] = "opt_out"
    wants: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag(Command):
    """Put tags on the person and take others off."""

    kind: ClassVar[str] = "tag"
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SetPriority(Command):
    """Give the open inquiry this priority: its clock runs from when the inquiry began to wait."""

    kind: ClassVar[str] = "priority"
    priority: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Assign(Command):
    """Give the open inquiry an owner: `agent` by name, else one of `team`, chosen by `by` in that order.

    `by` is any of territory, service, load, round_robin, crm_owner. The store chooses while it writes, so that no agent
    gets more than his maximum.
    """

    kind: ClassVar[str] = "assign"
    agent: str = ""
    team: str = ""
    by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOff(Command):
    """A human takes over: automation pauses, an agent of `team` becomes the owner ("" = any) and is told, with the
    context. `because` says why, in few words."""

    kind: ClassVar[str] = "hand_off"
    because: str
    team: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notify(Command):
    """Tell `to` (an agent, a team's lead or "owner") something at once."""

    kind: ClassVar[str] = "notify"
    to: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetField(Command):
    """Set values: of the person (and so of the CRM, where the mapping names them), or with `inquiry` its details."""

    kind: ClassVar[str] = "set"
    values: Mapping[str, str]
    inquiry: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmTimer(Command):
    """Arm the timer `name` of this conversation at `due` (ms); 0 = cancel it."""

    kind: ClassVar[str] = "timer"
    name: str
    due: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Delay(Command):
    """The rule goes on at `due` (ms), unless one of the events that its `unless` names happens before."""

    kind: ClassVar[str] = "delay"
    due: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause(Command):
    """Automation of this conversation pauses until `until` (ms)."""

    kind: ClassVar[str] = "pause"
    until: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeInquiry(Command):
    """Close the inquiry, snooze it until `until` (ms), or say what its next step is and when it is due."""

    kind: ClassVar[str] = "inquiry"
    state: Literal["", "open", "snoozed", "closed"] = ""
    until: int = 0
    reason: str = ""
    next_step: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate(Command):
    """The person rated an answer of `of` (a rule or an agent): `score` 0 to 100."""

    kind: ClassVar[str] = "rate"
    score: int
    of: str
