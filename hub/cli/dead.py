"""`dragoman dead`: what could not be done, and what a human does about it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from hub.cli.options import CONFIG, ConfigOption, JsonOption
from hub.cli.people import AgentOption

if TYPE_CHECKING:
    from hub.store import Place
    from hub.store.reading import DeadLetter

Ids = Annotated[list[int] | None, typer.Argument(metavar="[IDS]...", help="Numbers of dead letters.")]
Cause = Annotated[str, typer.Option("--cause", help="All whose kind or cause contains this text.")]
All = Annotated[bool, typer.Option("--all", help="All that are open.")]

CHUNK = 5000  # dead letters of one event


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(
        no_args_is_help=True,
        rich_markup_mode="rich",
        help="Show, retry or drop what could not be done.",
        epilog="Examples: [bold]dragoman dead list[/]   [bold]dragoman dead retry 3 4[/]   "
        "[bold]dragoman dead drop --cause unrouted[/]",
    )
    group.command("list", epilog="Example: [bold]dragoman dead list --limit 20[/]")(list_letters)
    group.command(epilog="Example: [bold]dragoman dead show 3[/]")(show)
    group.command(epilog="Examples: [bold]dragoman dead retry 3 4[/]   [bold]dragoman dead retry --all[/]")(retry)
    group.command(epilog="Example: [bold]dragoman dead drop --cause unrouted[/]")(drop)
    app.add_typer(group, name="dead")


def list_letters(
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many.")] = 100,
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """List the open dead letters, the oldest first."""
    from hub.cli import people
    from hub.cli.output import say_json, say_table, when
    from hub.store import open_reader, reading

    db = open_reader(people.settings(config).place)
    try:
        letters, counts = reading.dead_letters(db, limit), reading.dead_by_kind(db)
    finally:
        db.close()
    if as_json:
        say_json({"open": counts, "letters": [reading.as_dict(letter) for letter in letters]})
    elif not letters:
        print("There are no dead letters.")
    else:
        say_table(
            ("id", "kind", "of", "since", "cause"),
            [(str(d.id), d.kind, _whose(d), when(d.at), d.cause) for d in letters],
        )
        if (total := sum(counts.values())) > len(letters):
            print(f"{total - len(letters)} more; see --limit")


def show(
    ids: Annotated[list[int], typer.Argument(metavar="ID...")],
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Show dead letters in full; `dragoman why` tells the story of a message."""
    from hub.cli import people
    from hub.cli.output import say_json, when
    from hub.store import reading

    letters = _open(people.settings(config).place, ids)
    if as_json:
        say_json([reading.as_dict(letter) for letter in letters])
        return
    for letter in letters:
        print(f"{letter.id}  {letter.kind}, since {when(letter.at)}")
        print(f"    of     {_whose(letter)}")
        print(f"    what   {letter.what or 'gone'} (number {letter.ref})")
        print(f"    cause  {letter.cause}")


def retry(
    ids: Ids = None,
    cause: Cause = "",
    everything: All = False,
    agent: AgentOption = "agent",
    config: ConfigOption = CONFIG,
) -> None:
    """Try again: events are worked on anew, sends and CRM writes go out anew. An uncertain send may arrive twice."""
    _handle("retry", ids, cause, everything, agent, config)


def drop(
    ids: Ids = None,
    cause: Cause = "",
    everything: All = False,
    agent: AgentOption = "agent",
    config: ConfigOption = CONFIG,
) -> None:
    """Give up: it will not be done, and stays in the record as dropped."""
    _handle("drop", ids, cause, everything, agent, config)


def _handle(
    action: Literal["retry", "drop"], ids: list[int] | None, cause: str, everything: bool, agent: str, config: Path
) -> None:
    from hub.cli import people
    from hub.contracts.errors import ConfigError
    from hub.model.by_hand import DeadHandled
    from hub.store import open_reader, reading

    if bool(ids) + bool(cause) + everything != 1:
        raise ConfigError("say which: numbers, --cause TEXT or --all", remedy="dragoman dead list shows them")
    place = people.settings(config).place
    if ids:
        chosen = [letter.id for letter in _open(place, ids)]
    else:
        db = open_reader(place)
        try:
            chosen = reading.dead_ids(db, cause)
        finally:
            db.close()
        if not chosen:
            print("There are no such dead letters.")
            return
    for start in range(0, len(chosen), CHUNK):
        key, at = people.fresh()
        part = tuple(chosen[start : start + CHUNK])
        people.happen(place, DeadHandled(key=key, at=at, ids=part, action=action, agent=agent))
    print(f"{len(chosen)} dead letter{'s' if len(chosen) != 1 else ''} to {action}.")


def _open(place: Place, ids: list[int]) -> list[DeadLetter]:
    """The open letters with these numbers. Raises NotFound when one is not among them."""
    from hub.contracts.errors import NotFound
    from hub.store import open_reader, reading

    db = open_reader(place)
    try:
        letters = reading.dead_among(db, sorted(set(ids)))
    finally:
        db.close()
    if missing := sorted(set(ids) - {letter.id for letter in letters}):
        raise NotFound(f"no open dead letter has the number {', '.join(map(str, missing))}")
    return letters


def _whose(letter: DeadLetter) -> str:
    return f"p{letter.person} {letter.name}".strip() if letter.person else letter.what or "nobody"
