"""HubSpot as the hub's CRM: contacts by record id or by the hub's own unique key, messages in batches of a hundred.

No search on the way of a message: the hub keeps who is who, a lost answer is settled by reading the contacts'
associations. `changes` holds the adapter's only search.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import ClassVar, Literal

from pydantic import Field, SecretStr

from hub import CRM, CRMCapabilities, Finding, LogEntry, Page, PersonWrite, PluginSettings, Schema, Written
from hub.contracts.errors import AuthFailed
from hub_hubspot import batches, contacts, logs, properties
from hub_hubspot.batches import Fate, Row
from hub_hubspot.paths import BATCH, COMMUNICATIONS, CONTACTS, KEY, NOTES, PAGE
from hub_hubspot.transport import Transport


class HubSpotSettings(PluginSettings):
    """A [crm.*] table with `adapter = "hubspot"`."""

    access_token: SecretStr
    """The access token of a private app."""
    base_url: str = "https://api.hubapi.com"
    calls_per_10s: int = Field(default=100, ge=1)
    """Calls in any ten seconds until HubSpot's answers tell the account's own limit."""
    timeout: float = Field(default=20, gt=0)
    """Seconds to wait for an answer."""
    threads: int = Field(default=4, ge=1, le=64)
    """Calls at the same time, and connections kept."""
    log_as: Literal["communication", "note"] = "communication"
    """How WhatsApp and SMS messages are logged. Other channels are always notes: HubSpot has no type for them."""
    page: int = Field(default=PAGE, ge=1, le=PAGE)
    """Contacts per page of the first read."""


class HubSpot(CRM[HubSpotSettings]):
    """The adapter. Methods block and are thread-safe; which errors they raise is told in `hub.contracts.crm`."""

    name: ClassVar[str] = "hubspot"
    Settings = HubSpotSettings
    capabilities: ClassVar[CRMCapabilities] = CRMCapabilities(batch=BATCH)

    def __init__(self, settings: HubSpotSettings, *, region: str = "") -> None:
        super().__init__(settings, region=region)
        self.transport = Transport(
            token=settings.access_token.get_secret_value(),
            base_url=settings.base_url,
            timeout=settings.timeout,
            threads=settings.threads,
            calls_per_10s=settings.calls_per_10s,
            report=lambda endpoint, status: self.on_call(endpoint, status),
        )

    def describe(self) -> Schema:
        """The contact properties, one call."""
        return properties.schema(self.transport)

    def ensure(self) -> list[Finding]:
        """Create the hub's properties where they are missing: three calls when nothing is."""
        return properties.ensure(self.transport)

    def probe(self) -> list[Finding]:
        """Read one contact, one communication and one note: the token and its reading scopes."""
        pages = {CONTACTS: self.transport.contact_pages, **self.transport.log_pages}
        found = []
        for name in (CONTACTS, COMMUNICATIONS, NOTES):
            try:
                self.transport.call(pages[name].get_page, limit=1)
            except AuthFailed as refused:
                found.append(Finding(False, f"read {name}: {refused}", "see the scopes in the adapter's README"))
            else:
                found.append(Finding(True, f"read {name}"))
        return found

    def first_read(self, cursor: str) -> Page:
        """One page of contacts by record id; `cursor` is HubSpot's own."""
        return contacts.page(self.transport, cursor, self.settings.page, self.region)

    def changes(self, cursor: str) -> Page:
        """Contacts modified since the last look, oldest first, by search, with five minutes of overlap."""
        return contacts.changed(self.transport, cursor, self.region)

    def upsert(self, batch: Sequence[PersonWrite]) -> list[Written]:
        """Linked persons by record id, the others by key: one call each for up to a hundred."""
        updates: dict[str, PersonWrite] = {}
        upserts: dict[str, PersonWrite] = {}
        for person in batch:
            table, name = (updates, person.record) if person.record else (upserts, person.key)
            table[name] = _both(table[name], person) if name in table else person
        api = self.transport.contacts
        rows = {p.outbox: _row(p) for p in (*updates.values(), *upserts.values())}
        fates: dict[str, Fate] = {}
        for method, people in ((api.update, updates), (api.upsert, upserts)):
            for wave in batches.waves([rows[p.outbox] for p in people.values()], unique=(KEY, "email")):
                fates |= batches.write(wave, partial(self.transport.send, method), repeatable=True)
        written = []
        for person in batch:
            kept = updates[person.record] if person.record else upserts[person.key]
            fate = fates[rows[kept.outbox].trace]
            written.append(
                Written(outbox=person.outbox, record=fate.record, new=fate.new and not person.record, error=fate.error)
            )
        return written

    def log(self, batch: Sequence[LogEntry]) -> list[Written]:
        """Create communications and notes, associated with their contacts in the same call.

        Doubtful entries are looked for first: one read of associations for up to 1,000 contacts and one read per
        hundred of their logged records.
        """
        return logs.log(self.transport, batch, as_notes=self.settings.log_as == "note")


def _both(first: PersonWrite, second: PersonWrite) -> PersonWrite:
    """Two writes of one contact in one batch as one; the later values win."""
    fields = {**first.fields, **second.fields}
    return PersonWrite(outbox=first.outbox, key=second.key or first.key, record=first.record, fields=fields)


def _row(person: PersonWrite) -> Row:
    values = {name: str(value) for name, value in person.fields.items()}
    if person.key:
        values[KEY] = person.key
    made: dict[str, object] = {"properties": values, "objectWriteTraceId": f"hub-{person.outbox}"}
    # HubSpot wants idProperty for an upsert and no idProperty for an update by record id
    made |= {"id": person.record} if person.record else {"id": person.key, "idProperty": KEY}
    return Row(trace=f"hub-{person.outbox}", input=made, mark=KEY)
