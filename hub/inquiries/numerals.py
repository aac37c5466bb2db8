"""Numbers as people write them: digits with any separators, and Chinese numerals."""

from __future__ import annotations

import re
from decimal import Decimal

DIGITS = {"零": 0, "〇": 0, "一": 1, "二": 2, "兩": 2, "两": 2} | {d: n for n, d in enumerate("三四五六七八九", 3)}
"""Chinese digits."""

UNITS = {"十": 10, "百": 100, "千": 1000}
"""Chinese units below ten thousand."""

_BIG = {"萬": 10_000, "万": 10_000, "億": 10**8, "亿": 10**8}


def number(text: str, magnified: bool) -> Decimal | None:
    """What the digits and separators of `text` mean; None = that cannot be said."""
    text = text.replace(" ", "").replace("'", "")
    if len(text) > 20 or re.match(r"0\d", text):  # no amount begins with a zero: it is a phone number or a code
        return None
    marks = [char for char in text if char in ".,"]
    if not marks:
        return Decimal(text)
    decimal = ""
    if len(set(marks)) == 2:
        decimal = marks[-1]
    elif len(marks) == 1:
        after = len(text) - text.index(marks[0]) - 1
        if magnified or after < 3 or text.startswith("0"):
            decimal = marks[0]
    whole, _, part = text.partition(decimal) if decimal else (text, "", "")
    groups = re.split("[.,]", whole)
    if len(groups) > 1 and not (
        len(groups[-1]) == 3 and len(groups[0]) <= 3 and all(len(group) in (2, 3) for group in groups[1:-1])
    ):
        return None
    if not part.isdigit() and part:
        return None
    return Decimal("".join(groups) + ("." + part if part else ""))


def numeral(text: str, *, only_units: bool = False) -> int | None:
    """A Chinese numeral, or with `only_units` a magnitude such as 萬 or 百萬; None = neither."""
    if only_units:
        times = 1
        for char in text:
            if (unit := UNITS.get(char) or _BIG.get(char)) is None:
                return None
            times *= unit
        return times
    total, part, digit, last = 0, 0, -1, 1
    for place, char in enumerate(text):
        if char in DIGITS:
            if digit > 0:  # digits one after the other are a code or a year
                return None
            digit = DIGITS[char]
            if digit == 0:
                last = 10
        elif char in UNITS:
            if digit < 0 and not (char == "十" and part == 0):
                return None
            part += (1 if digit < 0 else digit) * UNITS[char]
            digit, last = -1, UNITS[char]
        else:
            if place == 0:
                return None
            total = (total + part + max(digit, 0)) * _BIG[char]
            part, digit, last = 0, -1, _BIG[char]
    if digit > 0 and last >= 100:  # 五萬五 is 55,000
        digit *= last // 10
    return total + part + max(digit, 0)
