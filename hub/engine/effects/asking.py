"""Questions of the hub that wait for an answer: the last one of a conversation counts, and not for ever."""

from __future__ import annotations

import json
from collections.abc import Mapping

from hub.engine.effects.noticed import unsaid
from hub.store.rows import ConversationRow

WAITS = 24 * 3_600_000
"""Ms for which a question waits for its answer."""


def expect(talk: ConversationRow, message: int, answers: Mapping[str, str], now: int) -> None:
    """The hub asks something with this message: from now on these answers are waited for, and no older ones."""
    kept = {"message": message, "until": now + WAITS, "answers": dict(answers)}
    talk.expects = json.dumps(kept, ensure_ascii=False)


def expected(talk: ConversationRow) -> Mapping[str, str]:
    """Answers that the hub's last question here waits for; empty = none, or what the person wrote last is too late."""
    if not talk.expects:
        return {}
    kept = json.loads(talk.expects)
    answers: Mapping[str, str] = kept["answers"] if talk.last_in <= kept["until"] else {}
    return answers


def forget(talk: ConversationRow, message: int) -> None:
    """This message is not sent: what it asks waits for no answer, and what it told was not told."""
    unsaid(talk, message)
    if talk.expects and json.loads(talk.expects)["message"] == message:
        talk.expects = ""
