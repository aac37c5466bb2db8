"""What a query finds in the simulated organisation: rows that meet it, ordered, as JSON.

Strings equal whatever their case, ids by their first 15 characters; null equals null and differs from all else.
Source: Salesforce's "SOQL and SOSL Reference".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from hub_salesforce.paths import DATA
from hub_salesforce.simulator_org import Org, Rejected
from hub_salesforce.simulator_schema import Field, kind_of
from hub_salesforce.simulator_soql import Compare, Condition, Token, parse, pattern, text_of

Values = Mapping[str, Any]
NUMBERS = ("double", "currency", "int", "percent")


class Selected(NamedTuple):
    """What a query found: JSON records, and how many."""

    records: list[dict[str, Any]]
    total: int


def select(org: Org, soql: str, *, deleted: bool = False) -> list[dict[str, Any]]:
    """The records a query finds, as JSON; `deleted` those of the recycle bin too. Raises Rejected."""
    return find(org, soql, deleted=deleted).records


def find(org: Org, soql: str, *, deleted: bool = False) -> Selected:
    """The same, with the count. Raises Rejected: MALFORMED_QUERY, INVALID_FIELD, INVALID_TYPE and their like."""
    query = parse(soql)
    kind = type_named(org, query.type)
    table = Table(org, kind)
    rows: Iterable[Values] = org.visible(kind, deleted=deleted)
    if query.where is not None:
        rows = filter(table.test(query.where), rows)
    columns = [table.column(path) for path in query.columns]
    orders = [(table.column(path), descending, first) for path, descending, first in query.order]
    found = list(rows)
    for column, descending, first in reversed(orders):
        some: list[Values] = []
        none: list[Values] = []
        for row in found:
            (none if column.get(row) is None else some).append(row)
        some.sort(key=partial(_sortable, column), reverse=descending)
        found = none + some if first else some + none
    start = max(query.offset, 0)
    found = found[start:] if query.limit < 0 else found[start : start + query.limit]
    if query.counted:
        record = {"attributes": {"type": "AggregateResult"}, "expr0": len(found)}
        return Selected([] if query.counted == "()" else [record], len(found) if query.counted == "()" else 1)
    return Selected([_record(kind, row, columns) for row in found], len(found))


def type_named(org: Org, name: str) -> str:
    """The object of this name, whatever its case. Raises Rejected."""
    for kind in org.rows:
        if kind.lower() == name.lower():
            return kind
    raise Rejected("INVALID_TYPE", f"sObject type '{name}' is not supported.")


class Parent(NamedTuple):
    """The record that a reference names."""

    kind: str
    values: Values


class Column(NamedTuple):
    """A field, perhaps of a parent. `names` are those of the relationships to it and its own, as Salesforce spells."""

    names: tuple[str, ...]
    field: Field
    get: Callable[[Values], Any]
    parents: tuple[Callable[[Values], Parent | None], ...] = ()


class Table:
    """The fields of one object."""

    def __init__(self, org: Org, kind: str) -> None:
        self.org, self.kind = org, kind
        self.fields = {name.lower(): field for name, field in org.fields(kind).items()}

    def column(self, path: str) -> Column:
        """The field at a path such as `Account.Name`. Raises Rejected."""
        first, _, rest = path.partition(".")
        if first.lower() == self.kind.lower() and rest:  # SELECT Contact.Id FROM Contact
            return self.column(rest)
        if not rest:
            return self._own(first)
        up = next((f for f in self.fields.values() if f.relation.lower() == first.lower()), None)
        if up is None:
            raise Rejected("INVALID_FIELD", f"Didn't understand relationship '{first}' in field path.")
        parent = partial(_parent, self.org, up)
        if rest.lower() == "type" and len(up.refers) > 1:
            return Column((up.relation, "Type"), Field("Type", "string"), lambda row: _type(parent(row)), (parent,))
        tables = [Table(self.org, kind) for kind in up.refers]
        column = next((t._own(rest) for t in tables if rest.lower() in t.fields), None)
        if "." in rest or column is None:
            column = tables[0].column(rest)
        get, of = column.get, column.parents
        return Column(
            (up.relation, *column.names),
            column.field,
            lambda row: None if (above := parent(row)) is None else get(above.values),
            (parent, *(partial(_above, parent, further) for further in of)),
        )

    def _own(self, name: str) -> Column:
        field = self.fields.get(name.lower())
        if field is None:
            told = f"No such column '{name}' on entity '{self.kind}'. If you are attempting to use a custom field,"
            raise Rejected("INVALID_FIELD", f"{told} be sure to append the '__c' after the custom field name.")
        own = field.name
        if field.type == "boolean":
            return Column((own,), field, lambda row: bool(row.get(own)))
        return Column((own,), field, lambda row: row.get(own))

    def test(self, condition: Condition) -> Callable[[Values], bool]:
        """Whether a row meets a condition, as a function. Raises Rejected."""
        if isinstance(condition, Compare):
            return self._compare(condition)
        parts = [self.test(part) for part in condition.parts]
        if condition.word == "NOT":
            return lambda row: not parts[0](row)
        if condition.word == "AND":
            return lambda row: all(part(row) for part in parts)
        return lambda row: any(part(row) for part in parts)

    def _compare(self, condition: Compare) -> Callable[[Values], bool]:
        column, operator = self.column(condition.path), condition.operator
        if column.field.type == "textarea":
            raise Rejected("INVALID_FIELD", f"field '{condition.path}' can not be filtered in a query call")
        get, of = column.get, _comparable(column.field)
        if operator == "LIKE":
            like = pattern(condition.literals[0])
            return lambda row: like.fullmatch(str(get(row) or "")) is not None
        wanted = [of(_meant(literal, column.field, condition.path, self.org)) for literal in condition.literals]
        if operator in ("IN", "NOT IN"):
            among, inside = frozenset(wanted), operator == "IN"
            return lambda row: (of(get(row)) in among) is inside
        want = wanted[0]
        if operator == "=":
            return lambda row: bool(of(get(row)) == want)
        if operator in ("!=", "<>"):
            return lambda row: bool(of(get(row)) != want)
        before: Callable[[Any], bool] = {
            "<": lambda have: have < want,
            "<=": lambda have: have <= want,
            ">": lambda have: have > want,
            ">=": lambda have: have >= want,
        }[operator]
        return lambda row: want is not None and (have := of(get(row))) is not None and before(have)


def _parent(org: Org, field: Field, row: Values) -> Parent | None:
    id_ = row.get(field.name)
    if not id_:
        return None
    kind = kind_of(id_)
    above = org.find(kind, id_)
    return None if above is None else Parent(kind, above.values)


def _above(
    parent: Callable[[Values], Parent | None], further: Callable[[Values], Parent | None], row: Values
) -> Parent | None:
    above = parent(row)
    return None if above is None else further(above.values)


def _type(above: Parent | None) -> str | None:
    return None if above is None else above.kind


def _comparable(field: Field) -> Callable[[Any], Any]:
    """What of a value of a field is compared."""
    kind = field.type
    if kind in ("id", "reference"):
        return lambda value: value[:15] if value else None
    if kind in NUMBERS:
        return lambda value: None if value is None else float(value)
    if kind in ("datetime", "boolean", "date") or field.case_sensitive:
        return lambda value: value
    return lambda value: str(value).casefold() if value else None


def _meant(literal: Token, field: Field, path: str, org: Org) -> Any:
    """The value of a literal, for a field of this type. Raises Rejected where the two do not fit."""
    kind, word = field.type, literal.text.lower()
    if literal.kind == "name" and word == "null":
        return None
    if kind == "boolean" and word in ("true", "false"):
        return word == "true"
    if kind in NUMBERS and literal.kind == "number":
        return float(literal.text)
    if kind == "datetime" and literal.kind == "time":
        return millis(literal.text)
    if kind in ("date", "datetime") and literal.kind == "name" and (day := _day(literal, org)):
        return round(day.timestamp() * 1_000) if kind == "datetime" else day.date().isoformat()
    if kind == "date" and literal.kind == "date":
        return literal.text
    if kind in ("id", "reference") and literal.kind == "text":
        id_ = text_of(literal)
        if not re.fullmatch(r"(?:[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?)?", id_):
            raise Rejected("INVALID_QUERY_FILTER_OPERATOR", f"invalid ID field: {id_}")
        return id_
    if kind not in ("boolean", "date", "datetime", *NUMBERS) and literal.kind == "text":
        return text_of(literal)
    quoted = "and should not be enclosed in quotes" if literal.kind == "text" else "in the right form"
    told = f"value of filter criterion for field '{path}' must be of type {kind} {quoted}"
    raise Rejected("INVALID_FIELD", told)


_DAYS = {"today": 0, "yesterday": -1, "tomorrow": 1}


def _day(literal: Token, org: Org) -> datetime | None:
    """The start of the day, in the organisation's zone, that a word such as TODAY or LAST_N_DAYS:3 begins with."""
    word, _, count = literal.text.lower().partition(":")
    days = -int(count) if word == "last_n_days" and count else _DAYS.get(word)
    if days is None:
        return None
    now = datetime.fromtimestamp(org.now() / 1_000, ZoneInfo(org.zone))
    return now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=days)


def _sortable(column: Column, row: Values) -> Any:
    value = column.get(row)
    return value.casefold() if isinstance(value, str) and column.field.type not in ("id", "reference") else value


def _record(kind: str, row: Values, columns: Iterable[Column]) -> dict[str, Any]:
    """A row as JSON, parents nested in it."""
    record: dict[str, Any] = {"attributes": attributes(kind, row["Id"])}
    for column in columns:
        inside: dict[str, Any] | None = record
        for name, parent in zip(column.names, column.parents, strict=False):
            assert inside is not None
            if name not in inside or inside[name] is None:
                above = parent(row)
                inside[name] = {"attributes": attributes(above.kind, above.values["Id"])} if above else None
            inside = inside[name]
            if inside is None:
                break
        else:
            assert inside is not None
            inside[column.names[-1]] = shown(column.get(row), column.field)
    return record


def attributes(kind: str, id_: str) -> dict[str, str]:
    """What stands first in every record."""
    return {"type": kind, "url": f"{DATA}/sobjects/{kind}/{id_}"}


def shown(value: Any, field: Field) -> Any:
    """A value of a field as JSON has it: times in UTC with milliseconds."""
    return iso(value) if field.type == "datetime" and value is not None else value


def iso(ms: int) -> str:
    """Milliseconds as Salesforce writes times."""
    return datetime.fromtimestamp(ms // 1_000, UTC).strftime("%Y-%m-%dT%H:%M:%S") + f".{ms % 1_000:03}+0000"


def millis(text: str) -> int:
    """A time as it is written (ISO 8601) in ms. Raises ValueError."""
    return round(datetime.fromisoformat(text).timestamp() * 1_000)
