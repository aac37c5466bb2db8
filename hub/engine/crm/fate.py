"""What becomes of a batch of CRM writes: done by the adapter, and every row of it given a fate."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import structlog

from hub.contracts.crm import CRM, KeepsFiles, Reads, WritesObjects, Written
from hub.contracts.errors import AuthFailed, HubError, NotFound, PluginError, Temporary, Uncertain
from hub.engine.crm.lease import Batch
from hub.engine.line import Active, now_ms
from hub.engine.waiting import backoff
from hub.mapping.forms import same
from hub.model.events import RowOutcome
from hub.model.records import LogEntry, ObjectWrite, PersonWrite, Record, Ref

log = structlog.get_logger("hub.crm")

BROKEN_AFTER = 8
"""Tries of a row that, alone, makes the adapter fail each time."""
UNTOLD = 3
"""Tries of a row whose record the CRM refuses and does not show, without saying what became of it."""
CALLS = 40
"""Calls of the adapter to find the rows that it fails at, of one batch; the others are tried again later."""
LONGEST = 60_000
"""ms between two tries of what the CRM did not refuse."""
LATE = "another process may write it by now"

Write = Callable[[Sequence[Any]], list[Written]]


class Fate:
    """One batch on its way: `carry_out` in a thread of the pool, never raises. `refused` says why the CRM lets nobody
    in, "" = it does; `silence` is the last error of those that mean that nobody answered, or nobody had time.

    `may_call` is asked before each writing: when it says no, another process may be at it, and the rest is in doubt.
    """

    def __init__(
        self,
        crm: str,
        adapter: CRM[Any],
        batch: Batch,
        active: Active | None = None,
        may_call: Callable[[], bool] = lambda: True,
    ) -> None:
        self._crm, self._adapter, self._batch, self._active = crm, adapter, batch, active
        self._may_call = may_call
        self._changes = {row.outbox for row in batch.logs if row.logged}
        self._changes |= {row.outbox for row in batch.objects if row.record}
        self._calls = CALLS
        self.refused = ""
        self.silence: HubError | None = None

    def carry_out(self) -> list[RowOutcome]:
        """Write the batch. Each of its rows gets an outcome."""
        rows, ended = self._batch.rows, list[RowOutcome]()
        if self._batch.before or any(row.expected for row in self._batch.persons):
            try:
                rows, ended = self._guarded(self._batch.persons)
            except HubError as error:
                return [self._whole(error, row.outbox) for row in self._batch.rows]
            except Exception as error:
                return [self._broken(error, row.outbox, alone=len(rows) == 1) for row in rows]
        outcomes = self._some(self._write(), rows) if rows else []
        return [*ended, *self._merged(outcomes)]

    def _merged(self, outcomes: list[RowOutcome]) -> list[RowOutcome]:
        """Records that are gone are asked for once more: one that was merged is followed, and no other one made."""
        at = {row.outbox: row.contact if isinstance(row, ObjectWrite) else row.record for row in self._targets()}
        lost = {one.outbox: at[one.outbox] for one in outcomes if one.outcome == "relink" and at.get(one.outbox)}
        if not lost or not isinstance(self._adapter, Reads):
            return outcomes
        try:
            page = self._adapter.get([Ref("contact", record) for record in dict.fromkeys(lost.values())])
        except HubError as error:
            return [self._whole(error, one.outbox) if one.outbox in lost else one for one in outcomes]
        except Exception as error:
            alone = len(outcomes) == 1
            return [self._broken(error, one.outbox, alone=alone) if one.outbox in lost else one for one in outcomes]
        into = {one.record: one.into for one in page.gone if one.into}
        into |= {old: record.id for record in page.records for old in record.merged}
        unclear = {record.id: BROKEN_AFTER for record in page.records}
        unclear |= {one.record: UNTOLD for one in page.gone if not one.told}
        return [self._followed(one, lost[one.outbox], into, unclear) if one.outbox in lost else one for one in outcomes]

    def _followed(
        self, lost: RowOutcome, record: str, into: Mapping[str, str], unclear: Mapping[str, int]
    ) -> RowOutcome:
        """The row whose record is gone, with the one it went into. Where the CRM still shows the record itself, or
        nothing at all, it shows things late: what became of it cannot be known yet. `unclear` says how often such a row
        is tried."""
        tries = self._batch.attempts[lost.outbox]
        if record not in into and tries < unclear.get(record, 0):
            due = now_ms() + min(backoff(tries), LONGEST)
            return RowOutcome(outbox=lost.outbox, outcome="retry", due=due, reason=lost.reason)
        return replace(lost, record=into.get(record, ""))

    def _targets(self) -> Sequence[PersonWrite | LogEntry | ObjectWrite]:
        return [*self._batch.persons, *self._batch.logs, *self._batch.objects]

    def _guarded(self, rows: Sequence[PersonWrite]) -> tuple[list[PersonWrite], list[RowOutcome]]:
        """Linked people are read just before they are changed: whoever was changed there meanwhile is not written, and
        no field that has the value already. Nobody is made again whose deleted record is there again."""
        adapter = self._adapter
        if not isinstance(adapter, Reads):
            return list(rows), []
        before = self._batch.before
        asked = (row.record if row.expected else before.get(row.outbox, "") for row in rows)
        ids = [record for record in dict.fromkeys(asked) if record]
        known: dict[str, Record] = {}
        size = max(1, adapter.capabilities.read_batch)
        for start in range(0, len(ids), size):
            page = adapter.get([Ref("contact", one) for one in ids[start : start + size]])
            for found in page.records:
                known.update((name, found) for name in (found.id, *found.merged))
        kept, ended = [], []
        for row in rows:
            record = known.get(row.record or before.get(row.outbox, ""))
            if record is None or (record.archived and not row.record):
                kept.append(row)
                continue
            if not row.record:
                reason = f"its record {before[row.outbox]} is there again, as {record.id}"
                ended.append(RowOutcome(outbox=row.outbox, outcome="overtaken", record=record.id, reason=reason))
                continue
            differs = self._differs(row, record)
            if differs or record.id != row.record:
                what = f"{differs} was changed there" if differs else f"it was merged into {record.id}"
                reason = f"{what} meanwhile: the record is read again"
                ended.append(RowOutcome(outbox=row.outbox, outcome="overtaken", reason=reason))
                continue
            left = {name: value for name, value in row.fields.items() if not self._has(row, record, name, value)}
            if left or not row.fields:  # without fields the hub's key is to be written
                kept.append(replace(row, fields=left))
            else:
                ended.append(RowOutcome(outbox=row.outbox, outcome="done", record=row.record))
        return kept, ended

    def _has(self, row: PersonWrite, record: Record, name: str, value: str) -> bool:
        there = record.fields.get(name)
        return there is not None and self._same(row, name, there, value)

    def _differs(self, row: PersonWrite, record: Record) -> str:
        """The first field that holds neither what the hub saw last nor what it is about to write; "" = none."""
        for name, seen in row.expected.items():
            there = record.fields.get(name)
            if there is not None and not any(self._same(row, name, there, one) for one in (seen, row.fields[name])):
                return name
        return ""

    def _same(self, row: PersonWrite, name: str, a: str, b: str) -> bool:
        active = self._batch.actives.get(row.outbox, self._active)
        if a == b or active is None:
            return a == b
        rules = [rule for rule in active.mapping.person if rule.field == name]
        schema = active.shape.field(rules[0]) if rules else None
        return same(a, b, schema, active.shape.region)

    def _write(self) -> Write:
        adapter, batch = self._adapter, self._batch
        if batch.objects and isinstance(adapter, WritesObjects):
            return adapter.write
        if batch.files:
            return self._attach
        return adapter.upsert if batch.persons else adapter.log

    def _attach(self, files: Sequence[Any]) -> list[Written]:
        written = []
        for file in files:
            try:
                if not self._may_call():
                    raise Uncertain(LATE)
                if not isinstance(self._adapter, KeepsFiles):
                    raise PluginError("the adapter keeps no files")
                written.append(Written(outbox=file.outbox, record=self._adapter.attach(file)))
            except HubError as error:
                written.append(Written(outbox=file.outbox, error=error))
            except FileNotFoundError:
                written.append(Written(outbox=file.outbox, error=PluginError("the file is kept no more")))
        return written

    def _some(self, write: Write, rows: Sequence[Any]) -> list[RowOutcome]:
        self._calls -= 1
        try:
            if not self._may_call():
                raise Uncertain(LATE)
            written = write(rows)
            outcomes = [self._one(one) for one in written]
        except HubError as error:
            return [self._whole(error, row.outbox) for row in rows]
        except Exception as error:
            return self._halves(write, rows, error)
        left_out = {row.outbox for row in rows} - {one.outbox for one in written}
        forgot = PluginError("the adapter's answer leaves this row out")
        return outcomes + [self._broken(forgot, outbox, alone=True) for outbox in sorted(left_out)]

    def _halves(self, write: Write, rows: Sequence[Any], error: Exception) -> list[RowOutcome]:
        """Whatever failed may have written some of them: each half looks before it writes."""
        if len(rows) == 1 or self._calls <= 0:
            return [self._broken(error, row.outbox, alone=len(rows) == 1) for row in rows]
        rows = [replace(row, doubtful=True) if hasattr(row, "doubtful") else row for row in rows]
        middle = len(rows) // 2
        return self._some(write, rows[:middle]) + self._some(write, rows[middle:])

    def _one(self, written: Written) -> RowOutcome:
        error = written.error
        if error is None:
            return RowOutcome(
                outbox=written.outbox,
                outcome="done",
                record=written.record,
                new=written.new,
                left_out=dict(written.left_out),
            )
        if isinstance(error, NotFound):
            outcome = "dropped" if written.outbox in self._changes else "relink"
            return RowOutcome(outbox=written.outbox, outcome=outcome, reason=str(error))  # type: ignore[arg-type]
        if isinstance(error, Temporary | AuthFailed | Uncertain):
            return self._whole(error, written.outbox)
        return RowOutcome(outbox=written.outbox, outcome="dead", reason=str(error))

    def _whole(self, error: HubError, outbox: int) -> RowOutcome:
        """The fate of a row that may well go through another time."""
        now, tries = now_ms(), self._batch.attempts[outbox]
        if isinstance(error, Uncertain | Temporary):
            self.silence = error
        if isinstance(error, Uncertain):
            pause = 200 if tries == 1 else min(backoff(tries - 1), LONGEST)
            return RowOutcome(outbox=outbox, outcome="doubt", due=now + pause, reason=str(error))
        if isinstance(error, Temporary):
            pause = backoff(tries, error.retry_after)
            due = now + (pause if error.retry_after else min(pause, LONGEST))
            return RowOutcome(outbox=outbox, outcome="retry", due=due, reason=str(error))
        if isinstance(error, AuthFailed):
            self.refused = str(error)
            return RowOutcome(outbox=outbox, outcome="retry", due=now + LONGEST, reason=str(error))
        return self._broken(error, outbox, alone=len(self._batch.rows) == 1)

    def _broken(self, error: Exception, outbox: int, *, alone: bool) -> RowOutcome:
        """The adapter failed in a way of its own. Only a row that was alone can be the culprit."""
        tries, what = self._batch.attempts[outbox], type(error).__name__
        if tries == 1:
            log.error("the adapter failed", crm=self._crm, error=what)
        if alone and tries >= BROKEN_AFTER:
            return RowOutcome(outbox=outbox, outcome="dead", reason=f"the adapter failed: {what}")
        return RowOutcome(outbox=outbox, outcome="doubt", due=now_ms() + min(backoff(tries), LONGEST), reason=what)
