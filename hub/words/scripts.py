"""The scripts of Unicode as far as they tell a language: ranges of letters, and who writes with them."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from functools import lru_cache

LATIN, CYRILLIC, ARABIC, HAN, KANA = "Latin", "Cyrillic", "Arabic", "Han", "Kana"

RANGES = (
    (0x0041, 0x024F, LATIN),
    (0x0370, 0x03FF, "Greek"),
    (0x0400, 0x052F, CYRILLIC),
    (0x0531, 0x058A, "Armenian"),
    (0x0591, 0x05F4, "Hebrew"),
    (0x0600, 0x06FF, ARABIC),
    (0x0700, 0x074F, "Syriac"),
    (0x0750, 0x077F, ARABIC),
    (0x0780, 0x07BF, "Thaana"),
    (0x08A0, 0x08FF, ARABIC),
    (0x0900, 0x097F, "Devanagari"),
    (0x0980, 0x09FF, "Bengali"),
    (0x0A00, 0x0A7F, "Gurmukhi"),
    (0x0A80, 0x0AFF, "Gujarati"),
    (0x0B00, 0x0B7F, "Odia"),
    (0x0B80, 0x0BFF, "Tamil"),
    (0x0C00, 0x0C7F, "Telugu"),
    (0x0C80, 0x0CFF, "Kannada"),
    (0x0D00, 0x0D7F, "Malayalam"),
    (0x0D80, 0x0DFF, "Sinhala"),
    (0x0E00, 0x0E7F, "Thai"),
    (0x0E80, 0x0EFF, "Lao"),
    (0x0F00, 0x0FFF, "Tibetan"),
    (0x1000, 0x109F, "Burmese"),
    (0x10A0, 0x10FF, "Georgian"),
    (0x1100, 0x11FF, "Hangul"),
    (0x1200, 0x139F, "Ethiopic"),
    (0x1780, 0x17FF, "Khmer"),
    (0x1800, 0x18AF, "Mongolian"),
    (0x1C90, 0x1CBF, "Georgian"),
    (0x1E00, 0x1EFF, LATIN),
    (0x1F00, 0x1FFF, "Greek"),
    (0x2C60, 0x2C7F, LATIN),
    (0x3005, 0x3007, HAN),
    (0x3040, 0x30FF, KANA),
    (0x3130, 0x318F, "Hangul"),
    (0x31F0, 0x31FF, KANA),
    (0x3400, 0x4DBF, HAN),
    (0x4E00, 0x9FFF, HAN),
    (0xAC00, 0xD7AF, "Hangul"),
    (0xF900, 0xFAFF, HAN),
    (0xFB1D, 0xFB4F, "Hebrew"),
    (0xFB50, 0xFDFF, ARABIC),
    (0xFE70, 0xFEFC, ARABIC),
    (0xFF21, 0xFF5A, LATIN),
    (0xFF66, 0xFF9F, KANA),
    (0x20000, 0x3FFFF, HAN),
)
"""First and last code point and the script, in order."""

LANGUAGES = {
    ARABIC: ("ar", "fa", "ur", "ps", "ckb", "sd", "ug", "ks"),
    HAN: ("zh", "ja", "yue", "ko"),
    KANA: ("ja",),
    "Hangul": ("ko",),
    "Devanagari": ("hi", "mr", "ne", "sa", "kok", "bho", "mai"),
    "Bengali": ("bn", "as"),
    "Gurmukhi": ("pa",),
    "Gujarati": ("gu",),
    "Odia": ("or",),
    "Tamil": ("ta",),
    "Telugu": ("te",),
    "Kannada": ("kn",),
    "Malayalam": ("ml",),
    "Sinhala": ("si",),
    "Thai": ("th",),
    "Lao": ("lo",),
    "Tibetan": ("bo", "dz"),
    "Burmese": ("my",),
    "Khmer": ("km",),
    "Georgian": ("ka",),
    "Armenian": ("hy",),
    "Greek": ("el",),
    "Hebrew": ("he", "yi"),
    "Ethiopic": ("am", "ti"),
    "Thaana": ("dv",),
    "Mongolian": ("mn",),
    "Syriac": ("syr",),
}
"""Script -> the languages written in it, the one that is meant where nothing else is known first. Latin and Cyrillic
are left out: too many write them."""

DENSE = frozenset({HAN, KANA, "Hangul"})
"""Scripts in which a character is a syllable or a word."""

_FIRST = [first for first, _, _ in RANGES]


def script_of(char: str) -> str:
    """The script of a letter; "" of anything else and of scripts that are not listed."""
    if not char.isalpha():
        return ""
    place = bisect_right(_FIRST, code := ord(char)) - 1
    if place < 0:
        return ""
    _, last, script = RANGES[place]
    return script if code <= last else ""


def scripts(text: str) -> Counter[str]:
    """How many letters of each script stand in `text`; marks and digits are none."""
    if text.isascii():
        letters = sum(map(str.isalpha, text))
        return Counter({LATIN: letters} if letters else {})
    found: Counter[str] = Counter()
    for char, times in Counter(text).items():
        if script := _script_of(char):
            found[script] += times
    return found


_script_of = lru_cache(4096)(script_of)
