"""Telegram for the hub: text in and out of a bot, by webhook with a secret or by long poll.

Source of every shape and limit here: Telegram's page "Telegram Bot API" (core.telegram.org/bots/api).
"""

from __future__ import annotations

from typing import Any

from hub import Channel, hookimpl
from hub.contracts.simulator import Simulator
from hub_telegram.channel import TelegramChannel, TelegramSettings

__all__ = ["TelegramChannel", "TelegramSettings"]


@hookimpl
def hub_channels() -> list[type[Channel[Any]]]:
    """The one channel of this plugin."""
    return [TelegramChannel]


@hookimpl
def hub_simulators() -> list[type[Simulator]]:
    """The hostile double of Telegram. Imported here, so that a running hub never loads a web server for it."""
    from hub_telegram.simulator import TelegramSimulator

    return [TelegramSimulator]
