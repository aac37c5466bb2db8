"""`dragoman store`: check what must always hold, remove what need not be kept, move to PostgreSQL."""

from __future__ import annotations

from typing import Annotated

import typer

from hub.cli.options import CONFIG, ConfigOption, JsonOption


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(
        no_args_is_help=True,
        rich_markup_mode="rich",
        help="Check the store, remove what need not be kept, or move it to PostgreSQL.",
        epilog="Examples: [bold]dragoman store check[/]   [bold]dragoman store prune --dry-run[/]",
    )
    group.command(epilog="Examples: [bold]dragoman store check[/]   [bold]dragoman store check --json[/]")(check)
    group.command(epilog="Examples: [bold]dragoman store prune --dry-run[/]   [bold]dragoman store prune[/]")(prune)
    group.command(
        "migrate-to",
        epilog="Examples: [bold]dragoman store migrate-to postgresql://dragoman@db.example.com/hub[/]   "
        "[bold]dragoman store migrate-to --undo[/]",
    )(migrate_to)
    app.add_typer(group, name="store")


def check(config: ConfigOption = CONFIG, as_json: JsonOption = False) -> None:
    """Prove that the store is whole and makes sense, beside a running hub too; exits 1 when it does not."""
    from contextlib import closing

    from rich.console import Console
    from rich.progress import Progress

    from hub.cli.output import say_json, say_table
    from hub.cli.people import fresh, settings
    from hub.store import open_reader
    from hub.store.blobs import FolderBlobs
    from hub.store.checking import RULES, check_store, how_many

    hub = settings(config)
    with closing(open_reader(hub.place)) as db, Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=len(RULES) + 2)
        found = []
        has_blob = FolderBlobs(hub.files).exists
        for one in check_store(db, has_blob, fresh()[1], lambda rule: progress.update(task, description=rule)):
            found.append(one)
            progress.advance(task)
        rows = how_many(db) if not found[0].broken else {}
    broken = [one for one in found if one.broken]
    if as_json:
        say_json({"ok": not broken, "rows": rows, "checks": [one._asdict() for one in found]})
    else:
        say_table(("", "what must hold"), [("no" if one.broken else "ok", one.rule) for one in found])
        for one in broken:
            more = f" and {one.broken - len(one.rows)} more" if one.broken > len(one.rows) else ""
            print(f"Broken: {one.rule}: {', '.join(one.rows)}{more}")
            print(f"  {one.remedy}")
        for one in found:
            if one.note:
                print(f"{one.rule}: {one.note}")
        print(", ".join(f"{count} {table}" for table, count in rows.items()))
    if broken:
        raise typer.Exit(1)


def prune(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count what would go.")] = False,
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Remove what hub.toml does not keep. A running hub does so by itself every hour; this needs it stopped."""
    import os
    from contextlib import closing

    from hub.cli.output import say_json, say_table
    from hub.cli.people import fresh, settings
    from hub.engine.retention import keep_of
    from hub.engine.upkeep import load_retention
    from hub.store import open_reader, open_store
    from hub.store.retention import find, find_ledger, find_turns, remove, remove_ledger, remove_turns, rules

    place, keep, now = settings(config).place, keep_of(load_retention(config, os.environ)), fresh()[1]
    gone: dict[str, int] = {}
    if dry_run:
        with closing(open_reader(place)) as db:
            for rule in rules(keep):
                gone[rule.table] = find(db, rule, now, count=True)[0]
    else:
        store = open_store(place)
        try:
            for rule in rules(keep):
                after, gone[rule.table] = 0, 0
                while keys := find(store.db, rule, now, after):
                    gone[rule.table] += remove(store, rule, keys, now)
                    after = keys[-1]
            gone["write_ledger"] = gone["campaign_people"] = 0
            while rows := find_ledger(store.db, keep, now):
                gone["write_ledger"] += remove_ledger(store, rows, keep, now)
            while turns := find_turns(store.db, keep, now):
                gone["campaign_people"] += remove_turns(store, turns)
        finally:
            store.close()
    if as_json:
        say_json({"dry_run": dry_run, "rows": gone})
    else:
        say_table(("table", "would go" if dry_run else "gone"), [(table, str(n)) for table, n in gone.items()])


def migrate_to(
    address: Annotated[
        str, typer.Argument(metavar="[POSTGRESQL]", help="postgresql://USER@HOST/DATABASE, an empty database.")
    ] = "",
    undo: Annotated[bool, typer.Option("--undo", help="Use the old file again, as it was before the move.")] = False,
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Move the stopped hub's SQLite store into PostgreSQL; cut short, it goes on where it was when it is called again.

    Every row is counted and compared. The old file stays as it is, and no hub starts on it any more.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from hub.cli.output import say_json
    from hub.cli.people import fresh, settings
    from hub.contracts.errors import ConfigError, Unavailable
    from hub.store import StoreTrouble
    from hub.store.dialects.address import split
    from hub.store.moving import move, take_back

    hub = settings(config)
    if undo:
        mark = take_back(hub.data)
        print(f"The store in {hub.data} is in use again, as it was before it moved to {mark.to}.")
        print("What happened on PostgreSQL since is not in it. Take `store` out of [hub] before the next start.")
        return
    try:
        split(address)
    except ValueError as error:
        remedy = "dragoman store migrate-to postgresql://USER@HOST/DATABASE"
        raise ConfigError(f"the address {error}", remedy=remedy) from None
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("")
        try:
            rows = move(
                hub.data,
                address,
                fresh()[1],
                lambda what, done, total: progress.update(task, description=what, completed=done, total=total),
            )
        except StoreTrouble as error:
            raise Unavailable(f"the move broke off: {error}; call it again, it goes on where it was") from error
    shown, secret = _without_password(address)
    lines = [f'store = "{shown}"', f'media = "{hub.files}"']
    if as_json:
        say_json({"rows": rows, "hub": {"store": shown, "media": str(hub.files)}})
        return
    print(f"Moved and compared: {', '.join(f'{count} {table}' for table, count in rows.items() if count)}.")
    print("Put these lines into [hub] of hub.toml:")
    for line in lines:
        print(f"  {line}")
    if secret:
        print("The password stands in no file of these: give it as PGPASSWORD, or the whole address as DRAGOMAN_STORE.")
    print("The files of messages stay where they are: every process of the hub needs that folder under [hub] media.")
    print(f"The old file stays in {hub.data}; no hub starts on it unless you say: dragoman store migrate-to --undo")


def _without_password(address: str) -> tuple[str, bool]:
    """An address as it may be shown, and whether a password was taken out of it."""
    from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

    url = urlsplit(address)
    who, at, where = url.netloc.rpartition("@")
    user, colon, _ = who.partition(":")
    query = [pair for pair in parse_qsl(url.query) if pair[0] != "password"]
    shown = urlunsplit(url._replace(netloc=f"{user}{at}{where}", query=urlencode(query)))
    return shown, bool(colon) or len(query) < len(parse_qsl(url.query))
