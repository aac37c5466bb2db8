"""Sessions: messages of a conversation without a long pause."""

from __future__ import annotations

from hub.store.rows import ConversationRow, SessionRow
from hub.store.workspace import Workspace


def session_of(talk: ConversationRow, at: int, work: Workspace) -> int:
    """The session of a message of this conversation at `at` (ms), which it prolongs; a new one after a long pause.

    A straggler, older than the running session by more than the pause, belongs to none (0). Not for history.
    """
    if talk.session:
        work.sessions.fetch([talk.session])  # here already, unless the conversation was found late
    running = work.sessions.get(talk.session)
    if running is None or at > running.last_at + work.session_gap:
        running = work.sessions.add(SessionRow(work.sessions.next_id(), talk.id, talk.person, at, at))
        talk.session = running.id
    elif at < running.began - work.session_gap:
        return 0
    running.began, running.last_at = min(running.began, at), max(running.last_at, at)
    running.messages += 1
    return running.id
