"""`dragoman ratings`."""

from __future__ import annotations

from typing import Annotated

import typer

from hub.cli.options import CONFIG, ConfigOption, JsonOption

GOOD = 60
"""From this score on, of 100, an answer was good."""
ENOUGH = 0.6
"""An answer with a smaller share of good ratings is to be rewritten."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: [bold]dragoman ratings --days 30[/]")(ratings)


def ratings(
    days: Annotated[int, typer.Option("--days", min=1, max=3660, help="Ratings of so many days.")] = 90,
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Show what people think of the answers they got: the share of good ones by rule and agent, the worst first.

    What less than 60 % found good is marked: write it anew.
    """
    from hub.cli import people
    from hub.cli.output import say_json, say_table
    from hub.store import open_reader, recent

    hub = people.settings(config)
    db = open_reader(hub.place)
    try:
        found = recent.ratings(db, people.fresh()[1] - days * 86_400_000, GOOD)
    finally:
        db.close()
    rows = [
        {
            "about": one.about,
            "ratings": one.times,
            "good": round(one.good / one.times, 3),
            "average": round(one.average, 1),
            "rewrite": one.good / one.times < ENOUGH,
        }
        for one in found
    ]
    if as_json:
        say_json(rows)
    elif not rows:
        print(f"Nobody rated anything in the last {days} days.")
    else:
        shown = [
            (str(row["about"]), str(row["ratings"]), f"{row['good']:.0%}", "rewrite" if row["rewrite"] else "")
            for row in rows
        ]
        say_table(("about", "ratings", "good", ""), shown)
