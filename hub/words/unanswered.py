"""Which words people use when nothing answers them: proposals for keywords, drawn from their own messages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from difflib import SequenceMatcher
from typing import NamedTuple

from hub.words.questions import remember
from hub.words.said import read

MOST = 10
"""Proposals that are made at once."""
LEAST = 2
"""People who must have used a phrase."""
_LONGEST = 3
"""Words of a phrase."""
_ALIKE = 0.5
"""How much alike a keyword is that is shown beside a phrase."""
_TELLING = 2.0
"""How much more often a phrase stands in what was not answered than in what was."""


class Proposal(NamedTuple):
    """A phrase that `people` used in messages that no rule replied to; `near`: the keyword that is most like it, "" =
    none is."""

    phrase: str
    people: int
    near: str


def propose(
    unanswered: Iterable[tuple[int, str]],
    answered: Iterable[tuple[int, str]],
    keywords: Collection[str] = (),
    most: int = MOST,
) -> list[Proposal]:
    """The phrases of up to three words that most people used in (person, text) that was not answered, and that tell
    such messages from those that were: no list of small words of any language is needed. The widest come first, of
    phrases that say the same only the longest; greetings and thanks count for nothing."""
    here, there = _users(unanswered), _users(answered)
    wrote = len(set().union(*here.values())) if here else 0
    served = len(set().union(*there.values())) if there else 0
    found: list[tuple[str, int]] = []
    for phrase, people in here.items():
        share = len(people) / wrote
        usual = len(there.get(phrase, ())) / served if served else 0.0
        if len(people) >= LEAST and share > _TELLING * usual and any(len(word) > 2 for word in phrase.split()):
            found.append((phrase, len(people)))
    found.sort(key=lambda one: (-one[1], -len(one[0]), one[0]))
    kept: list[Proposal] = []
    for phrase, number in found:
        if len(kept) >= most:
            break
        if not any(f" {phrase} " in f" {other.phrase} " or f" {other.phrase} " in f" {phrase} " for other in kept):
            kept.append(Proposal(phrase, number, _near(phrase, keywords)))
    return kept


def _near(phrase: str, keywords: Collection[str]) -> str:
    """The most like of the keywords: one of whose words begins as one of the phrase does, or that looks the same."""

    def alike(keyword: str) -> float:
        pairs = [
            (one, other) for one in phrase.split() for other in read(keyword).tokens if min(len(one), len(other)) > 2
        ]
        begins = any(one.startswith(other) or other.startswith(one) for one, other in pairs)
        return SequenceMatcher(None, phrase, keyword).ratio() + begins

    best = max(sorted(keywords), key=alike, default="")
    return best if best and alike(best) >= _ALIKE else ""


def _users(said: Iterable[tuple[int, str]]) -> dict[str, set[int]]:
    users: dict[str, set[int]] = defaultdict(set)
    for person, text in said:
        for phrase in set(_phrases(text)):
            users[phrase].add(person)
    return users


def _phrases(text: str) -> Iterator[str]:
    said = read(text)
    if not remember(said, ()):  # a greeting, thanks, or nothing
        return
    words = said.tokens
    for length in range(1, _LONGEST + 1):
        for at in range(len(words) - length + 1):
            yield " ".join(words[at : at + length])
