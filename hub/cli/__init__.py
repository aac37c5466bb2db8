"""The command line. Start-up is light: each command imports what it needs when it runs."""

from __future__ import annotations


def main() -> None:
    """Run `dragoman`. Exit codes: 0 well, 1 something was found wrong, 2 a mistake in what was asked, 130 Ctrl-C."""
    from hub.cli.app import build

    build()(prog_name="dragoman")
