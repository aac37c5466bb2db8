"""Signs of life for the supervising parent: which plugin the hub is inside of, and when it last moved.

A small shared file, written without a system call; the parent reads it when the hub stops moving.
"""

from __future__ import annotations

import mmap
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LOOP, WRITER = 0, 1
SLOT = struct.Struct("<dI")
SIZE = SLOT.size * 2


class Pulse:
    """Two slots, event loop and writer: time of the last beat, number of the plugin inside (0 = none)."""

    def __init__(self, file: Path | None = None) -> None:
        if file is None:
            self._map: mmap.mmap | bytearray = bytearray(SIZE)
            return
        if not file.exists() or file.stat().st_size != SIZE:
            file.write_bytes(b"\0" * SIZE)
        with file.open("r+b") as handle:
            self._map = mmap.mmap(handle.fileno(), SIZE)

    def beat(self, slot: int, plugin: int = 0) -> None:
        """Alive, and inside this plugin now."""
        SLOT.pack_into(self._map, slot * SLOT.size, time.monotonic(), plugin)

    @contextmanager
    def inside(self, slot: int, plugin: int) -> Iterator[None]:
        """Inside this plugin, then out of it again."""
        self.beat(slot, plugin)
        try:
            yield
        finally:
            self.beat(slot)

    def read(self, slot: int) -> tuple[float, int]:
        """When the slot last moved (seconds of the monotonic clock) and the plugin it is inside of."""
        at, plugin = SLOT.unpack_from(self._map, slot * SLOT.size)
        return float(at), int(plugin)
