"""What a CRM adapter implements: plain blocking functions, called from the adapter's own bounded thread pool.

The hub owns identity, order, retries over time and what is due; the adapter owns paths, limits and the vendor's
words. Every method may raise Unavailable, RateLimited or AuthFailed for the batch as a whole, and Uncertain when no
answer came to a write that may have happened.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Generic, NamedTuple, TypeVar

from hub.contracts.channel import Finding
from hub.contracts.errors import HubError
from hub.contracts.settings import PluginSettings
from hub.model.records import LogEntry, PersonWrite, Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """The fate of one row of a batch: `record` when it stands in the CRM, else `error`."""

    outbox: int
    record: str = ""
    new: bool = False
    error: HubError | None = None


class Page(NamedTuple):
    """A page of records. `cursor` continues after it; `last` when nothing follows now."""

    records: Sequence[Record]
    cursor: str
    last: bool


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
        """Records changed since `cursor` ("" = from now on), with enough overlap that late index entries are not
        missed; the same record may come again."""

    @abstractmethod
    def upsert(self, batch: Sequence[PersonWrite]) -> list[Written]:
        """Create or update persons, at most `capabilities.batch`. Idempotent: repeating it is harmless.

        One bad row must not fail the others: the adapter splits a refused batch until the culprit is alone.
        """

    @abstractmethod
    def log(self, batch: Sequence[LogEntry]) -> list[Written]:
        """Write messages under their records, keeping the order given, at most `capabilities.batch`.

        Entries marked doubtful may already stand there: look (never by search) and write only what is missing.
        Raises Uncertain when no answer came: the hub calls again with the same entries marked doubtful.
        """
