"""What several commands share: their options, and the configuration they name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from hub.engine.loader import Plugins
    from hub.engine.settings import Config

ConfigOption = Annotated[
    Path,
    typer.Option("--config", "-c", envvar="DRAGOMAN_CONFIG", help="The configuration file.", show_default=True),
]
CrmOption = Annotated[str, typer.Option("--crm", help="Of which CRM, where there are several.")]
FileOption = Annotated[
    Path | None, typer.Option("--file", help="A mapping file; else the one that hub.toml names.", show_default=False)
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]

CONFIG = Path("hub.toml")


def logs_to_stderr() -> None:
    """What the engine logs inside a command goes to stderr: stdout is the command's answer."""
    import sys

    import structlog

    structlog.configure(logger_factory=lambda *_: structlog.PrintLogger(sys.stderr))


def read(config: Path) -> tuple[Config, Plugins]:
    """Load the plugins and the configuration. Raises ConfigError."""
    import os

    logs_to_stderr()

    from hub.engine.loader import load_plugins
    from hub.engine.settings import load_config

    plugins = load_plugins()
    return load_config(config, plugins, os.environ), plugins
