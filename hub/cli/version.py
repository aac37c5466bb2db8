"""`dragoman version`."""

from __future__ import annotations

import typer


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: [bold]dragoman version[/]")(version)


def version() -> None:
    """Print the version of the hub and of Python."""
    import platform

    import hub

    print(f"dragoman {hub.__version__} (Python {platform.python_version()}, {platform.system()})")
