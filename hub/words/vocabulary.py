"""Everything that words mean to a hub, found in one pass over a message: rules' keywords, topics, moods, the wish for
a person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple, cast

from hub.words.human import HUMAN_WORDS, calls_human
from hub.words.keywords import Hit, Keyword, Keywords
from hub.words.moods import MOOD_WORDS, MoodOwner, judge
from hub.words.said import Said
from hub.words.topics import Topic

HUMAN_TOPIC = "human"
"""The topic whose words ask for a person, beside the built-in ones."""

_Owner = int | tuple[str, str]


class Meaning(NamedTuple):
    """What a message means, each with the word or sign that made it so, as the admin wrote it.

    `rules` by the place of the rule, `topics` and `moods` by name; `human` is "" unless the person wants a human.
    """

    rules: Mapping[int, str]
    topics: Mapping[str, str]
    moods: Mapping[str, str]
    human: str


NOTHING = Meaning({}, {}, {}, "")


class Vocabulary:
    """The words of rules (their inline keywords, owned by the rule's place), topics and moods, with those that are
    built in. Raises ValueError for a keyword of which nothing is left to compare."""

    def __init__(
        self,
        rules: Iterable[Keyword[int]] = (),
        topics: Mapping[str, Topic] = {},
        moods: Iterable[Keyword[MoodOwner]] = (),
    ) -> None:
        words: list[Keyword[_Owner]] = [*rules, *HUMAN_WORDS, *MOOD_WORDS, *moods]
        for topic in topics.values():
            words += topic.words
        self._keywords = Keywords(words)

    def look(self, said: Said) -> Meaning:
        """What the message means."""
        if not said.text:
            return NOTHING
        rules: dict[int, str] = {}
        topics: dict[str, str] = {}
        unsure: list[Hit[tuple[str, str]]] = []
        for hit in self._keywords.hits(said):
            owner = hit.keyword.owner
            if isinstance(owner, int):
                rules.setdefault(owner, hit.keyword.word)
            elif owner[0] == "topic":
                topics.setdefault(owner[1], hit.keyword.word)
            else:
                unsure.append(cast("Hit[tuple[str, str]]", hit))
        sure = _sure(unsure) if unsure else {}
        moods = {name: word for (kind, name), word in sure.items() if kind == "mood"}
        human = sure.get(("human", ""), "") or topics.get(HUMAN_TOPIC, "") or calls_human(said)
        return Meaning(rules, topics, judge(said, moods), human)


def _sure(hits: list[Hit[tuple[str, str]]]) -> dict[tuple[str, str], str]:
    """The owners of the hits, each with its first word that is no part of a phrase which means something else."""
    barred = [hit for hit in hits if hit.keyword.owner[0].startswith("not ")]
    found: dict[tuple[str, str], str] = {}
    for start, end, keyword in hits:
        kind, name = keyword.owner
        if not any(start < no.end and no.start < end and no.keyword.owner == (f"not {kind}", name) for no in barred):
            found.setdefault(keyword.owner, keyword.word)
    return found
