"""All keywords of all rules in one automaton: the cost of a message does not grow with the number of rules."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Iterator
from functools import lru_cache
from typing import Generic, Literal, NamedTuple, TypeVar

from ahocorasick_rs import AhoCorasick, Implementation

from hub.words.normal import begins_word, ends_word, inside_word, normal
from hub.words.said import Said, read

Match = Literal["word", "prefix", "anywhere", "prefixed"]

Owner = TypeVar("Owner", bound=Hashable)
_Owner = TypeVar("_Owner", bound=Hashable, covariant=True)

# What Arabic and Hebrew write together with the word that follows: and, so, with, as, to, from, that, the. In normal
# text; "lil" is to + the with its first letter gone, "hal" and "al" with ayn are spoken Arabic.
_PROCLITICS = re.compile("[وف]?(?:[بكلسهع]?ال|لل|[بكلس])?|ו?(?:ל?כש|מש|ש)?[בכלמ]?ה?")
_LONGEST_PROCLITIC = 6


class Keyword(NamedTuple, Generic[_Owner]):
    """A word (or words) as the admin wrote it, and whose it is: `owner` is any hashable thing of the caller's.

    `match`: the whole word · `prefix` words that begin with it (for languages that inflect) · `prefixed` the whole
    word, also with the Arabic or Hebrew "and", "the", "with" and their like written in front of it · `anywhere`, inside
    words too. Scripts without spaces know no whole words: there it is found wherever it stands.
    """

    word: str
    match: Match
    owner: _Owner


class Hit(NamedTuple, Generic[_Owner]):
    """A keyword that was found, at `start` up to before `end` of the normal text."""

    start: int
    end: int
    keyword: Keyword[_Owner]


@lru_cache(20_000)
def comparable(word: str) -> str:
    """`word` as keywords are compared. Raises ValueError where nothing is left to compare."""
    pattern = normal(word)
    if not pattern:
        raise ValueError(f"keyword {word!r} is empty")
    return pattern


class Keywords(Generic[Owner]):
    """An index of keywords. Raises ValueError for a keyword of which nothing is left to compare."""

    def __init__(self, keywords: Iterable[Keyword[Owner]]) -> None:
        by_pattern: dict[str, list[Keyword[Owner]]] = {}
        for keyword in keywords:
            by_pattern.setdefault(comparable(keyword.word), []).append(keyword)
        self._entries = list(by_pattern.values())
        self._automaton = (
            AhoCorasick(by_pattern, implementation=Implementation.ContiguousNFA, store_patterns=False)
            if by_pattern
            else None
        )

    def find(self, said: Said | str) -> dict[Owner, str]:
        """The owners with a keyword in the message, each with the first such keyword as the admin wrote it."""
        found: dict[Owner, str] = {}
        for hit in self.hits(said):
            found.setdefault(hit.keyword.owner, hit.keyword.word)
        return found

    def hits(self, said: Said | str) -> Iterator[Hit[Owner]]:
        """Every keyword in the message, by where it ends."""
        text = (read(said) if isinstance(said, str) else said).normal
        if self._automaton is None or not text:
            return
        for pattern, start, end in self._automaton.find_matches_as_indexes(text, overlapping=True):
            begins = begins_word(text, start)
            ends = ends_word(text, end)
            for keyword in self._entries[pattern]:
                match keyword.match:
                    case "word":
                        fits = begins and ends
                    case "prefix":
                        fits = begins
                    case "prefixed":
                        fits = ends and (begins or _after_proclitics(text, start))
                    case "anywhere":
                        fits = True
                if fits:
                    yield Hit(start, end, keyword)


def _after_proclitics(text: str, at: int) -> bool:
    """Whether nothing but proclitics stands between `at` and the beginning of its word."""
    start = at
    while start > 0 and inside_word(text[start - 1]):
        start -= 1
        if at - start > _LONGEST_PROCLITIC:
            return False
    return _PROCLITICS.fullmatch(text, start, at) is not None
