"""Sessions: messages of a conversation without a long pause, named by the first of them."""

from __future__ import annotations

from hub.store.rows import ConversationRow, MessageRow
from hub.store.workspace import Workspace


def join_session(message: MessageRow, talk: ConversationRow, work: Workspace) -> None:
    """Put a message into the running session of its conversation, or let it begin a new one after a long pause.

    A straggler, older than the running session by more than the pause, stays in none. Not for history.
    """
    at, pause = message.at, work.session_gap
    if not talk.session or at > talk.session_last + pause:
        talk.session, talk.session_began, talk.session_last = message.id, at, at
    elif at < talk.session_began - pause:
        return
    talk.session_began, talk.session_last = min(talk.session_began, at), max(talk.session_last, at)
    message.session = talk.session
