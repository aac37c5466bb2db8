"""`dragoman release`."""

from __future__ import annotations

import typer

from hub.cli.options import CONFIG, ConfigOption
from hub.cli.pause import AllOption, ConversationOption, PersonName, RuleOption, change
from hub.cli.people import AgentOption


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        epilog="Examples: [bold]dragoman release p12[/]   [bold]dragoman release --rule prices[/]   "
        "[bold]dragoman release --all[/]"
    )(release)


def release(
    person: PersonName = "",
    conversation: ConversationOption = 0,
    rule: RuleOption = "",
    everything: AllOption = False,
    agent: AgentOption = "agent",
    config: ConfigOption = CONFIG,
) -> None:
    """End a pause, and of a person also a claim and a hand-off: the automation answers again."""
    from hub.cli import people
    from hub.model.by_hand import ConversationClaimed

    if not person or conversation or rule or everything:
        change(person, conversation, rule, everything, 0, agent, config)
        return
    hub = people.settings(config)
    who = people.reference(person, hub.region)
    people.must_know(hub.place, who)
    key, at = people.fresh()
    people.happen(hub.place, ConversationClaimed(key=key, at=at, person=who, release=True, agent=agent))
