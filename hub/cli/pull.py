"""`dragoman pull`: the version of the configuration that runs becomes the local hub.toml."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli.options import CONFIG, ConfigOption, JsonOption

if TYPE_CHECKING:
    from hub.engine.hub_settings import HubSettings
    from hub.store import Place
    from hub.store.configurations import Configuration


def register(app: typer.Typer) -> None:
    """Add the command."""
    epilog = (
        "Examples: [bold]dragoman pull[/]   [bold]dragoman pull --yes[/]   [bold]dragoman pull --list[/]   "
        "[bold]dragoman pull --version 3 && dragoman apply[/]"
    )
    app.command(epilog=epilog)(pull)


def pull(
    version: Annotated[int, typer.Option("--version", min=0, help="Which one; else the one that runs.")] = 0,
    show: Annotated[bool, typer.Option("--list", help="Only show the versions, the newest first.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Write the version of the configuration that runs into hub.toml; what was there is kept beside it."""
    from hub.cli.output import say_json
    from hub.engine.control_client import ask
    from hub.engine.tables import read_text
    from hub.mapping.diff import unified

    place = _settings(config).place
    if show:
        _show(place, as_json)
        return
    row = _version(place, version)
    here = read_text(config, "") if config.exists() else ""
    difference = unified(here, row.body, str(config), f"version {row.id}")
    copy = ""
    if here != row.body:
        if not as_json:
            print(difference)
        if not yes:
            typer.confirm(f"Write version {row.id} into {config}?", abort=True, err=True)
        copy = _write(config, row.body)
        ask(place.folder, {"do": "file pulled"})  # the hub here looks whether it has anything left to say about it
    if as_json:
        say_json({"version": row.id, "file": str(config), "changed": here != row.body, "copy": copy})
    elif here == row.body:
        print(f"{config} is version {row.id} already.")
    else:
        print(f"{config} is version {row.id} now." + (f" What was there is in {copy}." if copy else ""))


def _settings(config: Path) -> HubSettings:
    """The table [hub], or what the environment says of it on a host that has no file yet. Raises ConfigError."""
    import os

    from hub.cli import people
    from hub.engine.hub_settings import hub_settings
    from hub.engine.tables import Tables

    if config.exists() or not os.environ.get("DRAGOMAN_STORE"):
        return people.settings(config)
    return hub_settings(Tables(config, os.environ, ""))


def _version(place: Place, number: int) -> Configuration:
    from hub.cli.apply import must_run
    from hub.contracts.errors import NotFound
    from hub.store import configurations, open_reader

    running = must_run(place)
    if not number or number == running.id:
        return running
    with closing(open_reader(place)) as db:
        row = configurations.numbered(db, number)
    if row is None:
        raise NotFound(f"there is no version {number} of the configuration: dragoman pull --list shows them")
    return row


def _show(place: Place, as_json: bool) -> None:
    from hub.cli.output import say_json, say_table, when
    from hub.store import configurations, open_reader

    with closing(open_reader(place)) as db:
        found = configurations.versions(db)
    if as_json:
        names = ("id", "hash", "at", "agent", "note", "state", "reason")
        say_json([{name: getattr(row, name) for name in names} for row in found])
        return
    columns = ("version", "state", "since", "by", "hash", "note", "reason")
    say_table(columns, [(str(r.id), r.state, when(r.at), r.agent, r.hash, r.note, r.reason) for r in found])


def _write(config: Path, text: str) -> str:
    """Replace the file, or make it. Returns the name of the copy of what was there, "" = nothing was."""
    import shutil
    from datetime import datetime

    from hub.cli.mapping_files import replace_file
    from hub.contracts.errors import ConfigError

    try:
        if not config.exists():
            config.write_bytes(text.encode())
            return ""
        copy = config.with_name(f"{config.name}.{datetime.now().astimezone():%Y%m%d-%H%M%S}")
        while copy.exists():
            copy = copy.with_name(f"{copy.name}+")
        shutil.copy2(config, copy)
    except OSError as error:
        what = f"the file cannot be written: {error.strerror}"
        raise ConfigError(what, where=str(config), remedy="check the folder's permissions") from None
    replace_file(config, text)
    return str(copy)
