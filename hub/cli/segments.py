"""`dragoman segments`: which segments there are, and who is in one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli.options import CONFIG, ConfigOption, JsonOption, read

if TYPE_CHECKING:
    from hub.tags.segments import Segment


def register(app: typer.Typer) -> None:
    """Add the commands."""
    examples = "Examples: [bold]dragoman segments list[/]   [bold]dragoman segments show big-automotive --people[/]"
    group = typer.Typer(no_args_is_help=True, rich_markup_mode="rich", help="Find people.", epilog=examples)
    group.callback()(_segments)
    group.command("list", epilog="Examples: [bold]dragoman segments list[/]   [bold]dragoman segments list --json[/]")(
        listed
    )
    group.command(
        epilog="Examples: [bold]dragoman segments show quote-quiet[/]   "
        "[bold]dragoman segments show quote-quiet --people --limit 20 --json[/]"
    )(show)
    app.add_typer(group, name="segments")


def _segments() -> None:
    """Find people by their tags, values and silence, as \\[segment.NAME] in hub.toml says."""


def listed(config: ConfigOption = CONFIG, as_json: JsonOption = False) -> None:
    """List all segments: what each asks, and how many people are in it now."""
    from hub.cli.output import say_json, say_table
    from hub.cli.people import fresh
    from hub.store import open_reader, segments

    loaded, _ = read(config)
    now, known = fresh()[1], loaded.rules.book.segments
    db = open_reader(loaded.hub.place)
    try:
        found = {name: segments.count(db, segment, now) for name, segment in known.items()}
    finally:
        db.close()
    if as_json:
        rows = [{"segment": name, "people": found[name], "asks": asks(one)} for name, one in known.items()]
        say_json({"segments": rows})
    elif not known:
        print("There are no segments: write [segment.NAME] in hub.toml.")
    else:
        shown = [(name, str(found[name]), ", ".join(asks(one))) for name, one in known.items()]
        say_table(("segment", "people", "asks"), shown)


def show(
    segment: Annotated[str, typer.Argument(metavar="NAME", help="Name of the segment.")],
    with_people: Annotated[bool, typer.Option("--people", help="Show who is in it.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="At most so many people.")] = 100,
    after: Annotated[int, typer.Option("--after", min=0, help="Only people with a higher number.")] = 0,
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Show how many people are in a segment now, and with --people who they are.

    A ! marks people with whom there was no message for more than 7 days, unless their inquiry is closed.
    """
    from hub.cli.output import say_json, say_table, when
    from hub.cli.people import fresh
    from hub.contracts.errors import NotFound
    from hub.engine.tables import closest
    from hub.store import open_reader, segments
    from hub.tags.marks import overdue

    loaded, _ = read(config)
    known, now = loaded.rules.book.segments, fresh()[1]
    if segment not in known:
        raise NotFound(f"there is no segment '{segment}': {closest(segment, known, 'segments')}")
    db = open_reader(loaded.hub.place)
    try:
        number = segments.count(db, known[segment], now)
        people = segments.page(db, known[segment], now, after, limit) if with_people else []
        found = segments.members(db, people) if people else []
    finally:
        db.close()
    if as_json:
        plain: dict[str, Any] = {"segment": segment, "people": number, "asks": asks(known[segment])}
        if with_people:
            plain["members"] = [
                {**one._asdict(), "tags": one.tags.split(), "overdue": overdue(one.last, now, one.state)}
                for one in found
            ]
        say_json(plain)
        return
    print(f"{number} {'person is' if number == 1 else 'people are'} in {segment}: {', '.join(asks(known[segment]))}.")
    if found:
        say_table(
            ("person", "name", "tags", "inquiry", "owner", "wrote last", "last message"),
            [
                (
                    f"p{one.person}",
                    one.name,
                    one.tags,
                    " ".join(part for part in (one.state, one.priority) if part),
                    one.owner,
                    when(one.heard),
                    f"{when(one.last)}{' !' if overdue(one.last, now, one.state) else ''}".strip(),
                )
                for one in found
            ],
        )
        if len(found) == limit:
            print(f"More: --after {found[-1].person}")


def asks(segment: Segment) -> list[str]:
    """What a segment asks, one phrase for each condition."""
    found = [f"tag {tag}" for tag in segment.tags_all]
    if segment.tags_any:
        found.append(f"one of the tags {' '.join(segment.tags_any)}")
    found += [f"not tag {tag}" for tag in segment.tags_none]
    found += [f"{asked.name} {asked.test.shown}" for asked in segment.where]
    if segment.languages:
        found.append(f"language {' or '.join(sorted(segment.languages))}")
    if segment.silent_for:
        found.append(f"silent for {_span(segment.silent_for)}")
    if segment.quiet_for:
        found.append(f"no message for {_span(segment.quiet_for)}")
    if segment.states:
        found.append(f"inquiry {' or '.join(sorted(segment.states))}")
    if segment.priorities:
        found.append(f"priority {' or '.join(sorted(segment.priorities))}")
    if segment.won:
        found.append(f"at least {segment.won.at_least} deals closed on {' or '.join(sorted(segment.won.stages))}")
    return found


def _span(ms: int) -> str:
    hours = ms / 3_600_000
    return f"{hours / 24:g} d" if hours >= 48 else f"{hours:g} h"
