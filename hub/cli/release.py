"""`dragoman release`."""

from __future__ import annotations

import typer

from hub.cli.options import CONFIG, ConfigOption
from hub.cli.people import AgentOption, PersonArgument


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: [bold]dragoman release p12[/]")(release)


def release(person: PersonArgument, agent: AgentOption = "agent", config: ConfigOption = CONFIG) -> None:
    """End the pause of a person: the automation answers again."""
    from hub.cli import people
    from hub.model.events import PauseChanged

    hub = people.settings(config)
    who = people.reference(person, hub.region)
    people.must_know(hub.place, who)
    key, at = people.fresh()
    people.happen(hub.place, PauseChanged(key=key, at=at, person=who, until=0, agent=agent))
