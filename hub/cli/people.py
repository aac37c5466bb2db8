"""How people are named on the command line, and the one way a human's command reaches the hub."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli.options import CONFIG, ConfigOption

if TYPE_CHECKING:
    from hub.engine.hub_settings import HubSettings
    from hub.model.events import Event
    from hub.store import Place

PersonArgument = Annotated[
    str,
    typer.Argument(
        metavar="PERSON", help="p12, a phone number (+15550100), an e-mail address, or kind:scope:key (telegram::42)."
    ),
]
EDITABLE = ("name", "name.first", "name.last", "phone", "email", "language", "owner")
AgentOption = Annotated[str, typer.Option("--agent", help="Who does it, as it stands in the record.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    examples = (
        "Examples: [bold]dragoman people move +15550100 p12 --agent Ana[/]   "
        "[bold]dragoman people move telegram::42 +15550101[/]"
    )
    group = typer.Typer(no_args_is_help=True, rich_markup_mode="rich", help="Say who is who.", epilog=examples)
    group.callback()(_people)
    group.command(epilog=examples)(move)
    group.command(
        "set",
        epilog="Examples: [bold]dragoman people set p12 phone=+447700900101 attr.nick=Bo[/]   "
        "[bold]dragoman people set ana@example.com owner=ben@example.com language=[/]",
    )(change)
    app.add_typer(group, name="people")


def _people() -> None:
    """Say who is who."""


def move(
    identity: Annotated[
        str, typer.Argument(metavar="IDENTITY", help="A phone number, an e-mail address, or kind:scope:key.")
    ],
    person: PersonArgument,
    agent: AgentOption = "agent",
    config: ConfigOption = CONFIG,
) -> None:
    """Give an identity, and the conversation under it, to another person; moving it back undoes it."""
    from hub.contracts.errors import ConfigError
    from hub.model.by_hand import IdentityMoved

    hub = settings(config)
    name, who = reference(identity, hub.region), reference(person, hub.region)
    if ":" not in name:
        remedy = "name the phone number, the mailbox, or kind:scope:key that is to be moved"
        raise ConfigError(f"'{identity}' is a person, not an identity", remedy=remedy)
    if must_know(hub.place, name) == must_know(hub.place, who):
        raise ConfigError(
            f"{name} is {who}'s already", remedy="`dragoman dead drop` closes a question that is answered"
        )
    key, at = fresh()
    happen(hub.place, IdentityMoved(key=key, at=at, identity=name, person=who, agent=agent))


def change(
    person: PersonArgument,
    values: Annotated[
        list[str],
        typer.Argument(
            metavar="NAME=VALUE...",
            help="name, name.first, name.last, phone, email, language, owner or attr.NAME; nothing after = empties it.",
        ),
    ],
    agent: AgentOption = "agent",
    config: ConfigOption = CONFIG,
) -> None:
    """Change what the hub knows of a person; every CRM gets it as its mapping says."""
    from hub.contracts.errors import ConfigError
    from hub.mapping.facts import ATTR_NAME, RESERVED
    from hub.model.by_hand import PersonEdited

    hub = settings(config)
    who = reference(person, hub.region)
    found: dict[str, str] = {}
    for text in values:
        name, equals, value = text.partition("=")
        further = name.startswith("attr.")
        key = name.removeprefix("attr.")
        known = key not in RESERVED and ATTR_NAME.fullmatch(key) if further else key in EDITABLE
        if not equals or not known:
            remedy = f"write NAME=VALUE with {', '.join(EDITABLE)} or attr.NAME"
            raise ConfigError(f"'{text}' is no value of a person", remedy=remedy)
        found[key] = value.strip()
    must_know(hub.place, who)
    key, at = fresh()
    happen(hub.place, PersonEdited(key=key, at=at, person=who, values=found, agent=agent))


def settings(config: Path) -> HubSettings:
    """The table [hub] alone: these commands need no secrets. Raises ConfigError."""
    import os

    from hub.engine.hub_settings import load_hub

    return load_hub(config, os.environ)


def reference(text: str, region: str) -> str:
    """`text` as events name a person: p and a number, or an identity. Raises ConfigError when it is neither."""
    import re

    from hub.contracts.errors import ConfigError
    from hub.identity import email_key, phone_keys
    from hub.model.people import Identity

    text = text.strip()
    kind, _, rest = text.partition(":")
    if text[:1] == "p" and text[1:].isdecimal() and text.isascii():
        return text
    if kind in ("phone", "email") and rest.lstrip(":"):  # phone:+1..., or phone::+1... as the store writes it
        text = rest.lstrip(":")
    elif text.count(":") >= 2 and kind:
        return Identity.parse(text).id
    if "@" in text and (mailbox := email_key(text)):
        return Identity("email", "", mailbox).id
    if keys := phone_keys(text, region):
        return Identity("phone", "", keys[0]).id
    digits = re.sub(r"[\s().-]", "", text)
    if re.fullmatch(r"\+[0-9]{5,20}", digits):  # a number that a platform knows, though no plan has it
        return Identity("phone", "", digits).id
    raise ConfigError(
        f"'{text}' names no person",
        remedy="write p12, a phone number with its country code, an e-mail address, or kind:scope:key",
    )


def must_know(place: Place, person: str, *, talks: bool = False) -> int:
    """The id of the person. Raises NotFound when nobody is known by this reference; with `talks`, also when he never
    wrote."""
    from hub.contracts.errors import NotFound
    from hub.identity import variants
    from hub.model.people import Identity
    from hub.store import open_reader, reading

    db = open_reader(place)
    try:
        number = int(person[1:]) if person[1:].isdecimal() else 0
        forms = [] if number else [form.id for form in variants(Identity.parse(person))]
        found, _, conversations = reading.known(db, number or forms)
    finally:
        db.close()
    if not found:
        raise NotFound(
            f"nobody is known as {person}: write the number with its country code, or who it is as kind:scope:key"
        )
    if talks and not conversations:
        raise NotFound(f"{person} never wrote, so there is no conversation to answer in")
    return found


def happen(place: Place, event: Event) -> None:
    """Hand the event over and say what became of it."""
    from hub.engine.control_client import submit

    print(submit(place, event))


def fresh() -> tuple[str, int]:
    """A key for an event that happens now, and now (ms)."""
    import time
    import uuid

    return uuid.uuid4().hex, time.time_ns() // 1_000_000
