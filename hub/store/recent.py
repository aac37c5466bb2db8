"""What was said last in a conversation, and what people think of the answers they got."""

from __future__ import annotations

from typing import NamedTuple

from hub.store.dialects.database import Database


class Utterance(NamedTuple):
    """One message: `direction` in or out, `author` person, bot or agent, `agent` his name, `at` in ms."""

    id: int
    direction: str
    author: str
    agent: str
    text: str
    at: int


class Rating(NamedTuple):
    """How a rule or an agent is rated: `times`, `good` of them at least as good as was asked."""

    about: str
    times: int
    good: int
    average: float


def last_messages(db: Database, conversation: int, limit: int) -> list[Utterance]:
    """The last messages of a conversation that were not taken back, the newest last."""
    found = db.rows(
        "SELECT id, direction, author, agent, text, at FROM messages"
        " WHERE conversation=? AND deleted=0 ORDER BY at DESC, id DESC LIMIT ?",
        (conversation, limit),
    )
    return [Utterance(*row) for row in reversed(found)]


def ratings(db: Database, since: int, good: int) -> list[Rating]:
    """Everything that was rated since then (ms), the worst first; `good` is the score from which a rating is good."""
    found = db.rows(
        "SELECT about, count(*), sum(CASE WHEN score>=? THEN 1 ELSE 0 END), sum(score) FROM ratings"
        " WHERE at>=? GROUP BY about",
        (good, since),
    )
    rated = [Rating(about, int(count), int(fine), int(total) / int(count)) for about, count, fine, total in found]
    return sorted(rated, key=lambda one: (one.good / one.times, one.about))


def asked_before(db: Database, person: int, question: str) -> bool:
    """Whether a human was ever asked this about a person."""
    sql = "SELECT 1 FROM dead WHERE kind='review' AND person=? AND cause=? LIMIT 1"
    return bool(db.rows(sql, (person, question)))
