"""The wish for a person, in many languages: it goes before every rule, question and limit.

Somebody gets a human who writes HUMAN (in any case as the whole message, in capitals anywhere) or says so with one of
these phrases. A word that has other uses, such as "agent", counts only as the whole message.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

from hub.words.human_words import ALONE, NOT, PHRASES
from hub.words.keywords import Keyword
from hub.words.lists import keywords, words
from hub.words.normal import normal
from hub.words.said import Said, read

HumanOwner = tuple[Literal["human", "not human"], str]

_POLITE = """
please pls plz por favor porfavor bitte svp proszę пожалуйста будь ласка lütfen لطفا رجاء prego grazie per favore
thanks merci danke gracias कृपया প্লিজ խնդրում եմ tolong mohon vui lòng ครับ ค่ะ คะ 请 請 お願いします
주세요 snälla tak kiitos hello hi
"""

# What makes HUMAN in capitals a part of another thing's name.
_OTHERWISE = frozenset(
    read(
        "anatomy being beings body capital error errors factor factors hair health history life made organs"
        " race resource resources rights science sciences sized skin trafficking"
    ).tokens
)
_CAPITALS = re.compile(r"(?<![^\W_])HUMAN(?![^\W_])(?:\s+([A-Za-z]+))?")
_SHOUTED = 3
"""So many words all in capitals are still a call for a human; a longer shout may be about anything."""

HUMAN_WORDS: tuple[Keyword[HumanOwner], ...] = (
    *keywords(PHRASES, ("human", "")),
    *keywords(NOT, ("not human", "")),
)
"""The phrases, and those that contain one but do not ask for a person."""

_ALONE_LENGTH = 60
_ALONE_NORMAL = frozenset(read(word).plain for word in words(ALONE))
_POLITE_NORMAL = frozenset(read(_POLITE).tokens)


def calls_human(said: Said) -> str:
    """The word when the whole message is a word for a human, or when HUMAN stands in it in capitals; else ""."""
    if len(said.normal) <= _ALONE_LENGTH:
        asked = " ".join(token for token in said.tokens if token not in _POLITE_NORMAL)
        if said.plain in _ALONE_NORMAL or asked in _ALONE_NORMAL:
            return said.text.strip()
    return "HUMAN" if "human" in said.normal and _in_capitals(said) else ""


def _in_capitals(said: Said) -> bool:
    text = unicodedata.normalize("NFKC", said.text) if not said.text.isascii() else said.text
    found = _CAPITALS.search(text)
    if not found or normal(found[1] or "") in _OTHERWISE:
        return False
    return len(said.tokens) <= _SHOUTED or any(char.islower() for char in text)
