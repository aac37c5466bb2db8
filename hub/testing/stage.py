"""A company for a while: a channel's and a CRM's simulator, a hub.toml in a temporary folder, a hub as a process."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hub.contracts.errors import ConfigError
from hub.contracts.simulator import ChannelSimulator, CRMSimulator, Faults, Heard
from hub.engine.loader import load_plugins
from hub.store import open_reader
from hub.store.crm import how_many_linked
from hub.testing.ledgers import Ledgers, Trouble, Unsent, token_of
from hub.testing.people import REGION, Company, Person
from hub.testing.phrases import KEYWORDS
from hub.testing.runner import SUPERVISED, HubRun

INBOX = "shop"


class Stage:
    """Built with the people and the kinds of CRM; `open` starts the platforms and writes hub.toml; `hub` starts, kills
    and stops the hub.

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
        self.hub = HubRun(folder / "hub.toml", folder / "data", module)

    async def open(self) -> None:
        """Start both platforms, fill the CRM, write hub.toml."""
        await self.channel.start()
        for crm in self.crms:
            self.crm_urls.append(await crm.start())
            ids = crm.fill(list(self.company.contacts))
            self._owned[crm.name] = dict(zip(ids, self.company.owners, strict=True))
        listen, admin = (f"127.0.0.1:{port}" for port in _free_ports(2))
        self.channel.point_at(f"http://{listen}/hook/{self.channel.name}")
        tables = {
            "hub": {"listen": listen, "admin": admin, **self._settings},
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

    async def close(self) -> None:
        """End the hub and both platforms."""
        await self.hub.stop()
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

    async def kill(self, *, everything: bool = False) -> None:
        """kill -9 the hub (or `everything`, its supervisor too), and wait until a hub runs again."""
        at = await (self.hub.kill_all() if everything else self.hub.kill())
        if everything or not self.hub.supervised:
            await self.hub.start()
        await self.hub.ready()
        self.troubles.append(Trouble("kill", at, time.monotonic()))

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

    def people_read(self) -> int:
        """How many records the hub has read, of all CRMs."""
        try:
            db = open_reader(self.hub.data)
        except ConfigError:
            return 0
        try:
            return sum(how_many_linked(db, crm.name) for crm in self.crms)
        finally:
            db.close()

    def unsent(self) -> dict[str, Unsent]:
        """What the hub says of replies that it has not simply sent, by token."""
        try:
            db = open_reader(self.hub.data)
        except ConfigError:
            return {}
        try:
            found = db.rows(
                "SELECT m.text, o.state, o.reason FROM outbox o JOIN messages m ON m.id=o.message"
                " WHERE o.kind='send' AND o.state IN ('uncertain', 'dropped', 'dead')"
            )
        finally:
            db.close()
        return {token_of(text): Unsent(state, reason) for text, state, reason in found}

    def gaps(self) -> list[tuple[int, int]]:
        """What the hub itself names as lost (ms): its news of the topic gap."""
        try:
            db = open_reader(self.hub.data)
        except ConfigError:
            return []
        try:
            spans = [row[0].split("-") for row in db.rows("SELECT subject FROM news WHERE topic='gap'")]
        finally:
            db.close()
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
