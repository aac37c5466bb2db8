"""Salesforce as the hub's CRM: people by record id or by the hub's own external id, messages as tasks, many to a call.

No query on the way of a message: the hub keeps who is who, a lost answer is settled by the external id of the task.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field, SecretStr, model_validator

from hub import (
    CRM,
    CRMCapabilities,
    Finding,
    LogEntry,
    Owner,
    Page,
    PersonWrite,
    PluginSettings,
    Ref,
    Schema,
    Written,
)
from hub.contracts.errors import ConfigError
from hub.model.records import FileWrite, ObjectWrite
from hub_salesforce import batches, files, first, logs, objects_write, persons, schema, session
from hub_salesforce.changes import Changes
from hub_salesforce.errors import DAY_STEP
from hub_salesforce.paths import COLLECTION, COLLECTIONS
from hub_salesforce.reading import Reader
from hub_salesforce.transport import Transport


class SalesforceSettings(PluginSettings):
    """A [crm.*] table with `adapter = "salesforce"`. How it logs in follows from the keys that are set."""

    domain: str = "login"
    """`login`, `test` for a sandbox, or the organisation's own: what stands before .salesforce.com."""
    instance_url: str = ""
    """The organisation's own address; needed with refresh_token. http only on loopback."""
    consumer_key: str = ""
    """Of the connected app."""
    consumer_secret: SecretStr | None = None
    """Of the connected app: client credentials with `domain`, or with refresh_token."""
    username: str = ""
    password: SecretStr | None = None
    security_token: SecretStr | None = None
    private_key: SecretStr | None = None
    """The app's key (PEM) for JWT bearer, with username and consumer_key."""
    private_key_file: Path | None = None
    """The same as a file."""
    refresh_token: SecretStr | None = None
    """Of the web-server flow, with consumer_key."""
    new_person_as: Literal["contact", "lead", "person_account"] = "contact"
    """What the hub makes of somebody unknown. Leads that are converted are followed."""
    company: str = "[not provided]"
    """The company of a new lead: Salesforce takes none without."""
    objects: tuple[Literal["company", "deal", "ticket", "task"], ...] = ("company", "deal", "ticket", "task")
    """Records beside people that the hub keeps and makes."""
    answers: bool = False
    """Whether agents may answer from Salesforce: adds the reply fields to people and tasks, and reads them."""
    duplicates: Literal["link", "allow"] = "link"
    """What to do where a duplicate rule takes a new person for somebody known: link to him, or make a second record."""
    daily_share: float = Field(default=0.8, gt=0, le=1)
    """The share of the organisation's daily calls that the hub leaves no further than: beyond it, it pauses."""
    day_step: float = Field(default=DAY_STEP, gt=0)
    """Seconds between two looks whether a used-up day has calls again: Salesforce counts the last 24 hours."""
    timeout: float = Field(default=30, gt=0)
    """Seconds to wait for an answer."""
    threads: int = Field(default=4, ge=1, le=25)
    """Calls at the same time, and connections kept."""
    bulk: bool = True
    """Whether Bulk API 2.0 is used for the first read and for 2,000 rows and more."""

    @model_validator(mode="after")
    def _can_log_in(self) -> SalesforceSettings:
        try:
            session.flow(self)
            session.loopback(self)
        except ConfigError as wrong:
            raise ValueError(str(wrong)) from None
        return self


class Salesforce(CRM[SalesforceSettings]):
    """The adapter. Methods block and are thread-safe; which errors they raise is told in `hub.contracts.crm`."""

    name: ClassVar[str] = "salesforce"
    Settings = SalesforceSettings
    capabilities: ClassVar[CRMCapabilities] = CRMCapabilities(
        batch=COLLECTION * COLLECTIONS, read_batch=COLLECTION, linger=1.8
    )

    def __init__(self, settings: SalesforceSettings, *, region: str = "") -> None:
        super().__init__(settings, region=region)
        self.use(Transport(settings, report=lambda endpoint, status: self.on_call(endpoint, status)))

    def use(self, transport: Transport) -> None:
        """Call Salesforce through this from now on."""
        self.transport = transport
        self.reader = Reader(transport, self.settings, self.region, lambda: self.reads)
        self.looks = Changes(self.reader)
        self.width = batches.Width()
        self.writer = batches.Writer(transport, self.width, by_bulk=self.settings.bulk)

    def budget(self) -> Mapping[str, float]:
        """Calls left today, as the last answer told."""
        return self.transport.budget.left()

    def describe(self) -> Schema:
        """The fields of the object that new people become, one call."""
        return schema.describe(self.transport, self.settings.new_person_as)

    def ensure(self) -> list[Finding]:
        """Create the hub's fields where they are missing; also reads limits and the organisation's time zone once,
        and the steps of its tasks, cases and opportunities."""
        found = schema.ensure(self.transport, self.settings)
        self.writer.stages.learn()
        return found

    def probe(self) -> list[Finding]:
        """Log in, then read one record of each object."""
        return schema.probe(self.transport, self.settings)

    def first_read(self, cursor: str) -> Page:
        """Contacts, then leads that are not converted: by Bulk API 2.0, or in pages of a query."""
        return first.page(self.reader, cursor)

    def changes(self, cursor: str) -> Page:
        """What changed since the last look, deletions, merges and conversions too: two calls when nothing did."""
        return self.looks.page(cursor)

    def get(self, refs: Sequence[Ref]) -> Page:
        """These records as they are now: one call per 200 of a type."""
        return self.reader.page(refs)

    def owners(self) -> Sequence[Owner]:
        """The organisation's users."""
        return self.reader.owners()

    def makes(self) -> frozenset[str]:
        """Notes, and of tasks, cases and opportunities those that `objects` names."""
        return frozenset({"note"}) | (objects_write.MAKES & frozenset(self.settings.objects))

    def upsert(self, batch: Sequence[PersonWrite]) -> list[Written]:
        """Linked people by record id, the others by external id, up to 1,000 to a call."""
        return persons.upsert(self.writer, batch, self.settings)

    def log(self, batch: Sequence[LogEntry]) -> list[Written]:
        """Tasks by their external id, up to 1,000 to a call: one that stands is changed, never doubled."""
        return logs.log(self.writer, batch, self.settings)

    def write(self, batch: Sequence[ObjectWrite]) -> list[Written]:
        """Create and change tasks, cases and opportunities; reply outcomes too."""
        return objects_write.write(self.writer, batch, self.settings)

    def attach(self, file: FileWrite) -> str:
        """Put a file into Salesforce's files; one call."""
        return files.attach(self.transport, file)
