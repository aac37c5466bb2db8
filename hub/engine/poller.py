"""Channels that fetch instead of being called: long polls, with the cursor stored beside what they brought."""

from __future__ import annotations

import asyncio

import structlog

from hub.contracts.channel import Polls, RawEvent
from hub.contracts.errors import HubError
from hub.engine.http import Outside
from hub.engine.line import Line, now_ms
from hub.engine.notices import Notices
from hub.engine.waiting import backoff
from hub.engine.writer import Writer
from hub.store import Store
from hub.store.dialects.leases import LostDuty
from hub.store.journal import Incoming

log = structlog.get_logger("hub.poller")


def raw_incoming(connection: str, raw: RawEvent, received: int) -> Incoming:
    """A channel's event on its way into the journal. Up to the last bar of its lane it says through which inbox."""
    lane = f"{connection}|{raw.account}|{raw.lane.replace('|', ' ')}"
    return Incoming(connection, raw.account, raw.key, lane, raw.at, received, raw.body)


class Poller:
    """One per connection that polls; `run` until cancelled."""

    def __init__(
        self, connection: str, channel: Polls, line: Line, writer: Writer, outside: Outside, notices: Notices
    ) -> None:
        self._connection, self._channel, self._number = connection, channel, line.numbers[connection]
        self._writer, self._outside, self._notices = writer, outside, notices

    async def run(self) -> None:
        """Poll, keep, poll again; trouble is said once and tried again with growing pauses."""
        name, duty = f"poll.{self._connection}", f"poll:{self._connection}"
        cursor = await self._writer.call(lambda store: store.cursor(name))
        failures = 0
        while True:
            try:
                polled = await self._outside.converse(self._channel.poll(cursor), self._number)
            except HubError as error:
                failures += 1
                self._notices.raise_once(f"connection {self._connection}", str(error))
                await asyncio.sleep(min(60_000, backoff(failures, getattr(error, "retry_after", 0))) / 1000)
                continue
            except Exception as error:
                failures += 1
                what = f"the channel failed inside poll: {type(error).__name__}"
                self._notices.raise_once(f"connection {self._connection}", what)
                await asyncio.sleep(min(60_000, backoff(failures)) / 1000)
                continue
            if polled.events or polled.cursor != cursor:
                at = now_ms()
                events = [raw_incoming(self._connection, raw, at) for raw in polled.events]
                fresh = polled.cursor

                def keep(store: Store, events: list[Incoming] = events, at: int = at, fresh: str = fresh) -> None:
                    with store.transaction():
                        store.assert_duty(duty)
                        store.append(events)
                        store.set_cursor(name, fresh, at)

                try:
                    await self._writer.call(keep)
                except LostDuty:  # whoever has it has polled on, and its place stands
                    raise
                except Exception as error:  # what cannot be stored costs this connection only
                    failures += 1
                    what = f"what the poll brought cannot be stored: {type(error).__name__}"
                    self._notices.raise_once(f"connection {self._connection}", what)
                    await asyncio.sleep(min(60_000, backoff(failures)) / 1000)
                    continue
                cursor = fresh
            failures = 0
            self._notices.clear(f"connection {self._connection}")
            if not polled.events:
                await asyncio.sleep(0.05)
