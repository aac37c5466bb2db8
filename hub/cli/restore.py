"""`dragoman restore`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hub.cli.options import CONFIG, ConfigOption, JsonOption


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: [bold]dragoman restore /mnt/backups[/]")(restore)


def restore(
    place: Annotated[str, typer.Argument(metavar="FROM", help="A folder or s3://bucket/prefix with backups.")],
    name: Annotated[
        str, typer.Option("--name", help="Which one, as `dragoman backup list` says; else the newest.")
    ] = "",
    to: Annotated[
        str, typer.Option("--to", help="A data folder, or an empty database postgresql://...; else as hub.toml says.")
    ] = "",
    replace: Annotated[bool, typer.Option("--replace", help="Move a store that is there aside first.")] = False,
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Bring a backup back: fetched, opened and checked before anything changes. Stop the hub first.

    What may have been sent since the backup is not sent again in silence: it is shown as uncertain.
    """
    import os

    from pydantic import SecretStr

    from hub.backup.places import open_place
    from hub.backup.restoring import restore as bring_back
    from hub.backup.settings import KEY, BackupSettings
    from hub.cli.output import say_json, when
    from hub.cli.people import fresh, settings
    from hub.contracts.errors import ConfigError
    from hub.engine.backup import key_of
    from hub.engine.upkeep import load_backup
    from hub.store import Place

    if config.exists():
        wanted = load_backup(config, os.environ)
    elif to:  # a fresh machine: hub.toml itself may be in the backup
        key = os.environ.get(KEY, "")
        wanted = BackupSettings.model_validate({"key": SecretStr(key) if key else None})
    else:
        raise ConfigError(
            "there is no hub.toml here", where=str(config), remedy="say --to DATA_FOLDER or --to postgresql://..."
        )
    hub = settings(config) if config.exists() else None
    if to.startswith(("postgresql://", "postgres://")):
        into = Place(hub.data if hub else Path("data").resolve(), to)
    else:
        into = Place(Path(to).expanduser().resolve()) if to or hub is None else hub.place
    data = into.folder
    files = hub.files if hub is not None and (into.dsn or not to) else data / "blobs"
    done = bring_back(
        open_place(place, wanted),
        key_of(wanted),
        name,
        into,
        files,
        lambda: fresh()[1],
        replace=replace,
        tell=lambda step: None if as_json else print(f"... {step}"),
    )
    if as_json:
        say_json({**done._asdict(), "kept": done.kept._asdict(), "data": str(data)})
        return
    where = "PostgreSQL" if into.dsn else data
    rows = ", ".join(f"{count} {table}" for table, count in done.rows.items())
    print(f"Restored {done.kept.name} of {when(done.kept.at)} into {where}: {rows}, {done.files} files in {files}.")
    if done.aside:
        print(f"The store that was there lies in {done.aside}.")
    print(
        f"{done.doubtful} sends may have gone out since; they are not sent again: `dragoman dead list` will show them."
    )
    print("Next:")
    print(f"  1. compare hub.toml and mappings/ with those of the backup in {data / 'restored'}")
    print("  2. dragoman check, then dragoman run; platforms deliver again what they still hold")
    print("  3. dragoman dead list --limit 1000: retry or drop what is uncertain")
