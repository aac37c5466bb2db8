"""A message as all who look at its words share it: brought into one form once, whoever asks first."""

from __future__ import annotations

import re

from hub.words.normal import LONGEST, inside_word, normal

_ASCII_WORD = re.compile(r"[a-z0-9]+")


class Said:
    """What a person said: `text` as it was written, at most LONGEST characters of it. Its forms are made when they are
    first asked for, and kept."""

    __slots__ = ("_normal", "_plain", "_tokens", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._normal: str | None = None
        self._tokens: tuple[str, ...] | None = None
        self._plain: str | None = None

    @property
    def normal(self) -> str:
        """The text for comparing (hub.words.normal)."""
        if self._normal is None:
            self._normal = normal(self.text)
        return self._normal

    @property
    def tokens(self) -> tuple[str, ...]:
        """The words of the normal text without what stands between them. Of scripts without spaces a whole run of
        letters is one."""
        if self._tokens is None:
            text = self.normal
            if text.isascii():
                self._tokens = tuple(_ASCII_WORD.findall(text))
            else:
                self._tokens = tuple("".join(char if inside_word(char) else " " for char in text).split())
        return self._tokens

    @property
    def plain(self) -> str:
        """The tokens with one space between them: equal for messages that differ in case and punctuation alone."""
        if self._plain is None:
            self._plain = " ".join(self.tokens)
        return self._plain


def read(text: str) -> Said:
    """The message `text`, to be looked at by keywords, topics, moods and the rest."""
    return Said(text[:LONGEST])
