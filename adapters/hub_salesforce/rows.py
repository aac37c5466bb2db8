"""Rows to write, how they stand in collections of 200, and what an answer tells of each. Pure.

A composite call replaces `@{name}` in what it carries by values out of its other answers: rows in which somebody wrote
that stand apart. Source: REST API Developer Guide ("Composite", "sObject Collections").
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from hub.contracts.errors import HubError, Refused, Uncertain
from hub_salesforce import errors
from hub_salesforce.errors import Problem
from hub_salesforce.parents import same
from hub_salesforce.paths import COLLECTION, DATA

QUOTED = 3
"""Characters from which on a value tells something of somebody."""
_TROUBLE = frozenset({"lock", "again", "pause"})
_LIMIT = re.compile(r"LimitException|CPU time limit|Too many ")  # of the organisation's own code, shared by a call
_COLUMN = re.compile(r"(?:No such column '|duplicate value found: )(\w+)")


@dataclass(slots=True, kw_only=True)
class Row:
    """One record to write. `trace` names it within the batch, `values` are its fields; None blanks one.

    With `record` that record is changed; with `key`, an external id field among the values, it is changed or created;
    else it is created. `parents` are records that the write locks. `headers` go with its collection. Never changed
    once it is made. `family` is whatever is locked with it, which must not overtake it; empty = nothing is. `goal` is
    what it writes to: no call may hold the same goal twice.
    """

    trace: str
    kind: str
    values: Mapping[str, Any]
    record: str = ""
    key: str = ""
    parents: tuple[str, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    family: tuple[str, ...] = field(init=False)
    goal: tuple[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.family = tuple([same(parent) for parent in self.parents if parent])
        if self.record:
            self.goal = self.kind, same(self.record)
        else:
            goal = str(self.values[self.key]).casefold() if self.key else self.trace
            self.goal = f"{self.kind}.{self.key}", goal


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What became of a row: `record` when it stands, `new` if this call made it; else the `problem` Salesforce told of
    the row, or the `error` of the call. `left_out`: fields that were not taken, with the reason."""

    record: str = ""
    new: bool = False
    problem: Problem | None = None
    error: HubError | None = None
    left_out: Mapping[str, str] = field(default_factory=dict)


def alike(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """The rows by what one collection can hold: one kind, one way to name records, the same headers."""
    groups: dict[tuple[object, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault((row.kind, bool(row.record), row.key, row.headers), []).append(row)
    yield from groups.values()


def packed(rows: Sequence[Row]) -> Iterator[tuple[list[Row], bool]]:
    """Rows that are alike as collections of at most 200, and whether each must go in a call of its own.

    Where they fill more than one, rows under the same parents stand together in their order: they are locked together.
    Those with what a composite call would take for a reference stand apart from the others, with their family.
    """
    apart: set[object] = {row.family or row.trace for row in rows if has_reference(row)}
    if not apart and len(rows) <= COLLECTION:
        yield list(rows), False
        return
    families: dict[object, list[Row]] = {}
    for row in rows:
        families.setdefault(row.family or row.trace, []).append(row)
    for alone in (False, True):
        some = [row for row in rows if ((row.family or row.trace) in apart) is alone]
        if len(some) > COLLECTION:
            some = [row for name, family in families.items() if (name in apart) is alone for row in family]
        for at in range(0, len(some), COLLECTION):
            part = some[at : at + COLLECTION]
            yield part, alone and any(map(has_reference, part))


def request(rows: Sequence[Row], name: str) -> dict[str, Any]:
    """The part of a composite call that writes these rows, which are alike."""
    first, url = rows[0], f"{DATA}/composite/sobjects"
    if first.key and not first.record:
        url += f"/{first.kind}/{first.key}"
    records = [
        {"attributes": {"type": row.kind}, "id": row.record, **row.values}
        if row.record
        else {"attributes": {"type": row.kind}, **row.values}
        for row in rows
    ]
    asked = {
        "method": "PATCH" if first.record or first.key else "POST",
        "url": url,
        "referenceId": name,
        "body": {"allOrNone": False, "records": records},
    }
    return asked | ({"httpHeaders": dict(first.headers)} if first.headers else {})


def read(rows: Sequence[Row], answer: Mapping[str, Any]) -> tuple[dict[str, Fate], list[list[Row]]]:
    """What an answer tells of its rows, in their order, and the rows to send again, some together."""
    status, body = int(answer.get("httpStatusCode") or 500), answer.get("body")
    if 200 <= status < 300:
        told = body if isinstance(body, list) else []
        lost = Fate(error=Uncertain("Salesforce's answer leaves this row out"))
        whole = [*told, *[None] * (len(rows) - len(told))]
        fates = [fate_of(row, one) if isinstance(one, Mapping) else lost for row, one in zip(rows, whole, strict=False)]
        return {row.trace: fate for row, fate in zip(rows, fates, strict=True)}, []
    coded = [one for one in body if isinstance(one, Mapping)] if isinstance(body, list) else []
    error = answer.get("error") or errors.of_reply(status, body, {}, repeatable=True)
    problem = errors.problem(coded) if coded else None
    if len(rows) == 1 or not isinstance(error, Refused):
        fate = Fate(problem=problem) if problem else Fate(error=error)
        return {row.trace: fate for row in rows}, []
    if problem and (guilty := [row for row in rows if offending(problem, row)]):
        blamed = {row.trace: Fate(problem=problem) for row in guilty}
        others = [row for row in rows if row.trace not in blamed]
        return blamed, [others] if others else []
    return {}, halves(rows)


def offending(problem: Problem, row: Row) -> list[str]:
    """The fields of the row that the problem names."""
    names = {name.casefold() for name in (*problem.fields, *_COLUMN.findall(problem.message))}
    return [name for name in row.values if name.casefold() in names]


def has_reference(row: Row) -> bool:
    """Whether a composite call would take something in the row for a reference to another answer."""
    for value in row.values.values():  # noqa: SIM110 a loop is quicker, and it runs for every message
        if type(value) is str and "@{" in value:
            return True
    return False


def is_trouble(problem: Problem) -> bool:
    """Whether a smaller call might have met it less."""
    return problem.meaning in _TROUBLE or _LIMIT.search(problem.message) is not None


def fate_of(row: Row, told: Mapping[str, Any]) -> Fate:
    """What Salesforce tells of one row."""
    if told.get("success"):
        return Fate(
            record=str(told.get("id") or row.record), new=bool(told.get("created")) or not (row.record or row.key)
        )
    return Fate(problem=_discreet(errors.problem(told.get("errors") or ()), row))


def _discreet(problem: Problem, row: Row) -> Problem:
    """The problem without the values of the fields to blame, should its message quote them."""
    message = problem.message
    for name in offending(problem, row):
        value = " ".join(str(row.values[name] or "").split())
        if len(value) >= QUOTED:
            message = message.replace(value, "…")
    return replace(problem, message=message)


def halves(rows: Sequence[Row]) -> list[list[Row]]:
    """Both halves of at least two rows."""
    middle = (len(rows) + 1) // 2
    return [list(rows[:middle]), list(rows[middle:])]
