"""What one commit costs on this disk: everything durable waits for it."""

from __future__ import annotations

import os
import tempfile
from time import perf_counter

from bench.figures import Figure
from bench.run import Run

BLOCK = b"\0" * 4096


def measure(run: Run) -> list[Figure]:
    """Appends of 4 KiB, each synced, per second."""
    rates = []
    for number in range(run.rounds):
        run.tell(f"round {number + 1} of {run.rounds}")
        with tempfile.NamedTemporaryFile(dir=run.folder, prefix="dragoman-bench-") as file:
            began, count = perf_counter(), 0
            while perf_counter() - began < 0.3:
                os.write(file.fileno(), BLOCK)
                os.fdatasync(file.fileno())
                count += 1
            rates.append(count / (perf_counter() - began))
    return [Figure(name="fdatasync_per_s", rounds=tuple(rates), note="4 KiB appends; a RAM disk would flatter the hub")]
