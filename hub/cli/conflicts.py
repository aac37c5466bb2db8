"""`dragoman crm conflicts` and `dragoman crm decide`: where the hub and a CRM disagreed, and which value stays."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from hub.cli.options import CONFIG, ConfigOption, JsonOption
from hub.cli.people import AgentOption


def register(group: typer.Typer) -> None:
    """Add the commands to `dragoman crm`."""
    group.command(
        epilog="Examples: [bold]dragoman crm conflicts --open[/]   [bold]dragoman crm conflicts --person p12 --json[/]"
    )(conflicts)
    group.command(epilog="Examples: [bold]dragoman crm decide 7 hub[/]   [bold]dragoman crm decide 7 crm[/]")(decide)


def conflicts(
    open_only: Annotated[bool, typer.Option("--open", help="Only those that wait for a decision.")] = False,
    person: Annotated[str, typer.Option("--person", help="Only those of this person, such as p12.")] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many.")] = 100,
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """List values on which the hub and a CRM disagreed, the newest first: what each had, and which one stayed."""
    from hub.cli import people
    from hub.cli.output import say_json, say_table, when
    from hub.store import conflicts as shelf
    from hub.store import open_reader

    hub = people.settings(config)
    number = people.must_know(hub.place, people.reference(person, hub.region)) if person else 0
    db = open_reader(hub.place)
    try:
        rows = shelf.listed(db, open_only=open_only, person=number, limit=limit)
    finally:
        db.close()
    if as_json:
        say_json({"conflicts": rows})
    elif not rows:
        print("There are no conflicts.")
    else:
        say_table(
            ("id", "when", "person", "crm", "field", "rule", "hub", "in the CRM", "stays"),
            [
                (
                    str(row["id"]),
                    when(row["at"]),
                    f"p{row['person']}",
                    row["crm"],
                    row["field"],
                    row["rule"],
                    row["ours"],
                    row["theirs"],
                    row["kept"] or ("asked" if row["state"] == "asked" else "both agree"),
                )
                for row in rows
            ],
        )


def decide(
    conflict: Annotated[int, typer.Argument(metavar="ID", help="Number of the conflict.")],
    keep: Annotated[Literal["hub", "crm"], typer.Argument(metavar="hub|crm", help="Whose value stays.")],
    agent: AgentOption = "agent",
    config: ConfigOption = CONFIG,
) -> None:
    """Say which value stays; also brings back one that lost."""
    from hub.cli import people
    from hub.contracts.errors import NotFound
    from hub.model.by_hand import ConflictDecided
    from hub.store import open_reader

    hub = people.settings(config)
    db = open_reader(hub.place)
    try:
        known = db.rows("SELECT 1 FROM conflicts WHERE id=?", (conflict,))
    finally:
        db.close()
    if not known:
        raise NotFound(f"there is no conflict {conflict}: see `dragoman crm conflicts`")
    key, at = people.fresh()
    people.happen(hub.place, ConflictDecided(key=key, at=at, conflict=conflict, keep=keep, agent=agent))
