"""What plugins are still to be told: written in the step, deleted together with the accept of the answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from hub.store.dialects.database import Database
from hub.store.workspace import Workspace

NEVER = 1 << 62
"""Due in the far future: waits for a human (see `revive`)."""


class PluginWork(NamedTuple):
    """One event for one plugin. `event` is its place in the journal, `body` its plain data as JSON."""

    id: int
    event: int
    body: str
    attempts: int


def due(db: Database, plugin: str, now: int, limit: int) -> list[PluginWork]:
    """What a plugin is to be told now: in order of events, those that failed before after all others."""
    found = db.rows(
        "SELECT id, event, body, attempts FROM plugin_work WHERE plugin=? AND due<=? ORDER BY attempts, event LIMIT ?",
        (plugin, now, limit),
    )
    return [PluginWork(*row) for row in found]


def next_due(db: Database, plugin: str, now: int) -> int:
    """When the plugin's next work comes due after `now` (ms, 0 = nothing waits)."""
    found = db.rows(
        "SELECT coalesce(min(due), 0) FROM plugin_work WHERE plugin=? AND due>? AND due<?", (plugin, now, NEVER)
    )
    return int(found[0][0])


def done(db: Database, ids: Sequence[int]) -> None:
    """They were answered; inside the transaction that accepts the answers."""
    db.run_many("DELETE FROM plugin_work WHERE id=?", [(i,) for i in ids])


def failed(db: Database, work: int, attempts: int, again: int) -> None:
    """One more attempt failed; tried again at `again` (ms, or `NEVER`)."""
    db.run("UPDATE plugin_work SET attempts=?, due=? WHERE id=?", (attempts, again, work))


def finish(work: Workspace, plugin: str, event: int) -> None:
    """The plugin answered for this event."""
    work.then("DELETE FROM plugin_work WHERE plugin=? AND event=?", (plugin, event))


def fail(work: Workspace, plugin: str, event: int) -> None:
    """Tried often enough: it waits for a human (due in the far future), its dead letter names the event."""
    work.then("UPDATE plugin_work SET due=? WHERE plugin=? AND event=?", (NEVER, plugin, event))


def revive(work: Workspace, event: int) -> None:
    """A human wants the plugins to be told of this event again."""
    work.then("UPDATE plugin_work SET due=0, attempts=0 WHERE event=? AND due=?", (event, NEVER))


def drop(work: Workspace, event: int, cause: str) -> None:
    """A human lets it go: the plugin that the dead letter's `cause` begins with is not told of this event."""
    work.then(
        "DELETE FROM plugin_work WHERE event=? AND due=?"
        " AND substr(?, 1, length(plugin) + 9) = 'plugin ' || plugin || ': '",
        (event, NEVER, cause),
    )


def body(db: Database, plugin: str, event: int) -> str:
    """What the plugin was told of this event, JSON; "" = it is not to be told, or answered already."""
    found = db.rows("SELECT body FROM plugin_work WHERE plugin=? AND event=?", (plugin, event))
    return str(found[0][0]) if found else ""
