"""`dragoman mapping apply`, `log` and `rollback`: which version of a mapping runs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli.options import CONFIG, ConfigOption, CrmOption, FileOption, JsonOption
from hub.cli.people import AgentOption

if TYPE_CHECKING:
    from hub.cli.mapping_files import Bench
    from hub.mapping.diff import Change
    from hub.model.by_hand import MappingApplied
    from hub.store.rows import MappingRow

WaitOption = Annotated[float, typer.Option("--wait", min=0, help="Seconds to wait for the result of the trial.")]

LOOK = 0.2
"""Seconds between two looks at what became of a version."""
NEW = 15.0
"""Seconds that a running hub gets to take the event up."""


def apply(
    crm: CrmOption = "",
    file: FileOption = None,
    note: Annotated[str, typer.Option("--note", help="Why, for the log.")] = "",
    trial: Annotated[int, typer.Option("--trial", min=0, max=10_000, help="With how many people it is tried.")] = 50,
    now: Annotated[bool, typer.Option("--now", help="Without a trial.")] = False,
    limit: Annotated[
        float, typer.Option("--limit", min=0, max=1, help="Share of refused people above which it is taken back.")
    ] = 0.1,
    reapply: Annotated[
        bool, typer.Option("--reapply", help="Write everybody again whom an earlier version wrote.")
    ] = False,
    wait: WaitOption = 120,
    agent: AgentOption = "agent",
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Make the file the next version: tried with a few people, taken back if the CRM refuses too many of them."""
    from hub.cli import people
    from hub.cli.mapping_files import bench, must_run
    from hub.contracts.errors import ConfigError
    from hub.mapping import check
    from hub.mapping.diff import changes, unified
    from hub.model.by_hand import MappingApplied
    from hub.store import mappings

    desk = bench(config, crm)
    draft = desk.draft(file)
    mapping = desk.read(draft)
    with desk.store() as db:
        running = must_run(desk.running(db))
        assert db is not None
        known = mappings.shape(db, desk.crm.name)
        tried = mappings.on_trial(db, desk.crm.name)
    if known and (wrong := check(mapping, known.schema)):
        raise wrong[0]
    if tried is not None and not now:
        raise ConfigError(f"version {tried.id} is on trial", remedy="wait for its end, or --now takes its place")
    if running.row.text == draft.text and tried is None and not reapply:
        raise ConfigError(f"{draft.shown} is what runs already (version {running.row.id})", remedy="change it first")
    if not as_json:
        say_changes(changes(running.mapping, mapping))
        print(unified(running.row.text, draft.text, f"version {running.row.id}", draft.shown))
    key, at = people.fresh()
    event = MappingApplied(
        key=key,
        at=at,
        crm=desk.crm.name,
        text=draft.text,
        note=note,
        trial=0 if now else trial,
        limit=limit,
        reapply=reapply,
        agent=agent,
    )
    _submit(desk, event, wait, as_json)


def rollback(
    version: Annotated[int, typer.Argument(metavar="[VERSION]", help="Which one; else the one before.")] = 0,
    crm: CrmOption = "",
    reapply: Annotated[
        bool, typer.Option("--reapply", help="Write everybody again whom a later version wrote.")
    ] = False,
    note: Annotated[str, typer.Option("--note", help="Why, for the log.")] = "",
    agent: AgentOption = "agent",
    wait: WaitOption = 30,
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Make a former version active again, at once. The file is left as it is."""
    from hub.cli import people
    from hub.cli.mapping_files import bench, must_run
    from hub.contracts.errors import NotFound
    from hub.model.by_hand import MappingApplied
    from hub.store import mappings

    desk = bench(config, crm)
    with desk.store() as db:
        running = must_run(desk.running(db))
        assert db is not None
        if version:
            row = mappings.numbered(db, version)
            if row is None or row.crm != desk.crm.name or not _ran(row):
                raise NotFound(f"no version {version} of the mapping of {desk.crm.name} ever ran: see mapping log")
        else:
            former = [one.row for one in mappings.versions(db, desk.crm.name) if one.row.id < running.row.id]
            row = next((one for one in former if _ran(one) and one.hash != running.row.hash), None)
            if row is None:
                raise NotFound(f"nothing ran in {desk.crm.name} before version {running.row.id}")
    key, at = people.fresh()
    event = MappingApplied(
        key=key,
        at=at,
        crm=desk.crm.name,
        text=row.text,
        note=note or f"version {row.id} again",
        trial=0,
        reapply=reapply,
        agent=agent,
    )
    _submit(desk, event, wait, as_json)


def _ran(row: MappingRow) -> bool:
    return row.state in ("active", "retired")


def _submit(desk: Bench, event: MappingApplied, wait: float, as_json: bool) -> None:
    """Hand the event over and tell what comes of it; exits 1 when the version was refused."""
    from hub.cli.output import say_json
    from hub.engine.control_client import ask, submit
    from hub.store import mappings
    from hub.store.dialects import leases

    with desk.store() as db:
        assert db is not None
        newest = max((one.row.id for one in mappings.versions(db, event.crm)), default=0)
        before = mappings.active(db, event.crm)
        elsewhere = leases.look(db).processes if db.shared else 0
    runs = elsewhere > 0 or ask(desk.place.folder, {"do": "status"}) is not None
    sentence = submit(desk.place, event)
    row = _await(desk, event, newest, wait) if runs else None
    told = _told(row) if row is not None else sentence
    if row is None and before is not None and before.text == event.text:
        told = f"{sentence}; version {before.id} runs on" + ("; its people are written again" if event.reapply else "")
    if as_json:
        say_json(
            {"crm": event.crm, "event": sentence, "version": row and row.id, "state": row and row.state, "is": told}
        )
    else:
        print(told)
    if row is not None and row.state == "rejected":
        raise typer.Exit(1)


def _await(desk: Bench, event: MappingApplied, newest: int, wait: float) -> MappingRow | None:
    """The version that the event made, once its trial ended or the time is over; None when it made none."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from hub.engine.effects.mappings import trial_of
    from hub.store import mappings

    began, row = time.monotonic(), None
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    console = Console(stderr=True)
    with (
        Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress,
        desk.store() as db,
    ):
        assert db is not None
        bar = None
        while True:
            found = [one.row for one in mappings.versions(db, event.crm) if one.row.id > newest]
            row = found[-1] if found else None
            if row is not None and row.state != "trial":
                return row
            if row is not None:
                numbers = trial_of(row).rows
                ended = sum(state in ("done", "dead", "dropped") for state, _ in mappings.fates(db, numbers).values())
                bar = progress.add_task(f"version {row.id} on trial", total=len(numbers)) if bar is None else bar
                progress.update(bar, completed=ended)
            waited = time.monotonic() - began
            if waited > wait or (row is None and waited > _patience(event, wait)):
                return row
            time.sleep(LOOK)


def _patience(event: MappingApplied, wait: float) -> float:
    """Seconds after which an event that made no version will make none."""
    return min(wait, 2.0 if event.reapply else NEW)


def _told(row: MappingRow) -> str:
    if row.state == "active":
        return f"version {row.id} of the mapping of {row.crm} is active" + (f" ({row.reason})" if row.reason else "")
    if row.state == "trial":
        return f"version {row.id} is still on trial: dragoman mapping log shows what becomes of it"
    return f"version {row.id} was not taken: {row.reason}"


def say_changes(found: list[Change]) -> None:
    """Print changes, a field a line."""
    from hub.cli.output import say_table

    if found:
        say_table(("field", "", "what"), [(one.field, one.what, "; ".join(one.words)) for one in found])


def log(crm: CrmOption = "", config: ConfigOption = CONFIG, as_json: JsonOption = False) -> None:
    """Show the versions, the newest first, and how many people each of them wrote last."""
    from hub.cli.mapping_files import bench
    from hub.cli.output import say_json, say_table, when
    from hub.store import mappings

    desk = bench(config, crm)
    with desk.store() as db:
        found = mappings.versions(db, desk.crm.name) if db is not None else []
    if as_json:
        say_json([_plain(one.row, one.links) for one in found])
    elif not found:
        print("No version runs yet: the hub takes the file when it first starts.")
    else:
        say_table(
            ("version", "state", "since", "until", "by", "people", "note", "reason"),
            [
                (
                    str(one.row.id),
                    one.row.state,
                    when(one.row.at),
                    when(one.row.ended),
                    one.row.agent,
                    str(one.links),
                    one.row.note,
                    one.row.reason,
                )
                for one in found
            ],
            title=desk.crm.name,
        )


def _plain(row: MappingRow, links: int) -> dict[str, Any]:
    names = ("id", "crm", "at", "agent", "note", "state", "ended", "reason", "hash")
    return {name: getattr(row, name) for name in names} | {"people": links}
