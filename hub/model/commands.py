"""Everything a decision can ask for. Carried out by the outbox and the store, never by the decision itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from hub.model.content import PLAIN, Content
from hub.model.records import ObjectType

SendClass = Literal["reply", "human", "outreach"]


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
    that it quotes (of a reaction: that it is about), "" = none.
    """

    kind: ClassVar[str] = "send"
    text: str
    once: bool = False
    cls: SendClass = "reply"
    agent: str = ""
    content: Content = PLAIN
    reply_to: str = ""


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
