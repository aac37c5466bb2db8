"""One form of text for comparing: what people type and what admins list as keywords go through the same function.

Python's own word boundaries fail outside Latin script: vowel signs of Indic scripts are no word characters for `re`,
Armenian question marks stand inside the word, and several scripts write without spaces.
"""

from __future__ import annotations

import unicodedata

_DROPPED = (
    "\u055a\u055b\u055c\u055e"  # Armenian marks that stand inside a word
    "\u0640\u0670"  # Arabic tatweel, superscript alef
    "\u00ad\u034f\u061c\u180e\ufeff\ufe0e\ufe0f"
)
_FOLDED: dict[int, str | None] = {
    **{ord(char): None for char in _DROPPED},
    **dict.fromkeys(range(0x064B, 0x0660), None),  # Arabic vowel signs
    **dict.fromkeys([*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070)], None),  # invisible
    **dict.fromkeys(map(ord, "آأإٱ"), "ا"),
    **dict.fromkeys(map(ord, "ىیے"), "ي"),
    **dict.fromkeys(map(ord, "ةہھۀە"), "ه"),
    **dict.fromkeys(map(ord, "کڪ"), "ك"),
    **dict.fromkeys(map(ord, "\u2018\u2019\u02bc\u02b9`"), "'"),
}
# Scripts without spaces between words: Thai, Lao, Tibetan, Burmese, Khmer; Chinese and Japanese.
_UNSPACED = (
    (0x0E00, 0x0EFF),
    (0x0F00, 0x0FFF),
    (0x1000, 0x109F),
    (0x1780, 0x17FF),
    (0x2E80, 0x2FDF),
    (0x3005, 0x3007),
    (0x3040, 0x312F),
    (0x31A0, 0x31FF),
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x20000, 0x3FFFF),
)


def normal(text: str) -> str:
    """`text` for comparing: NFKC, case folded, letters with several forms unified, runs of blanks as one space."""
    if text.isascii():
        return " ".join(text.lower().split())
    text = unicodedata.normalize("NFKC", text).casefold().translate(_FOLDED)
    if not unicodedata.is_normalized("NFKC", text):
        text = unicodedata.normalize("NFKC", text)
    # The Armenian ligature for "and" has two capital spellings.
    return " ".join(text.replace("եվ", "եւ").split())


def begins_word(text: str, at: int) -> bool:
    """Whether a word can begin at `at` (an index into normal text)."""
    return at <= 0 or _parted(text[at - 1], text[at])


def ends_word(text: str, at: int) -> bool:
    """Whether a word can end before `at`."""
    return at >= len(text) or _parted(text[at - 1], text[at])


def _parted(before: str, after: str) -> bool:
    return not (_inside_word(before) and _inside_word(after)) or _unspaced(before) or _unspaced(after)


def _inside_word(char: str) -> bool:
    return char.isalnum() or (not char.isascii() and unicodedata.category(char)[0] == "M")


def _unspaced(char: str) -> bool:
    code = ord(char)
    return code >= 0x0E00 and any(first <= code <= last for first, last in _UNSPACED)
