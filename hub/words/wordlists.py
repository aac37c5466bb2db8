"""Words as admins list them in hub.toml: a list, or lists by language, each word with its way of being compared."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from hub.contracts.errors import ConfigError
from hub.contracts.toml_tables import Path, Table, Where, validate
from hub.words.keywords import Keyword, Match, Owner, comparable

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_REMEDY = 'write ["price", "how much"], or lists by language: { en = ["price"], hi = ["दाम"] }'


class WordTable(Table):
    """One word and how it is compared."""

    word: str
    match: Match | None = None


def compile_words(value: Any, owner: Owner, path: Path, where: Where, match: Match = "word") -> list[Keyword[Owner]]:
    """The keywords of `owner` that stand at `path`: a word, a list of words, or such lists by language (all of which
    count for everybody). A word may be a table `{ word, match }`; `match` is for those that name none.

    Raises ConfigError with place and remedy at the first mistake, and where there is no word at all.
    """
    if isinstance(value, Mapping) and "word" not in value:
        found = []
        for language, words in value.items():
            if not _LANGUAGE.fullmatch(language):
                remedy = "a code such as en, hi or pt-BR"
                raise ConfigError(f"'{language}' is no language", where=where((*path, language)), remedy=remedy)
            found += compile_words(words, owner, (*path, language), where, match)
    elif isinstance(value, str | Mapping):
        found = [_keyword(value, owner, path, where, match)]
    elif isinstance(value, list):
        found = [_keyword(item, owner, (*path, place), where, match) for place, item in enumerate(value)]
    else:
        raise ConfigError(f"'{path[-1]}' is no list of words", where=where(path), remedy=_REMEDY)
    if not found:
        raise ConfigError(f"'{path[-1]}' lists no word", where=where(path), remedy="name one, or remove the line")
    return found


def _keyword(value: Any, owner: Owner, path: Path, where: Where, match: Match) -> Keyword[Owner]:
    if isinstance(value, Mapping):
        table = validate(WordTable, value, path, where)
        word, match = table.word, table.match or match
    elif isinstance(value, str):
        word = value
    else:
        raise ConfigError(f"{value!r} is no word", where=where(path), remedy=_REMEDY)
    try:
        comparable(word)
    except ValueError as error:
        raise ConfigError(str(error), where=where(path), remedy="write a word") from None
    return Keyword(word, match, owner)
