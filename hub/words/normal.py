"""One form of text for comparing: what people type and what admins list as keywords go through the same function.

Python's own word boundaries fail outside Latin script: vowel signs of Indic scripts are no word characters for `re`,
Armenian question marks stand inside the word, and several scripts write without spaces.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from functools import lru_cache

LONGEST = 10_000
"""Characters of a message that are looked at; nobody's question stands behind them."""

_DROPPED = (
    "\u055a\u055b\u055c\u055e"  # Armenian marks that stand inside a word
    "\u0640\u0670"  # Arabic tatweel, superscript alef
    "\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7"  # Hebrew points
    "\u093c"  # Devanagari nukta: half of all people leave it out
    "\u00ad\u034f\u061c\u180e\ufeff\ufe0e\ufe0f\u20e3"  # invisible, the square around a digit
)
_DROPPED_RANGES = (
    (0x0591, 0x05BD),  # Hebrew points
    (0x0610, 0x061A),  # Arabic signs and vowel signs
    (0x064B, 0x065F),
    (0x06D6, 0x06DC),
    (0x200B, 0x200F),  # invisible: joiners, directions
    (0x202A, 0x202E),
    (0x2060, 0x206F),
    (0x1F3FB, 0x1F3FF),  # skin tones
)
_LETTERS = {
    "آأإٱ": "ا",
    "ىیے": "ي",
    "ةہھۀە": "ه",
    "کڪ": "ك",
    "\u2018\u2019\u02bc\u02b9\u05f3`": "'",
    "\u201c\u201d\u201e\u05f4": '"',
    "\u2010\u2011\u2012\u2013\u2014\u2015\u2212": "-",
    "ı": "i",  # with the dot of İ gone below: capital and small, dotted and not are one letter
    "ё": "е",
    "œ": "oe",
    "ς": "σ",
    "\u0901": "\u0902",  # chandrabindu, often typed as anusvara
    "\u0929": "\u0928",  # letters that have their nukta inside
    "\u0931": "\u0930",
    "\u0934": "\u0933",
    # Greek capitals lose the accent, and so do many small letters in chats.
    **dict(zip("άέήίόύώΐΰϊϋ", "αεηιουωιυιυ", strict=True)),
}
_ZEROS = (
    *(0x0660, 0x06F0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66),
    *(0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x17E0, 0x1810),
)
_FOLDED: dict[int, str | None] = {
    **{ord(char): None for char in _DROPPED},
    **{code: None for first, last in _DROPPED_RANGES for code in range(first, last + 1)},
    **{ord(char): to for chars, to in _LETTERS.items() for char in chars},
    **{zero + digit: str(digit) for zero in _ZEROS for digit in range(10)},
}
_FOLDS = re.compile(f"[{''.join(map(re.escape, map(chr, _FOLDED)))}]")
_DOTTED = re.compile("i\u0307+")
_SWAPPED = re.compile("([\u0e4d\u0ecd]+)([\u0e48-\u0e4b\u0ec8-\u0ecb]+)(?=[\u0e32\u0eb2])")

# Scripts without spaces between words: Thai, Lao, Tibetan, Burmese, Khmer; Chinese and Japanese.
_UNSPACED = (
    (0x0E00, 0x0EFF),
    (0x0F00, 0x0FFF),
    (0x1000, 0x109F),
    (0x1780, 0x17FF),
    (0x1950, 0x19FF),
    (0x1A20, 0x1AAF),
    (0x2E80, 0x2FDF),
    (0x3005, 0x3007),
    (0x3040, 0x312F),
    (0x31A0, 0x31FF),
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xA980, 0xA9DF),
    (0xAA60, 0xAADF),
    (0xF900, 0xFAFF),
    (0x20000, 0x3FFFF),
)
_MARKS = 30
"""Marks on one letter that are kept, as in the stream-safe text format of UAX #15: sorting them costs their square."""

_PASSES = 4
"""What one pass leaves out may bring a letter and its accent together for the next."""


def normal(text: str) -> str:
    """`text` for comparing: NFKC, case folded, letters with several forms unified, runs of blanks as one space.

    Only the first LONGEST characters are looked at. Putting a normal text through it again changes nothing.
    """
    text = text[:LONGEST]
    if text.isascii():
        return " ".join(text.lower().replace("`", "'").split())
    if len(text) > 8 * _MARKS:
        text = _fewer_marks(text)
    for _ in range(_PASSES):
        text = unicodedata.normalize("NFKC", text).casefold()
        if _FOLDS.search(text):
            text = text.translate(_FOLDED)
        text = _DOTTED.sub("i", text).replace(" \u0301", "'")  # the dot of İ; an acute accent as an apostrophe
        if "\u0e4d" in text or "\u0ecd" in text or "\u0e40\u0e40" in text:  # Thai and Lao, typed in another order
            text = _SWAPPED.sub(r"\2\1", text).replace("\u0e40\u0e40", "\u0e41")
        if unicodedata.is_normalized("NFKC", text):
            break
    text = text.replace("եվ", "եւ")  # the Armenian ligature for "and" has two capital spellings
    return " ".join(text[:LONGEST].split())


def begins_word(text: str, at: int) -> bool:
    """Whether a word can begin at `at` (an index into normal text)."""
    return at <= 0 or _parted(text[at - 1], text[at])


def ends_word(text: str, at: int) -> bool:
    """Whether a word can end before `at`."""
    return at >= len(text) or _parted(text[at - 1], text[at])


@lru_cache(4096)
def inside_word(char: str) -> bool:
    """Whether words are made of `char`: a letter, a digit, or a mark that belongs to the letter before it."""
    return char.isalnum() or (not char.isascii() and unicodedata.category(char)[0] == "M")


@lru_cache(4096)
def unspaced(char: str) -> bool:
    """Whether `char` is of a script that writes without spaces between words."""
    code = ord(char)
    return code >= 0x0E00 and any(first <= code <= last for first, last in _UNSPACED)


def _parted(before: str, after: str) -> bool:
    if not (inside_word(before) and inside_word(after)):
        return True
    if unicodedata.category(after)[0] == "M":  # never between a letter and its vowel sign, in no script
        return False
    return unspaced(before) or unspaced(after)


def _fewer_marks(text: str) -> str:
    """`text` with at most _MARKS marks in a row."""
    sampled = [unicodedata.combining(text[at]) != 0 for at in range(0, len(text), _MARKS)]
    if not any(one and other for one, other in itertools.pairwise(sampled)):
        return text
    kept: list[str] = []
    run = 0
    for char in text:
        run = run + 1 if unicodedata.combining(char) else 0
        if run <= _MARKS:
            kept.append(char)
    return "".join(kept)
