"""`dragoman plugins`."""

from __future__ import annotations

import typer

from hub.cli.options import JsonOption


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: [bold]dragoman plugins --json[/]")(plugins)


def plugins(as_json: JsonOption = False) -> None:
    """List the installed plugins and what they bring; exits 1 when one is in quarantine."""
    import dataclasses

    from hub.cli.output import say_json, say_table
    from hub.engine.loader import load_plugins

    found = load_plugins()
    if as_json:
        say_json(
            {
                "plugins": [dataclasses.asdict(info) for info in found.infos],
                "channels": sorted(found.channels),
                "crms": sorted(found.crms),
                "handlers": {name: list(kinds) for name, kinds in found.handlers.items()},
            }
        )
    else:
        say_table(
            ("plugin", "version", "from", "state", "hooks, or why not"),
            [(i.name, i.version, i.distribution, i.state, i.reason or ", ".join(i.hooks)) for i in found.infos],
        )
        print(f"channels: {', '.join(sorted(found.channels)) or 'none'}")
        print(f"CRMs: {', '.join(sorted(found.crms)) or 'none'}")
    if found.quarantined():
        raise typer.Exit(1)
