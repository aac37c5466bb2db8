"""The hooks. pluggy discovers, classes behave; a new hook comes only together with its first real user.

A plugin is any installed package with an entry point in the group `hub` whose module carries hook implementations:

    from hub import hookimpl

    @hookimpl
    def hub_channels():
        return [MyChannel]
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pluggy

from hub.contracts.channel import Channel
from hub.contracts.crm import CRM
from hub.contracts.simulator import Simulator
from hub.contracts.transforms import TransformSpec

hookspec = pluggy.HookspecMarker("hub")
hookimpl = pluggy.HookimplMarker("hub")

EVENT_KINDS = ("inquiry.opened",)
"""The kinds of events that `hub_on_event` is told, and so all that a module's `EVENTS` may name."""


@hookspec
def hub_channels() -> Iterable[type[Channel[Any]]]:
    """Called once at start. Returns channel classes; empty means none. Must not block."""
    return ()


@hookspec
def hub_crms() -> Iterable[type[CRM[Any]]]:
    """Called once at start. Returns CRM adapter classes; empty means none. Must not block."""
    return ()


@hookspec
def hub_on_event(event: Mapping[str, Any], settings: Mapping[str, Any]) -> Iterable[Mapping[str, Any]] | None:
    """Called after the commit, in the plugin's own process, for each event kind the module names in `EVENTS`.

    Kinds are those in `EVENT_KINDS`; a module that names another is quarantined. `inquiry.opened`: a conversation
    opened, or opened again.

    `event` is plain data (`kind`, `id` unique per event, and the fields of `hub.model.events`); `settings` the plugin's
    own table in hub.toml with its secrets resolved. May block up to the deadline (2 s by default), then its process is
    killed; three kills quarantine the plugin. May fail: the event becomes a dead letter after three tries. Called at
    least once per event, so do things twice without harm (use `id` as the idempotency key). Returns notes to keep with
    the event, as `{"note": "..."}`; None or empty means nothing to say.
    """
    return None


@hookspec
def hub_simulators() -> Iterable[type[Simulator]]:
    """Called by the demo, chaos and tests only. Returns hostile doubles of the plugin's platform."""
    return ()


@hookspec
def hub_transforms() -> Iterable[TransformSpec]:
    """Called once at start. Returns transforms that mapping files can name; empty means none. Must not block.

    None may have the name of a built-in one or of another plugin's. Their functions run in the step: they must be pure
    and quick; one that raises gives no value.
    """
    return ()
