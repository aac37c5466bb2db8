"""`dragoman pause`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hub.cli.options import CONFIG, ConfigOption
from hub.cli.people import AgentOption

UNITS = {"m": 60_000, "h": 3_600_000, "d": 86_400_000}
PersonName = Annotated[
    str, typer.Argument(metavar="[PERSON]", help="p12, a number, an e-mail address, or kind:scope:key.")
]
ConversationOption = Annotated[int, typer.Option("--conversation", min=0, help="One conversation, by its number.")]
RuleOption = Annotated[str, typer.Option("--rule", help="One rule, by its name; campaign:NAME for a campaign.")]
AllOption = Annotated[bool, typer.Option("--all", help="Everything.")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        epilog="Examples: [bold]dragoman pause p12 --for 2d[/]   [bold]dragoman pause --rule prices --for 3h[/]   "
        "[bold]dragoman pause --all --for 30m[/]"
    )(pause)


def pause(
    person: PersonName = "",
    conversation: ConversationOption = 0,
    rule: RuleOption = "",
    everything: AllOption = False,
    duration: Annotated[str, typer.Option("--for", help="How long: 30m, 12h or 2d.")] = "12h",
    agent: AgentOption = "agent",
    config: ConfigOption = CONFIG,
) -> None:
    """Keep the automation silent: with a person, in a conversation, of a rule, or everywhere; humans can still answer.

    Nothing automatic begins to leave once the hub has it; dragoman release ends it before its time.
    """
    change(person, conversation, rule, everything, milliseconds(duration), agent, config)


def change(person: str, conversation: int, rule: str, everything: bool, length: int, agent: str, config: Path) -> None:
    """Pause what is named for `length` ms from now, 0 = let it go on. Raises ConfigError unless it is one thing."""
    from hub.cli import people
    from hub.contracts.errors import ConfigError
    from hub.model.by_hand import PauseChanged

    if sum((bool(person), bool(conversation), bool(rule), everything)) != 1:
        verb = "pause" if length else "release"
        remedy = f"dragoman {verb} PERSON, or one of --conversation N, --rule NAME and --all"
        raise ConfigError(f"one thing can be {verb}d at a time", remedy=remedy)
    hub = people.settings(config)
    who = people.reference(person, hub.region) if person else ""
    if who:
        people.must_know(hub.place, who)
    key, at = people.fresh()
    until = at + length if length else 0
    event = PauseChanged(key=key, at=at, person=who, conversation=conversation, rule=rule, until=until, agent=agent)
    people.happen(hub.place, event)


def milliseconds(text: str) -> int:
    """A length such as 30m, 12h or 2d in ms. Raises ConfigError on anything else, and beyond a year."""
    import re

    from hub.contracts.errors import ConfigError

    found = re.fullmatch(r"([0-9]{1,6})([mhd])", text.strip())
    length = int(found[1]) * UNITS[found[2]] if found else 0
    if not 0 < length <= 366 * UNITS["d"]:
        raise ConfigError(f"'{text}' is no length of time", remedy="write 30m, 12h or 2d, at most a year")
    return length
