"""Everything that can happen. Channels and CRMs yield the first group; the hub itself the second.

All times are integer milliseconds since 1970 UTC. An event's `key` is its idempotency key within its source:
the same happening, delivered twice, carries the same key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Literal

from hub.model.people import Identity
from hub.model.records import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened at `at` (the source's clock)."""

    kind: ClassVar[str] = ""
    key: str
    at: int


# -- from channels -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageReceived(Event):
    """A person wrote. `sender` lists the identifiers the payload gave, the most stable first, never empty.

    `address` is where an answer goes, as this channel wants it. `form` is text, image, ... or `unsupported` (shown as
    a placeholder, never dropped). `backfill` marks history: no automation, opens no window.
    """

    kind: ClassVar[str] = "message.received"
    account: str
    sender: tuple[Identity, ...]
    address: str
    provider_id: str
    form: str = "text"
    text: str = ""
    name: str = ""
    thread: str = ""
    reply_to: str = ""
    backfill: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageEchoed(Event):
    """The business wrote from elsewhere (a phone, another tool): logged outbound; automation pauses.

    `callback` is the hub's own outbox id when the platform says that the hub itself sent it; else empty.
    """

    kind: ClassVar[str] = "message.echoed"
    account: str
    recipient: tuple[Identity, ...]
    address: str
    provider_id: str
    form: str = "text"
    text: str = ""
    thread: str = ""
    callback: str = ""
    backfill: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusReported(Event):
    """What became of an outbound message. Late, repeated and reordered reports are normal."""

    kind: ClassVar[str] = "status.reported"
    account: str
    provider_id: str
    status: Literal["sent", "delivered", "read", "failed"]
    callback: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentChanged(Event):
    """The person stopped (`wants=False`) or resumed messages by the platform's own switch."""

    kind: ClassVar[str] = "consent.changed"
    account: str
    sender: tuple[Identity, ...]
    address: str
    wants: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown(Event):
    """A payload the channel does not know: kept and counted, never an error. `what` names it in few words."""

    kind: ClassVar[str] = "unknown"
    account: str
    what: str


# -- from the hub itself -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class SendSettled(Event):
    """How one started send ended. `outcome` retry carries `due`; `reason` is a sentence for a human."""

    kind: ClassVar[str] = "send.settled"
    outbox: int
    outcome: Literal["done", "retry", "evidence", "uncertain", "dead"]
    provider_id: str = ""
    reason: str = ""
    due: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RowOutcome:
    """The fate of one row of a CRM batch. `record` is the record id when done."""

    outbox: int
    outcome: Literal["done", "retry", "doubt", "dead", "relink"]
    record: str = ""
    new: bool = False
    reason: str = ""
    due: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CrmSettled(Event):
    """How a batch of CRM writes ended, row by row. `doubt`: no answer came, look before writing again."""

    kind: ClassVar[str] = "crm.settled"
    crm: str
    rows: tuple[RowOutcome, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordsRead(Event):
    """A page of CRM records, from the first read or a look at recent changes; `cursor` is stored with it.

    `final` ends the first read: from now on unknown people may be created in the CRM.
    """

    kind: ClassVar[str] = "records.read"
    crm: str
    records: tuple[Record, ...]
    feed: Literal["first", "recent"]
    cursor: str = ""
    final: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HumanReplied(Event):
    """An agent answers a person through the hub: `person` is an id or an identity string."""

    kind: ClassVar[str] = "human.replied"
    person: str
    text: str
    agent: str = "agent"


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseChanged(Event):
    """An agent pauses (`until` > 0) or releases (0) the automation of a person's conversations."""

    kind: ClassVar[str] = "pause.changed"
    person: str
    until: int
    agent: str = "agent"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadHandled(Event):
    """An agent retries or drops dead letters or uncertain sends."""

    kind: ClassVar[str] = "dead.handled"
    ids: tuple[int, ...]
    action: Literal["retry", "drop"]
    agent: str = "agent"


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerDue(Event):
    """A timer fired. Acts only if `generation` is still the armed one."""

    kind: ClassVar[str] = "timer.due"
    subject: str
    subject_id: int
    rule: str
    slot: str
    generation: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginAnswered(Event):
    """What a plugin's event hook answered (or that it failed); one per plugin and event."""

    kind: ClassVar[str] = "plugin.answered"
    plugin: str
    event: int
    ok: bool
    commands: tuple[Mapping[str, Any], ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InquiryOpened(Event):
    """A conversation opened or reopened: derived in the step for plugins, never queued itself.

    `at` and `text` are of the message that opened it; `person` and `conversation` are the hub's ids.
    """

    kind: ClassVar[str] = "inquiry.opened"
    inbox: str
    person: int
    name: str
    text: str
    conversation: int = 0


HUB_EVENTS: dict[str, type[Event]] = {
    cls.kind: cls
    for cls in (
        SendSettled,
        CrmSettled,
        RecordsRead,
        HumanReplied,
        PauseChanged,
        DeadHandled,
        TimerDue,
        PluginAnswered,
    )
}


_FIELDS = {cls: tuple(f.name for f in fields(cls)) for cls in (*HUB_EVENTS.values(), InquiryOpened, RowOutcome, Record)}


def _flat(value: Any) -> dict[str, Any]:
    return {name: getattr(value, name) for name in _FIELDS[type(value)]}


def pack(event: Event) -> dict[str, Any]:
    """A hub event as plain data for the journal; `unpack` is its inverse."""
    data = {"kind": event.kind, **_flat(event)}
    if isinstance(event, CrmSettled):
        data["rows"] = [[getattr(row, name) for name in _FIELDS[RowOutcome]] for row in event.rows]
    elif isinstance(event, RecordsRead):
        data["records"] = [
            {**_flat(record), "identities": [list(i) for i in record.identities], "fields": dict(record.fields)}
            for record in event.records
        ]
    return data


def unpack(data: Mapping[str, Any]) -> Event:
    """A hub event from the journal. Raises KeyError or TypeError on data that `pack` did not write."""
    values = {k: v for k, v in data.items() if k != "kind"}
    cls = HUB_EVENTS[data["kind"]]
    if cls is CrmSettled:
        names = _FIELDS[RowOutcome]
        values["rows"] = tuple(RowOutcome(**dict(zip(names, row, strict=True))) for row in values["rows"])
    elif cls is RecordsRead:
        values["records"] = tuple(Record.load(row) for row in values["records"])
    elif cls is DeadHandled:
        values["ids"] = tuple(values["ids"])
    elif cls is PluginAnswered:
        values["commands"] = tuple(values["commands"])
    return cls(**values)
