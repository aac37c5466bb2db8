"""`dragoman rules`: what the rules say, and what they would have done."""

from __future__ import annotations

import typer

from hub.cli import rules_check, rules_explain, rules_replay, rules_test


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(
        no_args_is_help=True,
        rich_markup_mode="rich",
        help="Look at what the rules say and did, and what others would have done.",
        epilog="Examples, before a change of the rules runs: [bold]dragoman rules check[/]   "
        "[bold]dragoman rules test[/]   "
        "[bold]dragoman rules replay --since 30d --dry-run --rules draft.toml[/]",
    )
    group.callback()(_group)
    for module in (rules_check, rules_test, rules_explain, rules_replay):
        module.register(group)
    app.add_typer(group, name="rules")


def _group() -> None:
    """Look at what the rules say and did, and what others would have done."""
