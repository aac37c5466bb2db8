"""What a waiting person sees: a live line in a terminal, nothing elsewhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Any


class Watch:
    """A progress bar on stderr while the block runs. `show` may be called as often as one likes."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._progress: Any = None
        self._task: Any = None
        self.began = time.monotonic()

    def __enter__(self) -> Watch:
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

            self._progress = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                TextColumn("{task.completed}/{task.total} in the CRM  {task.fields[more]}"),
                TimeElapsedColumn(),
                console=Console(stderr=True),
                transient=True,
            )
            self._task = self._progress.add_task("starting", total=self._total, more="")
            self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._progress is not None:
            self._progress.stop()

    def show(self, phase: str, in_crm: int, more: str = "") -> None:
        """What is going on, how many messages have reached the CRM, and a few more words."""
        if self._progress is not None:
            self._progress.update(self._task, description=f"{phase:<24.24}", completed=in_crm, more=more)
