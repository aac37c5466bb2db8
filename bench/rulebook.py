"""A rule file as a large company would have it: many rules with keywords in many languages, tags, hours and limits."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator

RULES = 1_000
KEYWORDS = 10_000
LANGUAGES: dict[str, tuple[int, int]] = {
    **dict.fromkeys(("en", "de", "es", "fr", "pt", "it", "nl", "tr", "pl", "vi", "id", "sw", "fi", "hu"), (0x61, 0x7A)),
    **dict.fromkeys(("ru", "uk", "bg", "sr", "kk"), (0x430, 0x44F)),
    "el": (0x3B1, 0x3C9),
    "hy": (0x561, 0x586),
    "ka": (0x10D0, 0x10F0),
    "he": (0x5D0, 0x5EA),
    **dict.fromkeys(("ar", "fa", "ur"), (0x627, 0x64A)),
    **dict.fromkeys(("hi", "mr", "ne"), (0x915, 0x939)),
    "bn": (0x995, 0x9B9),
    "pa": (0x0A15, 0x0A39),
    "gu": (0xA95, 0xAB9),
    "ta": (0xB95, 0xBB9),
    "te": (0xC15, 0xC39),
    "kn": (0xC95, 0xCB9),
    "ml": (0xD15, 0xD39),
    "th": (0xE01, 0xE2E),
    "ko": (0xAC00, 0xAE00),
    "zh": (0x4E00, 0x5200),
    "ja": (0x3042, 0x3093),
    "am": (0x1200, 0x1240),
}
"""Forty languages, each with a stretch of letters of its script: words are made of these."""


def words(seed: int = 1) -> Iterator[tuple[str, str]]:
    """(language, word) without end: invented, three to nine letters."""
    chance = random.Random(seed)
    while True:
        for language, (first, last) in LANGUAGES.items():
            yield language, "".join(chr(chance.randint(first, last)) for _ in range(chance.randint(3, 9)))


def rulebook(rules: int = RULES, keywords: int = KEYWORDS) -> str:
    """The tables of hub.toml. Every fourth rule asks for hours, every fifth for tags, every sixth for a value."""
    made, each = words(), max(1, keywords // rules)
    parts = ['[hours.shop]\ntimezone = "Europe/Berlin"\nweek = { mon-fri = "08:00-18:00" }\n', "[tag.vip]\n"]
    for number in range(rules):
        listens = json.dumps([next(made)[1] for _ in range(each)], ensure_ascii=False)
        extra = ["", 'during = "shop"\n', 'tags = { none = ["vip"] }\n', 'where = { budget = "> 1000" }\n']
        parts.append(
            f'[[rule]]\nname = "book {number}"\nkeywords = {listens}\n{extra[number % 4]}'
            f'reply = {{ text = {{ en = "Answer {number}, {{{{ person.name }}}}.", de = "Antwort {number}." }} }}\n'
        )
    return "\n".join(parts)


def messages(count: int, hits: float = 0.3, seed: int = 2) -> list[str]:
    """What people write, in all the languages; a share of them holds a keyword."""
    chance = random.Random(seed)
    made, keyed = words(seed), words()
    known = [next(keyed)[1] for _ in range(2_000)]
    said = []
    for _ in range(count):
        text = [next(made)[1] for _ in range(chance.randint(4, 14))]
        if chance.random() < hits:
            text.insert(chance.randint(0, len(text)), chance.choice(known))
        said.append(" ".join(text))
    return said
