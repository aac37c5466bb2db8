"""Asks the platforms now and then how they see the hub; what is wrong becomes a notice with its remedy."""

from __future__ import annotations

import asyncio

import structlog

from hub.contracts.channel import Examines, Finding, polls
from hub.contracts.errors import AuthFailed, HubError
from hub.engine.http import Outside
from hub.engine.line import Line
from hub.engine.notices import Notices

log = structlog.get_logger("hub.health")

FIRST, EVERY = 30.0, 600.0
"""Seconds until the first look after the start, and between two looks."""


class Health:
    """One for the hub: `run` until cancelled, `look` once."""

    def __init__(self, line: Line, outside: Outside, notices: Notices) -> None:
        self._line, self._outside, self._notices = line, outside, notices

    async def run(self) -> None:
        """Look, wait, look again."""
        await asyncio.sleep(FIRST)
        while True:
            await self.look()
            await asyncio.sleep(EVERY)

    async def look(self) -> None:
        """Ask every connection that can be asked."""
        for name, findings in (await examine_all(self._line, self._outside)).items():
            bad = [f"{finding.what} ({finding.remedy})" for finding in findings if not finding.ok]
            if bad:
                self._notices.raise_once(f"health of {name}", "; ".join(bad))
            else:
                self._notices.clear(f"health of {name}")


async def examine_all(line: Line, outside: Outside) -> dict[str, list[Finding]]:
    """Connection -> what its platform says. One that cannot be asked now says so only if its credentials fail."""
    found: dict[str, list[Finding]] = {}
    for name, connection in line.config.connections.items():
        channel = connection.channel
        if not isinstance(channel, Examines):
            continue
        callback = "" if polls(channel) else f"{line.config.hub.public_url}/hook/{name}"
        try:
            said = await outside.converse(channel.examine(callback), line.numbers[name])
            found[name] = [Finding(bool(one.ok), str(one.what), str(one.remedy)) for one in said]
        except AuthFailed as error:
            found[name] = [Finding(False, str(error), f"renew the credentials of [connection.{name}]")]
        except HubError as error:
            log.info("a platform could not be asked how it is", connection=name, reason=str(error))
        except Exception as error:
            log.error("a channel failed inside examine", connection=name, error=type(error).__name__)
    return found
