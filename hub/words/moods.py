"""Moods that words and form show: angry people go to a human, thanks end a matter."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal, get_args

from hub.contracts.errors import ConfigError
from hub.contracts.toml_tables import Where, closest, tables
from hub.words.keywords import Keyword
from hub.words.lists import keywords, words
from hub.words.mood_words import ANGRY, GLAD, NOT_ANGRY, NOT_THANKS, PLEASE, THANKS, THANKS_ALONE
from hub.words.normal import normal
from hub.words.said import Said
from hub.words.wordlists import compile_words

Mood = Literal["angry", "thanks"]
MoodOwner = tuple[Literal["mood", "not mood"], str]

MOODS: tuple[Mood, ...] = get_args(Mood)
MOOD_WORDS: tuple[Keyword[MoodOwner], ...] = (
    *keywords(ANGRY, ("mood", "angry")),
    *keywords(NOT_ANGRY, ("not mood", "angry")),
    *keywords(THANKS, ("mood", "thanks")),
    *keywords(NOT_THANKS, ("not mood", "thanks")),
    *keywords(GLAD, ("mood", "glad")),
    *keywords(PLEASE, ("mood", "please")),
)
"""The built-in words of moods, and those that contain one and mean something else. "glad" and "please" are no
moods that anybody asks for: one keeps an exclamation from looking angry, the other thanks from ending a matter."""

_ANGRY_EMOJI = re.compile("[😠😡🤬👿💢🖕😤🤮]")
_GLAD_EMOJI = re.compile("[😀-😄😊😍🥰😘🤩🎉🥳👍👏❤💕💖🙏😂🤣☺]")
_RUN = re.compile("[!?\u00a1\u00bf\u061f\u055c\u055e\u0964\uff01\uff1f\u203c\u2047-\u2049]{3,}")
_WORD = re.compile(r"[^\W\d_]+")
_EXCLAIMED = re.compile("[!\uff01\u055c]")
_THANKS_ALONE = frozenset(normal(word) for word in words(THANKS_ALONE))
_SHORT = 80
_SHORTEST = 10
_SHOUTED_LETTERS = 8
_SHOUTED_SHARE = 0.8
_SHOUTED_WORDS = 3
_QUESTION = re.compile("[?\u061f\u055e\uff1f\u037e]")


def compile_moods(data: Mapping[str, Any], where: Where) -> tuple[Keyword[MoodOwner], ...]:
    """The words that a parsed hub.toml adds to moods: `[moods] angry = ["..."]`, or lists by language.

    Raises ConfigError with place and remedy at the first mistake.
    """
    found: list[Keyword[MoodOwner]] = []
    for name, value in tables(data, "moods", where).items():
        if name not in MOODS:
            raise ConfigError(
                f"there is no mood '{name}'", where=where(("moods", name)), remedy=closest(name, MOODS, "moods")
            )
        owner: MoodOwner = ("mood", name)
        found += compile_words(value, owner, ("moods", name), where)
    return tuple(found)


def judge(said: Said, found: Mapping[str, str]) -> dict[str, str]:
    """The moods of a message, each with what made it so. `found`: the words of MOOD_WORDS and of the admin's moods in
    it, by mood.

    Somebody is angry by his words, by an angry emoji, or by the form of a message that has no glad word: three
    exclamation or question marks in a row, or an exclamation in capitals. Thanks end a matter when they are short and
    come without anger, question and "please".
    """
    text = said.text
    moods: dict[str, str] = {}
    if word := found.get("angry"):
        moods["angry"] = f"word '{word}'"
    elif not text.isascii() and (sign := _ANGRY_EMOJI.search(text)):
        moods["angry"] = f"emoji {sign[0]}"
    elif "thanks" not in found and "glad" not in found and (form := _form(text)):
        moods["angry"] = form
    word = found.get("thanks") or ""
    if not word and len(said.normal) <= _SHORTEST:
        word = next((one for one in (said.plain, said.normal) if one in _THANKS_ALONE), "")
    if word and not (moods or "please" in found or len(said.normal) > _SHORT or _QUESTION.search(text)):
        moods["thanks"] = f"word '{word}'"
    return moods


def _form(text: str) -> str:
    """The form that looks angry, "" = none."""
    run = _RUN.search(text)
    if not (run or (_EXCLAIMED.search(text) and _capitals(text))) or _GLAD_EMOJI.search(text):
        return ""
    return f"sign '{run[0][:5]}'" if run else "capitals"


def _capitals(text: str) -> bool:
    """Whether a message is shouted: three words or more, of scripts with capitals, nearly all in capitals. Each number
    or code asks for two words more, for such are the names of goods."""
    if text.islower() or sum(map(str.isupper, text)) <= _SHOUTED_LETTERS:
        return False
    parts = text.split()
    words = [word for part in parts if not any(map(str.isdigit, part)) for word in _WORD.findall(part)]
    upper = sum(map(str.isupper, "".join(words)))
    lower = sum(map(str.islower, "".join(words)))
    codes = sum(any(map(str.isdigit, part)) for part in parts)
    shouted = sum(len(word) > 1 and word.isupper() for word in words)
    return (
        upper > _SHOUTED_LETTERS and upper >= _SHOUTED_SHARE * (upper + lower) and shouted >= _SHOUTED_WORDS + 2 * codes
    )
