"""A change of a message that came before the message itself: kept for a day, and applied when it comes."""

from __future__ import annotations

import json

from hub.model.events import MessageChanged
from hub.store.rows import EarlyRow, MessageRow
from hub.store.workspace import Workspace

DAY = 86_400_000
"""ms for which an original may still come; a change older than that is of a message from before the hub."""


def keep(event: MessageChanged, text: str, inbox: str, at: int, work: Workspace) -> bool:
    """Remember the change for the message; False when it is too old to wait for."""
    if work.now - at > DAY:
        return False
    row = EarlyRow(work.early.next_id(), inbox, event.provider_id, event.change, text, event.form, at, work.now)
    work.early.add(row)
    return True


def apply(message: MessageRow, inbox: str, work: Workspace) -> None:
    """The message has just come: what was said of it before is done to it, in the order in which it happened."""
    waiting = [r for r in work.early.rows.values() if (r.inbox, r.provider_id) == (inbox, message.provider_id)]
    for row in sorted(waiting, key=lambda row: row.changed):
        if row.change == "deleted":
            message.deleted = row.changed
        elif not message.deleted:
            edit(message, row.text, row.form, row.changed)
        work.drop_early(row)


def edit(message: MessageRow, text: str, form: str, at: int) -> None:
    """The new text stands; the first one is kept beside it."""
    content = json.loads(message.content) if message.content else {}
    content.setdefault("first", message.text)
    message.content = json.dumps(content, ensure_ascii=False)
    message.text, message.form, message.edited = text, form, at
