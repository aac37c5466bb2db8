"""In which language somebody writes: by script where that decides, else by a detector that is handed in.

One word in a shared script tells nothing ("precio" is Spanish and Portuguese, "ok" everything), so it changes nothing.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, Protocol

from hub.words.scripts import ARABIC, CYRILLIC, DENSE, HAN, KANA, LANGUAGES, LATIN, scripts

READ = 1000
"""Characters of a message that are looked at."""
LETTERS = 12
"""More letters than this must stand there before a detector is asked."""
SURE = 0.6
"""The least chance of a detector's answer that counts."""
SURE_TO_SWITCH = 0.8
"""The same where it would change what is known of a person."""
SHORT = 20
"""Fewer letters than this are a short message: alone it never changes what is known of a person."""
PART = 0.3
"""The share of letters from which on another script than Latin says the language: names of goods are Latin anywhere."""

_DETECTED = frozenset({LATIN, CYRILLIC, ARABIC, "Devanagari"})
"""Scripts whose languages a detector tells apart."""
_NEIGHBOURS = (
    frozenset({"da", "no", "nb", "nn"}),
    frozenset({"bs", "hr", "sr", "sh"}),
    frozenset({"id", "ms"}),
    frozenset({"cs", "sk"}),
)
"""Languages that detectors take for each other."""
_URDU, _NOT_ARABIC = frozenset("ٹڈڑںےھہ"), frozenset("پچژگیک")


class Detector(Protocol):
    """Tells languages apart by their words."""

    def __call__(self, text: str) -> tuple[str, float]:
        """The likeliest language (ISO 639 code, "" = none) and its chance (0 to 1). Pure."""


class Written(NamedTuple):
    """In what a message is written: an ISO 639 code ("" = cannot be said), its chance (0 to 1), its script ("" = no
    letters), how much of it there is (letters, those of dense scripts three times), and whether its script alone or
    its words told the language."""

    language: str
    chance: float
    script: str
    letters: int
    told_by: Literal["", "script", "words"] = ""


NOTHING = Written("", 0.0, "", 0)


def written(text: str, detect: Detector | None = None) -> Written:
    """The language of one message."""
    text = " ".join(word for word in text[:READ].split() if not _is_address(word))
    found = scripts(text)
    total = found.total()
    if not total:
        return NOTHING
    if found[KANA] and found[KANA] + found[HAN] > PART * total:  # Japanese mixes both
        script, letters = KANA, found[KANA] + found[HAN]
    else:
        script, letters = max(found.items(), key=lambda one: (one[0] != LATIN, one[1]))
        if letters < PART * total:
            script, letters = found.most_common(1)[0]
    size = 3 * letters if script in DENSE else letters
    if detect is not None and script in _DETECTED and letters > LETTERS:
        language, chance = detect(text)
        if language and chance >= SURE:
            return Written(language, chance, script, size, "words")
    language = _of_arabic(text, letters) if script == ARABIC else LANGUAGES.get(script, ("",))[0]
    return Written(language, 1.0, script, size, "script") if language else Written("", 0.0, script, size)


def spoken(stored: str, now: Written, before: str = "") -> str:
    """The language to know a person by: `stored` ("" = none yet) until a message says otherwise, and says enough.

    A longer message in another language is enough; so are two in a row, `before` being the language of the one before.
    The script alone never changes a language into another one that is written in it.
    """
    if not now.language:
        return stored
    if not stored:
        return now.language
    known = stored.replace("_", "-").partition("-")[0].lower()
    if known == now.language or _are_neighbours(known, now.language):
        return stored
    if now.told_by == "script" and known in LANGUAGES[now.script]:
        return stored
    if now.chance < SURE_TO_SWITCH:
        return stored
    return now.language if now.letters >= SHORT or before == now.language else stored


def _of_arabic(text: str, letters: int) -> str:
    """What single letters tell: Urdu has some of its own, and Arabic lacks some that Urdu and Persian share."""
    seen = set(text)
    if seen & _URDU:
        return "ur"
    if seen & _NOT_ARABIC:
        return "fa" if letters > LETTERS else ""  # so much Urdu would have had a letter of its own
    return "ar"


def _are_neighbours(one: str, other: str) -> bool:
    return any(one in group and other in group for group in _NEIGHBOURS)


def _is_address(word: str) -> bool:
    """Whether a word is an address of the web or of a mailbox, or somebody's name on a platform."""
    return "://" in word or "@" in word or word.lower().startswith("www.")
