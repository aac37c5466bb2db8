"""`dragoman templates`."""

from __future__ import annotations

from typing import Annotated

import typer

from hub.cli.options import CONFIG, ConfigOption, JsonOption


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Examples: [bold]dragoman templates[/]   [bold]dragoman templates --usable --json[/]")(templates)


def templates(
    usable: Annotated[bool, typer.Option("--usable", help="Only those that can be sent now.")] = False,
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """List the templates that the platforms approved, as they listed them last."""
    from hub.cli import people
    from hub.cli.output import say_json, say_table, when
    from hub.store import open_reader
    from hub.store.templates import everything

    db = open_reader(people.settings(config).place)
    try:
        found = [one for one in everything(db) if one.info.usable or not usable]
    finally:
        db.close()
    if as_json:
        say_json([{"connection": one.connection, **one.info._asdict(), "at": one.at} for one in found])
        return
    if not found:
        print(
            "No templates are known: the platform has none, `dragoman run` has not read them yet, or a WhatsApp"
            " connection in hub.toml lacks its waba_id, by which they are listed."
        )
        return
    say_table(
        ("connection", "template", "language", "status", "category", "quality", "takes", "read"),
        [
            (
                one.connection,
                one.info.name,
                one.info.language,
                one.info.status.lower(),
                one.info.category.lower(),
                one.info.quality.lower(),
                _takes(one.info.header, one.info.body, one.info.buttons, one.info.header_media),
                when(one.at),
            )
            for one in found
        ],
    )


def _takes(header: int, body: int, buttons: int, media: str) -> str:
    parts = [
        f"{count} in {where}" for count, where in ((header, "header"), (body, "text"), (buttons, "buttons")) if count
    ]
    return ", ".join([*([f"a file ({media})"] if media else []), *parts]) or "nothing"
