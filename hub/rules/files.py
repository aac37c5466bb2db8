"""Rules and all that they name as it stands in hub.toml: checked whole, compiled once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from hub.contracts.errors import ConfigError
from hub.contracts.toml_tables import Path, Where
from hub.rules import book
from hub.rules.book import Book
from hub.rules.condition import keys_of
from hub.rules.expects import Answer
from hub.rules.kinds import SAID
from hub.rules.known import Known
from hub.rules.rule import compile_rule
from hub.rules.ruleset import Rule, RuleSet
from hub.rules.tables import RuleTable, check
from hub.words.vocabulary import Vocabulary

TABLES = ("rule", *book.TABLES)
"""Tables of hub.toml that are compiled here, and that the version of a rule set follows."""
MOST_RULES = 10_000


def compile_rules(data: Mapping[str, Any], where: Where) -> RuleSet:
    """The rules of a parsed hub.toml with all that they name (TABLES); other tables are not looked at.

    `where` turns a key path such as `("rule", 3, "keywords")` into `hub.toml:12`. Raises ConfigError with place and
    remedy at the first mistake.
    """
    source = {key: data[key] for key in TABLES if key in data}
    read = book.compile_book(source, where)
    checked = _tables(source, where)
    known = _known(read, checked, where)
    rules = tuple(compile_rule(table, ("rule", place), known) for place, table in enumerate(checked))
    _check_answers(rules, where)
    version = hashlib.sha256(json.dumps(source, sort_keys=True, default=str).encode()).hexdigest()[:16]
    words = Vocabulary(known.words, read.topics, read.moods)
    deeper = tuple(rule for rule in rules if "intents" in rule.looks)
    classified = RuleSet(version=version, rules=deeper, words=words, book=read) if deeper else None
    return RuleSet(
        version=version, rules=rules, words=words, book=read, classified=classified, labels=_labels(deeper, read)
    )


def _labels(rules: tuple[Rule, ...], read: Book) -> tuple[str, ...]:
    """What classifiers are asked for: the intents that rules name, and those of topics."""
    named = {str(key[1]) for rule in rules for key in keys_of(rule.conditions) if key[0] == "intent"}
    return tuple(sorted(named | {topic.intent for topic in read.topics.values() if topic.intent} if rules else named))


def _known(read: Book, checked: list[RuleTable], where: Where) -> Known:
    """The names that rules may use."""
    return Known(
        where=where,
        book=read,
        timers={table.timer.name for table in checked if table.timer is not None},
        rules={table.name for table in checked},
    )


def _tables(source: Mapping[str, Any], where: Where) -> list[RuleTable]:
    """The shape of every rule. Raises ConfigError."""
    given = source.get("rule", [])
    if not isinstance(given, list):
        raise ConfigError("'rule' is not a list of tables", where=where(("rule",)), remedy="write [[rule]]")
    if len(given) > MOST_RULES:
        remedy = f"at most {MOST_RULES}; words that mean the same belong to one [topic.NAME]"
        raise ConfigError(f"there are {len(given)} rules", where=where(("rule", MOST_RULES)), remedy=remedy)
    names: dict[str, Path] = {}
    checked: list[RuleTable] = []
    for place, table in enumerate(given):
        path: Path = ("rule", place)
        rule = check(RuleTable, table, path, where)
        if rule.name in names:
            raise ConfigError(
                f"two rules are called '{rule.name}'",
                where=where((*path, "name")),
                remedy=f"the other stands at {where(names[rule.name])}; give each its own name",
            )
        names[rule.name] = (*path, "name")
        checked.append(rule)
    return checked


def _check_answers(rules: tuple[Rule, ...], where: Where) -> None:
    """Raise ConfigError where answers lead to a rule that is on something else, or from a rule back to itself."""
    leads = {
        rule.name: [name for key, does in rule.expects.items() if (name := Answer(key, does).rule)] for rule in rules
    }
    by_name = {rule.name: rule for rule in rules}
    for place, rule in enumerate(rules):
        for name in leads[rule.name]:
            if SAID not in by_name[name].on:
                raise ConfigError(
                    f"the rule '{name}' is not on messages, so no answer leads to it",
                    where=where(("rule", place, "ask")),
                    remedy="name a rule without on",
                )
        seen: set[str] = set()
        ahead = list(leads[rule.name])
        while ahead:
            name = ahead.pop()
            if name == rule.name:
                raise ConfigError(
                    f"the answers of rule '{rule.name}' lead back to itself",
                    where=where(("rule", place, "ask")),
                    remedy="let one of them end with hand_off or a rule that asks nothing",
                )
            if name not in seen:
                seen.add(name)
                ahead += leads.get(name, ())
