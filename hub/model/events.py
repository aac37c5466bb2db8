"""Everything that can happen. Channels and CRMs yield the first group; the hub itself the second.

All times are integer milliseconds since 1970 UTC. An event's `key` is its idempotency key within its source:
the same happening, delivered twice, carries the same key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from hub.model.content import Media
from hub.model.people import Identity
from hub.model.records import Answer, CrmObject, Gone, Record, Ref


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

    `media` are its files, fetched later by a job of their own. `payload` is the machine value of a choice (a button, a
    row, a form's answers as JSON). `referral` tells how the person came (an advertisement's id, a link's start value).
    A reaction is form `reaction`: its text the emoji, "" when taken back, `reply_to` the message it is about.
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
    media: tuple[Media, ...] = ()
    payload: str = ""
    referral: Mapping[str, str] = field(default_factory=dict)
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
    reply_to: str = ""
    media: tuple[Media, ...] = ()
    callback: str = ""
    backfill: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageChanged(Event):
    """Whoever wrote a message edited it or took it back; `provider_id` names that message.

    The hub keeps the first text, marks the message, and changes what stands in the CRM. A message it does not know is
    only noted.
    """

    kind: ClassVar[str] = "message.changed"
    account: str
    provider_id: str
    change: Literal["edited", "deleted"]
    text: str = ""
    form: str = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityChanged(Event):
    """The platform says that one person has other identifiers from now on (a new number, a new user id).

    `old` are known ones, `new` what they became. Where a new one belongs to somebody else nothing is merged: a human is
    asked.
    """

    kind: ClassVar[str] = "identity.changed"
    account: str
    old: tuple[Identity, ...]
    new: tuple[Identity, ...]
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountNews(Event):
    """What a platform tells the business about itself: a template paused, a number's quality, a restriction.

    `subject` is what it is about (a template's name and language, a number), `text` one sentence for the admin, `bad`
    whether something gets worse or stops working. Topic `template` makes the hub read the templates again.
    """

    kind: ClassVar[str] = "account.news"
    account: str
    topic: Literal["template", "quality", "account"]
    subject: str
    text: str
    bad: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusReported(Event):
    """What became of an outbound message. Late, repeated and reordered reports are normal.

    `code` of a failed one: the name of the class in `hub.contracts.errors` that says what it means ("WindowClosed"),
    "" = unknown.
    """

    kind: ClassVar[str] = "status.reported"
    account: str
    provider_id: str
    status: Literal["sent", "delivered", "read", "failed"]
    callback: str = ""
    error: str = ""
    code: str = ""


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


# -- from CRMs ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordsTouched(Event):
    """A CRM's webhook says that records changed: a signal, never the truth. They are read again soon, many at once.

    A deletion is such a signal too: it may have been a merge. `erased` are contacts removed for privacy, for good.
    """

    kind: ClassVar[str] = "records.touched"
    refs: tuple[Ref, ...] = ()
    erased: tuple[str, ...] = ()


# -- from the hub itself -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class SendSettled(Event):
    """How one started send ended. `outcome` retry carries `due`; `reason` is a sentence for a human; `error` of a dead
    one is the name of the class in `hub.contracts.errors` that stopped it."""

    kind: ClassVar[str] = "send.settled"
    outbox: int
    outcome: Literal["done", "retry", "evidence", "uncertain", "dead"]
    provider_id: str = ""
    reason: str = ""
    due: int = 0
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowOutcome:
    """The fate of one row of a CRM batch. `record` is the record id when done. `dropped`: a person removed in the CRM
    what was to be changed; it is never made again. `overtaken`: what stands there is not what the hub saw last: it
    reads the record again and decides anew; with a `record`, a deleted one that is there again. `left_out`: fields the
    CRM did not take, each with its reason."""

    outbox: int
    outcome: Literal["done", "retry", "doubt", "dead", "relink", "dropped", "overtaken"]
    record: str = ""
    new: bool = False
    reason: str = ""
    due: int = 0
    left_out: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CrmSettled(Event):
    """How a batch of CRM writes ended, row by row. `doubt`: no answer came, look before writing again."""

    kind: ClassVar[str] = "crm.settled"
    crm: str
    rows: tuple[RowOutcome, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordsRead(Event):
    """A page of CRM records, read by the hub; `cursor` is stored with it. `at` is the time before the reading began.

    `feed`: the `first` read of everybody, `recent` changes, or `touched` records read again after a webhook.
    `final` ends the first read: from now on unknown people may be created in the CRM. `refs` are the records that were
    asked for, of feed `touched`. `gap` says what can no longer be read there, "" = nothing is missing.
    """

    kind: ClassVar[str] = "records.read"
    crm: str
    records: tuple[Record, ...]
    feed: Literal["first", "recent", "touched"]
    cursor: str = ""
    final: bool = False
    objects: tuple[CrmObject, ...] = ()
    gone: tuple[Gone, ...] = ()
    answers: tuple[Answer, ...] = ()
    refs: tuple[Ref, ...] = ()
    gap: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaSettled(Event):
    """How one try to fetch a file ended. `stored` carries the blob's name, `retry` the `due` time (ms)."""

    kind: ClassVar[str] = "media.settled"
    media: int
    outcome: Literal["stored", "retry", "expired", "dead"]
    blob: str = ""
    mime: str = ""
    size: int = 0
    due: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplatesRead(Event):
    """A connection's templates as the platform lists them now; replaces what was known. Rows are plain data of
    `hub.contracts.channel.TemplateInfo`."""

    kind: ClassVar[str] = "templates.read"
    connection: str
    templates: tuple[Mapping[str, Any], ...]


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
class FactsCounted(Event):
    """What is true of the whole company now, for rules and texts: `mean_reply`, the usual wait for an answer in minutes
    of working time."""

    kind: ClassVar[str] = "facts.counted"
    values: Mapping[str, str]
