"""`dragoman pause`."""

from __future__ import annotations

from typing import Annotated

import typer

from hub.cli.options import CONFIG, ConfigOption
from hub.cli.people import AgentOption, PersonArgument

UNITS = {"m": 60_000, "h": 3_600_000, "d": 86_400_000}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: [bold]dragoman pause p12 --for 2d[/]")(pause)


def pause(
    person: PersonArgument,
    duration: Annotated[str, typer.Option("--for", help="How long: 30m, 12h or 2d.")] = "12h",
    agent: AgentOption = "agent",
    config: ConfigOption = CONFIG,
) -> None:
    """Keep the automation silent in all conversations of a person; humans can still answer."""
    from hub.cli import people
    from hub.model.events import PauseChanged

    length = milliseconds(duration)
    hub = people.settings(config)
    who = people.reference(person, hub.region)
    people.must_know(hub.place, who)
    key, at = people.fresh()
    people.happen(hub.place, PauseChanged(key=key, at=at, person=who, until=at + length, agent=agent))


def milliseconds(text: str) -> int:
    """A length such as 30m, 12h or 2d in ms. Raises ConfigError on anything else, and beyond a year."""
    import re

    from hub.contracts.errors import ConfigError

    found = re.fullmatch(r"([0-9]{1,6})([mhd])", text.strip())
    length = int(found[1]) * UNITS[found[2]] if found else 0
    if not 0 < length <= 366 * UNITS["d"]:
        raise ConfigError(f"'{text}' is no length of time", remedy="write 30m, 12h or 2d, at most a year")
    return length
