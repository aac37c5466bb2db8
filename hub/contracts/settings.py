"""Base classes for what a plugin reads from hub.toml. Unknown keys are errors, secrets never print."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class PluginSettings(BaseModel):
    """Settings of one connection, CRM or plugin table; subclass it with typed fields and docstrings.

    The docstring under a field is shown to people as the remedy when the field is missing or wrong.
    Use `SecretStr` for credentials: in hub.toml they are written `{ env = "NAME" }` or `{ file = "path" }` and
    resolved before validation. Every platform address is a setting (`base_url`), so that tests stay on loopback.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)
