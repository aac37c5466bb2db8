"""`dragoman doctor`."""

from __future__ import annotations

import typer

from hub.cli.options import CONFIG, ConfigOption, JsonOption, read


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Examples: [bold]dragoman doctor[/]   [bold]dragoman doctor --json[/]")(doctor)


def doctor(config: ConfigOption = CONFIG, as_json: JsonOption = False) -> None:
    """Look for what is wrong with a hub and say what to do; exits 1 when something is, 2 on a mistake in hub.toml.

    Asks the running hub, its store, its disk and clock, the public address, and every platform and CRM.
    Nothing is changed.
    """
    import asyncio

    from hub.cli.output import plain_findings, say_findings, say_json
    from hub.engine.control_client import ask
    from hub.engine.doctor import diagnose

    found, _ = read(config)
    findings = asyncio.run(diagnose(found, ask(found.hub.data, {"do": "status"})))
    wrong = [(name, finding) for name, finding in findings if not finding.ok]
    if as_json:
        say_json({"ok": not wrong, "findings": plain_findings(findings)})
    else:
        say_findings(sorted(findings, key=lambda item: item[1].ok))
        print(f"{len(wrong)} of {len(findings)} want a look." if wrong else "All is well.")
    if wrong:
        raise typer.Exit(1)
