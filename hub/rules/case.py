"""What a rule looks at: an event with everything known around it, worked out once for all rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.model.events import Event, MessageReceived
from hub.model.view import View
from hub.rules.kinds import about
from hub.words.vocabulary import NOTHING, Meaning

Key = tuple[str, str | int]
"""What may bring a rule up: ("word", its list), ("topic", name), ("payload", id), ("intent", label), ("mood", name) or
("about", name)."""


class Case:
    """One event and its view, with what its words mean.

    `again`: a delayed rule looks a second time; `arming`: it looks for the first time and will act later. Then what
    only the other look can tell counts as true.
    """

    __slots__ = ("again", "arming", "asked", "event", "facts", "meaning", "names", "now", "view")

    def __init__(self, event: Event, view: View, meaning: Meaning = NOTHING, *, again: bool = False) -> None:
        self.event = event
        self.view = view
        self.meaning = meaning
        self.names = about(event)
        self.now = view.received
        self.again = again
        self.arming = False
        self.asked: Any = None
        """What `when` expressions see, made for the first of them."""
        self.facts: dict[str, Any] = {}
        """What conditions worked out and may need again."""

    @property
    def text(self) -> str:
        """What the person said, "" of other events."""
        return self.event.text if isinstance(self.event, MessageReceived) else ""

    @property
    def payload(self) -> str:
        """The choice that the person pressed, "" = none."""
        return self.event.payload if isinstance(self.event, MessageReceived) else ""

    @property
    def topics(self) -> Mapping[str, str]:
        """The topics of the message, each with what made it so."""
        return self.meaning.topics

    def brings(self) -> list[Key]:
        """Everything that may bring a rule up."""
        found: list[Key] = [("about", name) for name in self.names if name]
        if isinstance(self.event, MessageReceived):
            found += [("word", place) for place in self.meaning.rules]
            found += [("topic", name) for name in self.meaning.topics]
            found += [("mood", name) for name in self.meaning.moods]
            found += [("intent", label) for label in self.view.intents]
            if self.event.payload:
                found.append(("payload", self.event.payload))
        return found
