"""What a CRM adapter implements: plain blocking functions, called from the adapter's own bounded thread pool.

The hub owns identity, order, retries over time and what is due; the adapter owns paths, limits and the vendor's
words. Every method may raise Unavailable, RateLimited or AuthFailed for the batch as a whole, and Uncertain when no
answer came to a write that may have happened.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Generic, Literal, NamedTuple, Protocol, TypeVar, runtime_checkable

from hub.contracts.channel import Finding, RawEvent, Request
from hub.contracts.errors import HubError
from hub.contracts.settings import PluginSettings
from hub.model.events import RecordsTouched
from hub.model.records import (
    Answer,
    CrmObject,
    FileWrite,
    Gone,
    LogEntry,
    ObjectWrite,
    Owner,
    PersonWrite,
    Record,
    Ref,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """The fate of one row of a batch: `record` when it stands in the CRM, else `error`.

    `left_out`: fields that the CRM did not take, each with its reason in one sentence; the rest of the row stands.
    """

    outbox: int
    record: str = ""
    new: bool = False
    error: HubError | None = None
    left_out: Mapping[str, str] = field(default_factory=dict)


class Page(NamedTuple):
    """A page of what was read. `cursor` continues after it; `last` when nothing follows now.

    Beside contact `records`: `objects` of other types, contacts `gone` with evidence, `answers` that agents ask to have
    sent. `gap` is one sentence about what can no longer be read here, "" = nothing is missing; it is told to the admin.
    """

    records: Sequence[Record]
    cursor: str
    last: bool
    objects: Sequence[CrmObject] = ()
    gone: Sequence[Gone] = ()
    answers: Sequence[Answer] = ()
    gap: str = ""


FieldType = Literal[
    "text",
    "email",
    "phone",
    "url",
    "bool",
    "number",
    "date",
    "datetime",
    "choice",
    "choices",
    "reference",
    "other",
]
"""What a field can hold. Values travel as texts: `bool` true or false, `number` digits with a point, `date` 2026-01-31,
`datetime` in UTC with a Z, `choices` joined by semicolons, `reference` a record's id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldSchema:
    """One field of the CRM's person object. `label` is its name for people, `options` of a choice, else empty.

    `required`: no person can be made without it. `read_only`: the CRM keeps it itself. `max_length` in characters, 0 =
    no limit known. `unique`: no two people have the same value.
    """

    name: str
    type: FieldType = "text"
    label: str = ""
    read_only: bool = False
    required: bool = False
    unique: bool = False
    max_length: int = 0
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """The CRM's person fields as read from it."""

    fields: Mapping[str, FieldSchema] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CRMCapabilities:
    """`batch` rows per write call, `read_batch` records per `get` call. `linger`: seconds for which rows gather before
    a call that is not full goes, unless the admin says otherwise. `body_max`: characters (UTF-16) of text that one
    logged record holds: a session that has more goes on in another record."""

    batch: int = 100
    read_batch: int = 100
    linger: float = 1.0
    body_max: int = 60_000


MAKEABLE = frozenset({"task", "ticket", "deal", "note"})
"""Every type of record that the hub can ask a CRM to create."""

S = TypeVar("S", bound=PluginSettings)


class CRM(ABC, Generic[S]):
    """A system of record. Built once per [crm.*] table; methods run in threads, so the instance must be thread-safe."""

    name: ClassVar[str]
    Settings: ClassVar[type[PluginSettings]]
    capabilities: ClassVar[CRMCapabilities]

    def __init__(self, settings: S, *, region: str = "") -> None:
        self.settings = settings
        self.region = region
        self.on_call: Callable[[str, int], None] = lambda endpoint, status: None
        """Set by the hub: called after each HTTP call with the endpoint (no ids) and the status (0 = no answer)."""
        self.reads: frozenset[str] = frozenset()
        """Set by the hub before it reads: person fields that the mapping names. `Record.fields` holds each of them that
        the CRM has, in the form of `FieldType`, "" where it is blank."""

    def budget(self) -> Mapping[str, float]:
        """Calls that the CRM still allows, by limit (`10s`, `day`), as far as its answers told; empty = no word yet.
        Quick, from any thread."""
        return {}

    def makes(self) -> frozenset[str]:
        """The types of records beside contacts that `WritesObjects.write` creates with these settings.

        Asked when the configuration is loaded: a rule that wants another type is a mistake. Quick, calls nobody.
        """
        return MAKEABLE if isinstance(self, WritesObjects) else frozenset()

    def tells_deletions(self) -> bool:
        """Whether `changes` tells of contacts that were deleted, merged away or erased. Where it cannot, the hub reads
        the linked contacts again, a hundred after each look at changes (`Reads.get`)."""
        return True

    @abstractmethod
    def describe(self) -> Schema:
        """Read the person fields. Called at start and by `check --live`."""

    @abstractmethod
    def ensure(self) -> list[Finding]:
        """Create the fields the hub needs where they are missing. Called at start; must be repeatable."""

    @abstractmethod
    def probe(self) -> list[Finding]:
        """Test credentials and scopes without changing anything."""

    @abstractmethod
    def first_read(self, cursor: str) -> Page:
        """The page of all person records after `cursor` ("" = from the start), archived ones left out."""

    @abstractmethod
    def changes(self, cursor: str) -> Page:
        """What changed since `cursor` ("" = from now on): contacts, other objects, gone contacts, answers to send.

        With enough overlap that late index entries are not missed; the same thing may come again, and what comes is
        read afresh, never taken from a late index. A cursor too old for the CRM's feed is no error: the adapter falls
        back to what it can still list. Called every `crm_poll` seconds, at once again while `last` is False."""

    @abstractmethod
    def upsert(self, batch: Sequence[PersonWrite]) -> list[Written]:
        """Create or update persons, at most `capabilities.batch`. Idempotent: repeating it is harmless. An empty value
        blanks its field.

        A field that the CRM does not take, and that the record can stand without, is left out and told
        (`Written.left_out`). A new person whom the CRM takes for somebody it has already is linked to that record.
        One bad row must not fail the others: the adapter splits a refused batch until the culprit is alone.
        """

    @abstractmethod
    def log(self, batch: Sequence[LogEntry]) -> list[Written]:
        """Write messages under their records, keeping the order given, at most `capabilities.batch`.

        Entries marked doubtful may already stand there: look (never by search) and write only what is missing. Entries
        with `logged` change that record; NotFound when a person deleted it there.
        Raises Uncertain when no answer came: the hub calls again with the same entries marked doubtful.
        """


@runtime_checkable
class WritesObjects(Protocol):
    """A CRM where the hub makes and changes records beside contacts, and writes back what became of an answer."""

    def write(self, batch: Sequence[ObjectWrite]) -> list[Written]:
        """Create or change records, at most `capabilities.batch`; rules as for `log`."""


@runtime_checkable
class KeepsFiles(Protocol):
    """A CRM with files of its own, where attachments can stand."""

    def attach(self, file: FileWrite) -> str:
        """Upload one file, not public; returns the CRM's id of it for `LogEntry.files`. Repeating it is harmless.
        Raises Rejected for a file it does not take."""


@runtime_checkable
class Reads(Protocol):
    """A CRM whose records can be read again by id."""

    def get(self, refs: Sequence[Ref]) -> Page:
        """Read these records again, `capabilities.read_batch` to a call, in the adapter's pool. One that is not there
        is looked for under what it was merged into, and is else `gone`: only if the CRM answered and has it not, and
        `told` only if it says that it was deleted.
        `cursor` "" and `last` True."""


@runtime_checkable
class HasOwners(Protocol):
    """A CRM whose users own records."""

    def owners(self) -> Sequence[Owner]:
        """All users that can own a person, active or not, in the adapter's pool. Called once an hour at most."""


@runtime_checkable
class Hears(Reads, Protocol):
    """A CRM that calls the hub when something changes, at /hook/{name of the CRM}."""

    def verify(self, request: Request) -> None:
        """As `Channel.verify`: raises BadSignature, or StaleSignature where only the time that was signed does not fit.
        Pure and quick, on the event loop."""

    def split(self, body: bytes) -> Sequence[RawEvent]:
        """As `Channel.split`; `account` is the CRM's account, the lane hint the record."""

    def normalise(self, raw: RawEvent) -> Sequence[RecordsTouched]:
        """As `Channel.normalise`: never raises; empty = nothing the hub keeps."""

    def hearing(self) -> bool:
        """Whether the settings name what is needed to be called; else only `changes` is asked."""
