"""Whether what is to be said can be said, and what is to be made can be made: known before anything is queued."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from hub.contracts.channel import Channel
from hub.engine.tables import Tables
from hub.model.content import PLAIN, Content
from hub.rules import Rule, RuleSet
from hub.sending import pieces
from hub.texts.variables import sample

SHORTEST = sample()
"""A value for every variable of a text: what is too long with these is always too long."""
KEYS = ("buttons", "list", "media", "template", "reply", "ask")


class Place(NamedTuple):
    """An inbox and the class of its channel."""

    inbox: str
    channel: type[Channel[Any]]


def fault(channel: type[Channel[Any]], content: Content, text: str) -> str:
    """Why this channel cannot say it, in one sentence; "" = it can, as far as is known."""
    able = channel.capabilities
    if content.form not in able.forms:
        return f"{channel.name} has no form '{content.form}', it sends {', '.join(sorted(able.forms))}"
    parts = pieces(text, content, able.text_max, able.caption_max)
    return next((found for said, held in parts if (found := channel.fits(held, said))), "")


def check_rules(tables: Tables, rules: RuleSet, places: Iterable[Place], makes: Mapping[str, frozenset[str]]) -> None:
    """Raise ConfigError for the first rule that could never do what it asks for.

    `makes`: CRM -> the types of records it makes. A rule that names no inbox and no channel may meet channels that lack
    its form: there it says nothing; but somewhere it must fit, and where the form is known its limits hold.
    """
    places = list(places)
    for number, rule in enumerate(rules.rules):
        _check_records(tables, number, rule, makes)
        if rule.content is None and rule.reply is None:
            continue
        key = next(key for key in KEYS if key in tables.data["rule"][number])
        mine = [place for place in places if _runs(rule, place)]
        named = bool(rule.inboxes or rule.channels)
        lacking = ""
        speaks = False
        for place in mine:
            for content, text in _said(rule):
                found = fault(place.channel, content, text)
                if found and (named or content.form in place.channel.capabilities.forms):
                    what = f"rule '{rule.name}' cannot be sent in the inbox '{place.inbox}'"
                    raise tables.error(("rule", number, key), f"{what}: {found}", "mend it, or name another inbox")
                lacking, speaks = lacking or found, speaks or not found
            for template in rule.reply.templates.values() if rule.reply else ():
                held = template.fill("", SHORTEST)
                found = fault(place.channel, held, "") if held.form in place.channel.capabilities.forms else ""
                if found:
                    what = f"the template of the text of rule '{rule.name}' cannot be sent in '{place.inbox}'"
                    raise tables.error(("rule", number, key), f"{what}: {found}", "mend it where the text stands")
        if lacking and not speaks:
            what = f"rule '{rule.name}' can be sent in no inbox"
            raise tables.error(("rule", number, key), f"{what}: {lacking}", "write it in another form")


def _check_records(tables: Tables, number: int, rule: Rule, makes: Mapping[str, frozenset[str]]) -> None:
    asked = {"deal_stage": "deal" if rule.deal_stages else "", "move_deal": "deal" if rule.move_deal else ""}
    asked["has_open_ticket"] = "ticket" if rule.open_ticket is not None else ""
    for key, kind in asked.items():
        if kind and not any(kind in types for types in makes.values()):
            what = f"rule '{rule.name}' asks about a {kind}, and no CRM here knows one"
            remedy = f'name "{kind}" in objects of [crm.{next(iter(makes))}]' if makes else "add a [crm.NAME]"
            raise tables.error(("rule", number, key), what, f"{remedy}, or remove {key}")
    for record in rule.records:
        if any(record.type in types for types in makes.values()):
            continue
        what = f"rule '{rule.name}' asks for a {record.type}, and no CRM here makes one"
        remedy = f'name "{record.type}" in objects of [crm.{next(iter(makes))}]' if makes else "add a [crm.NAME]"
        raise tables.error(("rule", number, record.type), what, f"{remedy}, or remove the {record.type}")


def _runs(rule: Rule, place: Place) -> bool:
    return (not rule.inboxes or place.inbox in rule.inboxes) and (
        not rule.channels or place.channel.name in rule.channels
    )


def _said(rule: Rule) -> Iterator[tuple[Content, str]]:
    """What the rule says, in each language its texts have."""
    languages = {*(rule.reply.languages if rule.reply else ()), *(rule.content.languages if rule.content else ())}
    for language in sorted(languages):
        text = rule.reply.render(language, SHORTEST) if rule.reply else ""
        yield (rule.content.make(language, SHORTEST) if rule.content else PLAIN), text
