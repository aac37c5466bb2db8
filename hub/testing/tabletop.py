"""A hub on a table: store, line and real plugins, without sockets, threads or a clock of its own.

Feed it what a platform would post, step it, and look at what it wants to do. Time stands still until you move it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hub.contracts.crm import Written
from hub.engine import configurations, mappings
from hub.engine.crm.lease import Batch, lease_crm
from hub.engine.lease import Leased, lease_sends
from hub.engine.line import Line, incoming
from hub.engine.loader import Plugins, load_plugins
from hub.engine.poller import raw_incoming
from hub.engine.settings import load_config
from hub.engine.step import Stepped, step
from hub.engine.ticks import tick
from hub.model.events import CrmSettled, Event, RecordsRead, RowOutcome, SendSettled
from hub.model.records import Record
from hub.store import Place, open_store
from hub.store.media import link_key
from hub.testing.stores import place_of

HUB_TOML = """
[hub]
data = "./data"
public_url = "https://hub.example.com"

[connection.meta]
channel = "whatsapp"
app_secret = "app-secret"
verify_token = "verify-token"
access_token = "access-token"
base_url = "http://127.0.0.1:9"

[inbox.sales]
connection = "meta"
account = "1001"

[crm.main]
adapter = "hubspot"
access_token = "crm-token"
base_url = "http://127.0.0.1:9"

[texts]
price = "Price list for {{ message.text }}"

[[rule]]
name = "price"
keywords = ["price"]
reply = "price"
"""


class Tabletop:
    """See module. `now` is the time of everything, in ms."""

    def __init__(
        self,
        folder: Path,
        toml: str = HUB_TOML,
        plugins: Plugins | None = None,
        *,
        keep_bad_mappings: bool = False,
        engine: str = "",
        place: Place | None = None,
    ) -> None:
        """`engine`: of the store, "" = the one that tests run on; see `hub.testing.stores`. `place`: of the store, if
        it is another process's, too."""
        self.now = 1_800_000_000_000
        self.plugins = plugins or load_plugins()
        file = folder / "hub.toml"
        file.write_text(toml, encoding="utf-8")
        self.config = load_config(file, self.plugins, {}, keep_bad_mappings=keep_bad_mappings)
        self.store = open_store(place or place_of(folder / "data", engine))
        try:
            self.config, version, told = configurations.start(self.store, self.config, self.now)
            key = link_key(self.store) if self.config.roles else b""
            self.line = Line(self.config, self.store.identity(), version, link_key=key)
            self.told = told | mappings.start(self.store, self.line, self.now)
            """What an admin is to know, by subject."""
        except BaseException:
            self.store.close()
            raise

    def close(self) -> None:
        """Close the store."""
        self.store.close()

    def post(self, connection: str, body: bytes) -> list[int]:
        """A platform posts a body; returns the journal seqs (0 = seen before)."""
        channel = self.config.connections[connection].channel
        return self.store.accept([raw_incoming(connection, raw, self.now) for raw in channel.split(body)])

    def happen(self, *events: Event) -> None:
        """Events of the hub itself."""
        self.store.accept([incoming(event) for event in events])

    def step(self, budget: int = 256) -> Stepped:
        """Work off what is queued."""
        total = Stepped()
        while (done := step(self.store, self.line, self.now, budget)).events:
            total.events += done.events
            total.buried += done.buried
            total.woken |= done.woken
        return total

    def tick(self, later: int = 0) -> None:
        """Let `later` ms pass, fire what is due, and step."""
        self.now += later
        tick(self.store, self.now)
        self.step()
        self.told |= mappings.judge(self.store, self.line, self.now)

    def lease(self, inbox: str = "sales", limit: int = 100) -> list[Leased]:
        """What the gate lets out of an inbox now."""
        leased, _ = lease_sends(self.store, self.line, inbox, self.now, limit)
        return leased

    def sent(self, leased: Leased, provider_id: str = "", outcome: str = "done", **more: Any) -> None:
        """The platform's answer to a send."""
        key = f"{leased.outbox}.{leased.attempts}.{outcome}"
        event = SendSettled(
            key=key,
            at=self.now,
            outbox=leased.outbox,
            outcome=outcome,  # type: ignore[arg-type]
            provider_id=provider_id,
            **more,
        )
        self.happen(event)
        self.step()

    def crm(self, kind: str, crm: str = "main", linger: int = 0) -> Batch:
        """The next batch for a CRM."""
        return lease_crm(self.store, self.line, crm, kind, self.now, 100, linger)

    def crm_answers(self, *written: Written, crm: str = "main", **more: Any) -> None:
        """The CRM's answer to a batch, all done."""
        rows = tuple(RowOutcome(outbox=w.outbox, outcome="done", record=w.record, new=w.new, **more) for w in written)
        self.happen(CrmSettled(key=f"{crm}.{rows[0].outbox}.{self.now}", at=self.now, crm=crm, rows=rows))
        self.step()

    def crm_knows(self, *records: Record, feed: str = "first", final: bool = True, crm: str = "main") -> None:
        """The CRM's records, read."""
        self.now += 1
        self.happen(
            RecordsRead(
                key=f"{crm}.{feed}.{self.now}",
                at=self.now,
                crm=crm,
                records=records,
                feed=feed,  # type: ignore[arg-type]
                cursor=str(self.now),
                final=final and feed == "first",
            )
        )
        self.step()

    def rows(self, sql: str, *args: Any) -> list[tuple[Any, ...]]:
        """Look into the store."""
        return self.store.db.rows(sql, args)
