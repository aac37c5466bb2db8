"""Many rows to a call: collections of 200, up to five of them in one composite call, and what became of each row.

A row that Salesforce refuses has an error of its own in the answer; a collection that it refuses as a whole is halved
until the culprit is alone. How many collections go together follows from how it goes: one more after each call without
trouble, half as many after a locked row, a limit or an error of the server, for a call shares its limits.
Source: REST API Developer Guide ("Composite", "sObject Collections").
"""

from __future__ import annotations

import re
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from hub.contracts.errors import HubError, Refused
from hub_salesforce import bulk
from hub_salesforce.errors import Problem
from hub_salesforce.parents import Parents
from hub_salesforce.paths import BULK_FROM, COLLECTIONS
from hub_salesforce.rows import Fate, Row, alike, fate_of, is_trouble, packed, read, request
from hub_salesforce.stages import Stages
from hub_salesforce.transport import Transport

LABEL = "composite/sobjects"
_TOLD = re.compile(r"Salesforce: (.*) \((\w+)\)", re.DOTALL)  # how `errors.error` puts it


class Width:
    """How many collections go into one call, 1 to 5. Thread-safe."""

    def __init__(self, value: int = 1) -> None:
        self.value = value
        self._lock = threading.Lock()

    def grew(self) -> None:
        """A call went through without trouble: one more from now on."""
        with self._lock:
            self.value = min(self.value + 1, COLLECTIONS)

    def shrank(self) -> None:
        """A call met trouble: half as many from now on."""
        with self._lock:
            self.value = max(self.value // 2, 1)


class _Part(NamedTuple):
    """Rows of one collection. `alone`: no other may go with it in one call."""

    rows: list[Row]
    alone: bool = False


class Writer:
    """What all writing to one organisation shares. Thread-safe."""

    def __init__(self, transport: Transport, width: Width, *, by_bulk: bool = True) -> None:
        self.transport, self.width = transport, width
        self.parents = Parents()
        self.stages = Stages(transport)
        self._by_bulk = by_bulk

    def send(self, rows: Sequence[Row], *, repeatable: bool) -> dict[str, Fate]:
        """Send each row once, none with the goal of another; the fate of each by its trace.

        Raises what a call raises if no row stands by then; else the rows that were not written have that error.
        """
        fates: dict[str, Fate] = {}
        waiting: deque[_Part] = deque()
        stuck: dict[tuple[str, ...], Problem] = {}
        for group in alike(rows):
            done = self._ingested(group)
            fates |= done
            if not done:
                waiting.extend(_Part(part, alone) for part, alone in packed(group))
        while waiting:
            parts = [
                _Part(left, part.alone)
                for part in _next(waiting, self.width.value)
                if (left := _free(part, fates, stuck))
            ]
            if not parts:
                continue
            try:
                told = self._call([part.rows for part in parts], repeatable)
            except Refused:
                waiting.extendleft(reversed([_Part(part.rows, True) for part in parts]))
                continue
            except HubError as failure:
                self.width.shrank()
                if not any(fate.record for fate in fates.values()):
                    raise
                fates |= {row.trace: Fate(error=failure) for part in (*parts, *waiting) for row in part.rows}
                break
            trouble = False
            for part, answer in zip(parts, told, strict=True):
                known, again = read(part.rows, answer)
                fates |= known
                waiting.extendleft(reversed([_Part(some, True) for some in again]))
                stuck |= _stuck(part.rows, known)
                trouble |= any(is_trouble(fate.problem) for fate in known.values() if fate.problem)
            self.width.shrank() if trouble else self.width.grew()
        return fates

    def _call(self, parts: Sequence[Sequence[Row]], repeatable: bool) -> list[Mapping[str, Any]]:
        """One call; the answer to each part."""
        asked = [request(rows, f"c{n}") for n, rows in enumerate(parts)]
        with self.parents.held(parent for rows in parts for row in rows for parent in row.family):
            if len(asked) == 1:
                return [self._lone(asked[0], repeatable)]
            body = {"allOrNone": False, "compositeRequest": asked}
            told = self.transport.call("POST", "/composite", body, repeatable=repeatable, label=LABEL)
        answers = {str(one.get("referenceId")): one for one in (told or {}).get("compositeResponse") or ()}
        return [answers.get(f"c{n}") or {} for n in range(len(parts))]

    def _lone(self, asked: Mapping[str, Any], repeatable: bool) -> dict[str, Any]:
        """One collection by itself; its answer as a composite call gives it."""
        try:
            body = self.transport.call(
                asked["method"],
                asked["url"],
                asked["body"],
                repeatable=repeatable,
                headers=asked.get("httpHeaders"),
                label=LABEL,
            )
        except Refused as refused:
            told = _TOLD.fullmatch(str(refused))
            coded = [{"errorCode": told[2], "message": told[1]}] if told else []
            return {"httpStatusCode": 400, "body": coded, "error": refused}
        return {"httpStatusCode": 200, "body": body}

    def _ingested(self, rows: Sequence[Row]) -> dict[str, Fate]:
        """Rows that are alike, by a Bulk job; nothing where they are too few for one, or Salesforce takes none."""
        first = rows[0]
        if not self._by_bulk or len(rows) < BULK_FROM or first.headers or not (first.record or first.key):
            return {}
        values = [{"Id": row.record, **row.values} if row.record else dict(row.values) for row in rows]
        operation = "update" if first.record else "upsert"
        try:
            with self.parents.held(parent for row in rows for parent in row.parents):
                told = bulk.ingest(self.transport, first.kind, operation, values, external_id=first.key)
        except Refused:
            return {}
        return {row.trace: fate_of(row, one) for row, one in zip(rows, told, strict=True)}


def _stuck(rows: Sequence[Row], fates: Mapping[str, Fate]) -> dict[tuple[str, ...], Problem]:
    """The families of which a row must go again after a pause."""
    told = ((row.family, fates[row.trace].problem) for row in rows if row.trace in fates)
    return {family: problem for family, problem in told if family and problem and problem.meaning in ("lock", "again")}


def _free(part: _Part, fates: dict[str, Fate], stuck: Mapping[tuple[str, ...], Problem]) -> list[Row]:
    """The rows of a part that overtake nobody; the others share the fate of those they would overtake."""
    if not stuck:
        return part.rows
    held = {row.trace: Fate(problem=stuck[row.family]) for row in part.rows if row.family in stuck}
    fates |= held
    return [row for row in part.rows if row.trace not in held]


def _next(waiting: deque[_Part], width: int) -> list[_Part]:
    """The parts of the next call."""
    parts = [waiting.popleft()]
    while waiting and len(parts) < width and not parts[0].alone and not waiting[0].alone:
        parts.append(waiting.popleft())
    return parts
