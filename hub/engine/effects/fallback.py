"""A closed window: a template goes in place of the text. That of the text itself, else that of the inbox, which goes
once until the person writes again."""

from __future__ import annotations

import json
from typing import Any

from hub.engine.effects.sends import queue_send
from hub.engine.line import Line
from hub.model.commands import Send
from hub.model.content import Content
from hub.store.rows import ConversationRow, MessageRow, OutboxRow, PersonRow
from hub.store.workspace import Workspace

RULE = "fallback"
CLOSED = "WindowClosed"
"""The error's name in events."""


def can_fall_back(command: OutboxRow, message: MessageRow, talk: ConversationRow, line: Line) -> bool:
    """Whether a template may go in place of this message: its text has one of its own that the channel can send, or the
    inbox names one and none went since the person wrote."""
    inbox = line.config.inboxes.get(talk.inbox)
    if inbox is None or command.rule == RULE or message.form == "template":
        return False
    if _own(command) and "template" in line.config.connections[inbox.connection].channel.capabilities.forms:
        return True
    return inbox.fallback is not None and talk.fallback <= talk.last_in


def _own(command: OutboxRow) -> dict[str, Any]:
    """The template that the text itself brings, {} = none."""
    found: dict[str, Any] = json.loads(command.body).get("instead", {}) if command.body else {}
    return found


def fall_back(
    command: OutboxRow, message: MessageRow, talk: ConversationRow, person: PersonRow, line: Line, work: Workspace
) -> str:
    """Queue the template; call only when `can_fall_back`. Returns one sentence for people.

    `talk.fallback` is the guard of the inbox's, committed together with the new row; the key names the message and the
    person's last one, so that working on the same thing again makes no second one.
    """
    inbox = line.config.inboxes[talk.inbox]
    channel = line.config.connections[inbox.connection].channel
    says = json.loads(command.body) if command.body else {}  # the template is for the same purpose
    own = says.pop("instead", {})
    says.pop("above", 0)
    if own and "template" in channel.capabilities.forms:
        content = Content.load(own)
    else:
        assert inbox.fallback is not None
        values = {"inbox": inbox.name, "person": {"language": person.language, "name": person.name}}
        content = inbox.fallback.fill(person.language, values)
        talk.fallback = max(work.now, talk.last_in + 1)
    slot = f"{command.id}-{talk.last_in}"
    again = Send(
        rule=RULE, slot=slot, text="", cls=command.cls, agent=message.agent, content=content, **says  # type: ignore[arg-type]
    )  # fmt: skip
    queue_send(again, command.event, talk, person, channel, work)
    said = f"the template '{content.template.name if content.template else ''}' goes in its place"
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
