"""`dragoman claim`."""

from __future__ import annotations

from typing import Annotated

import typer

from hub.cli.options import CONFIG, ConfigOption
from hub.cli.people import AgentOption, PersonArgument


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        epilog="Examples: [bold]dragoman claim p12 --agent Ana[/]   [bold]dragoman claim +15550100 --to Ben[/]"
    )(claim)


def claim(
    person: PersonArgument,
    to: Annotated[str, typer.Option("--to", help="Who is to have it, whatever the routing says.")] = "",
    agent: AgentOption = "agent",
    config: ConfigOption = CONFIG,
) -> None:
    """Take the conversations with a person: the automation is silent until dragoman release gives them back."""
    from hub.cli import people
    from hub.model.by_hand import ConversationClaimed

    hub = people.settings(config)
    who = people.reference(person, hub.region)
    people.must_know(hub.place, who, talks=True)
    key, at = people.fresh()
    people.happen(hub.place, ConversationClaimed(key=key, at=at, person=who, to=to, agent=agent))
