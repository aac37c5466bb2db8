"""Meta's channels: WhatsApp over the Cloud API. See README.md in this folder for set-up and limits."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hub import Channel, hookimpl
from hub.contracts.simulator import Simulator
from hub_meta.channel import WhatsApp


@hookimpl
def hub_channels() -> Iterable[type[Channel[Any]]]:
    """The channel `whatsapp`."""
    return [WhatsApp]


@hookimpl
def hub_simulators() -> Iterable[type[Simulator]]:
    """The double of WhatsApp, imported only when asked for: a running hub needs no server of Meta's."""
    from hub_meta.simulator import WhatsAppSimulator

    return [WhatsAppSimulator]
