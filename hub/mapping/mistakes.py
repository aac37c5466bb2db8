"""All mistakes of a mapping file at once: each is found, its entry is left out, and the rest is read again. Pure."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterable

from hub.contracts.errors import ConfigError
from hub.contracts.toml_lines import Lines
from hub.contracts.transforms import TransformSpec
from hub.mapping.files import TABLES, load_mapping

MOST = 100
_FOLLOWS = ("no line uses ", "the table [person] is missing or empty")
"""How mistakes begin that may only come from what was left out."""


def mistakes(
    text: str, file: str, *, inboxes: Collection[str] | None = None, transforms: Iterable[TransformSpec] = ()
) -> list[ConfigError]:
    """Every mistake of the file, in the order of its lines; at most `MOST`. The arguments are those of
    `load_mapping`."""
    known = tuple(transforms)
    left, found = text, list[ConfigError]()
    while len(found) < MOST:
        try:
            load_mapping(left, file, inboxes=inboxes, transforms=known)
            break
        except ConfigError as error:
            if not found or not error.what.startswith(_FOLLOWS):
                found.append(error)
            shorter = _without(left, file, error.where)
            if shorter is None or shorter == left:
                break
            left = shorter
    return sorted(found, key=lambda error: _number(error.where))


def _number(where: str) -> int:
    number = where.rpartition(":")[2]
    return int(number) if number.isdecimal() else 0


def _without(text: str, file: str, where: str) -> str | None:
    """The text without the entry that stands at `where`, its lines left empty; None where none can be told apart."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None
    lines, wrong = Lines(text, file), _number(where)
    paths: list[tuple[str, ...]] = [(name,) for name in data]
    paths += [(name, key) for name in TABLES if isinstance(data.get(name), dict) for key in data[name]]
    starts = sorted({number for path in paths if (number := _number(lines.where(path)))})
    begin = max((number for number in starts if number <= wrong), default=0)
    if not begin:
        return None
    rows = text.split("\n")
    end = min((number for number in starts if number > begin), default=len(rows) + 1)
    if rows[begin - 1].strip() in ("[person]", "[owners]"):  # the header alone says nothing
        return None
    return "\n".join([*rows[: begin - 1], *[""] * (end - begin), *rows[end - 1 :]])
