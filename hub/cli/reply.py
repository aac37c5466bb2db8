"""`dragoman reply`."""

from __future__ import annotations

from typing import Annotated

import typer

from hub.cli.options import CONFIG, ConfigOption
from hub.cli.people import AgentOption, PersonArgument


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog='Example: [bold]dragoman reply +15550100 "We deliver tomorrow." --agent Ana[/]')(reply)


def reply(
    person: PersonArgument,
    text: Annotated[str, typer.Argument(help="What to say.")],
    agent: AgentOption = "agent",
    config: ConfigOption = CONFIG,
) -> None:
    """Answer a person in the conversation used last; the automation of that conversation pauses."""
    from hub.cli import people
    from hub.contracts.errors import ConfigError
    from hub.model.events import HumanReplied

    if not text.strip():
        raise ConfigError("there is nothing to say", remedy='write the text in quotes: dragoman reply PERSON "..."')
    hub = people.settings(config)
    who = people.reference(person, hub.region)
    people.must_know(hub.data, who, talks=True)
    key, at = people.fresh()
    people.happen(hub.data, HumanReplied(key=key, at=at, person=who, text=text, agent=agent))
