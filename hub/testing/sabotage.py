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
from hub.engine.crm.logs import Logs
from hub.engine.http import Outside
from hub.engine.writer import Writer
from hub.model.records import LogEntry
from hub.store import Store, journal
from hub.store.journal import Claimed, Incoming

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


MODES: dict[str, Callable[[], None]] = {
    "dedupe": dedupe,
    "ack-early": ack_early,
    "order": order,
    "ledger": ledger,
    "uncertain": uncertain,
}


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
