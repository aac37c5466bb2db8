"""What the step needs to know besides the store: the loaded configuration, as plain look-ups."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from hub.contracts.channel import RawEvent
from hub.contracts.crm import Hears, Schema
from hub.contracts.errors import PluginError
from hub.engine.pulse import WRITER, Pulse
from hub.engine.settings import Config, InboxConfig
from hub.mapping.lines import Mapping
from hub.mapping.values import Shape, shape_of
from hub.model.events import Event
from hub.model.packing import pack, unpack
from hub.model.records import Owner
from hub.store.journal import Claimed, Incoming
from hub.wire import json
from hub.wire.file_links import address

DAY = 86_400_000  # ms
HUB = "hub"
"""The journal's source of the hub's own events."""
CRM = "crm:"
"""What the journal's source of a CRM's webhook begins with; its name follows."""


def numbers(config: Config) -> dict[str, int]:
    """Under which number each connection's channel and each CRM's adapter beats in the pulse, by the journal's source:
    its place in hub.toml, from 1."""
    sources = (*config.connections, *(CRM + name for name in config.crms))
    return {source: number for number, source in enumerate(sources, start=1)}


def now_ms() -> int:
    """The hub's clock, milliseconds since 1970 UTC."""
    return time.time_ns() // 1_000_000


LANES = 8
"""Lanes for the hub's own events of one kind: what tells of different things need not be worked off by one process."""


def lane(kind: str, about: int = 0) -> str:
    """The lane of a hub event of this kind; `about`: the number of what it tells of, 0 = of nothing that has one."""
    return f"{kind}.{about % LANES}"


def lanes(*kinds: str) -> list[str]:
    """All lanes in which hub events of these kinds may stand."""
    return [lane(kind, number) for kind in kinds for number in range(LANES)]


def incoming(event: Event, within: str = "") -> Incoming:
    """A hub event on its way into the journal, `within` a lane; its key makes it happen once."""
    key = f"{event.kind}:{event.key}"
    return Incoming(HUB, "", key, within or lane(event.kind), event.at, event.at, json.dumps(pack(event)))


@dataclass(frozen=True, slots=True)
class Active:
    """The mapping of a CRM that counts, its version (0 = the file, as nobody applied one yet), and what is known of the
    CRM's fields and users. `asks_inboxes`: whether it matters through which inboxes a person wrote."""

    mapping: Mapping
    version: int
    shape: Shape
    asks_inboxes: bool = field(init=False)

    def __post_init__(self) -> None:
        asks = any(rule.inboxes or rule.source == "inbox" for rule in self.mapping.person)
        object.__setattr__(self, "asks_inboxes", asks)


@dataclass(slots=True)
class Line:
    """The configuration as the step uses it.

    `tag` names this store in callbacks; `listeners`: event kind -> plugins. `restored`: when
    the store was restored from a backup (ms, 0 = never): what happened before may have been worked off elsewhere.
    `link_key` signs links to files; empty while no role may open them. `mappings` by CRM, `trials` by version.
    `dropped`: how many sends the gate dropped since the start, by the limit that stood against them.
    """

    config: Config
    tag: str
    version: int
    listeners: dict[str, tuple[str, ...]] = field(default_factory=dict)
    pulse: Pulse = field(default_factory=Pulse)
    restored: int = 0
    link_key: bytes = field(default=b"", repr=False)
    numbers: dict[str, int] = field(init=False)
    mappings: dict[str, Active] = field(default_factory=dict)
    trials: dict[int, Active] = field(default_factory=dict)
    dropped: dict[str, int] = field(default_factory=dict)
    _shapes: dict[str, tuple[Schema, Sequence[Owner]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.numbers = numbers(self.config)
        for name, crm in self.config.crms.items():
            if name not in self.mappings:
                self.mappings[name] = self.active(name, crm.mapping, 0)
            crm.adapter.reads = self.mappings[name].mapping.fields

    def mapping(self, crm: str) -> Active:
        """The mapping of a CRM by which its records are written and compared."""
        return self.mappings[crm]

    def active(self, crm: str, mapping: Mapping, version: int) -> Active:
        """A mapping with what is known of the CRM."""
        schema, owners = self._shapes.get(crm, (Schema(), ()))
        return Active(mapping, version, shape_of(mapping, schema, owners, self.config.hub.region))

    def learn(self, crm: str, schema: Schema, owners: Sequence[Owner]) -> None:
        """The CRM's fields and users were read. In the writer's thread, as all that replaces a mapping."""
        self._shapes[crm] = schema, owners
        one = self.mappings[crm]
        self.mappings[crm] = self.active(crm, one.mapping, one.version)

    def listens(self, kind: str) -> bool:
        """Whether a rule or a plugin wants to know of such events."""
        rules = self.config.rules
        return kind in rules.kinds or kind in rules.cancels or bool(self.listeners.get(kind))

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
        name = row.source.removeprefix(CRM)
        crm = self.config.crms.get(name)
        if crm is None or name in self.config.deaf or not isinstance(crm.adapter, Hears):
            raise PluginError(f"the CRM {name} is not set, or calls no more")
        with self.pulse.inside(WRITER, self.numbers[row.source]):
            return crm.adapter.normalise(RawEvent(row.account, row.key, row.lane, row.at, row.body))

    def inbox(self, connection: str, account: str) -> InboxConfig | None:
        """The inbox an account belongs to, if the admin named it."""
        return self.config.inbox_of(connection, account)

    def link(self, file: int, now: int) -> str:
        """The address of a file of a message, for agents who have a role that may open it; good for `link_days`."""
        hub = self.config.hub
        return address(hub.public_url, self.link_key, file, now + int(hub.link_days * DAY))

    def callback(self, outbox: int) -> str:
        """The hub's name for a send, as statuses will carry it."""
        return f"{self.tag}.{outbox}"

    def outbox_id(self, callback: str) -> int:
        """The send a callback names; 0 when it is not ours."""
        tag, _, number = callback.partition(".")
        return int(number) if tag == self.tag and number.isdigit() else 0
