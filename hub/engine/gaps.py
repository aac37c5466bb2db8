"""Names what no platform will ever deliver: the hub was away for longer than a platform keeps messages for it.

A hub that takes events notes the time now and then, for each connection. Where the last note is older than the
channel's redelivery horizon (the hub was down, its disk was full, the connection rested), what lies before the horizon
is a gap, told to the admin, never passed over in silence.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from hub.engine.line import Line, now_ms
from hub.engine.notices import Notices
from hub.engine.settings import Config
from hub.engine.writer import Writer
from hub.store import Store
from hub.store.rows import NewsRow

ALIVE = "hub.alive."
"""The cursor, by connection, that holds the last time (ms) at which the hub took its events."""
NOTE_EVERY = 30_000
"""ms between two notes of it: a gap is told at most so much too long."""
LOOK = 0.25
"""Seconds between two looks whether the hub takes events."""


class Gap(NamedTuple):
    """What a connection lost for good: everything sent between two times (ms)."""

    connection: str
    since: int
    until: int
    text: str


def gaps(config: Config, alive: Mapping[str, int], now: int) -> list[Gap]:
    """The gaps of a hub that takes events `now` and last did so at `alive` (ms, by connection; none = never)."""
    found = []
    for name, connection in config.connections.items():
        channel = connection.channel
        horizon = int(1000 * (getattr(channel.settings, "horizon", 0) or channel.capabilities.horizon))
        last = alive.get(name, 0)
        if last and horizon and now - last > horizon:
            text = (
                f"the hub was away from {_time(last)} to {_time(now)}; {channel.name} keeps messages for"
                f" {_span(horizon)}, so what was sent before {_time(now - horizon)} does not come any more"
            )
            found.append(Gap(name, last, now - horizon, text))
    return found


def name_gaps(store: Store, config: Config, now: int) -> list[Gap]:
    """Find the gaps, keep them as news, and note the time. In the writer's thread."""
    with store.transaction():
        alive = {name: int(store.cursor(ALIVE + name) or 0) for name in config.connections}
        found = gaps(config, alive, now)
        work = store.workspace(now)
        for gap in found:
            subject = f"{gap.since}-{gap.until}"
            row = NewsRow(work.news.next_id(), now, gap.connection, "", "gap", subject, gap.text, 1, 0)
            work.news.add(row)
        work.save()
        for name in config.connections:
            store.set_cursor(ALIVE + name, str(now), now)
    return found


def note_alive(store: Store, config: Config, now: int) -> None:
    """The hub takes events."""

    def note() -> None:
        for name in sorted(config.connections):
            store.set_cursor(ALIVE + name, str(now), now)

    store.beside(note)


class Presence:
    """Notes in every process that it takes events: a connection is without the hub only while none does."""

    def __init__(self, line: Line, writer: Writer, notices: Notices, accepting: Callable[[], bool]) -> None:
        self._line, self._writer, self._notices, self._accepting = line, writer, notices, accepting

    async def run(self) -> None:
        """Note the time, for ever; after a time in which platforms were sent away, name what is lost."""
        noted, away = now_ms(), False
        while True:
            if not self._accepting():
                away = True
            elif away:  # perhaps for longer than platforms keep what they have
                away, noted = False, now_ms()
                tell(
                    await self._writer.call(lambda store: name_gaps(store, self._line.config, now_ms())), self._notices
                )
            elif abs(now_ms() - noted) >= NOTE_EVERY:
                noted = now_ms()
                await self._writer.call(lambda store: note_alive(store, self._line.config, now_ms()))
            await asyncio.sleep(LOOK)


def tell(found: Sequence[Gap], notices: Notices) -> None:
    """Raise a notice for each."""
    for gap in found:
        notices.raise_once(f"gap of {gap.connection}", gap.text)


def _time(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _span(ms: int) -> str:
    hours = ms / 3_600_000
    return f"{hours / 24:.0f} days" if hours >= 48 else f"{hours:.0f} h" if hours >= 1 else f"{ms / 1000:.0f} s"
