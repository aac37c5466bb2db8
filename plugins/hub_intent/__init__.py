"""Says what a message is about: a linear model trained from the admin's own examples and people's corrections.

It needs the extra `intent` (scikit-learn); without it the plugin loads, and says what to install when it is used.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hub import hookimpl
from hub.contracts.errors import PluginError
from hub.contracts.training import Correction, Progress, TrainingReport
from hub_intent.settings import IntentSettings

__all__ = ["IntentSettings", "Settings"]

Settings = IntentSettings
"""The shape of its table [plugin.intent]."""

FILE = "intent.npz"
"""The model's name in the classifiers' folder."""

INSTALL = "the plugin 'intent' needs scikit-learn: pip install 'dragoman[intent]'"


@hookimpl
def hub_classify(text: str, labels: Sequence[str], folder: Path) -> Sequence[tuple[str, float]]:
    """The one label that is sure enough, else nothing: also where nothing was trained yet. Raises PluginError."""
    try:
        from hub_intent import serving
    except ImportError:
        raise PluginError(INSTALL) from None
    return serving.answer(folder / FILE, text, labels)


@hookimpl
def hub_train(
    base: Path, folder: Path, corrections: Sequence[Correction], settings: Mapping[str, Any], progress: Progress
) -> TrainingReport:
    """Train anew and put the model in its place. Raises ConfigError, PluginError."""
    try:
        from hub_intent import training
    except ImportError:
        raise PluginError(INSTALL) from None
    from hub_intent.examples import gather

    own = IntentSettings.model_validate(settings)
    trained = training.train(gather(base / own.examples, corrections), own, progress)
    trained.model.save(folder / FILE)
    return trained.report
