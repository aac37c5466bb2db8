"""Arming timers: one per (subject, rule, slot); arming again replaces, by generation."""

from __future__ import annotations

from hub.store.rows import TimerRow
from hub.store.workspace import Workspace


def arm(work: Workspace, subject: str, subject_id: int, rule: str, due: int, slot: str = "0", about: str = "") -> None:
    """Fire at `due` (ms), unless armed again or cancelled (`due` 0) before; `about` is what it goes on with, JSON."""
    work.arm(TimerRow(0, subject, subject_id, rule, slot, 1, due, 1 if due else 0, about))
