"""Word lists as they are written in the code: `en: one; two` and so on for every language."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterator

from hub.words.keywords import Keyword, Match, Owner

_MARKS: dict[str, Match] = {"*": "prefix", "~": "prefixed"}
_LANGUAGE = re.compile(r"(?:^| )([a-z]{2,3}): ")
_CHOICE = re.compile(r"\(([^)]*)\)")
_STRUCK = str.maketrans("đĐłŁøØ", "dDlLoO")
_LONG = 5
"""From this length on a word is no other one without its accents."""


def by_language(source: str) -> dict[str, tuple[str, ...]]:
    """Language code -> its words, from a text such as `en: yes; (speak|talk) to you`, which are three words."""
    languages: dict[str, tuple[str, ...]] = {}
    _, *parts = _LANGUAGE.split(" ".join(source.split()))
    for language, listed in zip(parts[::2], parts[1::2], strict=True):
        found = (word for part in listed.split(";") for word in _expand(part) if word)
        languages[language] = languages.get(language, ()) + tuple(found)
    return languages


def words(source: str) -> Iterator[str]:
    """The words of all languages, and the longer ones also without the accents that many leave out on a phone."""
    for word in itertools.chain.from_iterable(by_language(source).values()):
        yield word
        bare = without_accents(word)
        if bare != word and len(word) >= _LONG:
            yield bare


def keywords(source: str, owner: Owner) -> Iterator[Keyword[Owner]]:
    """The words of `source` as keywords of `owner`. A word is compared whole; a mark behind it says how else: `*` as
    the beginning of words, `~` with Arabic or Hebrew "and", "the", "with" in front."""
    for word in words(source):
        match = _MARKS.get(word[-1])
        yield Keyword(word[:-1], match, owner) if match else Keyword(word, "word", owner)


def without_accents(word: str) -> str:
    """`word` with Latin letters bare; other scripts as they are."""
    kept: list[str] = []
    for char in unicodedata.normalize("NFD", word.translate(_STRUCK)):
        if not (unicodedata.combining(char) and kept and kept[-1].isascii()):
            kept.append(char)
    return unicodedata.normalize("NFC", "".join(kept))


def _expand(part: str) -> Iterator[str]:
    """Every text that the choices in brackets allow; `(a|)` is one that may be left out."""
    pieces = _CHOICE.split(part)
    choices = [piece.split("|") if place % 2 else [piece] for place, piece in enumerate(pieces)]
    for chosen in itertools.product(*choices):
        yield " ".join("".join(chosen).split())
