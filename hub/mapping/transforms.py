"""The transforms that every mapping can use. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal

import phonenumbers

from hub.contracts.crm import FieldSchema
from hub.contracts.transforms import TransformSpec
from hub.identity import phone_keys
from hub.mapping.forms import canonical

_NUMBER, _BOOL = FieldSchema(name="", type="number"), FieldSchema(name="", type="bool")
_DAY = FieldSchema(name="", type="date")


def _same(value: str, argument: str) -> str:
    return value


def _cut(value: str, argument: str) -> str:
    return value[: int(argument)].rstrip()


def _unprefixed(value: str, argument: str) -> str:
    return value.removeprefix(argument)


def _digits(value: str, argument: str) -> str:
    return "".join(char for char in value if char.isascii() and char.isdigit())


def _national(value: str, argument: str) -> str:
    key = next(iter(phone_keys(value, argument)), "")
    if not key:
        return value
    number = phonenumbers.parse(key)
    if phonenumbers.region_code_for_number(number) != argument:
        return key
    told = str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL))
    return told if next(iter(phone_keys(told, argument)), "") == key else key


def _international(value: str, argument: str) -> str:
    return next(iter(phone_keys(value, argument)), value)


def _dated(value: str, argument: str) -> str:
    try:
        day = date.fromisoformat(canonical(value, _DAY, ""))
    except ValueError:
        return ""
    return day.strftime(argument) if day.year > 999 else ""  # an earlier one would not be read again


def _undated(value: str, argument: str) -> str:
    try:
        return datetime.strptime(value.strip(), argument).date().isoformat()
    except ValueError:
        return ""


def _told(value: str, argument: str) -> str:
    yes, _, no = argument.partition("/")
    return {"true": yes, "false": no}.get(canonical(value, _BOOL, ""), "")


def _untold(value: str, argument: str) -> str:
    yes, _, no = argument.partition("/")
    return {yes.casefold(): "true", no.casefold(): "false"}.get(value.strip().casefold(), "")


def _rounded(value: str, argument: str) -> str:
    plain = canonical(value, _NUMBER, "")
    try:
        number = Decimal(plain).quantize(Decimal(1).scaleb(-int(argument)), ROUND_HALF_EVEN)
        return f"{number if number else abs(number):f}"  # nothing has a sign
    except ArithmeticError:
        return ""


def _first_word(value: str, argument: str) -> str:
    return value.split()[0] if value.split() else ""


def _replaced(value: str, argument: str) -> str:
    old, _, new = argument.partition("/")
    return value.replace(old, new)


def _parted(value: str, argument: str) -> str:
    return ";".join(part.strip() for part in value.split(argument) if part.strip())


def _joined(value: str, argument: str) -> str:
    blank = "" if argument.isspace() or argument.endswith(" ") else " "
    parts = [
        part.replace(f"{argument} ", " ").replace(argument, " ").strip() for part in value.split(";")
    ]  # none holds it
    return f"{argument}{blank}".join(part for part in parts if part)


def _no_count(argument: str) -> str:
    good = argument.isascii() and argument.isdigit() and 0 < int(argument) <= 65_536
    return "" if good else "it should be a count of characters, such as 40"


def _no_decimals(argument: str) -> str:
    return "" if argument in tuple("0123456789") else "it should be a count of decimals, 0 to 9"


def _no_format(argument: str) -> str:
    full = all(argument.count(part) == 1 for part in ("%d", "%m", "%Y")) and argument.count("%") == 3
    return "" if full else "it should name day, month and year once each, such as %d.%m.%Y"


def _no_pair(argument: str) -> str:
    yes, slash, no = argument.partition("/")
    good = slash and yes.strip() and no.strip() and yes.casefold() != no.casefold()
    return "" if good else "it should be two different texts, such as Yes/No"


def _no_change(argument: str) -> str:
    old, slash, _ = argument.partition("/")
    return "" if slash and old else "it should be an old and a new text, such as -/ or &/and"


def _no_country(argument: str) -> str:
    known = argument in phonenumbers.SUPPORTED_REGIONS
    return "" if known else "it should be a country's two capital letters, such as GB"


def _no_separator(argument: str) -> str:
    return "it should be another character: choices are parted by ; already" if ";" in argument else ""


SPECS: tuple[TransformSpec, ...] = (
    TransformSpec(name="trim", forward=lambda v, _: v.strip(), back=_same, meaning="without blanks at both ends"),
    TransformSpec(name="upper", forward=lambda v, _: v.upper(), meaning="in CAPITALS"),
    TransformSpec(name="lower", forward=lambda v, _: v.lower(), meaning="in small letters"),
    TransformSpec(name="title", forward=lambda v, _: v.title(), meaning="Each Word With A Capital"),
    TransformSpec(
        name="cut", forward=_cut, back=_same, argument="count", wrong=_no_count, meaning="at most so many characters"
    ),
    TransformSpec(
        name="default",
        forward=lambda v, text: v or text,
        back=_same,
        argument="text",
        fills=True,
        meaning="this text where the hub has no value",
    ),
    TransformSpec(
        name="prefix",
        forward=lambda v, text: f"{text}{v.strip()}" if v.strip() else "",
        back=_unprefixed,
        argument="text",
        meaning="this text in front of the value",
    ),
    TransformSpec(name="digits", forward=_digits, meaning="the digits alone"),
    TransformSpec(
        name="national",
        forward=_national,
        back=_international,
        argument="country",
        wrong=_no_country,
        meaning="phone numbers of this country as they are written there, others with their country code",
    ),
    TransformSpec(
        name="date",
        forward=_dated,
        back=_undated,
        argument="format",
        wrong=_no_format,
        meaning="a date 2026-01-31 written with %d (day), %m (month) and %Y (year)",
    ),
    TransformSpec(
        name="bool",
        forward=_told,
        back=_untold,
        argument="yes/no",
        wrong=_no_pair,
        meaning="the first text for true, the second for false",
    ),
    TransformSpec(
        name="number",
        forward=_rounded,
        back=_same,
        argument="decimals",
        wrong=_no_decimals,
        meaning="a number rounded to so many decimals",
    ),
    TransformSpec(name="first-word", forward=_first_word, meaning="the first word alone"),
    TransformSpec(
        name="replace", forward=_replaced, argument="old/new", wrong=_no_change, meaning="every old text made new"
    ),
    TransformSpec(
        name="split",
        forward=_parted,
        back=_joined,
        argument="separator",
        wrong=_no_separator,
        meaning="a list in one text as several choices",
    ),
    TransformSpec(
        name="join",
        forward=_joined,
        back=_parted,
        argument="separator",
        wrong=_no_separator,
        meaning="several choices as a list in one text",
    ),
)

BUILT_IN: Mapping[str, TransformSpec] = {spec.name: spec for spec in SPECS}
"""By name, in the order of the documentation."""


def all_transforms(further: Iterable[TransformSpec] = ()) -> dict[str, TransformSpec]:
    """The built-in transforms and those of plugins, by name; none of these replaces a built-in one."""
    return {**{spec.name: spec for spec in further}, **BUILT_IN}
