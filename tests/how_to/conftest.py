"""Pigeon and Cabinet stand beside their tests, as in projects of their own; here they must be found as if installed."""

from __future__ import annotations

import sys
from pathlib import Path

for project in ("pigeon", "cabinet"):
    sys.path.append(str(Path(__file__).parent / project))
