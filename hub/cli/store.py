"""`dragoman store`: check what must always hold, remove what need not be kept."""

from __future__ import annotations

from typing import Annotated

import typer

from hub.cli.options import CONFIG, ConfigOption, JsonOption


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(
        no_args_is_help=True,
        rich_markup_mode="rich",
        help="Check the store, or remove what need not be kept.",
        epilog="Examples: [bold]dragoman store check[/]   [bold]dragoman store prune --dry-run[/]",
    )
    group.command(epilog="Examples: [bold]dragoman store check[/]   [bold]dragoman store check --json[/]")(check)
    group.command(epilog="Examples: [bold]dragoman store prune --dry-run[/]   [bold]dragoman store prune[/]")(prune)
    app.add_typer(group, name="store")


def check(config: ConfigOption = CONFIG, as_json: JsonOption = False) -> None:
    """Prove that the store is whole and makes sense, beside a running hub too; exits 1 when it does not."""
    from contextlib import closing

    from rich.console import Console
    from rich.progress import Progress

    from hub.cli.output import say_json, say_table
    from hub.cli.people import fresh, settings
    from hub.store import open_reader
    from hub.store.blobs import blobs_of
    from hub.store.checking import RULES, check_store, how_many

    data = settings(config).data
    with closing(open_reader(data)) as db, Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=len(RULES) + 2)
        found = []
        has_blob = blobs_of(data).exists
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
    from hub.store.retention import find, find_ledger, remove, remove_ledger, rules

    data, keep, now = settings(config).data, keep_of(load_retention(config, os.environ)), fresh()[1]
    gone: dict[str, int] = {}
    if dry_run:
        with closing(open_reader(data)) as db:
            for rule in rules(keep):
                gone[rule.table] = find(db, rule, now, count=True)[0]
    else:
        store = open_store(data)
        try:
            for rule in rules(keep):
                after, gone[rule.table] = 0, 0
                while keys := find(store.db, rule, now, after):
                    gone[rule.table] += remove(store, rule, keys, now)
                    after = keys[-1]
            gone["write_ledger"] = 0
            while rows := find_ledger(store.db, keep, now):
                gone["write_ledger"] += remove_ledger(store, rows, keep, now)
        finally:
            store.close()
    if as_json:
        say_json({"dry_run": dry_run, "rows": gone})
    else:
        say_table(("table", "would go" if dry_run else "gone"), [(table, str(n)) for table, n in gone.items()])
