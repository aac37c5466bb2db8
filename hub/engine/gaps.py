"""Names what no platform will ever deliver: the hub was away for longer than a platform keeps messages for it.

A hub that takes events notes the time now and then, for each connection. Where the last note is older than the
channel's redelivery horizon (the hub was down, its disk was full, the connection rested), what lies before the horizon
is a gap, told to the admin, never passed over in silence.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from hub.engine.settings import Config
from hub.store import Store
from hub.store.rows import NewsRow

ALIVE = "hub.alive."
"""The cursor, by connection, that holds the last time (ms) at which the hub took its events."""
NOTE_EVERY = 30_000
"""ms between two notes of it: a gap is told at most so much too long."""


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
    with store.transaction():
        for name in config.connections:
            store.set_cursor(ALIVE + name, str(now), now)


def _time(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _span(ms: int) -> str:
    hours = ms / 3_600_000
    return f"{hours / 24:.0f} days" if hours >= 48 else f"{hours:.0f} h" if hours >= 1 else f"{ms / 1000:.0f} s"
