"""Pigeon stands beside its tests, as in a project of its own; here it must be found as if it were installed."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent / "pigeon"))
