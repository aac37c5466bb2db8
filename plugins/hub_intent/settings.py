"""What an admin sets in [plugin.intent]."""

from __future__ import annotations

from pydantic import ConfigDict, Field

from hub import PluginSettings


class IntentSettings(PluginSettings):
    """What it learns from, and how sure it must be."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    examples: str
    """The folder of example messages, beside hub.toml: .toml, .csv or .jsonl files."""
    precision: float = Field(default=0.95, ge=0.5, lt=1)
    """Of its answers, the share (0.5 to 1) that must be right; where it is less sure, it says nothing."""
    others: float = Field(default=0.3, ge=0, lt=1)
    """Of the messages to come, the share (0 to 1) that is about none of the labels."""
