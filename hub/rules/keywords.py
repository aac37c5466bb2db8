"""All keywords of all rules in one automaton: the cost of a message does not grow with the number of rules."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

from ahocorasick_rs import AhoCorasick, Implementation

from hub.rules.normal import begins_word, ends_word, normal

Match = Literal["word", "prefix", "anywhere"]

_SEARCHED = 10_000
"""Characters of a message that are searched; nobody's question stands behind them."""


class Keyword(NamedTuple):
    """A word (or words) as the admin wrote it. `match`: the whole word · `prefix` words that begin with it (for
    languages that inflect) · `anywhere`, inside words too. `rule` is any number of the caller's."""

    word: str
    match: Match
    rule: int


class Keywords:
    """An index of keywords. Raises ValueError for a keyword of which nothing is left to compare."""

    def __init__(self, keywords: Iterable[Keyword]) -> None:
        by_pattern: dict[str, list[Keyword]] = {}
        for keyword in keywords:
            pattern = normal(keyword.word)
            if not pattern:
                raise ValueError(f"keyword {keyword.word!r} is empty")
            by_pattern.setdefault(pattern, []).append(keyword)
        self._entries = list(by_pattern.values())
        self._automaton = (
            AhoCorasick(by_pattern, implementation=Implementation.ContiguousNFA, store_patterns=False)
            if by_pattern
            else None
        )

    def find(self, text: str) -> dict[int, str]:
        """The rules with a keyword in `text`, each with the first such keyword as the admin wrote it."""
        if self._automaton is None or not text:
            return {}
        text = normal(text[:_SEARCHED])
        found: dict[int, str] = {}
        for pattern, start, end in self._automaton.find_matches_as_indexes(text, overlapping=True):
            begins = begins_word(text, start)
            ends = begins and ends_word(text, end)
            for word, match, rule in self._entries[pattern]:
                if rule not in found and (ends or match == "anywhere" or (begins and match == "prefix")):
                    found[rule] = word
        return found
