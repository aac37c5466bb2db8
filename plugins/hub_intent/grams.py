"""What the model sees of a text: its words, pairs of words, and pieces of 2 to 5 characters inside words.

Pieces find a word again that is inflected, misspelt or compounded, in any script; words and pairs find meaning that
pieces blur.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from hub.words.normal import inside_word, normal, unspaced

SHORTEST, LONGEST = 2, 5
"""Characters of a piece; a word's beginning and end count as one."""
READ = 2000
"""Characters of a message that are looked at."""

_ASCII = re.compile(r"[a-z0-9]+")

WORD, PIECE = "w", "c"
"""What the name of a gram begins with."""


def grams(text: str) -> Counter[str]:
    """How often each gram stands in `text`. A name is WORD or PIECE, then the gram; words of a pair have a blank
    between them."""
    text = normal(text[:READ])
    tokens = words(text)
    found = Counter(WORD + token for token in tokens)
    found.update(f"{WORD}{one} {other}" for one, other in pairwise(tokens))
    found.update(PIECE + piece for piece in _pieces(text))
    return found


def is_single(gram: str) -> bool:
    """Whether the gram is one word."""
    return gram[0] == WORD and " " not in gram


def words(text: str) -> list[str]:
    """The words of a normal text; where words are written without blanks between them, each character is one."""
    if text.isascii():
        return _ASCII.findall(text)
    found: list[str] = []
    word = ""
    for char in text:
        if unspaced(char):
            found += [word, char] if word else [char]
            word = ""
        elif inside_word(char):
            word += char
        elif word:
            found.append(word)
            word = ""
    return [*found, word] if word else found


def _pieces(text: str) -> Iterator[str]:
    for word in text.split():
        padded = f" {word} "
        for size in range(SHORTEST, LONGEST + 1):
            if len(padded) <= size:
                yield padded
                break
            for at in range(len(padded) - size + 1):
                yield padded[at : at + size]
