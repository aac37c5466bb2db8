"""Builds the application from the command modules; each has `register(app)` and is named once, in COMMANDS."""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any

import typer
from typer.core import TyperGroup

from hub.contracts.errors import HubError

COMMANDS = (
    "init",
    "check",
    "connect",
    "run",
    "status",
    "doctor",
    "news",
    "reply",
    "templates",
    "pause",
    "release",
    "claim",
    "ratings",
    "feedback",
    "people",
    "tag",
    "tags",
    "segments",
    "sheet",
    "campaign",
    "inquiries",
    "agents",
    "dead",
    "crm",
    "mapping",
    "rules",
    "apply",
    "pull",
    "why",
    "intents",
    "backup",
    "restore",
    "store",
    "plugins",
    "demo",
    "phone",
    "chaos",
    "version",
)
"""Modules of this package in the order of the help page."""


class Group(TyperGroup):
    """A mistake is one sentence on stderr, never a traceback."""

    def invoke(self, ctx: Any) -> Any:
        """Run a command. Our errors exit 2, Ctrl-C exits 130."""
        try:
            return super().invoke(ctx)
        except HubError as error:
            print(f"dragoman: {error}", file=sys.stderr)
            raise typer.Exit(2) from None
        except KeyboardInterrupt:
            print("dragoman: stopped", file=sys.stderr)
            raise typer.Exit(130) from None
        except BrokenPipeError:  # `dragoman plugins | head`
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nothing is left to flush to
            raise typer.Exit(0) from None
        except Exception as error:
            from hub.store import StoreTrouble

            if not isinstance(error, StoreTrouble):
                raise
            remedy = "dragoman doctor and dragoman store check say more"
            print(f"dragoman: the store cannot be used: {error} ({remedy})", file=sys.stderr)
            raise typer.Exit(2) from None


def build() -> typer.Typer:
    """The application with all its commands."""
    app = typer.Typer(
        name="dragoman",
        cls=Group,
        help="The hub between your messaging channels and your CRM.",
        epilog="Begin with [bold]dragoman init[/], then [bold]dragoman check[/]. [bold]dragoman COMMAND --help[/] "
        "shows examples.",
        no_args_is_help=True,
        rich_markup_mode="rich",
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_no_options)
    for name in COMMANDS:
        importlib.import_module(f"hub.cli.{name}").register(app)
    return app


def _no_options() -> None:
    """The hub between your messaging channels and your CRM."""
