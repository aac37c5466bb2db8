"""`dragoman run`."""

from __future__ import annotations

import typer

from hub.cli.options import CONFIG, ConfigOption


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Examples: [bold]dragoman run[/]   [bold]dragoman run -c shop/hub.toml[/]")(run)


def run(config: ConfigOption = CONFIG) -> None:
    """Run the hub until Ctrl-C or SIGTERM; it is started again when it dies. Exits 2 on a mistake in hub.toml."""
    import os
    import sys

    command = [sys.executable, "-P", "-m", "hub.engine.supervisor", "--config", str(config)]
    sys.stdout.flush()
    os.execv(sys.executable, command)  # noqa: S606 - the supervisor takes this process over, and little memory
