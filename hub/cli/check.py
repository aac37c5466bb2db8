"""`dragoman check`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli import rules_test
from hub.cli.options import CONFIG, ConfigOption, JsonOption, read

if TYPE_CHECKING:
    from hub.contracts.channel import Finding
    from hub.engine.loader import Plugins
    from hub.engine.settings import Config


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Examples: [bold]dragoman check[/]   [bold]dragoman check -c shop/hub.toml --live --json[/]")(
        check
    )


def check(
    config: ConfigOption = CONFIG,
    live: Annotated[bool, typer.Option("--live", help="Also test every credential with its platform.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Check hub.toml, mappings and plugins without starting; exits 2 on a mistake, 1 when something is not well."""
    from hub.cli.output import plain_findings, say_findings, say_json
    from hub.contracts.errors import ConfigError

    try:
        found, plugins = read(config)
    except ConfigError as error:
        if not as_json:
            raise
        say_json({"ok": False, "error": {"what": error.what, "where": error.where, "remedy": error.remedy}})
        raise typer.Exit(2) from None
    findings = _findings(found, plugins)
    if live:
        from hub.engine.live import probe_all
        from hub.engine.places import probe_store

        findings += [*probe_store(found.hub), *probe_all(found)]
    ok = all(finding.ok for _, finding in findings)
    if as_json:
        say_json({"ok": ok, **_summary(found), "findings": plain_findings(findings)})
    else:
        say_findings(findings)
        print(f"{config} is sound." if ok else f"{config} can be read, but something is not well.")
    if not ok:
        raise typer.Exit(1)


def _findings(config: Config, plugins: Plugins) -> list[tuple[str, Finding]]:
    """What can be said without asking anybody."""
    from hub.contracts.channel import Finding
    from hub.engine.places import where_is

    found: list[tuple[str, Finding]] = [
        (f"plugin {info.name}", Finding(False, f"in quarantine: {info.reason}", "mend, update or uninstall it"))
        for info in plugins.quarantined()
    ]
    found.append(("store", where_is(config.hub)))
    found += [(f"connection {name}", Finding(False, f"rests: {why}")) for name, why in config.resting.items()]
    for name, connection in config.connections.items():
        inboxes = [inbox.name for inbox in config.inboxes.values() if inbox.connection == name]
        what = f"channel {connection.channel.name}, inboxes: {', '.join(inboxes) or 'none'}"
        remedy = "" if inboxes else f'add [inbox.NAME] with connection = "{name}" and its account'
        found.append((f"connection {name}", Finding(bool(inboxes), what, remedy)))
    for name, crm in config.crms.items():
        mapping = crm.mapping_file or "the starter's"
        found.append((f"crm {name}", Finding(True, f"adapter {crm.adapter.name}, mapping {mapping}")))
    found += [(f"plugin {name}", Finding(True, "has settings")) for name in config.plugins]
    found += [("tags", Finding(True, warning)) for warning in config.rules.book.tags.warnings]
    return [*found, *rules_test.finding(config)]


def _summary(config: Config) -> dict[str, Any]:
    return {
        "config": str(config.file),
        "version": config.version,
        "store": config.hub.store_shown,
        "connections": {name: c.channel.name for name, c in config.connections.items()},
        "inboxes": {name: {"connection": i.connection, "account": i.account} for name, i in config.inboxes.items()},
        "crms": {name: c.adapter.name for name, c in config.crms.items()},
        "plugins": sorted(config.plugins),
    }
