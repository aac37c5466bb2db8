"""`dragoman reply`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hub.cli.options import CONFIG, ConfigOption
from hub.cli.people import AgentOption, PersonArgument

if TYPE_CHECKING:
    from hub.model.content import Content, Media

FILE_MAX = 100_000_000
"""Bytes of a file; each platform's own limit is told when it refuses."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        epilog='Examples: [bold]dragoman reply +15550100 "We deliver tomorrow." --agent Ana[/]   '
        "[bold]dragoman reply p12 --template order_ready --language en --param Ana[/]"
    )(reply)


def reply(
    person: PersonArgument,
    text: Annotated[str, typer.Argument(help="What to say; a file's caption, the text above buttons.")] = "",
    template: Annotated[str, typer.Option("--template", help="Send this approved template.")] = "",
    language: Annotated[str, typer.Option("--language", help="The template's language.")] = "",
    param: Annotated[list[str] | None, typer.Option("--param", help="The template's values, in order.")] = None,
    file: Annotated[Path | None, typer.Option("--file", help="Send this file.")] = None,
    button: Annotated[list[str] | None, typer.Option("--button", help="A button under the text.")] = None,
    location: Annotated[str, typer.Option("--location", metavar="LAT,LON", help="Send a place on the map.")] = "",
    agent: AgentOption = "agent",
    config: ConfigOption = CONFIG,
) -> None:
    """Answer a person in the conversation used last; the automation of that conversation pauses."""
    from hub.cli import people
    from hub.contracts.errors import ConfigError
    from hub.model.events import HumanReplied

    forms = {"--template": template, "--file": file, "--button": button, "--location": location}
    named = [name for name, given in forms.items() if given]
    if len(named) > 1:
        raise ConfigError(f"{named[0]} and {named[1]} are two messages", remedy="send one after the other")
    if not text.strip() and (not named or button):
        raise ConfigError("there is nothing to say", remedy='write the text in quotes: dragoman reply PERSON "..."')
    if template and (text or not language):
        what = "a template is the whole message" if text else "a template has a language"
        raise ConfigError(what, remedy="dragoman reply PERSON --template NAME --language en --param VALUE")
    if (param or language) and not template:
        raise ConfigError("--param and --language belong to a template", remedy="add --template NAME")
    hub = people.settings(config)
    who = people.reference(person, hub.region)
    people.must_know(hub.data, who, talks=True)
    content = _content(template, language, param or [], file, button or [], location, hub.data)
    key, at = people.fresh()
    held = content.dump() if named else {}
    people.happen(hub.data, HumanReplied(key=key, at=at, person=who, text=text, agent=agent, content=held))


def _content(
    template: str, language: str, params: list[str], file: Path | None, buttons: list[str], location: str, data: Path
) -> Content:
    from hub.contracts.errors import ConfigError
    from hub.model.content import PLAIN, Content, Option, Template

    if template:
        return Content(form="template", template=Template(name=template, language=language, body=tuple(params)))
    if file is not None:
        media = _stored(file, data)
        return Content(form=media.kind, media=media)
    if buttons:
        options = tuple(Option(id="-".join(title.casefold().split()), title=title) for title in buttons)
        ids = [option.id for option in options]
        if twice := next((name for name in ids if not name or ids.count(name) > 1), None):
            raise ConfigError(f"two buttons are called '{twice}'", remedy="give each its own title")
        return Content(form="buttons", options=options)
    if location:
        return _place(location)
    return PLAIN


def _stored(file: Path, data: Path) -> Media:
    """The file, kept in the hub's data folder. Raises ConfigError."""
    import mimetypes

    from hub.contracts.errors import ConfigError
    from hub.model.content import Media
    from hub.store.blobs import FolderBlobs

    try:
        size = file.stat().st_size
        if not file.is_file() or not 0 < size <= FILE_MAX:
            raise ConfigError(f"{file} is no file of 1 byte to {FILE_MAX // 1_000_000} MB", remedy="name another")
        with file.open("rb") as opened:
            blob = FolderBlobs(data / "blobs").write(iter(lambda: opened.read(1 << 20), b""))
    except OSError as error:
        raise ConfigError(
            f"{file}: {error.strerror}", remedy="check the path, and that you are the hub's user"
        ) from None
    mime = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    main = mime.partition("/")[0]
    shown = ("image/jpeg", "image/png", "video/mp4", "audio/aac", "audio/mp4", "audio/mpeg", "audio/ogg")
    kind = main if mime in shown else "document"  # other images and sounds go as they are
    return Media(kind=kind, blob=blob, mime=mime, name=file.name, size=size)  # type: ignore[arg-type]


def _place(location: str) -> Content:
    from hub.contracts.errors import ConfigError
    from hub.model.content import Content, Place

    try:
        latitude, longitude = (float(part) for part in location.split(","))
    except ValueError:
        latitude = longitude = 999.0
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise ConfigError(f"'{location}' is no place", remedy="write degrees: --location 40.1772,44.5035")
    return Content(form="location", place=Place(latitude=latitude, longitude=longitude))
