"""One [[rule]], compiled: what it asks, what it says and does, and whether all that fits together."""

from __future__ import annotations

import re
from typing import Any

from hub.contracts.errors import ConfigError
from hub.contracts.toml_tables import Path, Where, closest, span
from hub.rules import person_conditions
from hub.rules.actions import ahead, compile_actions
from hub.rules.conditions import compile_alternatives, compile_conditions
from hub.rules.contents import compile_content, compile_records
from hub.rules.expects import compile_ask
from hub.rules.kinds import CRM, KINDS, NAMED, OURS, SAID, VALUED, noun
from hub.rules.known import BUILT_IN, Known
from hub.rules.ruleset import Rule
from hub.rules.tables import ConditionTable, InlineText, RuleTable, text
from hub.texts.files import check_company
from hub.texts.texts import ReplyText

_NAME = re.compile(r"\S(.{0,78}\S)?")
_DOES = (
    "reply, ask, media, template, task, ticket, deal, note, move_deal, tag, untag, priority, assign, hand_off, notify,"
    " set, set_inquiry, timer, cancel, pause, close, snooze and next_step"
)
_OF_MESSAGES = ("keywords", "payload", "topic", "intent", "mood", "same_question", "first")
_KEYS = {"from_": "from"}
UNLESS = frozenset({"message.echoed", *KINDS})
"""What may end the wait of a delayed rule."""


def compile_rule(table: RuleTable, path: Path, known: Known) -> Rule:
    """A rule. Raises ConfigError with place and remedy at the first mistake."""
    where = known.where
    if not _NAME.fullmatch(table.name) or table.name in BUILT_IN:
        remedy = f"up to 80 characters on one line, and none of {', '.join(BUILT_IN)}, which are built in"
        raise ConfigError(f"'{table.name}' cannot name a rule", where=where((*path, "name")), remedy=remedy)
    _check_kinds(table, path, where)
    conditions = (
        *person_conditions.place(table),
        *compile_conditions(table, path, known, table.on),
        *compile_alternatives(table.any, "any", path, known, table.on),
        *compile_alternatives(table.none, "none", path, known, table.on),
    )
    reply = _reply(table, path, known)
    content = compile_content(table, path, where)
    records = compile_records(table, path, where)
    actions = compile_actions(table, path, known)
    if reply is None and content is None and not records and not actions and table.move_deal is None:
        raise ConfigError(
            f"rule '{table.name}' does nothing", where=where(path), remedy=f'add reply = "...", or one of {_DOES}'
        )
    if table.quote and reply is None and content is None:
        raise ConfigError(
            f"rule '{table.name}' quotes but says nothing",
            where=where((*path, "quote")),
            remedy='add reply = "...", or remove quote',
        )
    says = "ask" if table.ask is not None else "reply"
    parts: list[tuple[str, frozenset[str]]] = [(says, reply.uses)] if reply is not None else []
    parts += [(_content_key(table), content.uses)] if content is not None else []
    parts += [(record.type, record.uses) for record in records] + [(action.key, action.uses) for action in actions]
    for key, named in parts:
        _check_uses(table, named, (*path, key), where)
        check_company((*path, key), named, known.book.company, where)
    uses: frozenset[str] = frozenset().union(*(named for _, named in parts))
    opening = known.book.hours.get(table.outside or table.during)
    if opening is None and len(known.book.hours) == 1:
        opening = next(iter(known.book.hours.values()))
    if "hours.next_open" in uses and opening is None:
        raise ConfigError(
            f"rule '{table.name}': its text names hours.next_open, but the rule names no hours",
            where=where((*path, next(key for key, named in parts if "hours.next_open" in named))),
            remedy='add outside = "..." or keep exactly one [hours.*] table',
        )
    parts_of = [part for _, part in _parts(table, path)]
    rule = Rule(
        name=table.name,
        on=frozenset(table.on),
        conditions=conditions,
        inboxes=frozenset(table.inbox),
        channels=frozenset(table.channel),
        deal_stages=frozenset(name.strip().casefold() for part in parts_of for name in part.deal_stage or ()),
        open_ticket=next((part.has_open_ticket for part in parts_of if part.has_open_ticket is not None), None),
        once_per=span(table.once_per, (*path, "once_per"), where),
        after=ahead(table.after, (*path, "after"), known) if table.after else 0,
        unless=frozenset(table.unless or ()),
        purpose=table.purpose or (reply.purpose if reply is not None else ""),
        topic=reply.topic if reply is not None else "",
        reply=reply,
        content=content,
        expects=compile_ask(table.ask, path, known) if table.ask is not None else {},
        quote=table.quote,
        records=records,
        move_deal=_deal_stage(table, path, where),
        actions=actions,
        uses=uses,
        hours=opening if "hours.next_open" in uses else None,
    )
    _check_delay(table, rule, path, where)
    _check_purpose(rule, (*path, says if reply is not None else _content_key(table)), where)
    return rule


def _content_key(table: RuleTable) -> str:
    """The key that makes a message more than a text, "" = none does."""
    return next((key for key in ("buttons", "list", "media", "template") if getattr(table, key) is not None), "")


def _check_kinds(table: RuleTable, path: Path, where: Where) -> None:
    """Raise ConfigError for a kind of event that is not there, or that does not have what the rule asks for."""
    if not table.on:
        raise ConfigError(f"rule '{table.name}' is on nothing", where=where((*path, "on")), remedy="remove the line")
    for place, kind in enumerate(table.on):
        if kind not in KINDS:
            remedy = closest(kind, KINDS, "events")
            raise ConfigError(f"there is no event '{kind}'", where=where((*path, "on", place)), remedy=remedy)
    for at, asked in _parts(table, path):
        for key in asked.model_fields_set:
            shown = _KEYS.get(key, key)
            for kind in table.on:
                if not _has(kind, shown):
                    remedy = _on_remedy(shown)
                    what = f"rule '{table.name}': {noun(kind)} has no {shown}"
                    raise ConfigError(what, where=where((*at, shown)), remedy=remedy)


def _parts(table: RuleTable, path: Path) -> list[tuple[Path, ConditionTable]]:
    inside = [((*path, key, n), one) for key in ("any", "none") for n, one in enumerate(getattr(table, key) or ())]
    return [(path, table), *inside]


def _has(kind: str, key: str) -> bool:
    if key in _OF_MESSAGES or key == "quote":
        return kind == SAID
    if key == "field":
        return kind in CRM
    if key in ("from", "to"):
        return kind in VALUED
    return key != "about" or kind in NAMED


def _on_remedy(key: str) -> str:
    if key in _OF_MESSAGES or key == "quote":
        return "remove it, or remove on"
    if key in ("field", "from", "to"):
        return 'add on = "record.changed", or remove it'
    return 'add on = "tag.added" or another event with a name, or remove it'


def _check_uses(table: RuleTable, uses: frozenset[str], path: Path, where: Where) -> None:
    """Raise ConfigError where a text names what the rule's events do not have."""
    for use in sorted(uses):
        root = use.partition(".")[0]
        for kind in table.on:
            has = {"message": kind == SAID, "change": kind in CRM, "about": kind in NAMED}.get(root, True)
            if not has:
                what = f"rule '{table.name}': {noun(kind)} has no {use}"
                raise ConfigError(what, where=where(path), remedy="choose another variable, or another on")


def _check_delay(table: RuleTable, rule: Rule, path: Path, where: Where) -> None:
    if table.unless is not None and not rule.after:
        raise ConfigError(
            f"rule '{rule.name}' has unless but no after",
            where=where((*path, "unless")),
            remedy='add after = "10m": unless ends that wait',
        )
    if table.unless is not None and not table.unless:
        raise ConfigError("'unless' names nothing", where=where((*path, "unless")), remedy="remove the line")
    for place, kind in enumerate(table.unless or ()):
        if kind not in UNLESS:
            remedy = closest(kind, UNLESS, "events")
            raise ConfigError(f"there is no event '{kind}'", where=where((*path, "unless", place)), remedy=remedy)


def _check_purpose(rule: Rule, path: Path, where: Where) -> None:
    """What is said though nobody asked just now has a purpose."""
    asked = rule.on & {SAID, *OURS}
    if rule.speaks and not asked and not rule.purpose:
        raise ConfigError(
            f"rule '{rule.name}' says something that nobody asked for just now, and not what for",
            where=where(path),
            remedy='add purpose = "inform", or acknowledge, clarify, advance, revive, market',
        )


def _reply(table: RuleTable, path: Path, known: Known) -> ReplyText | None:
    where = known.where
    if table.ask is not None:
        for key in ("reply", "media", "template"):
            if getattr(table, key) is not None:
                what = f"rule '{table.name}' has both ask and {key}"
                remedy = "one message holds one of them; write a second rule for the other"
                raise ConfigError(what, where=where((*path, key)), remedy=remedy)
        return _named(table.ask.text, (*path, "ask", "text"), table, known)
    if table.reply is None:
        return None
    if isinstance(table.reply, InlineText):
        return text((*path, "reply", "text"), table.reply.text, where)
    return _named(table.reply, (*path, "reply"), table, known)


def _named(given: Any, path: Path, table: RuleTable, known: Known) -> ReplyText:
    """A text of [texts] by its name; of a question, also the text itself where it has blanks or stands by language."""
    if isinstance(given, str) and given in known.book.texts:
        return known.book.texts[given]
    if path[-1] == "text" and (not isinstance(given, str) or " " in given.strip()):
        return text(path, given, known.where)
    raise ConfigError(
        f"rule '{table.name}': there is no text '{given}'",
        where=known.where(path),
        remedy=f'{closest(given, known.book.texts, "texts")}; or write the text itself: reply = {{ text = "..." }}',
    )


def _deal_stage(table: RuleTable, path: Path, where: Where) -> str:
    if table.move_deal is not None and not table.move_deal.strip():
        remedy = 'as the CRM has it, such as "Closed won"'
        raise ConfigError("'move_deal' names nothing", where=where((*path, "move_deal")), remedy=remedy)
    return (table.move_deal or "").strip()
