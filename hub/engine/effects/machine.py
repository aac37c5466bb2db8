"""What the hub says by itself: with the first of it in a conversation, and again a day later, goes the notice that a
machine answers, where the file has that text."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hub.contracts.channel import Channel
from hub.engine.effects import noticed
from hub.engine.effects.sends import queue_send
from hub.engine.line import Line
from hub.model.commands import Send
from hub.store.rows import ConversationRow, MessageRow, PersonRow
from hub.store.workspace import Workspace
from hub.texts.variables import standing

NOTICE = "machine_notice"
"""The text under [texts]."""


def say(
    command: Send,
    seq: int,
    talk: ConversationRow,
    person: PersonRow,
    channel: Channel[Any],
    line: Line,
    work: Workspace,
) -> list[MessageRow]:
    """Queue an automatic message, as `queue_send` does, the notice above it where it is due. A template is the whole
    message: it takes none, and the next one does."""
    text = line.config.rules.book.texts.get(NOTICE)
    if text is None or command.cls == "human" or command.content.form == "template" or not noticed.due(talk, work.now):
        return queue_send(command, seq, talk, person, channel, work)
    values = standing(talk.inbox, person.language, person.name, line.config.rules.book.company)
    notice = text.render(person.language, values, channel.name)
    queued = queue_send(replace(command, above=notice), seq, talk, person, channel, work)
    if queued:
        noticed.told(talk, queued[0].id, work.now)
    return queued
