"""The tests of a configuration, run: what stands under [[test]] in hub.toml."""

from __future__ import annotations

from hub.engine.settings import Config
from hub.engine.tables import Tables
from hub.rules.trying import Tried, attempt


def run_trials(config: Config) -> list[Tried]:
    """Run every test of the configuration's file. Nothing is contacted, nothing is kept."""
    trials = config.around.trials(Tables(config.file, {}, config.text), config.rules)
    return [attempt(trial, config.rules, config.policy) for trial in trials]
