"""`dragoman mapping`: look at a CRM's mapping, try changes, make them run, take them back."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli import mapping_apply, mapping_dry_run, mapping_preview
from hub.cli.options import CONFIG, ConfigOption, CrmOption, FileOption, JsonOption

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hub.cli.mapping_files import Bench
    from hub.contracts.errors import ConfigError
    from hub.mapping import FieldRule, Mapping
    from hub.store.dialects.database import Database


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(
        no_args_is_help=True,
        rich_markup_mode="rich",
        help="Look at what a CRM's fields get, try changes, make them run, take them back.",
        epilog="Examples, after a change of the file: [bold]dragoman mapping check[/]   "
        "[bold]dragoman mapping preview --sample 20[/]   [bold]dragoman mapping dry-run[/]   "
        "[bold]dragoman mapping apply[/]   [bold]dragoman mapping rollback[/]",
    )
    group.callback()(_group)
    for command, examples in (
        (check, "check   check --live   check --crm sf --file draft.toml --json"),
        (show, "show   show --crm sf --json"),
        (
            mapping_preview.preview,
            "preview --person p12   preview --record 003xx --file draft.toml   preview --sample 20",
        ),
        (diff, "diff   diff --file draft.toml"),
        (mapping_dry_run.dry_run, "dry-run --limit 200   dry-run --file draft.toml --csv changes.csv"),
        (mapping_apply.apply, 'apply --note "nick names"   apply --trial 10   apply --now'),
        (mapping_apply.log, "log   log --json"),
        (mapping_apply.rollback, "rollback   rollback 3 --reapply"),
        (change, "set Email rule newest   set Nick__c from attr.nick   set LeadSource value Web --line 2"),
    ):
        shown = "   ".join(f"[bold]dragoman mapping {example}[/]" for example in examples.split("   "))
        name = {"dry_run": "dry-run", "change": "set"}.get(command.__name__, command.__name__)
        group.command(name, epilog=f"Examples: {shown}")(command)
    app.add_typer(group, name="mapping")


def _group() -> None:
    """Look at what a CRM's fields get, try changes, make them run, take them back."""


def check(
    crm: CrmOption = "",
    file: FileOption = None,
    live: Annotated[bool, typer.Option("--live", help="Read the fields from the CRM now.")] = False,
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Check the file, all mistakes at once, and whether it fits the CRM's fields; exits 2 on a mistake."""
    from hub.cli.mapping_files import bench
    from hub.cli.output import say_json, say_table

    desk = bench(config, crm)
    draft = desk.draft(file)
    with desk.store() as db:
        mistakes = desk.mistakes(draft)
        seen = _against(desk, desk.read(draft), db, live) if not mistakes else Seen()
    found = mistakes + seen.mistakes
    if as_json:
        told = {"ok": not found, "crm": desk.crm.name, "file": draft.shown, "fields": seen.asked}
        say_json(told | {"mistakes": _told(found), "remarks": _told(seen.remarks), "drift": seen.drift})
    else:
        if found or seen.remarks:
            rows = [("mistake", one) for one in found] + [("remark", one) for one in seen.remarks]
            say_table(("", "where", "what", "remedy"), [(kind, o.where, o.what, o.remedy) for kind, o in rows])
        for sentence in seen.drift:
            print(f"Changed in the CRM since it was read last: {sentence}")
        said = f"{len(found)} mistake{'s' if len(found) > 1 else ''}" if found else "sound"
        print(f"{draft.shown}: {said}; {seen.asked}".rstrip("; "))
    if found:
        raise typer.Exit(2)


def _told(found: Iterable[ConfigError]) -> list[dict[str, str]]:
    return [{"what": one.what, "where": one.where, "remedy": one.remedy} for one in found]


@dataclass(frozen=True, slots=True)
class Seen:
    """A mapping beside the CRM's fields: `mistakes` keep it from running, `remarks` do not; `drift` says how the fields
    changed, `asked` as of when they are known."""

    mistakes: list[ConfigError] = field(default_factory=list)
    remarks: list[ConfigError] = field(default_factory=list)
    drift: list[str] = field(default_factory=list)
    asked: str = ""


def _against(desk: Bench, mapping: Mapping, db: Database | None, live: bool) -> Seen:
    from hub.cli.mapping_files import told_by_name
    from hub.cli.output import when
    from hub.mapping import check as fits
    from hub.mapping.schema import drift, remarks
    from hub.store import mappings

    known = mappings.shape(db, desk.crm.name) if db is not None else None
    if live:
        with told_by_name():
            schema = desk.crm.adapter.describe()
        changed = drift(known.schema, schema, mapping) if known else []
        asked = f"{len(schema.fields)} fields of {desk.crm.name}, read now"
        return Seen(fits(mapping, schema), remarks(mapping, schema), changed, asked)
    if known is None:
        return Seen(asked=f"the fields of {desk.crm.name} were not read yet: check --live asks for them")
    asked = f"{len(known.schema.fields)} fields of {desk.crm.name}, read {when(known.at)}"
    return Seen(fits(mapping, known.schema), remarks(mapping, known.schema), asked=asked)


def show(crm: CrmOption = "", config: ConfigOption = CONFIG, as_json: JsonOption = False) -> None:
    """Show the version that runs, line by line."""
    from hub.cli.mapping_files import bench, must_run
    from hub.cli.output import say_json, say_table, when
    from hub.store import mappings

    desk = bench(config, crm)
    with desk.store() as db:
        running = must_run(desk.running(db))
        trial = mappings.on_trial(db, desk.crm.name) if db is not None else None
    row = running.row
    lines = [_line(line) for line in running.mapping.person]
    if as_json:
        head = {"crm": row.crm, "version": row.id, "at": row.at, "by": row.agent, "note": row.note}
        say_json({**head, "trial": trial.id if trial else None, "lines": lines, "text": row.text})
        return
    title = f"{row.crm}: version {row.id}, since {when(row.at)}, by {row.agent}"
    columns = ("field", "", "source", "when", "rule", "blank", "transform", "table", "inbox")
    say_table(columns, [[line[column or "arrow"] for column in columns] for line in lines], title=title)
    if trial is not None:
        print(f"Version {trial.id} is on trial: see dragoman mapping log.")
    if desk.crm.mapping_text != row.text:
        print(f"{desk.crm.mapping.file} is not what runs: see dragoman mapping diff.")


def _line(line: FieldRule) -> dict[str, str]:
    from hub.mapping.diff import ARROWS

    return {
        "field": line.field,
        "arrow": ARROWS[line.direction if line.attribute or line.direction != "both" else "push"],
        "source": line.source or f"'{line.value}'",
        "when": line.when,
        "rule": line.rule,
        "blank": line.blank,
        "transform": ", ".join(transform.text for transform in line.transforms),
        "table": line.table.name if line.table else "",
        "inbox": " or ".join(sorted(line.inboxes)),
    }


def diff(
    crm: CrmOption = "", file: FileOption = None, config: ConfigOption = CONFIG, as_json: JsonOption = False
) -> None:
    """Compare the version that runs with the file: field by field in words, then the texts."""
    from hub.cli.mapping_files import bench, must_run
    from hub.cli.output import say_json
    from hub.mapping.diff import changes, unified

    desk = bench(config, crm)
    draft = desk.draft(file)
    mapping = desk.read(draft)
    with desk.store() as db:
        running = must_run(desk.running(db))
    found = changes(running.mapping, mapping)
    text = unified(running.row.text, draft.text, f"version {running.row.id}", draft.shown)
    if as_json:
        told = [{"field": one.field, "what": one.what, "words": list(one.words)} for one in found]
        say_json({"crm": desk.crm.name, "version": running.row.id, "changes": told, "text": text})
        return
    mapping_apply.say_changes(found)
    print(text or f"{draft.shown} is what runs (version {running.row.id}).")


def change(
    name: Annotated[str, typer.Argument(metavar="FIELD", help="The CRM's name of the field.")],
    key: Annotated[
        str, typer.Argument(metavar="KEY", help="from, value, when, direction, rule, blank, transform, table or inbox.")
    ],
    value: Annotated[str, typer.Argument(metavar="VALUE", help='Several with commas; "" takes the key out.')],
    line: Annotated[int, typer.Option("--line", min=0, help="Which line of a field that has several.")] = 0,
    crm: CrmOption = "",
    file: FileOption = None,
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Change one key of the file; comments and order stay. Nothing runs until it is applied."""
    from hub.cli.mapping_files import Draft, bench, replace_file
    from hub.cli.output import say_json
    from hub.contracts.errors import ConfigError
    from hub.mapping.diff import unified
    from hub.mapping.toml_edit import set_key

    desk = bench(config, crm)
    draft = desk.draft(file)
    if draft.path is None:
        remedy = "dragoman init writes one beside hub.toml"
        raise ConfigError("the packaged mapping cannot be changed", where=draft.shown, remedy=remedy)
    text = set_key(draft.text, draft.shown, name, key, value, line=line)
    desk.read(Draft(text, draft.shown, draft.path))  # a file that would not load is not written
    replace_file(Path(draft.path), text)
    told = unified(draft.text, text, draft.shown, draft.shown)
    if as_json:
        say_json({"file": draft.shown, "changed": text != draft.text, "text": told})
    else:
        print(told or f"{draft.shown} says so already.")
