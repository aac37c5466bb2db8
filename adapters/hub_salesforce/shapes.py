"""What an object looks like in this organisation, and values in the form the hub keeps them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

_ID = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
_CHECK = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_WHOLE = frozenset(("address", "location", "complexvalue", "base64", "anytype"))
"""Types that a query gives as several values at once, or only one row at a time."""


class Shape:
    """An object as its description tells, whatever the case of a name. `kind` is its API name."""

    def __init__(self, kind: str, described: Mapping[str, Any]) -> None:
        self.kind, self.described = kind, described
        self._fields = {str(field["name"]).casefold(): field for field in described.get("fields", ())}

    def name(self, field: str) -> str:
        """The field as the organisation writes it, "" = there is none that a query can read."""
        found = self._fields.get(field.casefold())
        return "" if found is None or found.get("type") in _WHOLE else str(found["name"])

    def names(self, fields: Iterable[str]) -> list[str]:
        """Those of the fields that there are, each once."""
        return list(dict.fromkeys(name for field in fields if (name := self.name(field))))

    def type(self, field: str) -> str:
        """Salesforce's type of the field, "" = there is none."""
        return str(self._fields.get(field.casefold(), {}).get("type", ""))

    def label(self, field: str, value: str) -> str:
        """What people see for a value of a choice, "" = it is none of its values."""
        for option in self._fields.get(field.casefold(), {}).get("picklistValues") or ():
            if str(option.get("value", "")).casefold() == value.casefold():
                return str(option.get("label") or option.get("value"))
        return ""

    @cached_property
    def children(self) -> frozenset[str]:
        """The names under which a query can read what hangs on a record."""
        return frozenset(
            str(child["relationshipName"])
            for child in self.described.get("childRelationships") or ()
            if child.get("relationshipName")
        )


def canonical(value: Any, type_: str) -> str:
    """A value of a row as a text in the form of `FieldType`; `type_` is Salesforce's type of the field."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        text = format(Decimal(str(value)), "f")
        return (text.rstrip("0").rstrip(".") or "0") if "." in text else text
    if type_ == "datetime":
        try:
            at = datetime.fromisoformat(str(value)).astimezone(UTC)
        except ValueError:
            return str(value)
        return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1_000:03}Z"
    return str(value)


def is_id(record: str) -> bool:
    """Whether Salesforce could have a record of this id: 15 or 18 letters and digits."""
    return len(record) in (15, 18) and _ID.issuperset(record)


def whole(record: str) -> str:
    """The id with its 18 characters, of which the last three tell the case of the others, so that a spelling with
    another case is mended; what is no id stays as it is."""
    if not is_id(record):
        return record
    fives = (record[start : start + 5] for start in range(0, 15, 5))
    if len(record) == 15:
        return record + "".join(_CHECK[sum(1 << n for n, c in enumerate(five) if c.isupper())] for five in fives)
    if not set(record[15:].upper()) <= set(_CHECK):
        return record
    upper = [_CHECK.index(check) for check in record[15:].upper()]
    letters = (
        c.upper() if bits >> n & 1 else c.lower()
        for five, bits in zip(fives, upper, strict=True)
        for n, c in enumerate(five)
    )
    return "".join(letters) + record[15:].upper()


def select(columns: Iterable[str], kind: str, where: str = "") -> str:
    """A query as far as its conditions. Names are the organisation's own, values come in as `soql_text` wrote them."""
    return f"SELECT {', '.join(columns)} FROM {kind}" + (f" WHERE {where}" if where else "")  # noqa: S608


def parts(ids: Iterable[str], size: int) -> Iterator[list[str]]:
    """The ids without repetitions, so many at a time."""
    once = list(dict.fromkeys(ids))
    for start in range(0, len(once), size):
        yield once[start : start + size]
