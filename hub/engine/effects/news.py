"""What a platform tells the business about itself."""

from __future__ import annotations

from hub.engine.effects.messages import clean
from hub.engine.line import Line
from hub.model.events import AccountNews
from hub.store.journal import Claimed
from hub.store.rows import NewsRow
from hub.store.workspace import Workspace


def heard(event: AccountNews, row: Claimed, line: Line, work: Workspace) -> None:
    """Kept; the newest word about a subject counts. No inbox is asked for: it may be about the whole business."""
    work.news.add(
        NewsRow(
            work.news.next_id(),
            event.at or row.received,
            row.source,
            event.account,
            event.topic,
            clean(event.subject),
            clean(event.text),
            int(event.bad),
            row.seq,
        )
    )
    work.woken.add(f"news:{row.source}")
    if event.topic == "template":
        work.woken.add(f"templates:{row.source}")
