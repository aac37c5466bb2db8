"""The hooks. pluggy discovers, classes behave; a new hook comes only together with its first real user.

A plugin is any installed package with an entry point in the group `hub` whose module carries hook implementations:

    from hub import hookimpl

    @hookimpl
    def hub_channels():
        return [MyChannel]
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pluggy

from hub.contracts.channel import Channel
from hub.contracts.crm import CRM
from hub.contracts.simulator import Simulator
from hub.contracts.training import Correction, Progress, TrainingReport
from hub.contracts.transforms import TransformSpec

hookspec = pluggy.HookspecMarker("hub")
hookimpl = pluggy.HookimplMarker("hub")

EVENT_KINDS = ("inquiry.opened", "notice")
"""The kinds of events that `hub_on_event` is told, and so all that a module's `EVENTS` may name."""


@hookspec
def hub_channels() -> Iterable[type[Channel[Any]]]:
    """Called once at start. Returns channel classes; empty means none. Must not block."""
    return ()


@hookspec
def hub_classify(
    text: str, labels: Sequence[str], context: Mapping[str, Any], settings: Mapping[str, Any], folder: Path
) -> Sequence[tuple[str, float]]:
    """Called after the commit, in the plugin's own process, for each message whose intent a rule asks for.

    `text` is the message as the person wrote it; `labels` are the intents that rules and topics name, empty = all that
    the plugin knows. `context`: `language` ("" = not known), `person` and `conversation` (the hub's numbers), `id`
    (unique per message) and texts by name that the hub adds. `settings` is the plugin's own table in hub.toml with its
    secrets resolved; `folder` is the classifiers' folder in the hub's data folder, where `hub_train` left what it kept.

    Returns labels with the chance (0 to 1) that the message is about them, the likeliest first; empty means "no idea",
    and that is the right answer whenever it is in doubt. A label that was not asked for is passed over. An answer is
    never sent to anybody: rules act on it, and what they do passes topics and gate as ever.

    May block up to the deadline (2 s by default), then its process is killed; three kills quarantine the plugin. May
    fail: the message becomes a dead letter after three tries and its rules go on without an answer. May be called more
    than once for a message. When its process starts it is called once with an empty text and no labels, and has 30 s
    for that: the moment to read a model.
    """
    return ()


@hookspec
def hub_crms() -> Iterable[type[CRM[Any]]]:
    """Called once at start. Returns CRM adapter classes; empty means none. Must not block."""
    return ()


@hookspec
def hub_on_event(event: Mapping[str, Any], settings: Mapping[str, Any]) -> Iterable[Mapping[str, Any]] | None:
    """Called after the commit, in the plugin's own process, for each event kind the module names in `EVENTS`.

    Kinds are those in `EVENT_KINDS`; a module that names another is quarantined. `inquiry.opened`: a conversation
    opened, or opened again. `notice`: somebody is to be told at once, `to` by name, with one sentence and the context.

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
def hub_train(
    base: Path, folder: Path, corrections: Sequence[Correction], settings: Mapping[str, Any], progress: Progress
) -> TrainingReport | None:
    """Called by `dragoman intents train` only, never in a running hub. Learns anew and leaves the outcome in `folder`.

    `base` is the folder of hub.toml, where relative paths in `settings` start; `folder` as in `hub_classify`, made by
    the hub; what is written there must replace the old at once (write aside, then rename), since a running hub reads
    it. `corrections` are what humans said of messages, the newest last. May block; calls `progress` now and then.

    Returns figures measured on examples held back from training; None means that there is nothing to train. Raises
    ConfigError about a mistake in the examples, PluginError when it cannot work here (say what to install).
    """
    return None


@hookspec
def hub_transforms() -> Iterable[TransformSpec]:
    """Called once at start. Returns transforms that mapping files can name; empty means none. Must not block.

    None may have the name of a built-in one or of another plugin's. Their functions run in the step: they must be pure
    and quick; one that raises gives no value.
    """
    return ()
