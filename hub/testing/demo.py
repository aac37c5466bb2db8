"""The whole product on one machine: an invented company with 10,000 contacts, 200 customers, an outage and a kill."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from hub.testing.chaos import Hostility, tick
from hub.testing.crowd import LOOK, Crowd, quiet
from hub.testing.ledgers import Ledgers
from hub.testing.people import WRITTEN, company
from hub.testing.proof import Proof, prove
from hub.testing.stage import Stage
from hub.testing.watch import Watch

CONTACTS, PEOPLE, KNOWN, TWICE, MESSAGES = 10_000, 200, 150, 20, 1_200
RATE, LULL, STRUCK = 80.0, 8.0, 4.0
"""Messages a second: at full speed, before something strikes, and while it lasts."""
OUTAGE = 10.0
PATIENCE = 25.0
LOOKS = 300
"""Seconds between looks at changed contacts: here all 10,000 were made a moment ago, as in no real CRM."""
HOSTILITY = Hostility(crm_error=0.05)


@dataclass(frozen=True, slots=True)
class Shown:
    """What a demo showed: the proof for each CRM, and rows (what, how many) for people."""

    proofs: dict[str, Proof]
    rows: list[tuple[str, str]]


Stay = Callable[[Stage, Shown], Awaitable[None]]


async def demo(
    folder: Path, watch: Watch, seed: int = 1, stay: Stay | None = None, crms: Sequence[str] = ("hubspot",)
) -> Shown:
    """Play it in `folder`; with `stay` the company stays open until that returns. Raises ConfigError, Unavailable."""
    rng = random.Random(seed)
    cast = company(rng, people=PEOPLE, known=KNOWN, others=CONTACTS - KNOWN - TWICE, twice=TWICE)
    stage = Stage(folder, cast, seed=seed, settings={"crm_poll": LOOKS}, crms=crms)
    try:
        await _open(stage, watch)
        watch.total(MESSAGES, "in the CRM")
        ticker = asyncio.create_task(tick(stage, watch))
        try:
            await _play(stage, Crowd(stage, rng, MESSAGES), watch)
            watch.phase("waiting until all is quiet")
            await quiet(stage, PATIENCE)
        finally:
            ticker.cancel()
        shown = _shown(stage)
        if stay is not None:
            Hostility(double=0, reorder=0, lose=0, crm_lose=0, crm_error=0).fill(stage)
            await stay(stage, shown)
        return shown
    finally:
        await stage.close()


async def _open(stage: Stage, watch: Watch) -> None:
    """Start everything; the hub reads the whole CRM before customers write."""
    began = time.monotonic()
    watch.total(CONTACTS, "contacts read")
    watch.phase("reading the CRM")
    await stage.open()
    await stage.hub.start()
    await stage.hub.ready()
    reading = asyncio.create_task(stage.first_read())
    while not reading.done():
        watch.show(stage.people_read() // len(stage.crms))
        await asyncio.sleep(LOOK)
    await reading
    HOSTILITY.fill(stage)
    took = time.monotonic() - began
    watch.note(f"{CONTACTS:,} contacts read in {took:.1f} s, phone numbers written in {len(WRITTEN)} ways")


async def _play(stage: Stage, crowd: Crowd, watch: Watch) -> None:
    watch.phase("customers write")
    await crowd.talk(500, RATE)
    await crowd.talk(20, LULL)
    watch.phase("the CRM is out")
    await crowd.through(stage.crm_out(OUTAGE), int(OUTAGE * STRUCK), OUTAGE)
    watch.note(f"the CRM was out for {OUTAGE:.0f} s; what waited has arrived")
    watch.phase("customers write")
    await crowd.talk(300, RATE)
    await crowd.talk(20, LULL)
    watch.phase("kill -9 of the hub")
    await crowd.through(stage.kill(), 20, 20 / STRUCK)
    kill = stage.troubles[-1]
    watch.note(f"the hub was killed (kill -9) and ran again after {kill.ended - kill.began:.1f} s")
    watch.phase("customers write")
    await crowd.talk(crowd.left, RATE)


def _shown(stage: Stage) -> Shown:
    proofs = {crm.name: prove(stage.ledgers(crm)) for crm in stage.crms}
    rows: list[tuple[str, str]] = []
    for crm in stage.crms:
        several = f" ({crm.name})" if len(proofs) > 1 else ""
        rows += [(what + several, told) for what, told in _rows(stage.ledgers(crm), proofs[crm.name])]
    return Shown(proofs, list(dict.fromkeys(rows)))


def _rows(ledgers: Ledgers, proof: Proof) -> list[tuple[str, str]]:
    wrote = {heard.person for heard in ledgers.heard}
    known = {person for people in ledgers.owned.values() for person in people}
    made = [contact for contact in ledgers.contacts if contact["id"] not in ledgers.owned]
    rows = [
        ("messages written", f"{proof.messages:,}"),
        ("messages in the CRM", f"{proof.in_crm:,}"),
        ("people the CRM knew", f"{len(wrote & known)} (no contact was made twice)"),
        ("people new to it", f"{len(wrote - known)} ({len(made)} contacts made)"),
        ("replies on phones", f"{proof.replies:,}"),
        ("webhooks delivered again", f"{proof.redelivered:,}"),
        ("answers that got lost", f"{proof.swallowed} of sends, {proof.crm_swallowed} of the CRM"),
        ("CRM calls for 1,000 messages", f"{proof.crm_calls_per_1000:.0f}"),
        ("into the CRM, 95 % within", f"{proof.to_crm_p95_s:.1f} s"),
        ("kills survived", f"{proof.kills}"),
    ]
    if proof.duplicate_people:
        rows[2] = (rows[2][0], f"{len(wrote & known)} ({proof.duplicate_people} CONTACTS TOO MANY)")
    return rows
