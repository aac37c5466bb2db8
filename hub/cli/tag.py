"""`dragoman tag` and `dragoman consent`: what an agent says of a person beside his messages."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import typer
from typer.core import TyperCommand

from hub.cli.options import CONFIG, ConfigOption
from hub.cli.people import AgentOption, PersonArgument

_OFF = "\0"


class SignedTags(TyperCommand):
    """`-vip` takes a tag off: it is no option."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the arguments; what begins with one dash and has more than one letter is a tag."""
        signed = [_OFF + text[1:] if len(text) > 2 and text[0] == "-" and text[1] != "-" else text for text in args]
        return super().parse_args(ctx, signed)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(
        cls=SignedTags,
        epilog="Examples: [bold]dragoman tag p12 +vip -new-customer[/]   "
        "[bold]dragoman tag +15550100 +sample-sent --agent Ana[/]",
    )(tag)
    app.command(
        epilog='Examples: [bold]dragoman consent p12 market yes --evidence "form of 2026-11-02"[/]   '
        '[bold]dragoman consent p12 market no --evidence "phone call"[/]'
    )(consent)


def tag(
    person: PersonArgument,
    changes: Annotated[
        list[str], typer.Argument(metavar="+TAG|-TAG...", help="+NAME puts a tag on, -NAME takes it off.")
    ],
    agent: AgentOption = "agent",
    config: ConfigOption = CONFIG,
) -> None:
    """Put tags on a person and take tags off him. A tag that he has already begins anew."""
    from hub.cli import people
    from hub.cli.options import read
    from hub.contracts.errors import ConfigError
    from hub.engine.tables import closest
    from hub.model.by_hand import TagsEdited

    add = tuple(text[1:] for text in changes if text[:1] == "+")
    remove = tuple(text[1:] for text in changes if text[:1] == _OFF)
    if strange := next((text for text in changes if text[:1] not in ("+", _OFF)), ""):
        raise ConfigError(f"'{strange}' does not say whether the tag comes or goes", remedy=f"write +{strange}")
    loaded, _ = read(config)
    known = loaded.rules.book.tags.all
    if unknown := next((name for name in add if name not in known), ""):
        remedy = closest(unknown, known, "tags") if known else f"add [tag.{unknown}] to {config}"
        raise ConfigError(f"there is no tag '{unknown}'", remedy=remedy)
    who = people.reference(person, loaded.hub.region)
    people.must_know(loaded.hub.place, who)
    key, at = people.fresh()
    people.happen(loaded.hub.place, TagsEdited(key=key, at=at, person=who, add=add, remove=remove, agent=agent))


def consent(
    person: PersonArgument,
    purpose: Annotated[
        Literal["acknowledge", "clarify", "advance", "revive", "inform", "market"],
        typer.Argument(metavar="PURPOSE", help="What for: market, inform, ..."),
    ],
    given: Annotated[Literal["yes", "no"], typer.Argument(metavar="yes|no", help="Given, or withdrawn.")],
    evidence: Annotated[str, typer.Option("--evidence", help="Where it stands: a form, a call, with its day.")],
    agent: AgentOption = "agent",
    config: ConfigOption = CONFIG,
) -> None:
    """Record that a person agrees to be written to for a purpose, or no longer does."""
    from hub.cli import people
    from hub.model.by_hand import ConsentRecorded

    hub = people.settings(config)
    who = people.reference(person, hub.region)
    people.must_know(hub.place, who)
    key, at = people.fresh()
    event = ConsentRecorded(
        key=key, at=at, person=who, purpose=purpose, given=given == "yes", evidence=evidence, agent=agent
    )
    people.happen(hub.place, event)
