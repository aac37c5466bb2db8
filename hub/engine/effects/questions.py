"""Whether a person asks the same again: his last questions in a row are kept with the conversation."""

from __future__ import annotations

from hub.engine.line import Line
from hub.store.rows import ConversationRow
from hub.words import questions
from hub.words.said import Said, read


def asked(talk: ConversationRow, text: str, line: Line) -> int:
    """How many of the person's last messages in a row, this one included, ask the same; they are remembered. 0 where
    nothing wants to know: neither a rule nor a follow-up."""
    rules = line.config.rules
    if "same" not in rules.looks and not rules.book.follow_ups:
        return 0
    said, earlier = read(text), questions.load(talk.asked)

    def topics(one: Said) -> frozenset[str]:
        return frozenset(rules.words.look(one).topics)

    same = questions.same_in_a_row(said, earlier, topics)
    talk.asked = questions.dump(questions.remember(said, earlier))
    return same
