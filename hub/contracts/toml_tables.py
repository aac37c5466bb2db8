"""Tables of a TOML file that people write, checked strictly: every mistake is one sentence with place and remedy."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from hub.contracts.errors import ConfigError

Path = tuple[str | int, ...]
"""Keys and places that lead to a value, from the top of the file."""
Where = Callable[[Path], str]
"""Turns a path into `hub.toml:12`."""

_SPAN = re.compile(r"(\d{1,6})\s*([smhd])")
_UNIT = {"s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


class Table(BaseModel):
    """Strict: an unknown key is a mistake."""

    model_config = ConfigDict(extra="forbid", strict=True)


def listed(value: Any) -> Any:
    """A text as a list of one; anything else as it is."""
    return [value] if isinstance(value, str) else value


Names = Annotated[list[str], BeforeValidator(listed)]
"""One text, or a list of them."""


class TagsTable(Table):
    """Tags that must all be there, of which one must be, and that must not be."""

    all: Names = Field(default_factory=list)
    any: Names = Field(default_factory=list)
    none: Names = Field(default_factory=list)


def _as_all(value: Any) -> Any:
    return {"all": value} if isinstance(value, str | list) else value


AskedTags = Annotated[TagsTable, BeforeValidator(_as_all)]
"""A `TagsTable`; one name, or a list of them, must all be there."""

T = TypeVar("T", bound=Table)


def validate(model: type[T], table: Any, path: Path, where: Where, inside: Mapping[str, type[Table]] = {}) -> T:
    """`table`, which stands at `path`, as `model`. Raises ConfigError for the first mistake.

    `inside` names the models of tables within it by their keys, so that a misspelt key there gets its own remedy.
    """
    try:
        return model.model_validate(table)
    except ValidationError as error:
        first = min(error.errors(), key=lambda e: e["type"] != "extra_forbidden")  # it often explains a missing one
    loc = first["loc"]
    key = loc[-1] if loc else path[0]
    match first["type"]:
        case "extra_forbidden":
            known = next(
                (inside[part] for part in reversed(loc[:-1]) if isinstance(part, str) and part in inside), model
            )
            what, remedy = (
                f"unknown key '{key}'",
                closest(str(key), [f.alias or name for name, f in known.model_fields.items()], "keys"),
            )
        case "missing":
            what, remedy = f"the key '{key}' is missing", f"add {key} = ..."
        case _:
            what, remedy = f"'{key}': {first['msg'][:1].lower()}{first['msg'][1:]}", ""
    raise ConfigError(what, where=where((*path, *loc)), remedy=remedy)


def closest(name: str, known: Iterable[str], noun: str) -> str:
    """A remedy for a misspelt name: the closest known one, else all of them."""
    names = sorted(known)
    if close := difflib.get_close_matches(name, names, 1):
        return f"did you mean '{close[0]}'?"
    return f"{noun}: {', '.join(names) or 'none'}"


def span(text: str, path: Path, where: Where) -> int:
    """A span of time in ms; "" = 0. Raises ConfigError."""
    if not text:
        return 0
    found = _SPAN.fullmatch(text)
    if not found or not int(found[1]):
        remedy = "a number and s, m, h or d, such as 12h"
        raise ConfigError(f"'{text}' is no span of time", where=where(path), remedy=remedy)
    return int(found[1]) * _UNIT[found[2]]


def tables(data: Mapping[str, Any], name: str, where: Where) -> Mapping[str, Any]:
    """The tables under `name`, none where there is no such key. Raises ConfigError where it is no table."""
    found = data.get(name, {})
    if not isinstance(found, Mapping):
        raise ConfigError(f"'{name}' is not a table", where=where((name,)), remedy=f"write [{name}]")
    return found
