"""`dragoman crm`: change what stands in the CRM through the hub, and decide where they disagree."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from hub.cli import conflicts, drift
from hub.cli.options import CONFIG, ConfigOption
from hub.cli.people import AgentOption


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(
        no_args_is_help=True,
        rich_markup_mode="rich",
        help="Change what stands in the CRM, and decide where it disagrees with the hub.",
        epilog='Examples: [bold]dragoman crm set deal 7001 --stage "Closed won"[/]   '
        "[bold]dragoman crm conflicts --open[/]   [bold]dragoman crm drift --csv drift.csv[/]",
    )
    group.command(
        "set",
        epilog='Examples: [bold]dragoman crm set deal 7001 --stage "Closed won"[/]   '
        "[bold]dragoman crm set ticket 88 --owner 4711[/]   [bold]dragoman crm set task 55 --done[/]",
    )(change)
    conflicts.register(group)
    drift.register(group)
    group.callback()(_group)
    app.add_typer(group, name="crm")


def change(
    kind: Annotated[Literal["deal", "ticket", "task"], typer.Argument(metavar="deal|ticket|task", help="What it is.")],
    record: Annotated[str, typer.Argument(metavar="ID", help="Its id in the CRM.")],
    stage: Annotated[str, typer.Option("--stage", help="Put it on this stage: its name or id in the CRM.")] = "",
    owner: Annotated[str, typer.Option("--owner", help="Give it to this owner: the id in the CRM.")] = "",
    done: Annotated[bool, typer.Option("--done", help="Close it.")] = False,
    crm: Annotated[str, typer.Option("--crm", help="The CRM, where several have such a record.")] = "",
    agent: AgentOption = "agent",
    config: ConfigOption = CONFIG,
) -> None:
    """Change a deal, ticket or task that the hub has read. What the CRM refuses becomes a dead letter."""
    from hub.cli import people
    from hub.contracts.errors import ConfigError, NotFound
    from hub.model.by_hand import RecordEdited
    from hub.store import chain_beside, open_reader

    record, stage, owner = record.strip(), stage.strip(), owner.strip()
    if not (stage or owner or done):
        raise ConfigError("nothing is to be changed", remedy="give --stage, --owner or --done")
    if stage and done:
        raise ConfigError("--stage and --done are two different ends", remedy="give one of them")
    hub = people.settings(config)
    db = open_reader(hub.place)
    try:
        found = chain_beside.known(db, kind, record, crm)
    finally:
        db.close()
    if not found:
        where = f" in {crm}" if crm else ""
        raise NotFound(f"no {kind} {record} is known{where}: the hub knows what it has read (`objects` of the CRM)")
    if len(found) > 1:
        raise ConfigError(f"{' and '.join(found)} each have a {kind} {record}", remedy="add --crm NAME")
    key, at = people.fresh()
    event = RecordEdited(
        key=key, at=at, crm=found[0], type=kind, record=record, stage=stage, owner=owner, done=done, agent=agent
    )
    people.happen(hub.place, event)


def _group() -> None:
    """Change what stands in the CRM, and decide where it disagrees with the hub."""
