"""Long texts in pieces that a channel takes, cut where a reader would pause."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

_PARAGRAPH = re.compile(r"\n[ \t]*\n")
_LINE = re.compile(r"\n")
_SENTENCE = re.compile(r"[.!?…։؟۔।॥](?=\s)|[。！？]")
_WORD = re.compile(r"\s")
_ZWJ = "\u200d"


def split_text(text: str, limit: int) -> list[str]:
    """`text` in pieces of at most `limit` characters (code points); empty when there is nothing but blanks.

    Cuts after a paragraph, else a line, else a sentence, as long as a piece stays a third full; else between words;
    else between two characters as the reader sees them, never inside a combined letter or emoji (unless one alone is
    longer than `limit`). Blanks around a cut are dropped, nothing else is. Raises ValueError for a limit below 1.
    """
    if limit < 1:
        raise ValueError("limit must be at least 1")
    pieces: list[str] = []
    start, end = 0, len(text)
    while end - start > limit:
        cut = _cut(text, start, start + limit)
        if piece := text[start:cut].rstrip():
            pieces.append(piece)
        start = cut
        while (
            start < end
            and text[start].isspace()
            and (text[start + 1 : start + 2].isspace() or _boundary(text, start + 1))
        ):
            start += 1
    if text[start:].strip():
        pieces.append(text[start:])
    return pieces


def _cut(text: str, start: int, end: int) -> int:
    """Where to cut `text[start:]` so that the piece ends at `end` or before."""
    least = start + (end - start) // 3
    for pattern, floor in ((_PARAGRAPH, least), (_LINE, least), (_SENTENCE, least), (_WORD, start)):
        for at in _ends(pattern, text, start, end):
            if at >= floor and _boundary(text, at):
                return at
    for at in range(end, start, -1):
        if _boundary(text, at):
            return at
    return end


def _ends(pattern: re.Pattern[str], text: str, start: int, end: int) -> Iterator[int]:
    """The ends of the matches that fit, the last first. A match may look one character further than `end`."""
    found = [match for match in pattern.finditer(text, start, end + 1) if match.end() > start]
    for match in reversed(found):
        at = match.start() if match.group()[0].isspace() else match.end()
        if start < at <= end:
            yield at


def _boundary(text: str, at: int) -> bool:
    """Whether a reader sees two characters on both sides of `at` (after Unicode's grapheme clusters, UAX 29)."""
    if at <= 0 or at >= len(text):
        return True
    before, after = text[at - 1], text[at]
    if before.isascii() and after.isascii():
        return not (before == "\r" and after == "\n")
    category = unicodedata.category(after)
    if category[0] == "M" or after == _ZWJ or before == _ZWJ or after in "\u0e33\u0eb3":
        return False
    if "\U0001f3fb" <= after <= "\U0001f3ff" or "\U000e0020" <= after <= "\U000e007f":
        return False  # skin tones, flags of regions
    if _flag(before) and _flag(after):
        run = 0
        while run < at and _flag(text[at - 1 - run]):
            run += 1
        return run % 2 == 0
    if unicodedata.combining(before) == 9 and category == "Lo":
        return False  # a consonant joined to the one before by a virama
    if "\u1100" <= before <= "\u115f":
        return not ("\u1100" <= after <= "\u11ff" or "\uac00" <= after <= "\ud7a3")  # a Hangul letter by letter
    return not "\u1160" <= after <= "\u11ff"


def _flag(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"
