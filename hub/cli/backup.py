"""`dragoman backup`: make one now, list those that were made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli.options import CONFIG, ConfigOption, JsonOption

if TYPE_CHECKING:
    from hub.store import Place
    from hub.store.copying import Backup

To = Annotated[str, typer.Option("--to", help="Where to: a folder or s3://bucket/prefix; else as hub.toml says.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(
        rich_markup_mode="rich",
        epilog="Examples: [bold]dragoman backup --to /mnt/backups[/]   [bold]dragoman backup list[/]",
    )
    group.callback(invoke_without_command=True)(backup)
    group.command("list", epilog="Example: [bold]dragoman backup list --to /mnt/backups[/]")(list_backups)
    app.add_typer(group, name="backup")


def backup(
    context: typer.Context,
    to: To = "",
    new_key: Annotated[bool, typer.Option("--new-key", help="Print a fresh key for backups, and do no more.")] = False,
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Make a sealed backup of store, files and configuration, while the hub runs; open it again to prove it."""
    from hub.cli.output import say_json
    from hub.cli.people import fresh, settings
    from hub.contracts.errors import ConfigError

    if context.invoked_subcommand is not None:
        return
    if new_key:
        from hub.backup.keys import new_key as make_key

        print(make_key())
        return
    import os

    from hub.backup.making import Source, make
    from hub.backup.places import open_place
    from hub.engine.backup import key_of
    from hub.engine.upkeep import NO_KEY, load_backup

    wanted = load_backup(config, os.environ)
    if not (to or wanted.to):
        raise ConfigError("nobody said where backups go", where=str(config), remedy='use --to, or [backup] to = "..."')
    key = key_of(wanted)
    if wanted.encrypt and key is None:
        raise ConfigError("backups are to be sealed, and there is no key", where=str(config), remedy=NO_KEY)
    hub = settings(config)
    mappings = tuple(sorted((config.parent / "mappings").glob("*.toml")))
    place = open_place(to or wanted.to, wanted)
    made = make(Source(hub.place, hub.files, config, mappings), place, key, wanted.keep, lambda: fresh()[1])
    _record(hub.place, made.backup)
    facts = {**made.backup._asdict(), "rows": made.rows, "new_files": made.files, "removed": made.removed}
    if as_json:
        say_json(facts)
        return
    rows = ", ".join(f"{name} {count}" for name, count in made.rows.items())
    print(f"Backup {made.backup.name} in {made.backup.place}: {made.backup.size} bytes, {made.files} new files.")
    print(f"It was fetched, opened and checked ({rows}).")
    if not key:
        print("It is not sealed: whoever can read the place can read every message.")


def _record(place: Place, made: Backup) -> None:
    """Into the store: through the running hub, else by ourselves."""
    from hub.contracts.errors import Unavailable
    from hub.engine.control_client import ask
    from hub.store import open_store
    from hub.store.copying import record_backup

    if reply := ask(place.folder, {"do": "backup made", "backup": made._asdict()}):
        if not reply.get("ok"):
            raise Unavailable(f"the backup is good, but the hub did not write it down: {reply.get('error', '')}")
        return
    store = open_store(place, patience=5)
    try:
        record_backup(store, made)
    finally:
        store.close()


def list_backups(to: To = "", config: ConfigOption = CONFIG, as_json: JsonOption = False) -> None:
    """List the verified backups of a place, and what the store remembers of tries; needs no key."""
    import os
    from contextlib import closing

    from hub.backup.keeping import good
    from hub.backup.places import open_place
    from hub.backup.settings import BackupSettings
    from hub.cli.output import say_json, say_table, when
    from hub.cli.people import settings
    from hub.engine.upkeep import load_backup
    from hub.store import open_reader
    from hub.store.copying import backups

    wanted = load_backup(config, os.environ) if config.exists() else BackupSettings.model_validate({})
    tries: list[Backup] = []
    if config.exists() and settings(config).place.exists:
        with closing(open_reader(settings(config).place)) as db:
            tries = backups(db, 20)
    place = open_place(to or wanted.to, wanted) if to or wanted.to else None
    kept = good(place) if place else []
    if as_json:
        facts: dict[str, Any] = {"kept": [one._asdict() for one in kept], "tries": [one._asdict() for one in tries]}
        say_json(facts)
        return
    if place:
        print(f"{len(kept)} verified in {place.address}" + (":" if kept else "."))
    if kept:
        say_table(
            ("name", "made", "verified", "bytes", "messages", "store"),
            [
                (k.name, when(k.at), when(k.verified), str(k.size), str(k.rows.get("messages", "")), k.engine)
                for k in kept
            ],
        )
    if failed := [one for one in tries if not one.verified]:
        say_table(("failed", "why"), [(when(one.at), one.reason) for one in failed])
