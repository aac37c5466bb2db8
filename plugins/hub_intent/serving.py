"""The model as a running hub asks it: read when it is asked first, and again when a newer one was trained."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from hub_intent.model import Model

_loaded: dict[Path, tuple[tuple[int, int], Model]] = {}
_missing: set[Path] = set()


def answer(file: Path, text: str, labels: Sequence[str]) -> Sequence[tuple[str, float]]:
    """The label of `text` with its chance, where it is sure enough and among `labels` (empty = all). Raises PluginError
    when the model cannot be read."""
    model = current(file)
    found = model.answer(text) if model is not None else None
    return [found] if found is not None and (not labels or found.label in labels) else []


def current(file: Path) -> Model | None:
    """The model as it is now; None, and said once, where nothing was trained."""
    try:
        stat = file.stat()
        stamp = stat.st_mtime_ns, stat.st_ino
        if file not in _loaded or _loaded[file][0] != stamp:
            _loaded[file] = stamp, Model.load(file)
    except FileNotFoundError:
        if file not in _missing:
            _missing.add(file)
            print(f"no model is trained ({file}): run `dragoman intents train`", file=sys.stderr)
        return None
    return _loaded[file][1]
