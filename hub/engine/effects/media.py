"""The files of a message: named when it comes, fetched by a job of their own, and what became of that."""

from __future__ import annotations

from collections.abc import Sequence

from hub.engine.effects import files
from hub.engine.line import Line
from hub.model.content import Media
from hub.model.events import MediaSettled
from hub.store.journal import Claimed
from hub.store.rows import MediaRow, MessageRow
from hub.store.workspace import Needs, Workspace

WAKE = "media"
"""The target that the media worker is woken by."""
HISTORY_WAITS = 60_000
"""ms by which the files of history let those of today go first."""


def order(
    named: Sequence[Media], message: MessageRow, account: str, backfill: bool, source: str, work: Workspace
) -> None:
    """Every file of the message is to be fetched."""
    for media in named:
        work.media.add(
            MediaRow(
                work.media.next_id(),
                message.id,
                source,
                account,
                media.kind,
                media.ref,
                media.url,
                media.mime,
                media.name,
                media.size,
                media.sha256,
                due=work.now + (HISTORY_WAITS if backfill else 0),
            )
        )
    if named:
        work.woken.add(WAKE)


def look(event: MediaSettled, row: Claimed, line: Line, needs: Needs) -> None:
    """The file and its message."""
    needs.media.add(event.media)


def settled(event: MediaSettled, row: Claimed, line: Line, work: Workspace) -> None:
    """One try to fetch a file ended."""
    file = work.media.get(event.media)
    if file is None or file.state != "pending":
        return
    file.attempts += 1
    file.due, file.reason = event.due, event.reason
    work.woken.add(WAKE)
    if event.outcome == "retry":
        return
    file.state = event.outcome
    if event.outcome != "stored":
        return
    file.blob, file.size, file.mime = event.blob, event.size, file.mime or event.mime
    message = work.messages.get(file.message)
    if message is not None:
        files.order(file, message, row.seq, line, work)
