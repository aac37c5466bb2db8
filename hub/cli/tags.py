"""`dragoman tags`: which tags there are, how many people have them, and what the numbers say of them."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from hub.cli.options import CONFIG, ConfigOption, JsonOption, read

DAY = 86_400_000  # ms


def register(app: typer.Typer) -> None:
    """Add the commands."""
    examples = "Examples: [bold]dragoman tags list[/]   [bold]dragoman tags report --days 30 --json[/]"
    group = typer.Typer(no_args_is_help=True, rich_markup_mode="rich", help="See how tags are used.", epilog=examples)
    group.callback()(_tags)
    group.command("list", epilog="Examples: [bold]dragoman tags list[/]   [bold]dragoman tags list --json[/]")(listed)
    group.command(epilog="Examples: [bold]dragoman tags report[/]   [bold]dragoman tags report --days 30 --json[/]")(
        report
    )
    app.add_typer(group, name="tags")


def _tags() -> None:
    """See how tags are used. One person's tags are changed with [bold]dragoman tag[/]."""


def listed(config: ConfigOption = CONFIG, as_json: JsonOption = False) -> None:
    """List all tags: what each means, when it goes by itself, and how many people have it."""
    from hub.cli.output import say_json, say_table
    from hub.store import open_reader, reports
    from hub.tags.tags import TagKind

    loaded, _ = read(config)
    kinds = loaded.rules.book.tags
    db = open_reader(loaded.hub.place)
    try:
        use = reports.people_with(db)
        tagged = reports.tagged(db)
    finally:
        db.close()
    names = [*kinds.all, *sorted(use.keys() - kinds.all.keys())]
    if as_json:
        say_json(
            {
                "tags": [_plain(kinds.kind(name), use.get(name, 0), name in kinds.all) for name in names],
                "people": tagged,
                "warnings": list(kinds.warnings),
            }
        )
        return
    if not names:
        print("There are no tags: write [tag.NAME] in hub.toml.")
        return

    def row(kind: TagKind) -> tuple[str, ...]:
        return (
            kind.name,
            kind.dimension if kind.name in kinds.all else "(not in the file)",
            kind.group,
            str(use.get(kind.name, 0)),
            _span(kind.remind),
            "by hand" if kind.by_hand else _span(kind.expires),
            _span(kind.review),
            follows(kind),
        )

    columns = ("tag", "dimension", "group", "people", "reminds after", "ends after", "looked at every", "follows from")
    say_table(columns, [row(kinds.kind(name)) for name in names])
    for warning in kinds.warnings:
        print(f"Note: {warning}.")


def follows(kind: Any) -> str:
    """What a tag follows from, in words; "" = it is put on."""
    if kind.derive is None:
        return ""
    parts = [f"{asked.name} {asked.test.shown}" for asked in kind.derive.where]
    if kind.derive.after:
        parts.append(f"{_span(kind.derive.after)} after the first contact")
    return ", ".join(parts)


def report(
    days: Annotated[int, typer.Option("--days", min=1, max=3660, help="What happened within so many days.")] = 7,
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Tell of each tag how many people have it, how often it changed, and how many of those who were spoken to answer.

    Shares are of the people who have any tag. Whoever got a message while he had the tag was spoken to; he answered
    when he wrote within 7 days of the first one. Fresh are those people whose tags changed within 24 h of when they
    wrote last. Nothing is deleted by itself.
    """
    from hub.cli.output import say_json, say_table
    from hub.cli.people import fresh
    from hub.store import open_reader, reports
    from hub.tags import marks

    loaded, _ = read(config)
    now = fresh()[1]
    db = open_reader(loaded.hub.place)
    try:
        use = reports.tag_use(db, now - days * DAY, 7 * DAY)
        tagged, people = reports.tagged(db), reports.living(db)
        newest = reports.freshness(db, now - days * DAY)
    finally:
        db.close()
    found = {one.tag: one for one in use}
    for name in loaded.rules.book.tags.all:
        found.setdefault(name, reports.TagUse(name, 0, 0, 0, 0, 0))
    rows = [
        {
            **one._asdict(),
            "share": round(marks.share(one.people, tagged), 4),
            "response": round(marks.share(one.answered, one.asked), 4) if one.asked else None,
            "marks": [
                mark for mark in (marks.used(one.people, tagged), marks.answering(one.answered, one.asked)) if mark
            ],
        }
        for one in sorted(found.values(), key=lambda one: (-one.people, one.tag))
    ]
    is_fresh = marks.share(newest.fresh, newest.people)
    if as_json:
        freshness = {**newest._asdict(), "share": round(is_fresh, 4), "enough": is_fresh >= marks.FRESH}
        say_json({"days": days, "people": people, "tagged": tagged, "tags": rows, "freshness": freshness})
        return
    say_table(
        ("tag", "people", "share", "put on", "taken off", "spoken to", "answered", "marks"),
        [
            (
                str(row["tag"]),
                str(row["people"]),
                f"{row['share']:.0%}",
                str(row["added"]),
                str(row["removed"]),
                str(row["asked"]),
                "" if row["response"] is None else f"{row['answered']} ({row['response']:.0%})",
                "; ".join(row["marks"]),
            )
            for row in rows
        ],
        title=f"Tags of {tagged} of {people} people, the last {days} days",
    )
    if newest.people:
        verdict = "enough" if is_fresh >= marks.FRESH else f"below {marks.FRESH:.0%}"
        print(
            f"Fresh: tags of {newest.fresh} of {newest.people} people ({is_fresh:.0%}) followed within 24 h, {verdict}."
        )


def _plain(kind: Any, people: int, in_file: bool) -> dict[str, Any]:
    return {
        "tag": kind.name,
        "in_file": in_file,
        "dimension": kind.dimension,
        "group": kind.group,
        "people": people,
        "expires_ms": kind.expires,
        "remind_ms": kind.remind,
        "review_ms": kind.review,
        "closed_by_hand": kind.by_hand,
        "until_answered": kind.until_answered,
        "follows_from": follows(kind),
    }


def _span(ms: int) -> str:
    if not ms:
        return ""
    hours = ms / 3_600_000
    return f"{hours / 24:g} d" if hours >= 48 and not ms % DAY else f"{hours:g} h"
