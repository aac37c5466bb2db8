"""HubSpot as the hub's CRM: contacts by record id or by the hub's own unique key, messages in batches of a hundred.

No search on the way of a message: the hub keeps who is who, a lost answer is settled by reading the contacts'
associations. `changes` holds the adapter's only search.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    RawEvent,
    RecordsTouched,
    Ref,
    Request,
    Schema,
    Written,
)
from hub.contracts.errors import AuthFailed, BadSignature
from hub.model.records import FileWrite, ObjectWrite
from hub_hubspot import contacts, files, logs, objects, objects_write, persons, properties, scopes, stages, webhooks
from hub_hubspot.changes import Look, Search
from hub_hubspot.errors import MissingScope
from hub_hubspot.journal import Journal, Place
from hub_hubspot.paths import BATCH, COMMUNICATIONS, CONTACTS, KINDS, NOTES, PAGE
from hub_hubspot.reading import Reader
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
    objects: tuple[Literal["company", "deal", "ticket", "task"], ...] = ("task",)
    """Records beside contacts that the hub keeps and makes. All but tasks need scopes of their own."""
    answers: bool = False
    """Whether agents may answer from HubSpot: adds the reply properties to contacts and tasks, and reads them."""
    changes: Literal["auto", "search", "journal"] = "auto"
    """How changes are seen. `journal` reads HubSpot's journal of changes; `auto` does where client_id and client_secret
    are set, and searches where they are not."""
    client_id: str = ""
    """The id of the app whose journal is read."""
    client_secret: SecretStr | None = None
    """The secret of the app: verifies webhooks and, with client_id, opens the journal."""
    portal: str = Field(default="", pattern=r"^\d*$")
    """The account's id (portal id): events of other accounts are dropped. Needed where the app is installed in many."""
    page: int = Field(default=PAGE, ge=1, le=PAGE)
    """Contacts per page of the first read."""

    @model_validator(mode="after")
    def _journal_needs_both(self) -> HubSpotSettings:
        if self.changes == "journal" and not (self.client_id and self.client_secret):
            raise ValueError('changes = "journal" needs client_id and client_secret')
        return self


class HubSpot(CRM[HubSpotSettings]):
    """The adapter. Methods block and are thread-safe; which errors they raise is told in `hub.contracts.crm`."""

    name: ClassVar[str] = "hubspot"
    Settings = HubSpotSettings
    capabilities: ClassVar[CRMCapabilities] = CRMCapabilities(batch=BATCH)

    def __init__(self, settings: HubSpotSettings, *, region: str = "") -> None:
        super().__init__(settings, region=region)
        self.use(
            Transport(
                token=settings.access_token.get_secret_value(),
                base_url=settings.base_url,
                timeout=settings.timeout,
                threads=settings.threads,
                calls_per_10s=settings.calls_per_10s,
                report=lambda endpoint, status: self.on_call(endpoint, status),
            )
        )

    def use(self, transport: Transport) -> None:
        """Call HubSpot through this from now on."""
        settings = self.settings
        self.transport = transport
        self.stages = stages.kept(transport)
        self.reader = Reader(transport, self.region, self.stages, answering=settings.answers, wanted=lambda: self.reads)
        self.search = Search(self.reader, [KINDS[type_] for type_ in settings.objects])
        self.journal: Journal | None = None
        if settings.changes != "search" and settings.client_id and settings.client_secret:
            self.journal = Journal(
                self.reader,
                self.search,
                base_url=settings.base_url,
                client_id=settings.client_id,
                client_secret=settings.client_secret.get_secret_value(),
                portal=settings.portal,
            )

    def budget(self) -> Mapping[str, float]:
        """Calls left in this window and today."""
        return self.transport.budget.left()

    def tells_deletions(self) -> bool:
        """Only the journal does: what was deleted is in no search."""
        return self.journal is not None

    def describe(self) -> Schema:
        """The contact properties, one call."""
        return properties.schema(self.transport)

    def ensure(self) -> list[Finding]:
        """Create the hub's properties where they are missing: one call for each object when nothing is.

        Also asks once for the account's time zone, where a day's calls end.
        """
        self.transport.learn_zone()
        return properties.ensure(self.transport, self.settings.objects, answers=self.settings.answers)

    def probe(self) -> list[Finding]:
        """The token's scopes as HubSpot tells them, then one contact, one communication and one note are read."""
        pages = {CONTACTS: self.transport.contact_pages, **self.transport.log_pages}
        token = self.settings.access_token.get_secret_value()
        found = list(scopes.probe(self.transport, token, self.settings.objects))
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
        return contacts.page(self.transport, cursor, self.settings.page, self.region, self.reads)

    def changes(self, cursor: str) -> Page:
        """What changed since the last look, read afresh: from the journal where the settings name its credentials, else
        one search for each object, with five minutes of overlap."""
        if self.journal:
            return self.journal.page(cursor)
        if cursor.startswith("journal="):  # the journal was read until now
            place = Place.parse(cursor)
            cursor = place.looks or str(Look(place.at))
        return self.search.page(cursor)

    def hearing(self) -> bool:
        """Whether webhooks can be verified: the app's client secret is set."""
        return self.settings.client_secret is not None

    def verify(self, request: Request) -> None:
        """HubSpot's v3 signature over method, public URL, body and time, at most five minutes off to either side."""
        if self.settings.client_secret is None:
            raise BadSignature("no client_secret is set, so nothing from HubSpot can be verified")
        webhooks.verify(self.settings.client_secret.get_secret_value(), request, self.transport.now())

    def split(self, body: bytes) -> Sequence[RawEvent]:
        """The events of one delivery; those of another account are left out where `portal` is set."""
        return [raw for raw in webhooks.split(body) if self.settings.portal in ("", raw.account)]

    def normalise(self, raw: RawEvent) -> Sequence[RecordsTouched]:
        """The records an event is about."""
        return webhooks.normalise(raw)

    def get(self, refs: Sequence[Ref]) -> Page:
        """These records as they are now: one call per hundred of a type, one for each contact that is not there."""
        return self.reader.page(refs)

    def owners(self) -> Sequence[Owner]:
        """The account's owners, also those that left: 500 to a call; none where the token may not read them."""
        try:
            return [*objects.owners(self.transport), *objects.owners(self.transport, archived=True)]
        except MissingScope:
            return ()

    def makes(self) -> frozenset[str]:
        """Notes, and of tasks, tickets and deals those that `objects` names."""
        return frozenset({"note"}) | (objects_write.ASKED_FOR & frozenset(self.settings.objects))

    def upsert(self, batch: Sequence[PersonWrite]) -> list[Written]:
        """Linked persons by record id, the others by key: one call each for up to a hundred."""
        return persons.upsert(self.transport, batch)

    def log(self, batch: Sequence[LogEntry]) -> list[Written]:
        """Create communications and notes, associated with their contacts in the same call; change those that stand.

        Who answered in HubSpot is shown by name, from the owners that are read once an hour.
        Doubtful entries are looked for first: one read of associations for up to 1,000 contacts and one read per
        hundred of their logged records.
        """
        shown = [logs.named(entry, self.reader.owners) for entry in batch]
        return logs.log(self.transport, shown, as_notes=self.settings.log_as == "note")

    def write(self, batch: Sequence[ObjectWrite]) -> list[Written]:
        """Create and change tasks, tickets, deals and notes, one call per type and a hundred; reply outcomes too."""
        return objects_write.write(self.transport, batch, self.settings.objects, self.stages)

    def attach(self, file: FileWrite) -> str:
        """Put a file into HubSpot's files, private; one call."""
        return files.attach(self.transport, file)
