"""Figures: what was measured in each round, what is wanted, and how both are shown."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Literal

from rich.table import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure. `rounds` holds its value in each round; empty means that it could not be measured, `note` says why.

    `want` at least or at most `target`; `aim` is what would please.
    """

    name: str
    rounds: tuple[float, ...]
    want: Literal["", "at least", "at most"] = ""
    target: float = 0.0
    aim: float = 0.0
    note: str = ""

    @property
    def value(self) -> float | None:
        """The median of the rounds."""
        return median(self.rounds) if self.rounds else None

    @property
    def met(self) -> bool | None:
        """Whether the median keeps the target; None when there is none of either."""
        if self.value is None or not self.want:
            return None
        return self.value >= self.target if self.want == "at least" else self.value <= self.target


def p99(values: Sequence[float]) -> float:
    """The value that 99 of a hundred do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * 0.99) - 1)] if ordered else math.nan


def table(title: str, figures: Iterable[Figure]) -> Table:
    """Figures with spread and target."""
    shown = Table(title=title, title_justify="left", title_style="bold")
    for name in ("figure", "median", "spread", "target", "", "note"):
        right = name in ("median", "spread")
        shown.add_column(name, justify="right" if right else "left", no_wrap=name != "note")
    for figure in figures:
        target = f"{figure.want} {figure.target:g}" if figure.want else ""
        if figure.aim:
            target += f", aim {figure.aim:g}"
        verdict = {True: "[green]met[/]", False: "[red]missed[/]", None: ""}[figure.met]
        spread = f"{short(min(figure.rounds))} .. {short(max(figure.rounds))}" if len(figure.rounds) > 1 else ""
        value = short(figure.value) if figure.value is not None else "-"
        shown.add_row(figure.name, value, spread, target, verdict, figure.note)
    return shown


def short(value: float) -> str:
    """Three significant digits, or whole thousands."""
    if not math.isfinite(value):
        return str(value)
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def result(figures: Iterable[Figure], **facts: Any) -> str:
    """The last line of a run: medians by name, then the spread of each, targets missed, and facts about the run."""
    figures = list(figures)
    data = {f.name: _plain(f.value) for f in figures}
    data["spread"] = {f.name: [_plain(min(f.rounds)), _plain(max(f.rounds))] for f in figures if len(f.rounds) > 1}
    data["missed"] = [f.name for f in figures if f.met is False]
    return "RESULT " + json.dumps({**data, **facts})


def _plain(value: float | None) -> Any:
    return None if value is None or not math.isfinite(value) else float(f"{value:.4g}")
