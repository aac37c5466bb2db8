"""What `dragoman reply` sends beside a text, from how people write it on the command line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hub.model.content import Content, Media, Option, Template

FILE_MAX = 100_000_000
"""Bytes of a file; each platform's own limit is told when it refuses."""
NAMED = re.compile(r"([a-z][a-z0-9_]*)=(.*)", re.DOTALL)


def template(
    name: str, language: str, header: Sequence[str], params: Sequence[str], buttons: Sequence[str], media: Media | None
) -> Template:
    """A template and its values, in order or all as name=value; one that begins with = is a value in order.

    Raises ConfigError.
    """
    from hub.contracts.errors import ConfigError
    from hub.model.content import Template

    given = [*header, *params]
    named = [found for value in given if (found := NAMED.fullmatch(value))]
    if named and len(named) < len(given):
        raise ConfigError(
            "some values are named and some are not",
            remedy="write name=value for each, or begin a value that holds = with =",
        )
    if media is not None and header:
        raise ConfigError("a template's header is a file or a text, not both", remedy="leave out --file or --header")
    values = [found[2] for found in named] if named else [value.removeprefix("=") for value in given]
    return Template(
        name=name,
        language=language,
        header=tuple(values[: len(header)]),
        body=tuple(values[len(header) :]),
        buttons=tuple(buttons),
        media=media,
        names=tuple(found[1] for found in named),
    )


def choices(button: str, titles: Sequence[str]) -> Content:
    """Buttons, or with the words of `button` a list that it opens, each row as "title|description".

    Raises ConfigError.
    """
    from hub.contracts.errors import ConfigError
    from hub.model.content import Content, Option

    options: list[Option] = []
    for row in titles:
        title, _, about = row.partition("|") if button else (row, "", "")
        name = "-".join(title.casefold().split())
        if not name or any(name == other.id for other in options):
            what = f"two {'rows' if button else 'buttons'} are called '{name}'" if name else "a choice has no title"
            raise ConfigError(what, remedy="give each its own title")
        options.append(Option(id=name, title=title.strip(), description=about.strip()))
    return Content(form="list" if button else "buttons", options=tuple(options), button=button)


def cards(given: Sequence[str]) -> Content:
    """Contact cards, each as "name|phone|email" with one of the two at least. Raises ConfigError."""
    from hub.contracts.errors import ConfigError
    from hub.model.content import Card, Content

    made = []
    for one in given:
        name, phone, email, *more = (part.strip() for part in f"{one}||".split("|"))
        if not name or any(more) or not (phone or email):
            raise ConfigError(f"'{one}' is no card", remedy='write --card "Ana|+12025550100|ana@example.com"')
        made.append(Card(name=name, phones=(phone,) if phone else (), emails=(email,) if email else ()))
    return Content(form="contacts", cards=tuple(made))


def stored(file: Path, folder: Path) -> Media:
    """The file, kept in the hub's folder of files. Raises ConfigError."""
    import mimetypes

    from hub.contracts.errors import ConfigError
    from hub.model.content import Media
    from hub.store.blobs import FolderBlobs

    try:
        size = file.stat().st_size
        if not file.is_file() or not 0 < size <= FILE_MAX:
            raise ConfigError(f"{file} is no file of 1 byte to {FILE_MAX // 1_000_000} MB", remedy="name another")
        with file.open("rb") as opened:
            blob = FolderBlobs(folder).write(iter(lambda: opened.read(1 << 20), b""))
    except OSError as error:
        raise ConfigError(
            f"{file}: {error.strerror}", remedy="check the path, and that you are the hub's user"
        ) from None
    mime = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    main = mime.partition("/")[0]
    shown = ("image/jpeg", "image/png", "video/mp4", "audio/aac", "audio/mp4", "audio/mpeg", "audio/ogg")
    kind = main if mime in shown else "document"  # other images and sounds go as they are
    return Media(kind=kind, blob=blob, mime=mime, name=file.name, size=size)  # type: ignore[arg-type]


def place(location: str) -> Content:
    """A place on the map, from degrees "LAT,LON". Raises ConfigError."""
    from hub.contracts.errors import ConfigError
    from hub.model.content import Content, Place

    try:
        latitude, longitude = (float(part) for part in location.split(","))
    except ValueError:
        latitude = longitude = 999.0
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise ConfigError(f"'{location}' is no place", remedy="write degrees: --location 40.1772,44.5035")
    return Content(form="location", place=Place(latitude=latitude, longitude=longitude))
