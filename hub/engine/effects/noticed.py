"""When a conversation was last told that a machine answers, and with which message."""

from __future__ import annotations

import json

from hub.store.rows import ConversationRow

AGAIN = 24 * 3_600_000
"""Ms after which it is told again with the next automatic message."""
_SINCE, _WITH = "texts:machine_notice", "texts:machine_notice:message"
"""Where a conversation remembers it, beside the rules that fired: as no rule can be called."""


def due(talk: ConversationRow, now: int) -> bool:
    """Whether it is to be told with the next automatic message."""
    fired = json.loads(talk.fired) if talk.fired else {}
    return not fired.get(_SINCE) or now - fired[_SINCE] >= AGAIN


def told(talk: ConversationRow, message: int, now: int) -> None:
    """This message tells it."""
    fired = json.loads(talk.fired) if talk.fired else {}
    talk.fired = json.dumps(fired | {_SINCE: now, _WITH: message})


def unsaid(talk: ConversationRow, message: int) -> None:
    """This message is not sent: if it was to tell it, the next one does."""
    fired = json.loads(talk.fired) if talk.fired else {}
    if fired.get(_WITH) == message:
        talk.fired = json.dumps({name: at for name, at in fired.items() if name not in (_SINCE, _WITH)})
