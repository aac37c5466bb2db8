"""What live events name, by the numbers of the rows they are about: the same rows have other numbers in a scratch."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hub.engine.line import Line
from hub.model.by_hand import ConfigurationApplied, DeadHandled
from hub.model.events import CrmSettled, Event, PluginAnswered, SendSettled
from hub.store import compared
from hub.store.dialects.database import Database
from hub.store.journal import Claimed

AT_ONCE = "replay."
"""What the keys of sends begin with that count as done at once."""
UNDER_WAY = ("started", "evidence", "uncertain")
OF_COMMANDS = ("send", "uncertain", "person", "log", "object", "file")


class Renamed(Line):
    """A line that finds the same commands under their numbers in the scratch, once `on` is set. What is about a command
    that is not there, or is not under way, is left out."""

    def tell(self, source: Database, scratch: Database) -> None:
        """Where the live rows are, and where they are now."""
        self.source, self.scratch, self.on = source, scratch, False

    def understand(self, row: Claimed) -> list[Event]:
        """The events in a journal row, as far as they are about something."""
        events = super().understand(row)
        if not self.on or row.source != "hub":
            return list(events)
        return [other for event in events if (other := self._renamed(event)) is not None]

    def outbox_id(self, callback: str) -> int:
        """The send a callback names; 0 when it is none here."""
        number = super().outbox_id(callback)
        return self.command(number)[0] if self.on and number else number

    def command(self, number: int) -> tuple[int, str]:
        """A live command here, and its state; (0, "") = it is not here."""
        return self.commands([number]).get(number, (0, ""))

    def commands(self, numbers: list[int]) -> dict[int, tuple[int, str]]:
        """Live command -> (command, state) here."""
        keys = compared.keys_of(self.source, numbers)
        here = compared.commands(self.scratch, list(keys.values()))
        return {number: here[key] for number, key in keys.items() if key in here}

    def _renamed(self, event: Event) -> Event | None:
        match event:
            case SendSettled():
                if event.key.startswith(AT_ONCE):
                    return event
                number, state = self.command(event.outbox)
                return replace(event, outbox=number) if state in UNDER_WAY else None
            case CrmSettled():
                here = self.commands([row.outbox for row in event.rows])
                rows = [replace(row, outbox=here[row.outbox][0]) for row in event.rows if row.outbox in here]
                return replace(event, rows=tuple(rows)) if rows else None
            case DeadHandled():
                ids = [
                    number
                    for kind, ref in compared.letters(self.source, event.ids)
                    if (number := self._letter(kind, ref))
                ]
                return replace(event, ids=tuple(ids)) if ids else None
            case PluginAnswered() if not compared.asked(self.scratch, event.plugin, event.event):
                return None
            case ConfigurationApplied():
                return None
        return event

    def _letter(self, kind: str, ref: int) -> int:
        about = self.command(ref)[0] if kind in OF_COMMANDS else ref
        return compared.letter_about(self.scratch, kind, about) if about else 0


def done_at_once(outbox: int, attempts: int, now: int) -> SendSettled:
    """A send that never went out counts as done."""
    more: dict[str, Any] = {"outcome": "done", "provider_id": f"{AT_ONCE}{outbox}"}
    return SendSettled(key=f"{AT_ONCE}{outbox}.{attempts}.done", at=now, outbox=outbox, **more)
