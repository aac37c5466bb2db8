"""What a waiting person sees: a live line on stderr in a terminal; elsewhere only the notes."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Any


class Watch:
    """A progress bar while the block runs. All methods may be called as often as one likes."""

    def __init__(self, total: int, unit: str = "in the CRM") -> None:
        self._total, self._unit = total, unit
        self._progress: Any = None
        self._task: Any = None

    def __enter__(self) -> Watch:
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

            self._progress = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                TextColumn("{task.completed}/{task.total} {task.fields[unit]}  {task.fields[more]}"),
                TimeElapsedColumn(),
                console=Console(stderr=True, highlight=False),
                transient=True,
            )
            self._task = self._progress.add_task(f"{'starting':<26}", total=self._total, unit=self._unit, more="")
            self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Take the bar away."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = None

    def phase(self, what: str) -> None:
        """What is going on now."""
        if self._progress is not None:
            self._progress.update(self._task, description=f"{what:<26}")

    def show(self, done: int, more: str = "") -> None:
        """How much is done, and a few more words."""
        if self._progress is not None:
            self._progress.update(self._task, completed=done, more=more)

    def total(self, total: int, unit: str) -> None:
        """Count something else from now on."""
        if self._progress is not None:
            self._progress.update(self._task, total=total, completed=0, unit=unit, more="")

    def note(self, text: str) -> None:
        """A line that stays."""
        if self._progress is not None:
            self._progress.console.print(text, markup=False)
        else:
            print(text, file=sys.stderr, flush=True)
