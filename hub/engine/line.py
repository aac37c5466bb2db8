"""What the step needs to know besides the store: the loaded configuration, as plain look-ups."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from hub.contracts.channel import RawEvent
from hub.contracts.crm import Hears
from hub.contracts.errors import PluginError
from hub.engine.pulse import WRITER, Pulse, numbers
from hub.engine.settings import Config, InboxConfig
from hub.model.events import Event, pack, unpack
from hub.store.journal import Claimed, Incoming
from hub.wire import json

HUB = "hub"
"""The journal's source of the hub's own events."""
CRM = "crm:"
"""What the journal's source of a CRM's webhook begins with; its name follows."""


def now_ms() -> int:
    """The hub's clock, milliseconds since 1970 UTC."""
    return time.time_ns() // 1_000_000


def incoming(event: Event, lane: str = "") -> Incoming:
    """A hub event on its way into the journal; its key makes it happen once."""
    key = f"{event.kind}:{event.key}"
    return Incoming(HUB, "", key, lane or event.kind, event.at, event.at, json.dumps(pack(event)))


@dataclass(slots=True)
class Line:
    """The configuration as the step uses it.

    `tag` names this store in callbacks; `listeners`: event kind -> plugins. `restored`: when
    the store was restored from a backup (ms, 0 = never): what happened before may have been worked off elsewhere.
    """

    config: Config
    tag: str
    version: int
    listeners: dict[str, tuple[str, ...]] = field(default_factory=dict)
    pulse: Pulse = field(default_factory=Pulse)
    restored: int = 0
    numbers: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        self.numbers = numbers(self.config.connections)

    def understand(self, row: Claimed) -> Sequence[Event]:
        """The events in a journal row. May raise whatever a broken plugin raises."""
        if row.source == HUB:
            return [unpack(json.loads(row.body))]
        if row.source.startswith(CRM):
            return self._heard(row)
        connection = self.config.connections.get(row.source)
        if connection is None:
            raise PluginError(f"the connection {row.source} is not set, or rests")
        raw = RawEvent(row.account, row.key, row.lane, row.at, row.body)
        with self.pulse.inside(WRITER, self.numbers[row.source]):
            return connection.channel.normalise(raw)

    def _heard(self, row: Claimed) -> Sequence[Event]:
        crm = self.config.crms.get(row.source.removeprefix(CRM))
        if crm is None or not isinstance(crm.adapter, Hears):
            raise PluginError(f"the CRM {row.source.removeprefix(CRM)} is not set, or calls no more")
        return crm.adapter.normalise(RawEvent(row.account, row.key, row.lane, row.at, row.body))

    def inbox(self, connection: str, account: str) -> InboxConfig | None:
        """The inbox an account belongs to, if the admin named it."""
        return self.config.inbox_of(connection, account)

    def callback(self, outbox: int) -> str:
        """The hub's name for a send, as statuses will carry it."""
        return f"{self.tag}.{outbox}"

    def outbox_id(self, callback: str) -> int:
        """The send a callback names; 0 when it is not ours."""
        tag, _, number = callback.partition(".")
        return int(number) if tag == self.tag and number.isdigit() else 0
