"""Tells another system, by signed webhook, that somebody began to talk, or what an agent is to know at once.

An automation plugin.
The signature follows Standard Webhooks (standardwebhooks.com), so that receivers verify it with a ready-made library.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from hub import hookimpl
from hub_notify.notify import NotifySettings, notify

__all__ = ["EVENTS", "NotifySettings", "Settings"]

EVENTS = ("inquiry.opened", "notice")
"""The event kinds this plugin asks for."""

Settings = NotifySettings
"""The shape of its table [plugin.notify]."""


@hookimpl
def hub_on_event(event: Mapping[str, Any], settings: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Post a summary of the event. Raises HubError when the endpoint did not take it, so that the hub tries again."""
    return notify(event, NotifySettings.model_validate(settings), now=int(time.time()))
