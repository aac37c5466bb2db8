"""The journal worked off once more: to see that the same is decided, or what other rules would have decided."""

from hub.engine.replay.diff import Diff
from hub.engine.replay.driver import CannotReplay, Replay
from hub.engine.replay.result import Difference, Replayed
from hub.engine.replay.surroundings import listeners
from hub.engine.replay.what_if import WhatIf

__all__ = ["CannotReplay", "Diff", "Difference", "Replay", "Replayed", "WhatIf", "listeners"]
