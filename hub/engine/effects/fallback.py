"""A closed window: the inbox's template goes in place of the text, once until the person writes again."""

from __future__ import annotations

from hub.engine.effects.sends import queue_send
from hub.engine.line import Line
from hub.model.commands import Send
from hub.store.rows import ConversationRow, MessageRow, OutboxRow, PersonRow
from hub.store.workspace import Workspace

RULE = "fallback"
CLOSED = "WindowClosed"
"""The error's name in events."""


def can_fall_back(command: OutboxRow, message: MessageRow, talk: ConversationRow, line: Line) -> bool:
    """Whether a template may go in place of this message: the inbox names one, and none went since the person wrote."""
    inbox = line.config.inboxes.get(talk.inbox)
    return (
        inbox is not None
        and inbox.fallback is not None
        and command.rule != RULE
        and message.form != "template"
        and talk.fallback <= talk.last_in
    )


def fall_back(
    command: OutboxRow, message: MessageRow, talk: ConversationRow, person: PersonRow, line: Line, work: Workspace
) -> str:
    """Queue the template; call only when `can_fall_back`. Returns one sentence for people.

    `talk.fallback` is its guard, committed together with the new row; the key names the person's last message, so that
    working on the same thing again makes no second one.
    """
    inbox = line.config.inboxes[talk.inbox]
    assert inbox.fallback is not None
    values = {"inbox": inbox.name, "person": {"language": person.language, "name": person.name}}
    content = inbox.fallback.fill(person.language, values)
    channel = line.config.connections[inbox.connection].channel
    talk.fallback = max(work.now, talk.last_in + 1)
    slot = f"{command.id}-{talk.last_in}"
    again = Send(rule=RULE, slot=slot, text="", cls=command.cls, agent=message.agent, content=content)  # type: ignore[arg-type]
    queue_send(again, command.event, talk, person, channel, work)
    said = f"the template '{inbox.fallback.name}' goes in its place"
    work.decide(command.event, line.version, person.id, talk.id, f"the window is closed: {said}")
    return said


def refused(command: OutboxRow, message: MessageRow, line: Line, work: Workspace) -> str:
    """The platform says that the window was closed. Returns what is done about it, "" = nothing can be."""
    talk, person = work.conversations.get(command.conversation), work.people.get(command.lane)
    if talk is None or person is None or talk.last_in > command.started:  # he wrote since: the text itself can go again
        return ""
    if not can_fall_back(command, message, talk, line):
        return ""
    return fall_back(command, message, talk, person, line, work)
