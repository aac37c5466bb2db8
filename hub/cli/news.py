"""`dragoman news`."""

from __future__ import annotations

import typer

from hub.cli.options import CONFIG, ConfigOption, JsonOption


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: [bold]dragoman news[/]")(news)


def news(config: ConfigOption = CONFIG, as_json: JsonOption = False) -> None:
    """Show what platforms told about your accounts, numbers and templates, and the gaps the hub found.

    The newest word about each subject, what is bad first.
    """
    from hub.cli import people
    from hub.cli.output import say_json, say_table, when
    from hub.store import health, open_reader

    db = open_reader(people.settings(config).place)
    try:
        words = health.news(db, people.fresh()[1])
    finally:
        db.close()
    if as_json:
        say_json({"news": [word._asdict() for word in words]})
    elif words:
        rows = [("no" if w.bad else "ok", when(w.at), w.connection, f"{w.topic} {w.subject}", w.text) for w in words]
        say_table(("", "when", "connection", "about", "what"), rows)
    else:
        print("No news.")
