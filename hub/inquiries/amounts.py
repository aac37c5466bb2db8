"""Amounts of money in a text as people type them: any digits, separators, magnitudes, ranges. Never raises.

When in doubt it finds nothing: an unknown budget is asked for, a wrong one misleads.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from decimal import Decimal
from functools import cache
from typing import NamedTuple

from hub.inquiries.money_words import (
    CEILINGS,
    CEILINGS_AFTER,
    CODES,
    FLOORS,
    FLOORS_AFTER,
    JOINERS,
    MAGNITUDES,
    NOT_SMALL,
    SIGNS,
    TEN_RIALS,
)
from hub.inquiries.numerals import DIGITS, UNITS, number, numeral

TEXT_MAX = 500
"""Characters that are looked at."""

_WIDEST = 100
"""A range whose upper end is more than so many times the lower one is a slip, not a range."""

_MOST = Decimal(10) ** 15

_LETTER = r"[^\W\d_]"
_CJK = r"\u2e80-\u9fff\uac00-\ud7a3\uf900-\ufaff"
_PLAIN = str.maketrans(
    {"٬": ",", "،": ",", "٫": ".", "’": "'", "‘": "'", "–": "-", "—": "-", "−": "-", "‐": "-", "‑": "-", "〜": "-"}
    | {"_": " ", "أ": "ا", "إ": "ا", "آ": "ا", "ى": "ي", "ی": "ي", "ک": "ك"}
    | dict.fromkeys(map(chr, (*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF)), "")
)


class Found(NamedTuple):
    """An amount or a range, None = that end is not named, both None = it cannot be said what is meant; `sign` is a code
    or a sign as SIGNS has it, "" = none."""

    low: Decimal | None
    high: Decimal | None
    sign: str


class _Amount(NamedTuple):
    raw: Decimal  # before the magnitude; 0 = it cannot be said what is meant
    times: int  # the magnitude; 0 = none was named
    sign: str
    first: int
    last: int  # tokens it stands in
    inner: int  # the last of them without what stands behind: signs and such

    @property
    def value(self) -> Decimal:
        return self.raw * (self.times or 1)


class _Token(NamedTuple):
    kind: str
    text: str
    start: int
    end: int


def plain(text: str) -> str:
    """`text` for comparing: NFKC, ASCII digits, letters and marks with several forms unified; capitals are kept."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).translate(_PLAIN))
    return "".join(
        str(unicodedata.decimal(char)) if not char.isascii() and char.isdecimal() else char for char in folded
    )


def _any(words: Iterable[str], *, small: bool = True) -> str:
    """A pattern for any of `words`, the longest first; words of letters stand alone."""
    parts = []
    for word in sorted({plain(word).lower() if small else word for word in words}, key=len, reverse=True):
        left = f"(?<!{_LETTER})" if re.match(rf"(?![{_CJK}]){_LETTER}", word) else ""
        right = f"(?!{_LETTER})" if re.match(rf"(?![{_CJK}]){_LETTER}", word[-1]) else ""
        parts.append(left + re.escape(word).replace(r"\ ", r"\s+") + right)
    return "|".join(parts)


_SMALL_CODES = [code.lower() for code in CODES if code.lower() not in NOT_SMALL]


@cache
def _pattern() -> re.Pattern[str]:
    """Made when it is first asked for: it takes 30 ms."""
    return re.compile(
        rf"(?P<number>\d{{1,3}}(?:[ ']\d{{3}})+(?:[.,]\d+)?(?!\d)|\d+(?:[.,]\d+)*)"
        rf"|(?P<edge>{_any((*FLOORS, *CEILINGS))})"
        rf"|(?P<after>{_any((*FLOORS_AFTER, *CEILINGS_AFTER))})"
        rf"|(?P<sign>{_any((*SIGNS, *TEN_RIALS, *_SMALL_CODES))}|(?-i:{_any(CODES, small=False)}))"
        rf"|(?P<numeral>[零〇一二兩两三四五六七八九十百千萬万億亿]+)"
        rf"|(?P<magnitude>{_any(MAGNITUDES)})"
        rf"|(?P<join>{_any(JOINERS)})"
        rf"|(?P<code>(?-i:(?<!{_LETTER})[A-Z]{{3,4}}(?!{_LETTER})))"
        rf"|(?P<other>[{_CJK}]|(?:(?![{_CJK}]){_LETTER})+|[^\s\w])",
        re.IGNORECASE,
    )


_ANY_NUMBER = re.compile(f"[0-9{''.join((*DIGITS, *UNITS))}]")
_FLOORS = {plain(word).lower() for word in FLOORS}
_CEILINGS_AFTER = {plain(word).lower() for word in CEILINGS_AFTER}
_FLOORS_AFTER = {plain(word).lower() for word in FLOORS_AFTER}
_CEILINGS = {plain(word).lower() for word in CEILINGS}
_JOINERS = {plain(word).lower() for word in JOINERS}
_MAGNITUDES = {plain(word).lower(): times for word, times in MAGNITUDES.items()}
_SIGNS = {plain(sign).lower(): sign for sign in SIGNS}
_TEN_RIALS = {plain(word).lower() for word in TEN_RIALS}


def find_amounts(text: str) -> list[Found]:
    """The amounts and ranges of `text`, as they stand in it."""
    folded = plain(text[:TEXT_MAX])
    if not _ANY_NUMBER.search(folded):
        return []
    tokens = _tokens(folded)
    amounts = _amounts(tokens)
    found: list[Found] = []
    place = 0
    while place < len(amounts):
        one = amounts[place]
        two = amounts[place + 1] if place + 1 < len(amounts) else None
        if two and _joined(tokens, one, two):
            place += 1
            found.append(_pair(one, two))
        else:
            found.append(_single(tokens, one))
        place += 1
    return found


def _tokens(text: str) -> list[_Token]:
    return [_Token(found.lastgroup or "", found[0], *found.span()) for found in _pattern().finditer(text)]


def _amounts(tokens: Sequence[_Token]) -> list[_Amount]:
    """The plain amounts, each with what belongs to it."""
    found: list[_Amount] = []
    place = 0
    while place < len(tokens):
        amount = _amount(tokens, place, found[-1].last if found else -1)
        if amount:
            found.append(amount)
        place = amount.last + 1 if amount else place + 1
    return found


def _amount(tokens: Sequence[_Token], place: int, taken: int) -> _Amount | None:
    """The amount whose first number stands at `place`; tokens up to `taken` belong to the one before."""
    if tokens[place].kind not in ("number", "numeral") or _glued(tokens, place, -1):
        return None
    raw, times, last = _magnified(tokens, place)
    if _glued(tokens, last, 1) or (raw is None and tokens[place].kind == "numeral"):
        return None
    raw = raw or Decimal(0)
    while times and last + 1 < len(tokens) and tokens[last + 1].kind == "number":  # 1 crore 20 lakh
        more, less, end = _magnified(tokens, last + 1)
        if more is None or not 1 < less < times:
            break
        raw, last = raw + more * less / times, end
    before = place - 1 if place - 1 > taken and tokens[place - 1].kind in ("sign", "code") else -1
    behind = last + 1 + (last + 1 < len(tokens) and tokens[last + 1].kind == "after")  # 50k+ USD
    after = behind if behind < len(tokens) and tokens[behind].kind in ("sign", "code") else -1
    sign, chosen = "", -1
    for at in (before, after):
        if at >= 0 and (not sign or _rank(tokens[at]) > _rank(tokens[chosen])):
            sign, chosen = tokens[at].text, at
    if sign.lower() in _TEN_RIALS:
        sign, raw = "IRR", raw * 10
    if raw * (times or 1) >= _MOST:
        raw = Decimal(0)
    return _Amount(raw, times, _SIGNS.get(sign.lower(), sign.upper()), place - (before >= 0), max(last, after), last)


def _rank(token: _Token) -> int:
    """How sure it is that `token` names the currency: "$20 CAD" are Canadian dollars."""
    return 2 if token.text.upper() in CODES else 1 if token.kind == "sign" else 0


def _magnified(tokens: Sequence[_Token], place: int) -> tuple[Decimal | None, int, int]:
    """The number at `place`, its magnitude (0 = none), and the last token of both."""
    token = tokens[place]
    follows = tokens[place + 1] if place + 1 < len(tokens) else None
    times = 0
    if follows and follows.kind == "magnitude":
        times = _MAGNITUDES[" ".join(follows.text.lower().split())]
    elif follows and follows.kind == "numeral" and token.kind == "number":
        times = numeral(follows.text, only_units=True) or 0
    if token.kind == "numeral":
        value = numeral(token.text)
        raw = Decimal(value) if value else None
    else:
        raw = number(token.text, bool(times))
    return raw, times, place + bool(times)


def _glued(tokens: Sequence[_Token], place: int, step: int) -> bool:
    """Whether the token at `place` is part of something else: A4, 20x, 15%, #7."""
    if not 0 <= place + step < len(tokens):
        return False
    token, beside = tokens[place], tokens[place + step]
    if beside.text in ("%", "#", "°"):
        return True
    touching = beside.end == token.start if step < 0 else token.end == beside.start
    word = beside.kind == "other" or beside.text in "aeyiAEYI"  # joiners that are one letter
    return touching and word and beside.text.isalpha() and not re.match(f"[{_CJK}]", beside.text)


def _joined(tokens: Sequence[_Token], one: _Amount, two: _Amount) -> bool:
    between = [" ".join(token.text.lower().split()) for token in tokens[one.last + 1 : two.first]]
    return len(between) == 1 and (between[0] in _JOINERS or between[0] in _CEILINGS)


def _pair(one: _Amount, two: _Amount) -> Found:
    """The range between two amounts: what one of them leaves out it shares with the other."""
    sign = one.sign or two.sign
    low, high = one.value, two.value
    if not one.times and two.times and one.raw * two.times <= high:
        low = one.raw * two.times
    elif one.times and not two.times and high < low:
        high = two.raw * one.times
    if not 0 < low <= high <= low * _WIDEST or (two.sign and two.sign != sign):
        return Found(None, None, sign)
    return Found(low, high, sign)


def _single(tokens: Sequence[_Token], one: _Amount) -> Found:
    before = " ".join(tokens[one.first - 1].text.lower().split()) if one.first else ""
    after = {" ".join(token.text.lower().split()) for token in tokens[one.inner + 1 : one.last + 2]}
    if not one.raw:
        return Found(None, None, one.sign)
    if before in _CEILINGS or after & _CEILINGS_AFTER:
        return Found(None, one.value, one.sign)
    if before in _FLOORS or after & _FLOORS_AFTER:
        return Found(one.value, None, one.sign)
    return Found(one.value, one.value, one.sign)
