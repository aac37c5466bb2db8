"""A company for a while: a channel's and a CRM's simulator, a hub.toml in a temporary folder, a hub as processes."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from hub.contracts.errors import ConfigError
from hub.contracts.simulator import ChannelSimulator, CRMSimulator, Faults, Heard
from hub.engine.loader import load_plugins
from hub.store import Place, StoreTrouble, open_reader
from hub.store.crm import how_many_linked
from hub.testing.ledgers import Ledgers, Trouble, Unsent, token_of
from hub.testing.people import REGION, Company, Person
from hub.testing.phrases import KEYWORDS
from hub.testing.postgres import PostgresServer
from hub.testing.runner import SUPERVISED, HubRun

INBOX = "shop"


class Stage:
    """Built with the people and the kinds of CRM; `open` starts the platforms and writes hub.toml; `hub` starts, kills
    and stops the hub.

    With a `server` the hub's store is a database there, and it is `processes` that share hub.toml and the folder of
    files: `hubs`, of which `hub` is the first. Each has a folder, addresses and a log of its own.

    Raises ConfigError when no plugin brings the wanted simulators.
    """

    def __init__(
        self,
        folder: Path,
        company: Company,
        *,
        seed: int = 1,
        settings: Mapping[str, Any] | None = None,
        module: Sequence[str] = SUPERVISED,
        tables: Mapping[str, Mapping[str, Any]] | None = None,
        crms: Sequence[str] = ("hubspot",),
        server: PostgresServer | None = None,
        processes: int = 1,
    ) -> None:
        channel, *found = _simulators("whatsapp", *crms)
        self.channel: ChannelSimulator = channel(Faults(seed=seed))
        self.crms: list[CRMSimulator] = [crm(Faults(seed=seed + 1 + n)) for n, crm in enumerate(found)]
        self.folder, self.company = folder, company
        self.people = {person.phone: person for person in company.people}
        self.troubles: list[Trouble] = []
        self.due: set[str] = set()
        self.crm_urls: list[str] = []
        self._settings, self._more = {**DEFAULTS, **(settings or {})}, tables or {}
        self._owned: dict[str, dict[str, frozenset[str]]] = {}
        self.server, self._module, self._dsn = server, module, ""
        self.hubs = [HubRun(folder / "hub.toml", folder / "data", module)]
        self._processes = processes

    @property
    def hub(self) -> HubRun:
        """The hub, or the first of its processes."""
        return self.hubs[0]

    async def open(self) -> None:
        """Start both platforms, fill the CRM, write hub.toml, empty the database."""
        await self.channel.start()
        for crm in self.crms:
            self.crm_urls.append(await crm.start())
            ids = crm.fill(list(self.company.contacts))
            self._owned[crm.name] = dict(zip(ids, self.company.owners, strict=True))
        doors = [f"127.0.0.1:{port}" for port in _free_ports(2 * self._processes)]
        listens, admins = doors[::2], doors[1::2]
        hooks = [f"http://{listen}/hook/{self.channel.name}" for listen in listens]
        if self._processes > 1:
            self.channel.spread(hooks)
        else:
            self.channel.point_at(hooks[0])
        shared = {}
        if self.server is not None:
            self._dsn = await asyncio.to_thread(self.server.database)
            self.hubs = [self._process(n, *addresses) for n, addresses in enumerate(zip(listens, admins, strict=True))]
            shared = {"public_url": f"http://{listens[0]}", "media": "./media"}
        tables = {
            "hub": {"listen": listens[0], "admin": admins[0], **shared, **self._settings},
            f"connection.{self.channel.name}": {"channel": self.channel.name, **self.channel.config()},
            f"inbox.{INBOX}": {"connection": self.channel.name, "account": self.channel.accounts()[0]},
            **{f"crm.{crm.name}": {"adapter": crm.name, **crm.config()} for crm in self.crms},
            "texts": {"prices": "Price list for {{ message.text }}"},
        }
        for name, more in self._more.items():
            tables[name] = {**tables.get(name, {}), **more}
        rule = {"name": "prices", "keywords": list(KEYWORDS), "reply": "prices"}
        text = "".join(_table(f"[{name}]", values) for name, values in tables.items()) + _table("[[rule]]", rule)
        self.hub.config.write_text(text, encoding="utf-8")

    def _process(self, number: int, listen: str, admin: str) -> HubRun:
        """One of several. The address of the store stands nowhere else: its password belongs into no file."""
        config, data = self.folder / "hub.toml", self.folder / f"data{number}"
        environ = {"LISTEN": listen, "ADMIN": admin, "DATA": str(data), "STORE": self._dsn}
        named = {f"DRAGOMAN_{name}": value for name, value in environ.items()}
        return HubRun(config, data, self._module, environ=named, log=self.folder / f"hub{number}.log")

    async def start(self) -> None:
        """Start all processes of the hub and wait until they run."""
        for hub in self.hubs:
            await hub.start()
        await asyncio.gather(*(hub.ready() for hub in self.hubs))

    async def close(self) -> None:
        """End the hub and both platforms."""
        await asyncio.gather(*(hub.stop() for hub in self.hubs))
        await self.channel.stop()
        for crm in self.crms:
            await crm.stop()

    async def say(self, person: Person, text: str, *, due: bool, at: int = 0) -> Heard:
        """A customer writes; `due` when a rule answers it."""
        if due:
            self.due.add(token_of(text))
        return await self.channel.say(person.phone, text, name=person.name, at=at)

    async def first_read(self) -> None:
        """Wait until the hub has read the whole CRM."""
        while set((await self.hub.status()).get("crms", {}).values()) != {"ready"}:  # noqa: ASYNC110 - it is another process
            await asyncio.sleep(0.1)

    async def kill(self, *, everything: bool = False, of: int = 0) -> None:
        """kill -9 one process of the hub (or `everything`, its supervisor too), and wait until it runs again."""
        hub = self.hubs[of]
        at = await (hub.kill_all() if everything else hub.kill())
        if everything or not hub.supervised:
            await hub.start()
        await hub.ready()
        self.troubles.append(Trouble("kill", at, time.monotonic()))

    async def kill_store(self, seconds: float = 0.0) -> None:
        """kill -9 PostgreSQL, which stays dead for a while, and wait until it answers again."""
        assert self.server is not None
        began = time.monotonic()
        await asyncio.to_thread(self.server.kill)
        await asyncio.sleep(seconds)
        await asyncio.to_thread(self.server.start)
        self.troubles.append(Trouble("store", began, time.monotonic()))

    async def sleep(self, seconds: float, *, of: int = 0) -> None:
        """One process of the hub stands still for a while."""
        began = time.monotonic()
        wake = await self.hubs[of].freeze()
        try:
            await asyncio.sleep(seconds)
        finally:
            wake()
        self.troubles.append(Trouble("sleep", began, time.monotonic()))

    async def only_reads(self, on: Literal["on", "off"]) -> None:
        """PostgreSQL refuses every change from now on, or takes them again."""
        assert self.server is not None

        def alter(dsn: str) -> None:
            import psycopg  # the driver is an extra

            with psycopg.connect(dsn, autocommit=True) as link:
                link.execute(f"ALTER SYSTEM SET default_transaction_read_only={on}".encode())
                link.execute("SELECT pg_reload_conf()")

        await asyncio.to_thread(alter, self.server.dsn)

    async def crm_out(self, seconds: float) -> None:
        """Each CRM drops every connection for a while."""
        began = time.monotonic()
        for crm in self.crms:
            crm.faults.down = True
        await asyncio.sleep(seconds)
        for crm in self.crms:
            crm.faults.down = False
        self.troubles.append(Trouble("crm", began, time.monotonic()))

    async def channel_out(self, seconds: float) -> None:
        """The channel's API is out for a while: most sends are answered 5xx, some vanish without an answer.

        Not `faults.down`: that would leave no trace in the ledger of what vanished.
        """
        faults, began = self.channel.faults, time.monotonic()
        usual = faults.error, faults.lose_before
        faults.error, faults.lose_before = 1.0, 0.1
        await asyncio.sleep(seconds)
        faults.error, faults.lose_before = usual
        self.troubles.append(Trouble("channel", began, time.monotonic()))

    @property
    def place(self) -> Place:
        """Where the hub's store is."""
        return Place(self.hub.data, self._dsn)

    def _ask(self, sql: str) -> list[tuple[Any, ...]]:
        """What stands in the store; nothing where it cannot be asked."""
        try:
            db = open_reader(self.place)
        except ConfigError:
            return []
        try:
            return db.rows(sql)
        except StoreTrouble:
            return []
        finally:
            db.close()

    def people_read(self) -> int:
        """How many records the hub has read, of all CRMs."""
        try:
            db = open_reader(self.place)
        except ConfigError:
            return 0
        try:
            return sum(how_many_linked(db, crm.name) for crm in self.crms)
        finally:
            db.close()

    def unsent(self) -> dict[str, Unsent]:
        """What the hub says of replies that it has not simply sent, by token."""
        found = self._ask(
            "SELECT m.text, o.state, o.reason FROM outbox o JOIN messages m ON m.id=o.message"
            " WHERE o.kind='send' AND o.state IN ('uncertain', 'dropped', 'dead')"
        )
        return {token_of(text): Unsent(state, reason) for text, state, reason in found}

    def gaps(self) -> list[tuple[int, int]]:
        """What the hub itself names as lost (ms): its news of the topic gap."""
        spans = [row[0].split("-") for row in self._ask("SELECT subject FROM news WHERE topic='gap'")]
        return [(int(since), int(until)) for since, until in spans]

    @property
    def crm(self) -> CRMSimulator:
        """The CRM, or the first of several."""
        return self.crms[0]

    def ledgers(self, crm: CRMSimulator | None = None, *, ask: bool = True) -> Ledgers:
        """Everything as it stands now, in one CRM (the first); without `ask` only what the platforms know."""
        crm = crm or self.crm
        return Ledgers(
            heard=list(self.channel.heard),
            said=list(self.channel.said),
            logged=crm.logged(),
            contacts=crm.contacts(),
            calls=dict(crm.counted()),
            people={person.phone: person.forms for person in self.company.people},
            owned=self._owned[crm.name],
            due=frozenset(self.due),
            unsent=self.unsent() if ask else {},
            gaps=self.gaps() if ask else (),
            troubles=list(self.troubles),
            crm_swallowed=crm.swallowed,
        )


DEFAULTS: dict[str, Any] = {
    "data": "./data",
    "region": REGION,
    "log_level": "warning",
    "evidence_wait": 3,
    "crm_poll": 5,
    "stop_grace": 3,
    "disk_min_mb": 1,
}


def _simulators(*names: str) -> list[Any]:
    found = load_plugins().simulators()
    for name in names:
        if name not in found:
            raise ConfigError(f"no plugin brings a simulator of {name}", remedy="dragoman plugins shows what is there")
    return [found[name] for name in names]


def _free_ports(number: int) -> list[int]:
    """Ports that are free now; the hub keeps the same one over its restarts, as a real one would."""
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    ports = [int(one.getsockname()[1]) for one in held]
    for one in held:
        one.close()
    return ports


def _table(head: str, values: Mapping[str, Any]) -> str:
    """A TOML table of plain values: JSON's strings, numbers, booleans and lists are TOML's too."""
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in values.items()]
    return "\n".join([head, *lines, "", ""])
