"""`dragoman sheet`: people out into a table of a spreadsheet, and what was changed there in again."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli.options import CONFIG, ConfigOption, read
from hub.cli.people import AgentOption

if TYPE_CHECKING:
    from hub.store.dialects.database import Database
    from hub.store.segments import Member
    from hub.store.sheets import Sheeted

PAGE = 500
SHOWN = ("person", "first contact", "last message", "state", "priority", "owner", "overdue", "tags")
"""Columns that only tell; what is typed there changes nothing."""
VALUES = ("name", "phone", "email", "language")
FileArgument = Annotated[
    Path, typer.Argument(metavar="FILE", help="A CSV file in UTF-8, its first line names columns.")
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    examples = (
        "Examples: [bold]dragoman sheet out people.csv --segment quote-quiet[/]   "
        "[bold]dragoman sheet in people.csv --agent Ana[/]"
    )
    group = typer.Typer(no_args_is_help=True, rich_markup_mode="rich", help="Use a spreadsheet.", epilog=examples)
    group.callback()(_sheet)
    group.command("out", epilog="Example: [bold]dragoman sheet out people.csv --segment quote-quiet[/]")(out)
    group.command("in", epilog="Example: [bold]dragoman sheet in people.csv --agent Ana --dry-run[/]")(in_)
    app.add_typer(group, name="sheet")


def _sheet() -> None:
    """Write people into a table for a spreadsheet, and read in what was changed there."""


def out(
    file: FileArgument,
    segment: Annotated[str, typer.Option("--segment", help="Only the people of this segment.")] = "",
    config: ConfigOption = CONFIG,
) -> None:
    """Write people with their values, tags and times, times in UTC to the minute; ! = no word for more than 7 days."""
    from hub.cli.output import plain_cells
    from hub.cli.people import fresh
    from hub.contracts.errors import ConfigError
    from hub.engine.tables import closest
    from hub.store import open_reader

    loaded, _ = read(config)
    segments = loaded.rules.book.segments
    if segment and segment not in segments:
        raise ConfigError(f"there is no segment '{segment}'", remedy=closest(segment, segments, "segments"))
    now = fresh()[1]
    db = open_reader(loaded.hub.place)
    try:
        rows = [*_people(db, segments[segment] if segment else None, now)]
    finally:
        db.close()
    further = sorted({name for row in rows for name in row if name not in (*SHOWN, *VALUES)})
    try:
        with file.open("w", encoding="utf-8-sig", newline="") as table:
            writer = csv.writer(table)
            columns = (SHOWN[0], *VALUES, *SHOWN[1:], *further)
            writer.writerow(columns)
            for row in rows:
                writer.writerow(plain_cells([row.get(column, "") for column in columns]))
    except OSError as error:
        raise ConfigError(f"{file} cannot be written: {error.strerror}", remedy="name another file") from None
    print(f"{len(rows)} people are in {file}.")


def in_(
    file: FileArgument,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
    agent: AgentOption = "agent",
    config: ConfigOption = CONFIG,
) -> None:
    """Take what was changed in a table: name, phone, email, language, and further values under their own names.

    A row names its person in the column person, else by phone or email; one that names nobody is told and left out. A
    column that is not there changes nothing, an empty cell empties its value. Columns that only tell are not read.
    """
    from hub.cli import people
    from hub.contracts.errors import ConfigError, HubError
    from hub.mapping.facts import ATTR_NAME, RESERVED
    from hub.model.by_hand import PersonEdited
    from hub.store import open_reader, sheets

    hub = people.settings(config)
    lines = _lines(file)
    columns = [name for name in (lines[0] if lines else ()) if name not in SHOWN]
    if wrong := [
        name for name in columns if name not in VALUES and (name in RESERVED or not ATTR_NAME.fullmatch(name))
    ]:
        remedy = "name a value by letters, digits, - and _"
        raise ConfigError(f"the column '{wrong[0]}' names no value", where=f"{file}:1", remedy=remedy)
    found: list[tuple[int, int, dict[str, str]]] = []
    for number, line in enumerate(lines, 2):
        try:
            name = next((line[key] for key in ("person", "phone", "email") if line.get(key)), "")
            found.append((number, people.must_know(hub.place, people.reference(name, hub.region)), line))
        except HubError as error:
            print(f"{file}:{number}: {error}")
    db = open_reader(hub.place)
    try:
        had = {one.person: _values(one) for one in sheets.people(db, [known for _, known, _ in found])}
    finally:
        db.close()
    changed = 0
    for number, known, line in found:
        values = {key: line[key].strip() for key in columns if line[key].strip() != had[known].get(key, "")}
        if not values:
            continue
        changed += 1
        print(f"p{known}: {', '.join(f'{key} = {value!r}' for key, value in values.items())}")
        if not dry_run:
            key, at = people.fresh()
            event = PersonEdited(key=f"{key}.{number}", at=at, person=f"p{known}", values=values, agent=agent)
            people.happen(hub.place, event)
    faults = len(lines) - len(found)
    print(f"{changed} of {len(lines)} people {'would be ' if dry_run else ''}changed, {faults} rows name nobody.")
    if faults:
        raise typer.Exit(1)


def _lines(file: Path) -> list[dict[str, str]]:
    """The rows of a table, by column; cells that an export marked as text are as they were. Raises ConfigError."""
    from hub.contracts.errors import ConfigError

    remedy = "save the table as CSV in UTF-8"
    try:
        rows = list(csv.reader(file.read_text("utf-8-sig").splitlines()))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigError(f"{file} cannot be read: {error}", remedy=remedy) from None
    if not rows or not set(rows[0]) & {"person", "phone", "email"}:
        raise ConfigError(f"{file} has no column that names people", where=f"{file}:1", remedy="add phone or email")
    plain = [[cell[1:] if cell[:1] == "'" and cell[1:2] in "=+-@" else cell for cell in row] for row in rows[1:]]
    return [dict(zip(rows[0], (*row, *[""] * len(rows[0])), strict=False)) for row in plain if any(row)]


def _people(db: Database, segment: Any, now: int) -> Iterator[dict[str, str]]:
    from hub.store import segments, sheets

    after = 0
    while True:
        if segment is None:
            found = sheets.people(db, None, after, PAGE)
            numbers = [one.person for one in found]
        else:
            numbers = segments.page(db, segment, now, after, PAGE)
            found = sheets.people(db, numbers)
        if not numbers:
            return
        after = numbers[-1]
        told = {one.person: one for one in segments.members(db, [one.person for one in found])}
        yield from (_row(person, told[person.person], now) for person in found)


def _row(person: Sheeted, member: Member, now: int) -> dict[str, str]:
    from hub.tags.marks import overdue

    return {
        **_values(person),
        "person": f"p{person.person}",
        "first contact": _minute(person.created),
        "last message": _minute(member.last),
        "state": member.state,
        "priority": member.priority,
        "owner": member.owner,
        "overdue": "!" if overdue(member.last, now, member.state) else "",
        "tags": member.tags,
    }


def _values(person: Sheeted) -> dict[str, str]:
    import json

    further = json.loads(person.attributes) if person.attributes else {}
    known = {"name": person.name, "phone": person.phone, "email": person.email, "language": person.language}
    return {str(name): str(value) for name, value in further.items() if name not in SHOWN} | known


def _minute(at: int) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y/%m/%d %H:%M") if at else ""
