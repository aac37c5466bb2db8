"""Messages as the hub gives them to an adapter, for tests of adapters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hub.model.records import LogEntry


def entries(record: str, count: int) -> list[LogEntry]:
    """Messages under a record, in and out, a millisecond apart."""
    return [
        LogEntry(
            outbox=n,
            message=f"m-{n}",
            record=record,
            direction="in" if n % 2 else "out",
            channel="whatsapp",
            author="person" if n % 2 else "bot",
            text=f"message {n} <b> & \U0001f44b",
            at=1_750_000_000_000 + n,
            sequence=n,
        )
        for n in range(1, count + 1)
    ]


def doubtful(batch: Sequence[LogEntry]) -> list[LogEntry]:
    """The same, after an attempt that got no answer."""
    return [replace(entry, doubtful=True) for entry in batch]
