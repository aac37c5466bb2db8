"""Match keys of phone numbers as people type them.

A key is E.164 with its plus. One number can have several keys, because three countries changed their numbers and
WhatsApp kept the old ones: Brazil (mobile numbers with and without the ninth digit), Argentina (54 9 and 54),
Mexico (52 1 and 52). The first key is the canonical one and the only one to store; look-ups probe all of them.
Keys are for matching: what is sent to is the address the channel gave.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat, PhoneNumberType, ValidationResult

Keys = tuple[str, ...]

_LONGEST = 200  # characters; longer text is not a phone field
_DASHES = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u30fc\ufe58"), "-")
_EXTENSION = re.compile(
    r"\s*(?:;\s*ext=|[,;]?\s*(?:ext(?:ension|n)?|xtn|x|доб|вн|anexo|int|durchwahl|#)[.:]?)\s*\d{1,7}#?\s*$", re.I
)
_FLOAT = re.compile(r"\+?\d{6,}\.0+")
_BETWEEN = re.compile(r"\s*[/;,|&\n\r\t]+\s*|\s+(?=\+)|\s+(?:or|oder|ou|или|կամ)\s+", re.I)
_EDGES = re.compile(r"^[^\d+]+|\D+$")
_ODD = re.compile(r"[^\d+()\s./-]")
_NOT_DIGIT = re.compile(r"\D+")
_MOBILE = frozenset((PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE))


def phone_keys(text: str, region: str = "") -> Keys:
    """All match keys of the phone number(s) in `text`, the canonical key of the first number first.

    `region` is a two-letter country code and decides what a number without a country code means; without it such
    numbers have no key, as nothing here guesses. Extensions are dropped. Two numbers in one field give the keys of
    both. Empty when there is no number, or one that cannot exist; never raises.
    """
    return tuple(key for keys in numbers(text, region) for key in keys)


def numbers(text: str, region: str = "") -> tuple[Keys, ...]:
    """The keys of each number in `text` apart, canonical key first, in the order typed."""
    if not text or len(text) > _LONGEST:
        return ()
    return _numbers(text, region.strip().upper())


def trusted_phone_keys(digits: str) -> Keys:
    """The keys of a number that a platform vouches for: international digits, with or without plus (a WhatsApp id).

    Costs about a microsecond: no parsing, only the three countries above. Empty when it is not 7 to 15 digits.
    """
    digits = digits.removeprefix("+")
    size = len(digits)
    if not (7 <= size <= 15 and digits.isascii() and digits.isdigit()) or digits[0] == "0":
        return ()
    if digits.startswith("55"):
        # Only numbers that were mobile before the ninth digit came (first digit 6-9) exist in both forms;
        # 9 + a digit below 6 never had a short form, and without its 9 it would be somebody's landline.
        if size == 13 and digits[4] == "9" and digits[5] in "6789":
            return f"+{digits}", f"+{digits[:4]}{digits[5:]}"
        if size == 12 and digits[4] in "6789":
            return f"+{digits[:4]}9{digits[4:]}", f"+{digits}"
    elif digits.startswith("54"):
        if size == 13 and digits[2] == "9" and digits[3] in "123":  # area codes begin with 1, 2 or 3
            return f"+{digits}", f"+54{digits[3:]}"
        if size == 12 and digits[2] in "123":
            return f"+549{digits[2:]}", f"+{digits}"
    elif digits.startswith("52"):
        if size == 13 and digits[2] == "1":
            return f"+52{digits[3:]}", f"+{digits}"
        if size == 12:
            return f"+{digits}", f"+521{digits[2:]}"
    return (f"+{digits}",)


@lru_cache(maxsize=65536)
def _numbers(text: str, region: str) -> tuple[Keys, ...]:
    found: list[Keys] = []
    for part in _split(_clean(text)):
        keys = _one(part, region)
        if keys and keys not in found:
            found.append(keys)
    return tuple(found)


def _clean(text: str) -> str:
    """Every script's digits as ASCII, no invisible marks, one kind of dash."""
    text = unicodedata.normalize("NFKC", text).translate(_DASHES)
    kept = []
    for char in text:
        if char.isdigit() and not char.isascii():
            char = str(unicodedata.digit(char, ""))
        elif unicodedata.category(char) == "Cf":
            continue
        kept.append(char)
    text = "".join(kept).strip().lstrip("'’`").strip()
    return text[4:].strip() if text[:4].lower() == "tel:" else text


def _split(text: str) -> list[str]:
    """The numbers of a field. A slash inside one number (area/number) does not part it."""
    text = _EXTENSION.sub("", text)
    parts = [_EXTENSION.sub("", part) for part in _BETWEEN.split(text)]
    parts = [part for part in parts if any(char.isdigit() for char in part)]
    whole = [part for part in parts if len(_NOT_DIGIT.sub("", part)) >= 7]
    if len(whole) > 1:
        return whole
    if len(whole) == 1 and parts[0] is whole[0]:
        return whole  # "…1234567/68": the rest is another extension
    return [text]


def _one(text: str, region: str) -> Keys:
    text = _EDGES.sub("", text)
    if _FLOAT.fullmatch(text):
        text = text.split(".")[0]
    if _ODD.search(text):
        return ()
    digits = _NOT_DIGIT.sub("", text)
    if not 7 <= len(digits) <= 20 or _placeholder(digits):
        return ()
    if text.startswith("+"):
        return _written_out(digits)
    if digits.startswith("00") and (keys := _written_out(digits[2:])):
        return keys
    local = _checked(_parse(digits, region)) if region else ()
    if len(digits) < 11 or _mobile(local):
        return local
    # International digits without their plus: certain enough only when they make a mobile number, as in some
    # countries (Germany) nearly any digits make a landline.
    abroad = _checked(_parse("+" + digits, ""))
    return abroad if _mobile(abroad) else local


def _written_out(digits: str) -> Keys:
    """Keys of a number with its country code.

    A possible length is enough here: metadata always lag behind new ranges, and a number the CRM has and the platform
    vouches for must meet, or the person would be made twice.
    """
    return _checked(_parse("+" + digits, "") if digits[0] != "0" else None, valid=False)


def _mobile(keys: Keys) -> bool:
    number = _parse(keys[0], "") if keys else None
    return number is not None and phonenumbers.number_type(number) in _MOBILE


def _checked(number: PhoneNumber | None, valid: bool = True) -> Keys:
    """Keys of a number whose canonical form is valid, or else (`valid` False) at least possible."""
    if number is None:
        return ()
    digits = _e164(number)
    keys = trusted_phone_keys(digits)
    if not keys:
        return ()
    canonical = number if keys[0] == f"+{digits}" else _parse(keys[0], "")
    if canonical is None:
        return ()
    if phonenumbers.is_valid_number(canonical):
        return keys
    if valid or phonenumbers.is_possible_number_with_reason(canonical) != ValidationResult.IS_POSSIBLE:
        return ()
    again = _parse(keys[0], "")
    stable = again is not None and f"+{_e164(again)}" == keys[0]
    return keys if stable and not _placeholder(str(canonical.national_number)) else ()


def _parse(text: str, region: str) -> PhoneNumber | None:
    try:
        return phonenumbers.parse(text, region or None)
    except NumberParseException:
        return None


def _e164(number: PhoneNumber) -> str:
    return str(phonenumbers.format_number(number, PhoneNumberFormat.E164)).removeprefix("+")


def _placeholder(digits: str) -> bool:
    """000…, 1111…, 1234567…: what people type to get past a required field."""
    tail = digits.lstrip("0")
    return len(set(tail)) < 2 or tail in "1234567890123456789" or tail in "9876543210987654321"
