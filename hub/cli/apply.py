"""`dragoman apply`: hub.toml becomes the next version of the configuration."""

from __future__ import annotations

import time
from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli.options import CONFIG, ConfigOption, JsonOption
from hub.cli.people import AgentOption

if TYPE_CHECKING:
    from pathlib import Path

    from hub.engine.settings import Config
    from hub.model.by_hand import ConfigurationApplied
    from hub.store import Place
    from hub.store.configurations import Configuration

LOOK = 0.2
"""Seconds between two looks at what became of the file."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    epilog = (
        "Examples: [bold]dragoman apply[/]   [bold]dragoman apply --dry-run[/]   "
        '[bold]dragoman apply --config draft.toml --note "summer hours" --agent Ana[/]'
    )
    app.command(epilog=epilog)(apply)


def apply(
    note: Annotated[str, typer.Option("--note", help="Why, for the log.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only check the file and show what would change.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Also where a test of the file fails.")] = False,
    wait: Annotated[float, typer.Option("--wait", min=0, help="Seconds to wait until it runs.")] = 15,
    agent: AgentOption = "agent",
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Check hub.toml and make it the next version of the configuration, for every process of the hub.

    Rules, texts and hours run at once; connections, inboxes, CRMs and the settings of the hub are taken when a process
    starts. Mappings have versions of their own: see dragoman mapping.
    """
    import os

    from hub.cli.options import logs_to_stderr
    from hub.cli.output import say_json
    from hub.cli.people import fresh
    from hub.contracts.errors import ConfigError
    from hub.engine.configurations import at_start
    from hub.engine.human_events import CONFIGURATION_MAX
    from hub.engine.loader import load_plugins
    from hub.engine.settings import load_config
    from hub.mapping.diff import unified
    from hub.model.by_hand import ConfigurationApplied

    logs_to_stderr()
    draft = load_config(config, load_plugins(), os.environ, keep_bad_mappings=True)
    if len(draft.text) > CONFIGURATION_MAX:
        what = f"the file has more than {CONFIGURATION_MAX} characters"
        raise ConfigError(what, where=str(config), remedy="is it the right file?")
    place = draft.hub.place
    running = must_run(place)
    if running.body == draft.text:
        raise ConfigError(f"{config} is what runs already (version {running.id})", remedy="change it first")
    if not force:
        _must_pass(draft, config)
    later = at_start(running.body, draft.text)
    difference = unified(running.body, draft.text, f"version {running.id}", str(config))
    if not as_json:
        print(difference)
    if dry_run:
        if as_json:
            say_json({"version": running.id, "at_start": later, "text": difference})
        else:
            print(_at_start(later, place) or "All of it would run at once.")
        return
    key, at = fresh()
    event = ConfigurationApplied(key=key, at=at, text=draft.text, note=note, agent=agent)
    sentence, became = _submit(place, event, wait)
    told = _told(became) if became is not None else sentence
    taken = became is None or became.state != "rejected"
    if as_json:
        version, state = (became.id, became.state) if became is not None else (None, None)
        say_json(
            {"version": version, "state": state, "event": sentence, "at_start": later if taken else [], "is": told}
        )
    else:
        print(told)
        if taken and later:
            print(_at_start(later, place))
    if not taken:
        raise typer.Exit(1)


def _must_pass(draft: Config, file: Path) -> None:
    """Raise ConfigError where a [[test]] of the file fails: it says what its author wants, and the rules do not."""
    from hub.contracts.errors import ConfigError
    from hub.engine.trials import run_trials

    failed = [one for one in run_trials(draft) if not one.ok]
    if failed:
        first, more = failed[0], f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
        what = f"the test '{first.trial.name}' fails{more}: {first.wrong[0]}"
        remedy = "dragoman rules test shows why; --force applies the file as it is"
        raise ConfigError(what, where=first.trial.where or str(file), remedy=remedy)


def must_run(place: Place) -> Configuration:
    """The version that runs. Raises ConfigError where there is no store, NotFound before the first start."""
    from hub.contracts.errors import NotFound
    from hub.store import configurations, open_reader

    with closing(open_reader(place)) as db:
        running = configurations.active(db)
    if running is None:
        raise NotFound("no version runs yet: the hub takes the file when it first starts")
    return running


def _submit(place: Place, event: ConfigurationApplied, wait: float) -> tuple[str, Configuration | None]:
    """Hand the event over. Returns what the hub said, and the version it became; None = none yet."""
    from hub.engine.control_client import ask, submit
    from hub.store import configurations, open_reader

    with closing(open_reader(place)) as db:
        before = configurations.newest(db)
    runs = bool(place.dsn) or ask(place.folder, {"do": "status"}) is not None
    sentence = submit(place, event)
    until = time.monotonic() + (wait if runs else 0)
    with closing(open_reader(place)) as db:
        while True:
            became = configurations.after(db, before, event.text)
            if became is not None or time.monotonic() >= until:
                return sentence, became
            time.sleep(LOOK)


def _told(row: Configuration) -> str:
    if row.state == "rejected":
        return f"version {row.id} was not taken: {row.reason}"
    return (
        f"version {row.id} of the configuration is active: every process takes its rules and texts with its next step"
    )


def _at_start(names: list[str], place: Place) -> str:
    """What has to wait for a start, and how to get there; "" = nothing."""
    if not names:
        return ""
    one = "restart the processes one after the other, each with this file" if place.dsn else "restart the hub"
    what = "is" if len(names) == 1 else "are"
    return f"{', '.join(names)} {what} taken when a process starts, as what it opens stays open: {one}."
