"""Batches that survive one bad row: split in halves until the culprit is alone; match answers to rows.

HubSpot answers a bad row among a hundred either with 207 and an error of its own, or by refusing the whole call with
400 or 409. Halving costs at most 1 + 2k·ceil(log2 n) calls for k bad rows of n. Result order is not promised, so
every input carries an `objectWriteTraceId`; where the answer lacks it, the record id or a unique property tells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from hub.contracts.errors import HubError, Refused, Unavailable, Uncertain
from hub_hubspot import errors

Inputs = list[dict[str, Any]]
Call = Callable[[Inputs], Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One input. `trace` names it within the batch; `mark` is the property whose value only this row has."""

    trace: str
    input: dict[str, Any]
    mark: str

    @property
    def names(self) -> tuple[str, ...]:
        """Whatever an answer may name this row by, the surest first."""
        return (self.trace, str(self.input.get("id", "")), str(self.input["properties"].get(self.mark, "")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What became of a row: the record id, whether an upsert made it now, or the error."""

    record: str = ""
    new: bool = False
    error: HubError | None = None


def creation(trace: str, values: Mapping[str, str], contact: str, type_id: int, *, mark: str) -> Row:
    """An input of a batch create, associated with a contact in the same call."""
    types = [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": type_id}]
    associations = [{"to": {"id": contact}, "types": types}]
    made = {"properties": dict(values), "associations": associations, "objectWriteTraceId": trace}
    return Row(trace=trace, input=made, mark=mark)


@contextmanager
def in_part(fates: Mapping[Any, Fate]) -> Iterator[None]:
    """What fails inside is Uncertain if records were made before: the caller cannot tell them from the others."""
    try:
        yield
    except HubError as failure:
        if any(fate.new for fate in fates.values()):
            raise Uncertain(f"a part of the batch was written, then: {failure}") from failure
        raise


def write(rows: Sequence[Row], call: Call, *, repeatable: bool) -> dict[str, Fate]:
    """Write all rows, in their order, and return the fate of each by its trace.

    `call` sends inputs and returns the body of a 2xx answer, or raises. A Refused splits; anything else passes
    through, but as Uncertain if a part of a batch that is not `repeatable` was written before.
    """
    fates: dict[str, Fate] = {}
    waiting = [list(rows)] if rows else []
    while waiting:
        part = waiting.pop()
        try:
            answer = call([row.input for row in part])
        except Refused as refused:
            if len(part) == 1:
                fates[part[0].trace] = Fate(error=refused)
            else:
                waiting += reversed(list(halves(part)))
            continue
        except HubError as failure:
            if not repeatable and any(fate.record for fate in fates.values()):
                raise Uncertain(f"a part of the batch was written, then: {failure}") from failure
            raise
        if answer.get("status") in ("PENDING", "PROCESSING") or "results" not in answer:
            told = "HubSpot took the batch without telling what became of it"
            raise Unavailable(told) if repeatable else Uncertain(told)
        known = match(part, answer)
        fates |= known
        left = [row for row in part if row.trace not in fates]
        if not left:
            continue
        strangers = len(answer.get("results") or ()) > sum(1 for fate in known.values() if fate.record)
        if strangers and not repeatable:
            raise Uncertain("HubSpot's answer does not tell which messages it wrote")
        if len(left) == 1:
            fates[left[0].trace] = Fate(error=_only_error(answer))
        else:
            waiting += reversed(list(halves(left)))
    return fates


def halves(rows: Sequence[Row]) -> Iterator[list[Row]]:
    """Both halves of at least two rows, the first first."""
    middle = (len(rows) + 1) // 2
    yield list(rows[:middle])
    yield list(rows[middle:])


def match(rows: Sequence[Row], answer: Mapping[str, Any]) -> dict[str, Fate]:
    """The fates that an answer tells, by trace: results first, then the errors of a 207."""
    by_name = {name: row.trace for row in reversed(rows) for name in reversed(row.names) if name}
    marks = {row.mark for row in rows}
    fates: dict[str, Fate] = {}
    for result in answer.get("results") or ():
        properties = result.get("properties") or {}
        names = (result.get("objectWriteTraceId"), *(properties.get(m) for m in marks), result.get("id"))
        trace = next((by_name[str(n)] for n in names if n and str(n) in by_name), None)
        if trace is not None:
            fates[trace] = Fate(record=str(result["id"]), new=result.get("new") is True)
    for error in answer.get("errors") or ():
        for name in _named(error):
            if name in by_name and by_name[name] not in fates:
                fates[by_name[name]] = Fate(error=errors.of_item(error))
    return fates


def waves(rows: Sequence[Row], unique: Sequence[str]) -> list[list[Row]]:
    """The rows in as few calls as no call holds one value of a `unique` property twice: HubSpot refuses that whole."""
    made: list[tuple[set[tuple[str, str]], list[Row]]] = []
    for row in rows:
        values = {(p, str(v).casefold()) for p in unique if (v := row.input["properties"].get(p))}
        for taken, wave in made:
            if not values & taken:
                taken |= values
                wave.append(row)
                break
        else:
            made.append((values, [row]))
    return [wave for _, wave in made]


def _named(error: Mapping[str, Any]) -> list[str]:
    context = error.get("context")
    if not isinstance(context, Mapping):
        return []
    return [str(value) for values in context.values() if isinstance(values, list) for value in values]


def _only_error(answer: Mapping[str, Any]) -> HubError:
    told = answer.get("errors") or ()
    return errors.of_item(told[0]) if told else errors.of_item({"message": "HubSpot's answer leaves this row out"})
