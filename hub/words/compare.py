"""How a value compares with what a file asks for: written once for rules, tags, segments and priorities.

A comparison is a text ("> 500000", "<= 5", "100000..500000", or the value itself), a number, true or false, a list of
them (one must hold), or a table: `{ not = ... }`, `{ known = true }`, `{ known = false }`. With numbers a value is
compared by its figure: see `figure`.
"""

from __future__ import annotations

import itertools
import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from statistics import median
from typing import Any, NamedTuple

from hub.contracts.errors import ConfigError

_WRITTEN = re.compile(r"(<=|>=|!=|<|>|=)\s*(.*)", re.DOTALL)
_RANGE = re.compile(r"([^.]\S*?)\s*\.\.\s*(\S+)")
_GROUPS = re.compile(r"[+-]?\d{1,3}([ ,_'\u00a0\u202f])\d{3}(?:\1\d{3})*(?:\.\d+)?")
_PLAIN = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_BETWEEN = re.compile(r"[;,\s]+")
WORD_MAX = 199
"""Characters of a value that can be compared with as a whole."""
EXAMPLES = 'write "> 500000", "<= 5", "100000..500000", a value, a list of values, or { known = true }'


class Span(NamedTuple):
    """Numbers from `low` to `high`; `low_in` and `high_in` say whether the end itself is one of them."""

    low: float = -math.inf
    high: float = math.inf
    low_in: bool = True
    high_in: bool = True

    def covers(self, number: float) -> bool:
        """Whether a number is one of them."""
        above = number >= self.low if self.low_in else number > self.low
        return above and (number <= self.high if self.high_in else number < self.high)

    def meets(self, other: Span) -> bool:
        """Whether some number is in both."""
        low, high = max(self.low, other.low), min(self.high, other.high)
        return low < high or (low == high and self.covers(low) and other.covers(low))


@dataclass(frozen=True, slots=True)
class Test:
    """A compiled comparison: the value is one of `words` (canonical) or a number in one of `spans`; with `negated` it
    is none of them. A value that nobody knows (None or blank) holds only where `unknown` is set, which is alone then.
    `shown` is the comparison as people wrote it."""

    __test__ = False  # not one of pytest's

    words: frozenset[str] = frozenset()
    spans: tuple[Span, ...] = ()
    negated: bool = False
    unknown: bool = False
    shown: str = ""

    def holds(self, value: str | None) -> bool:
        """Whether a value is as the comparison asks."""
        if value is None or not (word := canonical(value)):
            return self.unknown
        if self.unknown:
            return False
        found = word in self.words or (bool(self.spans) and self._spanned(figure(value)))
        return found is not self.negated

    def covers(self, figure: float | None) -> bool:
        """As `holds`, of a number; None = unknown."""
        if figure is None or self.unknown:
            return self.unknown and figure is None
        return self._spanned(figure) is not self.negated

    def overlaps(self, other: Test) -> bool:
        """Whether some value could hold for both, as far as that can be told: negated ones meet everything known."""
        if self.unknown or other.unknown:
            return self.unknown and other.unknown
        if self.negated or other.negated:
            return True
        crossed = any(one.meets(two) for one in self.spans for two in other.spans)
        return crossed or bool(self.words & other.words) or self._names(other) or other._names(self)

    def _spanned(self, figure: float | None) -> bool:
        return figure is not None and any(span.covers(figure) for span in self.spans)

    def _names(self, other: Test) -> bool:
        return any(other._spanned(figure(word)) for word in self.words)


def canonical(value: str) -> str:
    """A value as it is compared: small letters, one form of each character, single blanks."""
    return " ".join(unicodedata.normalize("NFKC", value).replace("\0", "").casefold().split())


def number(value: str) -> float | None:
    """The number that a value is, digits grouped by three or not ("500,000", "1 000.5"); None = it is none."""
    text = value.strip()
    if grouped := _GROUPS.fullmatch(text):
        text = text.replace(grouped[1], "")
    if not text.isascii() or not _PLAIN.fullmatch(text):
        return None
    return found if math.isfinite(found := float(text)) else None


def figure(value: str) -> float | None:
    """What a value counts as in comparisons with numbers: the number it is, or, of a list of days ("2026-01-10;
    2026-02-09"), the usual (median) number of days from one to the next; None = neither."""
    if (found := number(value)) is not None:
        return found
    parts = _BETWEEN.split(value.strip())
    if len(parts) < 2 or not all(_DATE.fullmatch(part) for part in parts):
        return None
    try:
        days = sorted(date.fromisoformat(part).toordinal() for part in parts)
    except ValueError:
        return None
    return float(median(later - day for day, later in itertools.pairwise(days)))


def compile_test(given: Any, path: tuple[str | int, ...], where: Callable[[tuple[str | int, ...]], str]) -> Test:
    """The comparison that stands at `path` of a configuration file. Raises ConfigError with place and remedy."""
    shown = _shown(given)
    try:
        words, spans, negated, unknown = _read(given)
    except ValueError as error:
        raise ConfigError(f"'{path[-1]}': {error}", where=where(path), remedy=EXAMPLES) from None
    return Test(frozenset(words), tuple(spans), negated, unknown, shown)


_Read = tuple[list[str], list[Span], bool, bool]


def _read(given: Any) -> _Read:
    if isinstance(given, Mapping):
        return _table(given)
    if isinstance(given, list):
        if not given:
            raise ValueError("the list is empty, so nothing could be one of it")
        return _one_of(given)
    if isinstance(given, str) and (text := given.strip()).startswith("!="):
        words, spans, _, _ = _single(text[2:].strip())
        return words, spans, True, False
    return _single(given)


def _single(given: Any) -> _Read:
    if isinstance(given, bool):
        return [str(given).lower()], [], False, False
    if isinstance(given, int | float):
        if not math.isfinite(given):
            raise ValueError(f"{given} is no number that a value can have")
        return [], [Span(float(given), float(given))], False, False
    if not isinstance(given, str):
        raise ValueError(f"a {type(given).__name__} cannot be compared with")
    text = given.strip()
    if not text:
        raise ValueError("it is empty; for a value that nobody knows write { known = false }")
    if found := _WRITTEN.fullmatch(text):
        sign, rest = found[1], found[2].strip()
        if sign == "=":
            return _single(rest)
        if sign == "!=":
            raise ValueError("'!=' stands alone, not in a list; write { not = [...] }")
        return [], [_open(sign, _figure(rest, sign))], False, False
    if (found := _RANGE.fullmatch(text)) and number(found[1]) is not None:
        low, high = _figure(found[1], ".."), _figure(found[2], "..")
        if low > high:
            raise ValueError(f"the range {text} ends before it begins")
        return [], [Span(low, high)], False, False
    if len(word := canonical(text)) > WORD_MAX:
        raise ValueError(f"it has more than {WORD_MAX} characters")
    return [word], [], False, False


def _open(sign: str, figure: float) -> Span:
    if sign[0] == ">":
        return Span(low=figure, low_in=sign == ">=")
    return Span(high=figure, high_in=sign == "<=")


def _figure(text: str, sign: str) -> float:
    found = number(text)
    if found is None:
        raise ValueError(f"beside '{sign}' stands '{text:.40}', which is no number")
    return found


def _one_of(given: list[Any]) -> _Read:
    parts = [_single(one) for one in given]
    return [word for part in parts for word in part[0]], [span for part in parts for span in part[1]], False, False


def _table(given: Mapping[str, Any]) -> _Read:
    if len(given) != 1 or not given.keys() <= {"known", "not"}:
        raise ValueError("a table compares with one of 'known' and 'not'")
    if "known" in given:
        if not isinstance(given["known"], bool):
            raise ValueError("'known' is true or false")
        return [], [], given["known"], not given["known"]
    inner = given["not"]
    words, spans, _, _ = _one_of(inner) if isinstance(inner, list) and inner else _single(inner)
    return words, spans, True, False


def _shown(given: Any) -> str:
    if isinstance(given, Mapping):
        return " and ".join(f"{name} {_shown(value)}" for name, value in given.items())
    if isinstance(given, list):
        return " or ".join(_shown(value) for value in given)
    return str(given).lower() if isinstance(given, bool) else str(given)
