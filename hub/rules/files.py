"""Rules, texts and hours as they stand in hub.toml: checked whole, compiled once."""

from __future__ import annotations

import difflib
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any, Literal, TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from hub.contracts.errors import ConfigError
from hub.rules.hours import Hours, parse_week
from hub.rules.keywords import Keyword, Keywords, Match
from hub.rules.ruleset import Rule, RuleSet
from hub.rules.texts import ReplyText, compile_text

Path = tuple[str | int, ...]
Where = Callable[[Path], str]

_NAME = re.compile(r"\S(.{0,78}\S)?")
_SPAN = re.compile(r"(\d{1,6})\s*([smhd])")
_UNIT = {"s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_BUILT_IN = ("consent",)


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _words(value: Any) -> Any:
    value = _listed(value)
    return [{"word": item} if isinstance(item, str) else item for item in value] if isinstance(value, list) else value


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


T = TypeVar("T", bound=_Table)


class _KeywordTable(_Table):
    word: str
    match: Match = "word"


class _InlineText(_Table):
    text: str | dict[str, str]


class _RuleTable(_Table):
    name: str
    on: Literal["message.received"] = "message.received"
    inbox: Annotated[list[str], BeforeValidator(_listed)] = Field(default_factory=list)
    channel: Annotated[list[str], BeforeValidator(_listed)] = Field(default_factory=list)
    keywords: Annotated[list[_KeywordTable], BeforeValidator(_words)] | None = None
    outside: str = ""
    once_per: str = ""
    first: bool = False
    reply: str | _InlineText


class _HoursTable(_Table):
    timezone: str
    week: dict[str, Any]


def compile_rules(data: Mapping[str, Any], where: Where) -> RuleSet:
    """The rules of a parsed hub.toml: its tables `rule`, `texts` and `hours`; other tables are not looked at.

    `where` turns a key path such as `("rule", 3, "keywords")` into `hub.toml:12`. Raises ConfigError with place and
    remedy at the first mistake.
    """
    source = {key: data[key] for key in ("rule", "texts", "hours") if key in data}
    hours = {name: _hours(name, table, where) for name, table in _tables(source, "hours", where).items()}
    texts = {name: _text(("texts", name), text, where) for name, text in _tables(source, "texts", where).items()}
    tables = source.get("rule", [])
    if not isinstance(tables, list):
        raise ConfigError("'rule' is not a list of tables", where=where(("rule",)), remedy="write [[rule]]")
    rules: list[Rule] = []
    words: list[Keyword] = []
    names: dict[str, Path] = {}
    for place, table in enumerate(tables):
        path: Path = ("rule", place)
        checked = _validate(_RuleTable, table, path, where)
        rule = _rule(checked, path, texts, hours, where)
        if rule.name in names:
            raise ConfigError(
                f"two rules are called '{rule.name}'",
                where=where((*path, "name")),
                remedy=f"the other stands at {where(names[rule.name])}; give each its own name",
            )
        names[rule.name] = (*path, "name")
        rules.append(rule)
        words += _keywords(checked, place, where)
    version = hashlib.sha256(json.dumps(source, sort_keys=True, default=str).encode()).hexdigest()[:16]
    return RuleSet(version, tuple(rules), Keywords(words))


def _tables(data: Mapping[str, Any], name: str, where: Where) -> Mapping[str, Any]:
    tables = data.get(name, {})
    if not isinstance(tables, Mapping):
        raise ConfigError(f"'{name}' is not a table", where=where((name,)), remedy=f"write [{name}]")
    return tables


def _rule(
    table: _RuleTable, path: Path, texts: Mapping[str, ReplyText], hours: Mapping[str, Hours], where: Where
) -> Rule:
    if not _NAME.fullmatch(table.name) or table.name in _BUILT_IN:
        remedy = "up to 80 characters on one line, and not 'consent', which is built in"
        raise ConfigError(f"'{table.name}' cannot name a rule", where=where((*path, "name")), remedy=remedy)
    if table.outside and table.outside not in hours:
        raise ConfigError(
            f"rule '{table.name}': there is no [hours.{table.outside}]",
            where=where((*path, "outside")),
            remedy=_closest(table.outside, hours, "hours"),
        )
    if isinstance(table.reply, _InlineText):
        reply = _text((*path, "reply", "text"), table.reply.text, where)
    elif table.reply in texts:
        reply = texts[table.reply]
    else:
        raise ConfigError(
            f"rule '{table.name}': there is no text '{table.reply}'",
            where=where((*path, "reply")),
            remedy=f'{_closest(table.reply, texts, "texts")}; or write the text itself: reply = {{ text = "..." }}',
        )
    opening = hours.get(table.outside) or (next(iter(hours.values())) if len(hours) == 1 else None)
    if "hours.next_open" in reply.uses and opening is None:
        raise ConfigError(
            f"rule '{table.name}': its text names hours.next_open, but the rule names no hours",
            where=where((*path, "reply")),
            remedy='add outside = "..." or keep exactly one [hours.*] table',
        )
    return Rule(
        name=table.name,
        inboxes=frozenset(table.inbox),
        channels=frozenset(table.channel),
        has_keywords=table.keywords is not None,
        outside=hours[table.outside] if table.outside else None,
        once_per=_once_per(table, path, where),
        first=table.first,
        reply=reply,
        hours=opening if "hours.next_open" in reply.uses else None,
    )


def _once_per(table: _RuleTable, path: Path, where: Where) -> int:
    if not table.once_per:
        return 0
    found = _SPAN.fullmatch(table.once_per)
    if not found or not int(found[1]):
        raise ConfigError(
            f"'{table.once_per}' is no span of time",
            where=where((*path, "once_per")),
            remedy="a number and s, m, h or d, such as 12h",
        )
    return int(found[1]) * _UNIT[found[2]]


def _keywords(table: _RuleTable, rule: int, where: Where) -> list[Keyword]:
    found = [Keyword(item.word, item.match, rule) for item in table.keywords or ()]
    if table.keywords is not None and not found:
        raise ConfigError(
            f"rule '{table.name}' has an empty list of keywords",
            where=where(("rule", rule, "keywords")),
            remedy="name one, or remove the line to answer every message",
        )
    for place, keyword in enumerate(found):
        try:
            Keywords([keyword])
        except ValueError as error:
            path: Path = ("rule", rule, "keywords", place)
            raise ConfigError(str(error), where=where(path), remedy="write a word") from None
    return found


def _text(path: Path, source: Any, where: Where) -> ReplyText:
    if not isinstance(source, str) and not (
        isinstance(source, Mapping) and source and all(isinstance(text, str) for text in source.values())
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


def _hours(name: str, table: Any, where: Where) -> Hours:
    path: Path = ("hours", name)
    checked = _validate(_HoursTable, table, path, where)
    try:
        zone = ZoneInfo(checked.timezone)
    except (ValueError, OSError, LookupError):
        raise ConfigError(
            f"there is no time zone '{checked.timezone}'",
            where=where((*path, "timezone")),
            remedy="a name such as Europe/Berlin or Asia/Yerevan",
        ) from None
    try:
        return Hours(name, zone, parse_week(checked.week))
    except ValueError as error:
        raise ConfigError(
            str(error), where=where((*path, "week")), remedy='week = { mon-fri = "08:00-18:00", sat = "10:00-14:00" }'
        ) from None


def _validate(model: type[T], table: Any, path: Path, where: Where) -> T:
    try:
        return model.model_validate(table)
    except ValidationError as error:
        first = error.errors()[0]
    place: Path = (*path, *first["loc"])
    key = first["loc"][-1] if first["loc"] else path[0]
    match first["type"]:
        case "extra_forbidden":
            known = _KeywordTable if "keywords" in first["loc"] else _InlineText if "reply" in first["loc"] else model
            what, remedy = f"unknown key '{key}'", _closest(str(key), known.model_fields, "keys")
        case "missing":
            what, remedy = f"the key '{key}' is missing", f"add {key} = ..."
        case _:
            what, remedy = f"'{key}': {first['msg'][:1].lower()}{first['msg'][1:]}", ""
    raise ConfigError(what, where=where(place), remedy=remedy)


def _closest(name: str, known: Iterable[str], noun: str) -> str:
    names = sorted(known)
    if close := difflib.get_close_matches(name, names, 1):
        return f"did you mean '{close[0]}'?"
    return f"{noun}: {', '.join(names) or 'none'}"
