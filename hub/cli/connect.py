"""`dragoman connect`."""

from __future__ import annotations

from typing import Annotated

import typer

from hub.cli.options import CONFIG, ConfigOption, JsonOption, read


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Examples: [bold]dragoman connect whatsapp[/]   [bold]dragoman connect hubspot[/]")(connect)


def connect(
    name: Annotated[str, typer.Argument(help="A channel, a CRM adapter, or the name of a table in hub.toml.")],
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Test the credentials of a channel or CRM, then set it up: subscribe the callback, create the fields.

    Prints the callback addresses to paste where the platform wants a human to do it. Exits 1 when something failed.
    """
    from hub.cli.output import plain_findings, say_findings, say_json
    from hub.engine.live import connect_all

    found, _ = read(config)
    findings, callbacks = connect_all(found, name)
    if as_json:
        say_json({"callbacks": callbacks, "findings": plain_findings(findings)})
    else:
        say_findings(findings)
        for connection, callback in callbacks.items():
            print(f"callback address of {connection}: {callback}")
    if not all(finding.ok for _, finding in findings):
        raise typer.Exit(1)
