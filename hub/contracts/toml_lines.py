"""Where a key stands in a TOML file: the standard library parses TOML but forgets the lines.

Every mistake in the configuration is reported with file and line; this is the one place that knows them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

Path = tuple[str | int, ...]

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_SPACE = re.compile(r"[ \t]*")
_FILLER = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)+")
_SCALAR = re.compile(r"[^,\]}\n#]+")
_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)", re.DOTALL)
_PLAIN = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r"}
_DEPTH = 64  # deeper nesting than this is not followed


class Lines:
    """The line of every table, key and array element of `text`. `file` is the name shown to people.

    Meant for text that `tomllib` accepts; on any other text it knows as much as it could read, and never raises.
    """

    def __init__(self, text: str, file: str) -> None:
        self.file = file
        self._lines = _Scan(text).run()

    def where(self, path: Path) -> str:
        """`file:line` of the most specific key of `path` that stands in the file; `file` alone when none does.

        Keys are strings, places in arrays are numbers from 0: `("rule", 3, "keywords")`.
        """
        for end in range(len(path), 0, -1):
            line = self._lines.get(path[:end])
            if line is not None:
                return f"{self.file}:{line}"
        return self.file


class _StopError(Exception):
    """The rest of the text is not TOML."""


@dataclass(slots=True)
class _Scan:
    text: str
    at: int = 0
    line: int = 1
    counted: int = 0
    lines: dict[Path, int] = field(default_factory=dict)
    lengths: dict[Path, int] = field(default_factory=dict)  # arrays of tables so far

    def run(self) -> dict[Path, int]:
        table: Path = ()
        try:
            while self._filler():
                if self.text.startswith("[", self.at):
                    table = self._header()
                else:
                    self._pair(table, 0)
        except _StopError:
            pass
        return self.lines

    def _filler(self) -> bool:
        """Step over blanks, line ends and comments; whether anything follows."""
        if found := _FILLER.match(self.text, self.at):
            self.at = found.end()
        return self.at < len(self.text)

    def _mark(self, path: Path) -> None:
        self.line += self.text.count("\n", self.counted, self.at)
        self.counted = self.at
        self.lines.setdefault(path, self.line)

    def _take(self, token: str) -> bool:
        if self.text.startswith(token, self.at):
            self.at += len(token)
            return True
        return False

    def _expect(self, token: str) -> None:
        if not self._take(token):
            raise _StopError

    def _header(self) -> Path:
        double = self.text.startswith("[[", self.at)
        start = self.at
        self.at += 2 if double else 1
        keys = self._keys()
        self._expect("]]" if double else "]")
        end, self.at = self.at, start
        path: Path = ()
        for place, key in enumerate(keys):
            path = (*path, key)
            self._mark(path)
            if double and place == len(keys) - 1:
                self.lengths[path] = self.lengths.get(path, 0) + 1
            if path in self.lengths:
                path = (*path, self.lengths[path] - 1)
                self._mark(path)
        self.at = end
        return path

    def _keys(self) -> list[str]:
        """A dotted key."""
        keys = []
        while True:
            self._blank()
            if self.text.startswith(('"', "'"), self.at):
                keys.append(self._string())
            elif found := _BARE.match(self.text, self.at):
                keys.append(found.group())
                self.at = found.end()
            else:
                raise _StopError
            self._blank()
            if not self._take("."):
                return keys

    def _blank(self) -> None:
        if found := _SPACE.match(self.text, self.at):
            self.at = found.end()

    def _pair(self, table: Path, depth: int) -> None:
        start = self.at
        path = table
        keys = self._keys()
        end, self.at = self.at, start
        for key in keys:
            path = (*path, key)
            self._mark(path)
        self.at = end
        self._expect("=")
        self._blank()
        self._value(path, depth)

    def _value(self, path: Path, depth: int) -> None:
        if depth > _DEPTH:
            raise _StopError
        if self._take("["):
            place = 0
            while self._filler() and not self._take("]"):
                self._mark((*path, place))
                self._value((*path, place), depth + 1)
                place += 1
                self._filler()
                self._take(",")
        elif self._take("{"):
            while self._filler() and not self._take("}"):
                self._pair(path, depth + 1)
                self._filler()
                self._take(",")
        elif self.text.startswith(('"', "'"), self.at):
            self._string()
        elif found := _SCALAR.match(self.text, self.at):
            self.at = found.end()
        else:
            raise _StopError

    def _string(self) -> str:
        quote = self.text[self.at]
        if self._take(quote * 3):
            end = self._close(quote * 3)
            while self.text.startswith(quote, end + 3):  # up to two quotes may stand before the closing three
                end += 1
            body, self.at = self.text[self.at : end], end + 3
        else:
            self.at += 1
            end = self._close(quote)
            body, self.at = self.text[self.at : end], end + 1
        return _ESCAPE.sub(_unescape, body) if quote == '"' else body

    def _close(self, quote: str) -> int:
        """Where the closing `quote` begins."""
        at = self.at
        while True:
            end = self.text.find(quote, at)
            if end < 0:
                raise _StopError
            if quote[0] == "'":
                return end
            slash = self.text.find("\\", at, end)
            if slash < 0:
                return end
            at = slash + 2


def _unescape(found: re.Match[str]) -> str:
    code = found.group(1)
    if code[0] in "uU" and len(code) > 1:
        number = int(code[1:], 16)
        return chr(number) if number < 0x110000 else ""
    return _PLAIN.get(code, code)
