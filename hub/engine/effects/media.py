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
    """Every file of the message is to be fetched, unless it was taken back before it came."""
    for media in () if message.deleted else named:
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
    message = work.messages.get(file.message)
    if event.outcome != "stored":
        work.bury("media", file.id, event.reason, message.person if message is not None else 0)
        return
    file.blob, file.size, file.mime = event.blob, event.size, file.mime or event.mime
    if message is not None:
        files.order(file, message, row.seq, line, work)


def taken_back(message: int, work: Workspace) -> None:
    """The message's writer took it back: its files are fetched no more, and those the hub has go with the sweep."""
    files = work.media.fetch_by("message", [message])
    for file in files:
        if file.state in ("pending", "stored", "dead"):
            file.state, file.reason = "expired", "its writer took the message back"
        file.ref = file.url = file.name = file.sha256 = file.blob = ""
    work.settle_dead("media", [file.id for file in files], "settled")


def again(file: MediaRow, work: Workspace) -> None:
    """A human wants a file fetched that was given up: once more at least, whatever was tried before. Tries go on being
    counted: they are part of each outcome's key."""
    if file.state in ("dead", "expired") and (file.ref or file.url):
        file.state, file.due, file.reason = "pending", work.now, ""
        work.woken.add(WAKE)
