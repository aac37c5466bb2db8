"""Pigeon, Cabinet and Oracle stand beside their tests as projects of their own; here they are found as if installed."""

from __future__ import annotations

import sys
from pathlib import Path

for project in ("pigeon", "cabinet", "oracle"):
    sys.path.append(str(Path(__file__).parent / project))
