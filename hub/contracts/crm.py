"""What a CRM adapter implements: plain blocking functions, called from the adapter's own bounded thread pool.

The hub owns identity, order, retries over time and what is due; the adapter owns paths, limits and the vendor's
words. Every method may raise Unavailable, RateLimited or AuthFailed for the batch as a whole, and Uncertain when no
answer came to a write that may have happened.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Generic, NamedTuple, Protocol, TypeVar, runtime_checkable

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
    PersonWrite,
    Record,
    Ref,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """The fate of one row of a batch: `record` when it stands in the CRM, else `error`."""

    outbox: int
    record: str = ""
    new: bool = False
    error: HubError | None = None


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


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldSchema:
    """One field of the CRM's person object, for checking mappings. `options` of a picklist, else empty."""

    name: str
    type: str = "string"
    read_only: bool = False
    max_length: int = 0
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """The CRM's person fields as read from it."""

    fields: Mapping[str, FieldSchema] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CRMCapabilities:
    """`batch` rows per write call."""

    batch: int = 100


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
        the linked contacts again, a hundred after each look at changes (`Hears.get`)."""
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
        """Create or update persons, at most `capabilities.batch`. Idempotent: repeating it is harmless.

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
class Hears(Protocol):
    """A CRM that calls the hub when something changes, at /hook/{name of the CRM}."""

    def verify(self, request: Request) -> None:
        """As `Channel.verify`: raises BadSignature, or StaleSignature where only the time that was signed does not fit.
        Pure and quick, on the event loop."""

    def split(self, body: bytes) -> Sequence[RawEvent]:
        """As `Channel.split`; `account` is the CRM's account, the lane hint the record."""

    def normalise(self, raw: RawEvent) -> Sequence[RecordsTouched]:
        """As `Channel.normalise`: never raises; empty = nothing the hub keeps."""

    def get(self, refs: Sequence[Ref]) -> Page:
        """Read these records again, a hundred to a call, in the adapter's pool. One that is not there is looked for
        under what it was merged into, and is else `gone`. `cursor` "" and `last` True."""

    def hearing(self) -> bool:
        """Whether the settings name what is needed to be called; else only `changes` is asked."""
