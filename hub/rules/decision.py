"""Decisions: what is done about an event and why, while they are made and as they are handed over."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from hub.model.commands import Command, SendClass
from hub.rules.record import MOST, Entry

ALL = "*"
"""All rules, where a human stopped them."""


class Decision(NamedTuple):
    """Commands in the order of the rules, and short lines that say why; all empty when nothing mattered.

    `record` holds each rule that mattered as plain data for JSON (see hub.rules.record). `fired` names the rules with
    `once_per` that acted; `answered`: it was the answer to what the hub had asked, which waits for none any more.
    """

    commands: tuple[Command, ...] = ()
    because: tuple[str, ...] = ()
    record: tuple[Entry, ...] = ()
    fired: tuple[str, ...] = ()
    answered: bool = False


NOTHING = Decision()


@dataclass(slots=True)
class Found:
    """A decision while it is made. `cls` of what is said; `silent`: why nothing is said, "" = it is; `full`: every
    rule of this kind of event is recorded, not only those that mattered."""

    cls: SendClass = "reply"
    silent: str = ""
    full: bool = False
    commands: list[Command] = field(default_factory=list)
    because: list[str] = field(default_factory=list)
    record: list[Entry] = field(default_factory=list)
    fired: list[str] = field(default_factory=list)
    answered: bool = False

    def decision(self) -> Decision:
        """As it stands."""
        record = self.record
        if len(record) > MOST and not self.full:
            record = [*record[:MOST], {"rule": ALL, "more": len(record) - MOST}]
        return Decision(tuple(self.commands), tuple(self.because), tuple(record), tuple(self.fired), self.answered)
