"""The tables of rules as people write them in hub.toml: shapes, spans of time, texts; every mistake in one sentence."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from hub.contracts.errors import ConfigError
from hub.model.content import MediaKind
from hub.rules.keywords import Match
from hub.rules.texts import ReplyText, compile_text

Path = tuple[str | int, ...]
Where = Callable[[Path], str]

_SPAN = re.compile(r"(\d{1,6})\s*([smhd])")
_UNIT = {"s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _each(key: str) -> Callable[[Any], Any]:
    def wrap(value: Any) -> Any:
        value = _listed(value)
        return [{key: item} if isinstance(item, str) else item for item in value] if isinstance(value, list) else value

    return wrap


class Table(BaseModel):
    """Strict: an unknown key is a mistake."""

    model_config = ConfigDict(extra="forbid", strict=True)


class KeywordTable(Table):
    """One keyword and how it is compared."""

    word: str
    match: Match = "word"


class InlineText(Table):
    """A text that stands in the rule itself."""

    text: str | dict[str, str]


class OptionTable(Table):
    """A button or a row. Without an id it gets its title's: small letters, blanks as dashes."""

    title: Any
    id: str = ""
    description: Any = None


Options = Annotated[list[OptionTable], BeforeValidator(_each("title"))]
KeywordTables = Annotated[list[KeywordTable], BeforeValidator(_each("word"))]
Names = Annotated[list[str], BeforeValidator(_listed)]


class ListTable(Table):
    """Rows to choose from, behind a button."""

    button: Any
    rows: Options
    header: Any = None
    footer: Any = None


class MediaTable(Table):
    """A file that the platform fetches itself."""

    kind: MediaKind
    url: str
    name: str = ""


class TemplateTable(Table):
    """A template that the platform approved. `params` are its values in order, or by name where it has names; `header`
    the values of its header, the same way. `buttons` are the values of its buttons in order, "" = one without."""

    name: str
    language: str
    params: Any = []
    header: Any = []
    media: MediaTable | None = None
    buttons: Any = []


class TaskTable(Table):
    """A task for the contact's owner."""

    title: Any
    body: Any = None
    due: str = ""
    priority: Literal["", "low", "medium", "high"] = ""


class TicketTable(Table):
    """A ticket under the contact."""

    title: Any
    body: Any = None
    stage: str = ""
    priority: Literal["", "low", "medium", "high"] = ""


class DealTable(Table):
    """A deal under the contact."""

    title: Any
    body: Any = None
    stage: str = ""


class RuleTable(Table):
    """One [[rule]]."""

    name: str
    on: Literal["message.received", "record.changed", "deal.stage", "owner.changed", "task.done"] = "message.received"
    field: Names | None = None
    before: Names | None = None
    after: Names | None = None
    inbox: Names = []
    channel: Names = []
    keywords: KeywordTables | None = None
    payload: Names | None = None
    outside: str = ""
    once_per: str = ""
    first: bool = False
    deal_stage: Names | None = None
    has_open_ticket: bool | None = None
    owner: Names | None = None
    quote: bool = False
    reply: str | InlineText | None = None
    buttons: Options | None = None
    list: ListTable | None = None
    media: MediaTable | None = None
    template: TemplateTable | None = None
    task: TaskTable | None = None
    ticket: TicketTable | None = None
    deal: DealTable | None = None
    note: Any = None
    move_deal: str | None = None


class HoursTable(Table):
    """One [hours.NAME]."""

    timezone: str
    week: dict[str, Any]


_INSIDE: dict[str, type[Table]] = {
    "keywords": KeywordTable,
    "reply": InlineText,
    "buttons": OptionTable,
    "rows": OptionTable,
    "list": ListTable,
    "media": MediaTable,
    "template": TemplateTable,
    "task": TaskTable,
    "ticket": TicketTable,
    "deal": DealTable,
}

T = TypeVar("T", bound=Table)


def validate(model: type[T], table: Any, path: Path, where: Where) -> T:
    """`table`, which stands at `path`, as `model`. Raises ConfigError for the first mistake."""
    try:
        return model.model_validate(table)
    except ValidationError as error:
        first = min(error.errors(), key=lambda e: e["type"] != "extra_forbidden")  # it often explains a missing one
    loc = first["loc"]
    key = loc[-1] if loc else path[0]
    match first["type"]:
        case "extra_forbidden":
            known = next(
                (_INSIDE[part] for part in reversed(loc[:-1]) if isinstance(part, str) and part in _INSIDE), model
            )
            what, remedy = f"unknown key '{key}'", closest(str(key), known.model_fields, "keys")
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


def text(path: Path, source: Any, where: Where) -> ReplyText:
    """A reply text from what stands at `path`: a text, or a table of texts by language. Raises ConfigError."""
    if not isinstance(source, str) and not (
        isinstance(source, Mapping) and source and all(isinstance(part, str) for part in source.values())
    ):
        raise ConfigError(
            f"'{path[-1]}' is not a text",
            where=where(path),
            remedy='write "..." or a table by language: { en = "...", de = "..." }',
        )
    for language in () if isinstance(source, str) else source:
        try:
            compile_text({language: source[language]})
        except ValueError as error:
            raise ConfigError(f"text '{path[-1]}': {error}", where=where((*path, language))) from None
    try:
        return compile_text(source)
    except ValueError as error:
        raise ConfigError(f"text '{path[-1]}': {error}", where=where(path)) from None
