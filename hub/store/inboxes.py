"""Through which inboxes a person has written, the first one first."""

from __future__ import annotations

from hub.store.workspace import Workspace


def used(work: Workspace, person: int) -> tuple[str, ...]:
    """The inboxes of a person's conversations, by first use. One query for all people at hand."""
    if person not in work.inboxes:
        wanted = sorted({person, *work.people.rows} - work.inboxes.keys())
        found: dict[int, dict[str, None]] = {one: {} for one in wanted}
        sql = "SELECT person, inbox FROM conversations WHERE person IN (*) GROUP BY person, inbox ORDER BY min(id)"
        for owner, inbox in work.db.rows_in(sql, wanted):
            found[owner][inbox] = None
        work.inboxes.update((owner, tuple(named)) for owner, named in found.items())
    fresh = [talk.inbox for talk in work.conversations.rows.values() if talk.person == person]
    return tuple(dict.fromkeys((*work.inboxes[person], *fresh)))
