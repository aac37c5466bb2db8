"""A hub beside real CRM simulators, where time is moved by hand: what takes days elsewhere takes a second here.

The hub's line, store and adapters are the real ones, called one after the other: nothing waits, nothing runs beside
anything else, and a run is the same each time it is played. The simulators serve on loopback in a thread of their own.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from hub.contracts.crm import HasOwners, Page, Reads
from hub.contracts.errors import HubError
from hub.contracts.simulator import CRMSimulator, Faults
from hub.engine import shapes
from hub.engine.crm.fate import Fate
from hub.engine.crm.lease import Batch, lease_crm
from hub.engine.line import CRM as SOURCE
from hub.engine.loader import load_plugins
from hub.engine.poller import raw_incoming
from hub.model.events import CrmSettled, Event, RecordsRead, RowOutcome
from hub.model.records import Ref
from hub.store import crm as shelves
from hub.testing.tabletop import HUB_TOML, Tabletop

KINDS = ("person", "log", "object", "file")
PATIENCE = 30.0
ROUNDS = 40
"""Rounds of reading and writing after which an office that still has something to do will never be quiet."""


class Clock:
    """Time for everybody: it stands still until it is moved, or somebody sleeps."""

    def __init__(self, ms: int) -> None:
        self.ms = ms

    def now(self) -> int:
        """Milliseconds since 1970 UTC."""
        return self.ms

    def seconds(self) -> float:
        """The same as seconds that only grow."""
        return self.ms / 1000

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.ms += int(seconds * 1000)


def simulated(clock: Clock, *names: str, seed: int = 1) -> dict[str, CRMSimulator]:
    """A simulator of each of these CRMs, as the installed plugins bring them, going by the clock."""
    known = load_plugins().simulators()
    made: dict[str, Any] = {name: known[name](Faults(seed=seed + n)) for n, name in enumerate(names)}
    for one in made.values():
        one.by_clock(clock.now, clock.seconds)
    return made


def both_ways(simulator: CRMSimulator, more: Mapping[str, str] | None = None) -> str:
    """A mapping of every usual field in both directions; `more`: source -> further keys of its line."""
    lines = []
    for source, name in simulator.words.items():
        if source != "key":
            extra = (more or {}).get(source, "")
            lines.append(f'{name} = {{ from = "{source}", when = "always"{", " + extra if extra else ""} }}\n')
    return "[person]\n" + "".join(lines)


@contextmanager
def serving(simulators: Iterable[CRMSimulator]) -> Iterator[None]:
    """The simulators, started in a thread of their own."""
    simulators = list(simulators)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="simulators")
    thread.start()
    try:
        for one in simulators:
            asyncio.run_coroutine_threadsafe(one.start(), loop).result(PATIENCE)
        yield
    finally:
        for simulator in simulators:
            asyncio.run_coroutine_threadsafe(simulator.stop(), loop).result(PATIENCE)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(PATIENCE)
        loop.close()


class Office(Tabletop):
    """Built with served simulators by the name of their CRM, the text of each one's mapping, and the clock they all go
    by. What a CRM's adapter raises ends that call alone; it is tried again with the next round.
    """

    def __init__(
        self,
        folder: Path,
        simulators: Mapping[str, CRMSimulator],
        mappings: Mapping[str, str],
        clock: Clock,
        *,
        more: str = "",
    ) -> None:
        self.clock, self.simulators, self._folder = clock, simulators, folder
        (folder / "mappings").mkdir(parents=True, exist_ok=True)
        begin, end = HUB_TOML.index("[crm.main]"), HUB_TOML.index("[texts]")
        tables = ""
        for name, simulator in simulators.items():
            (folder / "mappings" / f"{name}.toml").write_text(mappings[name], encoding="utf-8")
            table = {"mapping": f"mappings/{name}.toml", **simulator.config()}
            tables += f"[crm.{name}]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in table.items())
        self._toml = HUB_TOML[:begin] + tables + more + HUB_TOML[end:]
        self._said = self._count = 0
        self.failures: list[HubError] = []
        """What adapters raised."""
        self._open()

    def _open(self) -> None:
        super().__init__(self._folder, self._toml)
        self.now = self.clock.ms
        for name, crm in self.config.crms.items():
            self.simulators[name].pace(crm.adapter, self.clock.sleep, self.clock.seconds)

    def restart(self) -> None:
        """The hub's process dies where it stands and another one takes over."""
        self.store.close()
        self._open()
        self.store.recover(self.clock.ms, {})

    def pass_time(self, seconds: float) -> None:
        """Let time pass, and fire what is due."""
        self.clock.sleep(seconds)
        self.now = self.clock.ms
        self.tick()

    # -- what happens to the hub ---------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Everything a hub does at its start: fields, users, the first read."""
        for name, crm in self.config.crms.items():
            crm.adapter.ensure()
            self.learn(name)
            self._read(name, "recent", crm.adapter.changes("") if not self._cursor(name, "recent") else None)
            while not self.store.workspace(self.now).first_read_done(name):
                self._read(name, "first", crm.adapter.first_read(self._cursor(name, "first")))

    def learn(self, crm: str) -> None:
        """The CRM's fields and users are read again."""
        adapter = self.config.crms[crm].adapter
        owners = adapter.owners() if isinstance(adapter, HasOwners) else ()
        shapes.learn(self.store, self.line, crm, adapter.describe(), owners, self.clock.ms)
        self.step()

    def say(self, phone: str, text: str, name: str = "Ana Example") -> str:
        """A person writes by WhatsApp; returns the platform's id of the message."""
        self._said += 1
        digits, number = phone.lstrip("+"), f"wamid.{self._said}"
        message = {
            "from": digits,
            "id": number,
            "timestamp": str(self.clock.ms // 1000),
            "type": "text",
            "text": {"body": text},
        }
        value = {
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": "447700900000", "phone_number_id": "1001"},
            "contacts": [{"profile": {"name": name}, "wa_id": digits}],
            "messages": [message],
        }
        change = {"field": "messages", "value": value}
        body = {"object": "whatsapp_business_account", "entry": [{"id": "9", "changes": [change]}]}
        self.now = self.clock.ms
        self.post("meta", json.dumps(body).encode())
        self.step()
        return number

    def human(self, event: Event) -> None:
        """A human's event."""
        self.now = self.clock.ms
        self.happen(event)
        self.step()

    def heard(self, crm: str, body: bytes) -> None:
        """A webhook of a CRM, already verified."""
        adapter: Any = self.config.crms[crm].adapter
        self.now = self.clock.ms
        self.store.accept([raw_incoming(f"{SOURCE}{crm}", raw, self.now) for raw in adapter.split(body)])
        self.step()

    # -- what the hub does ---------------------------------------------------------------------------------------------

    def look(self, crm: str) -> bool:
        """Read what changed, and what was named; whether there was anything."""
        adapter = self.config.crms[crm].adapter
        found = False
        while True:
            before = self._cursor(crm, "recent")
            page = self._call(adapter.changes, before)
            if page is None:
                break
            found |= bool(page.records or page.objects or page.gone or page.answers)
            self._read(crm, "recent", page)
            if page.last or page.cursor == before:
                break
        refs, _ = shelves.touched(self.store.db, crm, 100)
        if refs and isinstance(adapter, Reads) and (page := self._call(adapter.get, refs)) is not None:
            self._read(crm, "touched", page, refs=tuple(refs))
            found = True
        return found

    def look_around(self, crm: str) -> None:
        """Whether all linked records are still there, where the CRM's changes do not tell."""
        adapter = self.config.crms[crm].adapter
        if adapter.tells_deletions() or not isinstance(adapter, Reads):
            return
        linked = [record for _, record in shelves.linked(self.store.db, crm, 0, 1000)]
        with self.store.transaction():
            work = self.store.workspace(self.clock.ms)
            shelves.touch(work, crm, [Ref("contact", record) for record in linked])
            work.save()

    def push(self, crm: str, kinds: Sequence[str] = KINDS, *, dies: Literal["", "before", "after"] = "") -> bool:
        """Write what is due; whether there was anything. `dies`: the hub's process dies before the first call to the
        CRM, or after it and before the outcome is stored, and another one takes over."""
        found = False
        for kind in kinds:
            self.now = self.clock.ms
            batch = lease_crm(self.store, self.line, crm, kind, self.now, 100, 0)
            if not batch.rows:
                continue
            found = True
            self._count += 1
            rows = () if dies == "before" else self.carry_out(crm, batch)
            if dies:
                self.restart()
                return True
            at = self.clock.ms
            self.happen(CrmSettled(key=f"{crm}.{at}.{self._count}", at=at, crm=crm, rows=rows))
            self.step()
        return found

    def carry_out(self, crm: str, batch: Batch) -> tuple[RowOutcome, ...]:
        """Call the CRM; how each row ended, not yet stored."""
        return tuple(Fate(crm, self.config.crms[crm].adapter, batch, self.line.mapping(crm)).carry_out())

    def quiet(self, seconds: float = 60.0) -> int:
        """Read and write until nothing is left to do, letting time pass; returns the rounds that had work. Raises
        AssertionError when it never ends."""
        worked = still = 0
        for _ in range(ROUNDS):
            work = False
            for crm in self.simulators:
                work |= self.push(crm)
                work |= self.look(crm)
                work |= self.push(crm)
            worked += work
            still = 0 if work else still + 1
            if still >= 2:
                return worked
            self.pass_time(seconds)
        raise AssertionError(f"after {ROUNDS} rounds there is still something to do: {self.waiting()}")

    def waiting(self) -> list[tuple[Any, ...]]:
        """Open commands: target, kind, state, tries, reason."""
        return self.rows("SELECT target, kind, state, attempts, reason FROM outbox WHERE open=1 ORDER BY id LIMIT 20")

    def _call(self, method: Callable[..., Page], *args: Any) -> Page | None:
        try:
            return method(*args)
        except HubError as error:
            self.failures.append(error)
            return None

    def _cursor(self, crm: str, feed: str) -> str:
        found = self.rows("SELECT value FROM cursors WHERE name=?", f"crm.{crm}.{feed}")
        return str(found[0][0]) if found else ""

    def _read(self, crm: str, feed: Any, page: Page | None, **more: Any) -> None:
        if page is None:
            return
        self._count += 1
        self.now = at = self.clock.ms
        event = RecordsRead(
            key=f"{crm}.{feed}.{at}.{self._count}",
            at=at,
            crm=crm,
            records=tuple(page.records),
            feed=feed,
            cursor=page.cursor,
            final=feed == "first" and page.last,
            objects=tuple(page.objects),
            gone=tuple(page.gone),
            answers=tuple(page.answers),
            gap=page.gap,
            **more,
        )
        self.happen(event)
        self.step()
