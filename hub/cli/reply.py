"""`dragoman reply`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli.options import CONFIG, ConfigOption
from hub.cli.people import AgentOption, PersonArgument

if TYPE_CHECKING:
    from hub.model.content import Content
    from hub.store import Place

Words = list[str] | None


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        epilog='Examples: [bold]dragoman reply +15550100 "We deliver tomorrow." --agent Ana[/]   '
        "[bold]dragoman reply p12 --template order_ready --language en --param Ana[/]   "
        '[bold]dragoman reply p12 --react "👍"[/]   '
        '[bold]dragoman reply p12 "Which shop?" --list Choose --row "North|Near the park" --row South[/]'
    )(reply)


def reply(
    person: PersonArgument,
    text: Annotated[str, typer.Argument(help="What to say; a file's caption, the text above choices.")] = "",
    quote: Annotated[str, typer.Option("--quote", metavar="MESSAGE", help="Quote it: m12, or last.")] = "",
    react: Annotated[
        str | None,
        typer.Option("--react", metavar="EMOJI", help='React to the last message, or --quote; "" takes back.'),
    ] = None,
    template: Annotated[str, typer.Option("--template", help="Send this approved template.")] = "",
    language: Annotated[str, typer.Option("--language", help="The template's language.")] = "",
    param: Annotated[Words, typer.Option("--param", help="The template's values, in order or as name=value.")] = None,
    header: Annotated[Words, typer.Option("--header", help="The values of its header, the same way.")] = None,
    button_value: Annotated[Words, typer.Option("--button-value", help="The values of its buttons, in order.")] = None,
    file: Annotated[Path | None, typer.Option("--file", help="Send this file; of a template, its header's.")] = None,
    button: Annotated[Words, typer.Option("--button", help="A button under the text.")] = None,
    opens: Annotated[str, typer.Option("--list", metavar="BUTTON", help="A list that this button opens.")] = "",
    row: Annotated[Words, typer.Option("--row", metavar='"TITLE|ABOUT"', help="A row of the list.")] = None,
    card: Annotated[Words, typer.Option("--card", metavar='"NAME|PHONE|EMAIL"', help="Send a contact card.")] = None,
    location: Annotated[str, typer.Option("--location", metavar="LAT,LON", help="Send a place on the map.")] = "",
    agent: AgentOption = "agent",
    config: ConfigOption = CONFIG,
) -> None:
    """Answer a person in the conversation used last; the automation of that conversation pauses."""
    from hub.cli import contents, people
    from hub.contracts.errors import ConfigError
    from hub.model.by_hand import HumanReplied
    from hub.model.content import PLAIN, Content

    forms = {"--template": template, "--button": button, "--list": opens, "--card": card, "--location": location}
    named = [name for name, given in forms.items() if given]
    named += ["--file"] if file and not template else []
    named += ["--react"] if react is not None else []
    if len(named) > 1:
        raise ConfigError(f"{named[0]} and {named[1]} are two messages", remedy="send one after the other")
    if not text.strip() and (not named or button or opens):
        raise ConfigError("there is nothing to say", remedy='write the text in quotes: dragoman reply PERSON "..."')
    if template and (text or not language):
        what = "a template is the whole message" if text else "a template has a language"
        raise ConfigError(what, remedy="dragoman reply PERSON --template NAME --language en --param VALUE")
    if (param or header or button_value or language) and not template:
        raise ConfigError("--param, --header, --button-value and --language are a template's", remedy="add --template")
    if bool(opens) != bool(row):
        raise ConfigError("--list and --row go together", remedy='--list Choose --row "North|Near the park"')
    if react is not None and text:
        raise ConfigError("a reaction is the whole message", remedy="send the text after it")
    hub = people.settings(config)
    who = people.reference(person, hub.region)
    number = people.must_know(hub.place, who, talks=True)
    quoted, inbox = _place(hub.place, number, quote or ("last" if react is not None else ""))
    held = PLAIN
    if template:
        media = contents.stored(file, hub.files) if file else None
        made = contents.template(template, language, header or [], param or [], button_value or [], media)
        held = Content(form="template", template=made)
    elif file is not None:
        media = contents.stored(file, hub.files)
        held = Content(form=media.kind, media=media)
    elif button or opens:
        held = contents.choices(opens, row or button or [])
    elif card:
        held = contents.cards(card)
    elif location:
        held = contents.place(location)
    elif react is not None:
        held, text = Content(form="reaction"), react.strip()
    _must_fit(config, inbox, held, text)
    key, at = people.fresh()
    content = held.dump() if named else {}
    event = HumanReplied(key=key, at=at, person=who, text=text, agent=agent, content=content, reply_to=quoted)
    people.happen(hub.place, event)


def _place(place: Place, person: int, quote: str) -> tuple[str, str]:
    """The platform's id of the message to quote ("" = none), and the inbox the answer goes to. Raises ConfigError."""
    from hub.contracts.errors import ConfigError
    from hub.store import open_reader, reading

    digits = quote.removeprefix("m")
    if quote not in ("", "last") and not (digits.isdecimal() and digits.isascii() and len(digits) < 19):
        raise ConfigError(f"'{quote}' names no message", remedy="write m and its number as in `dragoman why`, or last")
    db = open_reader(place)
    try:
        if not quote:
            return "", reading.last_inbox(db, person)
        found = reading.quotable(db, person, 0 if quote == "last" else int(digits))
    finally:
        db.close()
    if found is None:
        what = "he wrote nothing that can be quoted" if quote == "last" else f"{quote} is no message with p{person}"
        raise ConfigError(what, remedy="leave out --quote, or name a message of this conversation")
    if not found[0]:
        raise ConfigError(f"{quote} has no id at the platform", remedy="quote a message that was sent or received")
    return found


def _must_fit(config: Path, inbox: str, content: Content, text: str) -> None:
    """Raise Rejected for what the inbox's channel would refuse; where it is not known, the hub says so later."""
    import os

    from hub.cli.options import logs_to_stderr
    from hub.contracts.errors import Rejected
    from hub.engine.fitting import fault
    from hub.engine.loader import load_plugins
    from hub.engine.tables import Tables, read_text

    tables = Tables(config, os.environ, read_text(config, "dragoman init writes a starter"))
    connection = tables.named("inbox").get(inbox, {}).get("connection")
    kind = tables.named("connection").get(str(connection), {}).get("channel")
    logs_to_stderr()
    channel = load_plugins().channels.get(str(kind))
    if channel is not None and (wrong := fault(channel, content, text)):
        raise Rejected(wrong)
