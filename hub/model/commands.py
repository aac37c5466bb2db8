"""Everything a decision can ask for. Carried out by the outbox and the store, never by the decision itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

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
    """Say `text` in the conversation of the event. `once`: the rule wants to know later when it last spoke here."""

    kind: ClassVar[str] = "send"
    text: str
    once: bool = False
    cls: SendClass = "reply"
    agent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OptOut(Command):
    """Remember that the person wants (or no longer wants) no messages."""

    kind: ClassVar[str] = "opt_out"
    wants: bool
