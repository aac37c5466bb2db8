"""The steps of tasks, cases and opportunities as this organisation names them: what a name means, which one ends it.

Source: Object Reference (TaskStatus, CaseStatus, OpportunityStage). A user who may not read those still has the
choices that the object's description tells; which of them end a record is then guessed from Salesforce's own names.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from hub.contracts.errors import AuthFailed, HubError, Refused, Rejected
from hub_salesforce.paths import CASE, OPPORTUNITY, TASK
from hub_salesforce.transport import Transport

FIELDS = {TASK: "Status", CASE: "Status", OPPORTUNITY: "StageName"}
"""Where a record keeps its step."""
HOUR, MINUTE = 3_600.0, 60.0
"""Seconds for which the steps are kept, and between two readings for a name that is not among them."""

_QUERIES = {
    TASK: "SELECT ApiName, MasterLabel, IsClosed, SortOrder FROM TaskStatus ORDER BY SortOrder",
    CASE: "SELECT ApiName, MasterLabel, IsClosed, SortOrder FROM CaseStatus ORDER BY SortOrder",
    OPPORTUNITY: "SELECT ApiName, MasterLabel, IsClosed, SortOrder FROM OpportunityStage WHERE IsActive = true "
    "ORDER BY SortOrder",
}
_ENDS = {TASK: "Completed", CASE: "Closed"}
"""The end that Salesforce begins with, taken where there are several."""
_CLOSING = frozenset({"completed", "closed", "closed won", "closed lost"})


class Stage(NamedTuple):
    """A step: its name in the API, what people read, and whether it ends the record."""

    name: str
    label: str
    closed: bool


class Stages:
    """Read in one call when first asked for, and by whoever calls `learn`, as the hub does every hour. Thread-safe."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._known: Mapping[str, Sequence[Stage]] = {}
        self._at = 0.0
        self._lock = threading.Lock()

    def learn(self) -> None:
        """Read them now. What the user may not read is no error."""
        with self._lock:
            self._read()

    def first(self, kind: str) -> str:
        """Where a new record begins. Raises Rejected if there is no open step."""
        for stage in self._of(kind):
            if not stage.closed:
                return stage.name
        raise Rejected(f"Salesforce has no open {FIELDS[kind]} for {kind}")

    def named(self, kind: str, name: str) -> str:
        """The step with this API name or label, case and underscores ignored. Raises Rejected if there is none."""
        for lacking in (False, True):
            for stage in self._of(kind, lacking=lacking):
                if _plain(name) in (_plain(stage.name), _plain(stage.label)):
                    return stage.name
        there = ", ".join(stage.name for stage in self._of(kind))
        raise Rejected(f"Salesforce has no {FIELDS[kind]} {name} for {kind}, only {there or 'none'}")

    def end(self, kind: str) -> str:
        """The step that ends a record, as it was read last: messages cost no query. Raises Rejected where there are
        several to choose from, as for opportunities."""
        ends = [stage.name for stage in self._of(kind, as_known=True) if stage.closed]
        if _ENDS.get(kind) in ends:
            return _ENDS[kind]
        if len(ends) != 1 and kind != TASK:
            raise Rejected(f"Salesforce has {len(ends)} steps that end a {kind} ({', '.join(ends)}): name one of them")
        return ends[0] if ends else _ENDS[kind]

    def _of(self, kind: str, *, lacking: bool = False, as_known: bool = False) -> Sequence[Stage]:
        with self._lock:
            age = self._transport.clock() - self._at
            if not self._known or (age >= HOUR and not as_known) or (lacking and age >= MINUTE):
                self._read()
            return self._known.get(kind, ())

    def _read(self) -> None:
        told = dict(zip(_QUERIES, self._transport.queries(list(_QUERIES.values())), strict=True))
        known: dict[str, Sequence[Stage]] = {}
        for kind, rows in told.items():
            if not isinstance(rows, HubError):
                known[kind] = [
                    Stage(str(r.get("ApiName") or r["MasterLabel"]), str(r["MasterLabel"]), bool(r["IsClosed"]))
                    for r in rows.records
                ]
            elif isinstance(rows, Refused | AuthFailed):
                known[kind] = self._described(kind)
            else:
                raise rows
        self._known, self._at = known, self._transport.clock()

    def _described(self, kind: str) -> list[Stage]:
        try:
            fields: Sequence[Mapping[str, Any]] = self._transport.describe(kind).get("fields") or ()
        except (Refused, AuthFailed):
            return []
        choices = next((f.get("picklistValues") or () for f in fields if f.get("name") == FIELDS[kind]), ())
        return [
            Stage(str(c["value"]), str(c.get("label") or c["value"]), str(c["value"]).casefold() in _CLOSING)
            for c in choices
            if c.get("active")
        ]


def _plain(name: str) -> str:
    return " ".join(name.replace("_", " ").casefold().split())
