"""Salesforce as the hub's CRM: people by record id or by the hub's own external id, messages as tasks, many to a call.

No query on the way of a message: the hub keeps who is who, a lost answer is settled by the external id of the task.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from hub import (
    CRM,
    CRMCapabilities,
    Finding,
    LogEntry,
    Owner,
    Page,
    PersonWrite,
    Ref,
    Schema,
    Written,
)
from hub.model.records import FileWrite, ObjectWrite
from hub_salesforce import batches, files, first, logs, objects_write, persons, schema
from hub_salesforce.changes import Changes
from hub_salesforce.paths import COLLECTION, COLLECTIONS, DESCRIPTION
from hub_salesforce.readable import readable
from hub_salesforce.reading import Reader
from hub_salesforce.settings import SalesforceSettings
from hub_salesforce.transport import Transport


class Salesforce(CRM[SalesforceSettings]):
    """The adapter. Methods block and are thread-safe; which errors they raise is told in `hub.contracts.crm`."""

    name: ClassVar[str] = "salesforce"
    Settings = SalesforceSettings
    capabilities: ClassVar[CRMCapabilities] = CRMCapabilities(
        batch=COLLECTION * COLLECTIONS, read_batch=COLLECTION, linger=1.8, body_max=DESCRIPTION - 100
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
        self.writer.parents.above = self.reader.above

    def budget(self) -> Mapping[str, float]:
        """Calls left today, as the last answer told."""
        return self.transport.budget.left()

    @readable
    def describe(self) -> Schema:
        """The fields of the object that new people become, one call."""
        return schema.describe(self.transport, self.settings.new_person_as)

    @readable
    def ensure(self) -> list[Finding]:
        """Create the hub's fields where they are missing; also reads limits and the organisation's time zone once,
        and the steps of its tasks, cases and opportunities."""
        found = schema.ensure(self.transport, self.settings)
        self.writer.stages.learn()
        return found

    @readable
    def probe(self) -> list[Finding]:
        """Log in, then read one record of each object."""
        return schema.probe(self.transport, self.settings)

    @readable
    def first_read(self, cursor: str) -> Page:
        """Contacts, then leads that are not converted: by Bulk API 2.0, or in pages of a query."""
        return first.page(self.reader, cursor)

    @readable
    def changes(self, cursor: str) -> Page:
        """What changed since the last look, deletions, merges and conversions too: two calls when nothing did."""
        return self.looks.page(cursor)

    @readable
    def get(self, refs: Sequence[Ref]) -> Page:
        """These records as they are now: one call per 200 of a type."""
        return self.reader.page(refs)

    @readable
    def owners(self) -> Sequence[Owner]:
        """The organisation's users. The hub asks every hour, so the steps of its records are read again with them."""
        found = self.reader.owners()
        self.writer.stages.learn()
        return found

    def makes(self) -> frozenset[str]:
        """Notes, and of tasks, cases and opportunities those that `objects` names."""
        return frozenset({"note"}) | (objects_write.MAKES & frozenset(self.settings.objects))

    @readable
    def upsert(self, batch: Sequence[PersonWrite]) -> list[Written]:
        """Linked people by record id, the others by external id, up to 1,000 to a call."""
        return persons.upsert(self.writer, batch, self.settings)

    @readable
    def log(self, batch: Sequence[LogEntry]) -> list[Written]:
        """Tasks by their external id, up to 1,000 to a call: one that stands is changed, never doubled."""
        return logs.log(self.writer, batch, self.settings)

    @readable
    def write(self, batch: Sequence[ObjectWrite]) -> list[Written]:
        """Create and change tasks, cases and opportunities; reply outcomes too."""
        return objects_write.write(self.writer, batch, self.settings)

    @readable
    def attach(self, file: FileWrite) -> str:
        """Put a file into Salesforce's files; one call."""
        return files.attach(self.transport, file)
