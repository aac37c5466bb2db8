"""One value of one field in the simulated organisation: whether it fits, and how it is kept.

Codes are those of Salesforce's documentation ("Status Codes", "Field Types").
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from hub_salesforce.simulator_schema import Field, kind_of, whole_id

if TYPE_CHECKING:
    from hub_salesforce.simulator_rows import Rows

Values = Mapping[str, Any]
_MAIL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w-]+(\.[\w-]+)+", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)")


class Rejected(Exception):
    """A write that is refused: Salesforce's code, its words, the fields it is about, and ids that it names."""

    def __init__(self, code: str, message: str, fields: tuple[str, ...] = (), matches: tuple[str, ...] = ()) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message, self.fields, self.matches = code, message, fields, matches


def is_indexed(field: Field) -> bool:
    """Whether records are found by this field without a search."""
    if field.type == "reference":
        return field.name not in ("OwnerId", "CreatedById", "LastModifiedById", "MasterRecordId")
    return field.external or field.unique or field.type in ("email", "phone")


def compared(field: Field, value: str) -> str:
    """A value in the form in which it is compared."""
    if field.type == "phone":
        return re.sub(r"\D", "", value)
    if field.type == "reference":
        return value
    return value if field.case_sensitive else value.casefold()


def converted(org: Rows, kind: str, field: Field, value: Any) -> Any:
    """A value as it is kept, None = empty. Raises Rejected."""
    if value is None or value == "":
        return False if field.type == "boolean" and value == "" else _no_null(field, value)
    if field.type == "boolean":
        if isinstance(value, bool):
            return value
        if isinstance(value, str) and value.lower() in ("true", "false"):
            return value.lower() == "true"
        raise _unreadable(field, value)
    if field.type in ("int", "double", "currency", "percent"):
        return _number(field, value)
    if not isinstance(value, str):
        raise _unreadable(field, value)
    if field.type == "date":
        return _day(field, value)
    if field.type == "datetime":
        return _moment(field, value)
    if field.type in ("reference", "id"):
        return _reference(org, field, value)
    return _text(field, value)


def _no_null(field: Field, value: Any) -> None:
    if field.type == "boolean":
        raise _unreadable(field, value)


def _text(field: Field, value: str) -> str | None:
    value = value.strip() if field.type != "base64" else value
    if field.length and len(value) > field.length:
        shown = value if len(value) <= 255 else value[:255]
        told = f"{_label(field)}: data value too large: {shown} (max length={field.length})"
        raise Rejected("STRING_TOO_LONG", told, (field.name,))
    if not value:
        return None
    if field.type == "email" and not _MAIL.fullmatch(value):
        told = f"{_label(field)}: invalid email address: {value}"
        raise Rejected("INVALID_EMAIL_ADDRESS", told, (field.name,))
    if field.type == "picklist" and field.restricted and value not in field.options:
        told = f"{_label(field)}: bad value for restricted picklist field: {value}"
        raise Rejected("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", told, (field.name,))
    return value


def _number(field: Field, value: Any) -> int | float:
    try:
        number = Decimal(str(value))
        if isinstance(value, bool) or not number.is_finite():
            raise ValueError
    except (ArithmeticError, ValueError):
        raise _unreadable(field, value) from None
    if field.type == "int" and number != int(number):
        raise _unreadable(field, value)
    if number.adjusted() < field.precision:  # else it is too large in any case
        number = number.quantize(Decimal(1).scaleb(-field.scale), ROUND_HALF_UP)
    if abs(number) >= 10 ** (field.precision - field.scale):
        told = f"{_label(field)}: value outside of valid range on numeric field: {value}"
        raise Rejected("NUMBER_OUTSIDE_VALID_RANGE", told, (field.name,))
    return int(number) if field.type == "int" else float(number)


def _day(field: Field, value: str) -> str:
    try:
        if not _DATE.fullmatch(value) or not 1700 <= date.fromisoformat(value).year <= 4000:
            raise ValueError
    except ValueError:
        raise _unreadable(field, value) from None
    return value


def _moment(field: Field, value: str) -> int:
    try:
        if not _TIME.fullmatch(value):
            raise ValueError
        moment = datetime.fromisoformat(value)
        if not 1700 <= moment.year <= 4000:
            raise ValueError
    except ValueError:
        raise _unreadable(field, value) from None
    return int(moment.timestamp()) * 1_000


def _reference(org: Rows, field: Field, value: str) -> str:
    whole = whole_id(value)
    kind = kind_of(whole)
    if not whole or (field.refers and kind not in field.refers):
        raise Rejected("MALFORMED_ID", f"{_label(field)}: id value of incorrect type: {value}", (field.name,))
    row = org.rows[kind].get(whole) if kind else None
    if row is None:
        raise Rejected("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", (field.name,))
    if row.deleted:
        raise Rejected("ENTITY_IS_DELETED", "entity is deleted", (field.name,))
    return whole


def _unreadable(field: Field, value: Any) -> Rejected:
    shown = "VALUE_STRING" if isinstance(value, str) else f"VALUE_{type(value).__name__.upper()}"
    told = f"Cannot deserialize instance of {field.type} from {shown} value {value}"
    return Rejected("JSON_PARSER_ERROR", f"{told} or request may be missing a required field", (field.name,))


def _label(field: Field) -> str:
    return field.label or field.name
