"""How fast the journal is worked off once more: events a second, of a shop whose people write, are answered and read.

The journal is lived first, by the real line on a real store, as in the whole line: messages, answers that are sent and
settled, three statuses for each, a CRM that logs all of it; so many messages together in a step. Only the replay is
timed.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from bench.bodies import ACCOUNT
from bench.figures import Figure
from bench.run import Run
from hub.engine.replay import Replay, listeners
from hub.engine.settings import load_config
from hub.model.events import SendSettled
from hub.testing.month import Month
from hub_meta.simulator_payloads import dump, status

PEOPLE, MESSAGES, TOGETHER = 1_000, 3_000, 50
SAID = ("sent", "delivered", "read")


def measure(run: Run) -> list[Figure]:
    """The journal once more, in each round another one."""
    found = []
    for number in range(run.rounds):
        run.tell(f"round {number + 1} of {run.rounds}")
        found.append(events_per_s(run.folder, max(500, int(MESSAGES * run.length))))
    note = "steps, leases and the comparison of every decision; five events for each text"
    return [Figure(name="replay_events_per_s", rounds=tuple(found), want="at least", target=5_000, note=note)]


def events_per_s(folder: Path, messages: int = MESSAGES, together: int = TOGETHER) -> float:
    """Events of the journal worked off once more in a second, in the whole: steps, leases and the comparison.

    Raises AssertionError where a decision is not the same.
    """
    with tempfile.TemporaryDirectory(dir=folder, prefix="dragoman-bench-") as inside:
        home = Path(inside)
        month = Month(home, people=PEOPLE)
        try:
            _live(month, messages, together)
            config = load_config(month.table.config.file, month.plugins, {})
            replay = Replay(month.table.store.db, config, home)
            try:
                replay.line.listeners = listeners(month.plugins, config)
                began = time.perf_counter()
                result = replay.run()
                seconds = time.perf_counter() - began
            finally:
                replay.close()
        finally:
            month.close()
        assert result.decisions > 0
        assert result.differ == 0, result.differences[:3]
        return result.events / seconds


def _live(month: Month, messages: int, together: int) -> None:
    """People write; what is answered is sent; the CRM has it, too."""
    table = month.table
    for _ in range(messages // together):
        table.now += 1_000
        for _ in range(together):
            month.writes()
        table.step()
        for send in table.lease():
            key = f"{send.outbox}.{send.attempts}.done"
            name = f"out.{send.outbox}"
            table.happen(SendSettled(key=key, at=table.now, outbox=send.outbox, outcome="done", provider_id=name))
            callback, address = send.message.callback, send.message.address
            for said in SAID:
                table.post("meta", _report(said, name, callback, address, table.now // 1000))
        table.step()
        month.crm_takes_all()


def _report(said: str, wamid: str, callback: str, phone: str, at: int) -> bytes:
    """What the platform posts about a message of the hub."""
    body = dump(status(ACCOUNT, phone, said, wamid=wamid, callback=callback, at=at))
    return body.replace(ACCOUNT.encode(), b"1001")
