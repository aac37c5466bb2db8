"""A CRM's webhook named records: they are noted, and read again soon, many at once."""

from __future__ import annotations

from hub.engine.effects import gone
from hub.engine.line import CRM, Line
from hub.model.events import RecordsTouched
from hub.model.records import Gone
from hub.store import crm as shelves
from hub.store.journal import Claimed
from hub.store.workspace import Needs, Workspace


def look(event: RecordsTouched, row: Claimed, line: Line, needs: Needs) -> None:
    """The links of the contacts that were erased."""
    if event.erased:
        needs.records.setdefault(row.source.removeprefix(CRM), set()).update(event.erased)


def touched(event: RecordsTouched, row: Claimed, line: Line, work: Workspace) -> None:
    """A deletion is read again too: it may have been a merge. What was erased is erased at once."""
    crm = row.source.removeprefix(CRM)
    if event.refs:
        shelves.touch(work, crm, event.refs)
        work.woken.add(crm)
    for record in event.erased:
        gone.vanished(Gone(record=record, erased=True), crm, row.seq, line, work)
