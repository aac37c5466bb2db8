"""The forms in which values of each type travel, and when two values are equal. Pure."""

from __future__ import annotations

import unicodedata
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation

from hub.contracts.crm import FieldSchema
from hub.identity import email_key, phone_keys

_YES = frozenset(("true", "yes", "y", "on", "1"))
_NO = frozenset(("false", "no", "n", "off", "0"))
_FAR = 40  # digits before or after the point


def same(a: str, b: str, schema: FieldSchema | None, region: str) -> bool:
    """Whether two values of a field say the same."""
    return a == b or canonical(a, schema, region) == canonical(b, schema, region)


def canonical(text: str, schema: FieldSchema | None, region: str) -> str:
    """One form for all ways to write a value, so that equal values compare equal. A text that does not read as the
    field's type stays as it is but for blanks around it; nothing is lost."""
    plain = _plain(text)
    if schema is None or not plain:
        return plain
    return _typed(plain, schema, region) or plain


def fitting(text: str, schema: FieldSchema, region: str) -> str | None:
    """A value in the form that the field takes; None when the field cannot hold it. A text that is too long is cut."""
    plain = _plain(text)
    if not plain:
        return ""
    if schema.options:
        return _options(plain, schema)
    if schema.type in ("bool", "number", "date", "datetime"):
        return _typed(plain, schema, region)
    if schema.max_length and len(plain) > schema.max_length:
        return plain[: schema.max_length].rstrip() if schema.type == "text" else None
    return plain


def _plain(text: str) -> str:
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return (text if text.isascii() else unicodedata.normalize("NFC", text)).strip()


def _typed(plain: str, schema: FieldSchema, region: str) -> str | None:
    """The one form of the field's type; None when the text does not read as that type."""
    match schema.type:
        case "phone":
            return next(iter(phone_keys(plain, region)), None)
        case "email":
            return email_key(plain) or plain.lower()
        case "bool":
            small = plain.lower()
            return "true" if small in _YES else "false" if small in _NO else None
        case "number":
            return _number(plain)
        case "date":
            return _date(plain)
        case "datetime":
            return _datetime(plain)
        case "choices":
            return ";".join(sorted({part.strip() for part in plain.split(";") if part.strip()}))
    return plain


def _number(plain: str) -> str | None:
    try:
        number = Decimal(plain)
    except InvalidOperation:
        return None
    if not number.is_finite() or abs(number.adjusted()) > _FAR:
        return None
    told = f"{number:f}"
    told = told.rstrip("0").rstrip(".") if "." in told else told
    return "0" if told in ("-0", "") else told


def _date(plain: str) -> str | None:
    try:
        return date.fromisoformat(plain[:10] if len(plain) > 10 and plain[10] in "T " else plain).isoformat()
    except ValueError:
        return None


def _datetime(plain: str) -> str | None:
    try:
        at = datetime.fromisoformat(plain)
        at = at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    return at.replace(tzinfo=None).isoformat(timespec="milliseconds").removesuffix(".000") + "Z"


def _options(plain: str, schema: FieldSchema) -> str | None:
    """The field's own spelling of what is chosen; None when one of them is no option."""
    small = {option.casefold(): option for option in schema.options}
    if schema.type != "choices":
        return plain if plain in schema.options else small.get(plain.casefold())
    chosen = [part.strip() for part in plain.split(";") if part.strip()]
    found = [part if part in schema.options else small.get(part.casefold()) for part in chosen]
    told = [option for option in found if option is not None]
    return ";".join(sorted(set(told))) if len(told) == len(found) else None
