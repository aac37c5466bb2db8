"""What people write, who they are and what opens doors never reach a log."""

from __future__ import annotations

import asyncio
from typing import Any

import structlog

from hub.contracts.simulator import Faults

SAID = "my private words about the price"
NAME = "Ada Confidential"
PHONE = "12025550113"


def test_logs_tell_what_happened_and_nothing_that_was_said(live: Any, simulators: Any, capfd: Any) -> None:
    """A message, its answer, a refused signature, broken bodies, a CRM that fails and one that loses answers."""
    lines: list[str] = []

    def keep(logger: Any, method: str, event: dict[str, Any]) -> dict[str, Any]:
        lines.append(repr(event))
        return event

    structlog.configure(processors=[keep, structlog.processors.KeyValueRenderer()])
    try:
        whatsapp = simulators["whatsapp"]()
        hubspot = simulators["hubspot"](Faults(error=0.3, lose_after=0.2, throttle=0.1))

        async def scenario() -> None:
            async with live(whatsapp, hubspot, settings={"evidence_wait": 0.5}) as here:
                await here.hub.crms["hubspot"].ready.wait()
                whatsapp.faults.lose_after = 0.5
                for n in range(12):
                    await whatsapp.say(f"+{PHONE[:-2]}{n + 13}", f"{SAID} {n}", name=NAME)
                await whatsapp.settled()
                await here.worked_off()
                await here.until(lambda: len(hubspot.logged()) >= 12, 40)
                secrets = [str(v) for p in (whatsapp, hubspot) for v in p.config().values() if len(str(v)) > 12]
                secrets = [s for s in secrets if not s.startswith("http")]
                await here.stop()
                logged = "\n".join(lines) + capfd.readouterr().err
                assert lines, "something was logged"
                for private in (SAID, "private words", NAME, PHONE[:-2], *secrets):
                    assert private not in logged, private

        asyncio.run(scenario())
    finally:
        structlog.reset_defaults()
