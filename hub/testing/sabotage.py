"""Breaks one promise of the real hub on purpose and runs it: `python -m hub.testing.sabotage MODE --config FILE`.

A proof that cannot fail proves nothing. The product has no switch for this; the patches live here alone.
"""

from __future__ import annotations

import asyncio
import os
import runpy
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from hub.contracts.channel import HttpCall, HttpReply
from hub.engine import duties
from hub.engine.crm.fate import Fate
from hub.engine.crm.logs import Logs
from hub.engine.http import Outside
from hub.engine.writer import Writer
from hub.model.records import LogEntry
from hub.store import Store, journal
from hub.store.dialects import leases
from hub.store.dialects.database import Database
from hub.store.journal import Claimed, Incoming
from hub.store.workspace import Workspace

LAG = 0.3
"""Seconds that a sabotaged part is slower, so that a few events are always caught in it."""


def dedupe() -> None:
    """Accept ignores what it has seen: each delivery of a webhook is new."""
    journal.fingerprint = lambda source, account, key: os.urandom(16)


def ack_early() -> None:
    """A webhook is answered before its event is on disk."""
    real = Writer.accept

    def accept(self: Writer, events: Sequence[Incoming]) -> asyncio.Future[list[int]]:
        future: asyncio.Future[list[int]] = self._loop.create_future()
        future.set_result([0] * len(events))
        self._loop.call_later(LAG, real, self, events)
        return future

    Writer.accept = accept  # type: ignore[method-assign]


def order() -> None:
    """The step works off what it claimed backwards, a few times a second."""
    real, last = Store.claim, [0.0]

    def claim(self: Store, budget: int) -> list[Claimed]:
        if time.monotonic() - last[0] < LAG:
            return []
        found = real(self, budget)
        if found and budget > 1:
            last[0] = time.monotonic()
        return found[::-1]

    Store.claim = claim  # type: ignore[method-assign]


def ledger() -> None:
    """A CRM row in doubt is written again without looking whether it stands there."""
    real = Logs._message

    def message(*args: Any) -> LogEntry:
        return replace(real(*args), doubtful=False)

    Logs._message = message  # type: ignore[assignment, method-assign]


def uncertain() -> None:
    """A send without an answer is sent again."""
    real = Outside._request

    async def request(self: Outside, call: HttpCall) -> HttpReply:
        return await real(self, replace(call, repeatable=True))

    Outside._request = request  # type: ignore[method-assign]


def fence() -> None:
    """A process takes duties that others have, thinks that these have ended, and nobody notices that his are gone."""
    write = Fate.carry_out

    def look(db: Database) -> leases.Holders:
        found = real_look(db)
        return replace(found, of=dict.fromkeys(found.of, ""))

    def take(db: Database, names: Sequence[str], holder: str, ttl: int) -> dict[str, leases.Taken]:
        sql = "UPDATE leases SET holder=?, fence=fence+1 WHERE name = ANY(?) RETURNING name, fence"
        return {name: leases.Taken(number, "") for name, number in db.rows(sql, (holder, list(names)))}

    def carry_out(self: Fate) -> Any:
        if not any(entry.doubtful for entry in self._batch.logs):  # whoever comes second looks first
            time.sleep(4 * LAG)
        return write(self)

    duties.TTL, duties.EARLY = 3.0, 0.5
    real_look, leases.look, leases.take = leases.look, look, take
    leases.assert_held = lambda *args: None
    duties.Duties.may_call = lambda self, name: True  # type: ignore[method-assign]
    Fate.carry_out = carry_out  # type: ignore[method-assign]


def beside() -> None:
    """Processes work on the same people and the same lanes at the same time, and save what they read before."""
    from hub.store.dialects.postgres import Postgres  # its driver is an extra

    save = Workspace.save

    def slow(self: Workspace) -> None:
        time.sleep(LAG / 10)
        save(self)

    Postgres.hold = lambda *args: None  # type: ignore[method-assign]
    Postgres.holds = lambda *args: True  # type: ignore[method-assign]
    Postgres.free_lanes = lambda self, lanes: set(lanes)  # type: ignore[method-assign]
    Workspace.save = slow  # type: ignore[method-assign]


MODES: dict[str, Callable[[], None]] = {
    "dedupe": dedupe,
    "ack-early": ack_early,
    "order": order,
    "ledger": ledger,
    "uncertain": uncertain,
    "fence": fence,
    "beside": beside,
}
OF_PROCESSES = ("fence", "beside")
"""Those that show only where several processes share a store."""


def main(args: Sequence[str]) -> int:
    """Break, then become the hub's process with the other arguments. Returns only when it was called wrongly."""
    if not args or args[0] not in MODES:
        print(f"usage: python -m hub.testing.sabotage {{{','.join(MODES)}}} --config FILE", file=sys.stderr)
        return 2
    MODES[args[0]]()
    sys.argv[1:] = args[1:]
    runpy.run_module("hub.cli.hub_process", run_name="__main__")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
