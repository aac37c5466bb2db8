"""Notices that the machine's clock was set, by comparing it with one that only ever runs forward."""

from __future__ import annotations

import time

from hub.engine.line import now_ms

JUMP = 5_000
"""ms between the two clocks that are more than slow correction."""


class Clock:
    """`jumped` is asked now and then; a suspended machine may count as a jump too."""

    def __init__(self) -> None:
        self._ahead = self._difference()

    def jumped(self) -> int:
        """ms by which the clock was set since it was asked last; 0 when it was not. Slow drift is followed."""
        ahead = self._difference()
        by = ahead - self._ahead
        self._ahead = ahead
        return by if abs(by) > JUMP else 0

    @staticmethod
    def _difference() -> int:
        return now_ms() - time.monotonic_ns() // 1_000_000
