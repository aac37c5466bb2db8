"""Rules, texts and hours as they stand in hub.toml: checked whole, compiled once."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from hub.contracts.errors import ConfigError
from hub.rules.contents import compile_content, compile_records
from hub.rules.hours import Hours, parse_week
from hub.rules.keywords import Keyword, Keywords
from hub.rules.ruleset import SAID, Rule, RuleSet
from hub.rules.tables import HoursTable, InlineText, Path, RuleTable, Where, closest, span, text, validate
from hub.rules.texts import ReplyText

_NAME = re.compile(r"\S(.{0,78}\S)?")
_BUILT_IN = (
    "answer",
    "consent",
    "erase",
    "fallback",
    "file",
    "human",
    "link",
    "log",
    "pause",
    "relog",
    "retry",
    "sync",
)


def compile_rules(data: Mapping[str, Any], where: Where) -> RuleSet:
    """The rules of a parsed hub.toml: its tables `rule`, `texts` and `hours`; other tables are not looked at.

    `where` turns a key path such as `("rule", 3, "keywords")` into `hub.toml:12`. Raises ConfigError with place and
    remedy at the first mistake.
    """
    source = {key: data[key] for key in ("rule", "texts", "hours") if key in data}
    hours = {name: _hours(name, table, where) for name, table in _tables(source, "hours", where).items()}
    texts = {name: text(("texts", name), part, where) for name, part in _tables(source, "texts", where).items()}
    tables = source.get("rule", [])
    if not isinstance(tables, list):
        raise ConfigError("'rule' is not a list of tables", where=where(("rule",)), remedy="write [[rule]]")
    rules: list[Rule] = []
    words: list[Keyword] = []
    names: dict[str, Path] = {}
    for place, table in enumerate(tables):
        path: Path = ("rule", place)
        checked = validate(RuleTable, table, path, where)
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
    table: RuleTable, path: Path, texts: Mapping[str, ReplyText], hours: Mapping[str, Hours], where: Where
) -> Rule:
    if not _NAME.fullmatch(table.name) or table.name in _BUILT_IN:
        remedy = f"up to 80 characters on one line, and none of {', '.join(_BUILT_IN)}, which are built in"
        raise ConfigError(f"'{table.name}' cannot name a rule", where=where((*path, "name")), remedy=remedy)
    if table.outside and table.outside not in hours:
        raise ConfigError(
            f"rule '{table.name}': there is no [hours.{table.outside}]",
            where=where((*path, "outside")),
            remedy=closest(table.outside, hours, "hours"),
        )
    reply = _reply(table, path, texts, where)
    content = compile_content(table, path, where)
    records = compile_records(table, path, where)
    if reply is None and content is None and not records and table.move_deal is None:
        raise ConfigError(
            f"rule '{table.name}' does nothing",
            where=where(path),
            remedy='add reply = "...", or one of media, template, task, ticket, deal, note and move_deal',
        )
    if table.quote and reply is None and content is None:
        raise ConfigError(
            f"rule '{table.name}' quotes but says nothing",
            where=where((*path, "quote")),
            remedy='add reply = "...", or remove quote',
        )
    uses = frozenset().union(*(part.uses for part in (reply, content, *records) if part is not None))
    opening = hours.get(table.outside) or (next(iter(hours.values())) if len(hours) == 1 else None)
    if "hours.next_open" in uses and opening is None:
        raise ConfigError(
            f"rule '{table.name}': its text names hours.next_open, but the rule names no hours",
            where=where((*path, "reply") if reply and "hours.next_open" in reply.uses else path),
            remedy='add outside = "..." or keep exactly one [hours.*] table',
        )
    _about(table, uses, path, where)
    return Rule(
        name=table.name,
        on=table.on,
        fields=frozenset(_names(table.field, "field", path, where)),
        before=frozenset(text.strip().casefold() for text in table.before or ()),
        after=frozenset(text.strip().casefold() for text in table.after or ()),
        inboxes=frozenset(table.inbox),
        channels=frozenset(table.channel),
        asks=table.keywords is not None or table.payload is not None,
        payloads=_payloads(table, path, where),
        outside=hours[table.outside] if table.outside else None,
        once_per=span(table.once_per, (*path, "once_per"), where),
        first=table.first,
        reply=reply,
        content=content,
        records=records,
        deal_stages=frozenset(name.casefold() for name in _names(table.deal_stage, "deal_stage", path, where)),
        open_ticket=table.has_open_ticket,
        owners=frozenset(_names(table.owner, "owner", path, where)),
        move_deal="".join(_names(table.move_deal, "move_deal", path, where)),
        quote=table.quote,
        uses=uses,
        hours=opening if "hours.next_open" in uses else None,
    )


_OF_MESSAGES = ("keywords", "payload", "first", "quote")
_OF_CHANGES = ("field", "before", "after")


def _about(table: RuleTable, uses: frozenset[str], path: Path, where: Where) -> None:
    """Raise ConfigError where a rule asks for what its event does not have."""
    message = table.on == SAID
    what = "a message" if message else "a change in the CRM"
    for key in _OF_CHANGES if message else _OF_MESSAGES:
        if getattr(table, key):
            remedy = 'add on = "record.changed", or remove it' if message else "remove it, or remove on"
            raise ConfigError(f"rule '{table.name}': {what} has no {key}", where=where((*path, key)), remedy=remedy)
    strange = sorted(name for name in uses if name.startswith("change." if message else "message."))
    if strange:
        remedy = "choose another variable, or another on"
        raise ConfigError(f"rule '{table.name}': {what} has no {strange[0]}", where=where(path), remedy=remedy)


def _reply(table: RuleTable, path: Path, texts: Mapping[str, ReplyText], where: Where) -> ReplyText | None:
    if table.reply is None:
        return None
    if isinstance(table.reply, InlineText):
        return text((*path, "reply", "text"), table.reply.text, where)
    if table.reply in texts:
        return texts[table.reply]
    raise ConfigError(
        f"rule '{table.name}': there is no text '{table.reply}'",
        where=where((*path, "reply")),
        remedy=f'{closest(table.reply, texts, "texts")}; or write the text itself: reply = {{ text = "..." }}',
    )


def _names(given: list[str] | str | None, key: str, path: Path, where: Where) -> list[str]:
    """Names as the CRM has them, none of them empty; [] where the rule does not ask. Raises ConfigError."""
    names = [given] if isinstance(given, str) else given
    if names is not None and not all(name.strip() for name in names or [""]):
        remedy = "the id of the owner in the CRM" if key == "owner" else 'as the CRM has it, such as "Closed won"'
        raise ConfigError(f"'{key}' names nothing", where=where((*path, key)), remedy=remedy)
    return [name.strip() for name in names or ()]


def _payloads(table: RuleTable, path: Path, where: Where) -> tuple[str, ...]:
    if table.payload is not None and not all(table.payload or [""]):
        raise ConfigError(
            f"rule '{table.name}' has an empty payload",
            where=where((*path, "payload")),
            remedy='name the id of a button or row, such as payload = ["yes"]',
        )
    return tuple(table.payload or ())


def _keywords(table: RuleTable, rule: int, where: Where) -> list[Keyword]:
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


def _hours(name: str, table: Any, where: Where) -> Hours:
    path: Path = ("hours", name)
    checked = validate(HoursTable, table, path, where)
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
