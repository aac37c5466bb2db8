"""After a restore: what may have been done by the hub that was lost is not done again in silence."""

from __future__ import annotations

from collections.abc import Iterable

from hub.engine.line import Line
from hub.store.journal import Claimed
from hub.store.rows import OutboxRow
from hub.store.workspace import Workspace

REASON = "the hub was restored from a backup, and it may have been sent before that"


def doubt_send(row: OutboxRow, work: Workspace) -> None:
    """It waits for evidence that is due at once, and leaves only if a human wants it to."""
    row.state, row.due, row.doubt, row.reason = "evidence", work.now, 1, REASON


def in_doubt(claimed: Iterable[Claimed], line: Line, work: Workspace) -> None:
    """New commands of events from before the restore: the lost hub may have carried them out.

    Sends wait for evidence that is due at once: a repeated status settles them, a human sees the rest. Logs are looked
    for before they are written.
    """
    before = {row.seq for row in claimed if row.at <= line.restored}
    for row in work.outbox.rows.values():
        if not work.outbox.is_new(row.id):
            continue
        if row.kind == "send" and row.event in before:
            doubt_send(row, work)
        elif row.kind == "log" and (message := work.messages.get(row.message)) and message.at <= line.restored:
            row.doubt, row.created = 1, min(row.created, message.at)
