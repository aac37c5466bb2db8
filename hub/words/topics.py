"""Topics: named sets of words in many languages, which rules, limits and figures then speak of by one name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from hub.contracts.errors import ConfigError
from hub.contracts.toml_tables import Path, Table, Where, tables, validate
from hub.words.keywords import Keyword, Match
from hub.words.wordlists import compile_words

_NAME = re.compile(r"[\w-]{1,40}")

TopicOwner = tuple[Literal["topic"], str]


class TopicTable(Table):
    """One [topic.NAME]."""

    words: Any = None
    match: Match = "word"
    intent: str = ""
    sure: float = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """What people talk about. A message is about it when it has one of the `words`, or when a classifier gives it the
    label `intent` ("" = none) with a probability of at least `sure`."""

    name: str
    words: tuple[Keyword[TopicOwner], ...] = ()
    intent: str = ""
    sure: float = 0.8


def compile_topics(data: Mapping[str, Any], where: Where) -> dict[str, Topic]:
    """The topics of a parsed hub.toml by name: its tables `[topic.NAME]`; other tables are not looked at.

    The topic "human" adds to the words with which people ask for a person. Raises ConfigError with place and remedy
    at the first mistake.
    """
    return {name: _topic(name, table, where) for name, table in tables(data, "topic", where).items()}


def by_intent(topics: Mapping[str, Topic], label: str, probability: float) -> dict[str, str]:
    """The topics that a classifier's answer means, each with what made it so."""
    return {
        topic.name: f"intent '{label}' ({probability:.2f})"
        for topic in topics.values()
        if topic.intent and topic.intent == label and probability >= topic.sure
    }


def _topic(name: str, table: Any, where: Where) -> Topic:
    path: Path = ("topic", name)
    if not _NAME.fullmatch(name):
        remedy = "letters, digits, - and _, at most 40"
        raise ConfigError(f"'{name}' cannot name a topic", where=where(path), remedy=remedy)
    checked = validate(TopicTable, table, path, where)
    if checked.words is None and not checked.intent:
        raise ConfigError(
            f"topic '{name}' has no words", where=where(path), remedy='add words = ["..."] or intent = "..."'
        )
    if not 0 < checked.sure <= 1:
        raise ConfigError(
            f"topic '{name}': {checked.sure:g} is no probability",
            where=where((*path, "sure")),
            remedy="above 0, at most 1, such as 0.8",
        )
    owner: TopicOwner = ("topic", name)
    words = [] if checked.words is None else compile_words(checked.words, owner, (*path, "words"), where, checked.match)
    return Topic(name=name, words=tuple(words), intent=checked.intent, sure=checked.sure)
