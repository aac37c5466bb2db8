"""What humans and plugins cause: answers, pauses, dead letters handled."""

from __future__ import annotations

import json
from dataclasses import replace

from hub.engine.effects import again, classified, media, naming, people, refused
from hub.engine.effects.cause import Cause
from hub.engine.effects.messages import human_has_it
from hub.engine.effects.sends import queue_send
from hub.engine.line import Line
from hub.model.by_hand import DeadHandled, HumanReplied
from hub.model.commands import Send
from hub.model.content import PLAIN, Content
from hub.model.events import PluginAnswered
from hub.store import plugin_work
from hub.store.journal import Claimed
from hub.store.rows import DeadRow, MessageRow, OutboxRow
from hub.store.workspace import Needs, Workspace

NOTES_KEPT = 20
"""Notes of one plugin's answer that are kept; the rest are counted."""

COMMANDS = ("send", "uncertain", "person", "log", "object", "file")
"""Kinds of dead letters that stand for a command."""
PARTS = 128
"""Parts of one text that are looked for at most."""


def replied(event: HumanReplied, row: Claimed, line: Line, work: Workspace) -> None:
    """A human answers: in the conversation of the quoted message, else the one used last; the automation pauses."""
    person = naming.named(event.person, work)
    talks = [t for t in work.conversations.rows.values() if person is not None and t.person == person.id]
    if person is None or not talks:
        work.bury("event", row.seq, f"nobody to answer: {event.person} is unknown or never wrote")
        return
    if event.reply_to:
        quoted = [work.by_provider.get((t.inbox, event.reply_to)) for t in talks]
        talks = [t for t, message in zip(talks, quoted, strict=True) if message and message.conversation == t.id]
        if not talks:
            work.bury("event", row.seq, f"not sent: the quoted message is none of person {person.id}", person.id)
            return
    talk = max(talks, key=lambda t: (t.last_in, t.id))
    inbox = line.config.inboxes.get(talk.inbox)
    if inbox is None:
        work.bury("event", row.seq, f"the inbox {talk.inbox} of this conversation is no longer set", person.id)
        return
    channel = line.config.connections[inbox.connection].channel
    content = Content.load(event.content) if event.content else PLAIN
    command = Send(
        rule="human", text=event.text, cls="human", agent=event.agent, content=content, reply_to=event.reply_to
    )
    queue_send(command, row.seq, talk, person, channel, work)
    cause = Cause(row.seq, event, person, talk)
    human_has_it(cause, row.received, f"{event.agent} answers", event.agent, event.text, line, work)


def look_dead(event: DeadHandled, row: Claimed, line: Line, needs: Needs) -> None:
    """The dead letters; what they stand for is fetched when acting."""
    needs.dead.update(event.ids)


def dead(event: DeadHandled, row: Claimed, line: Line, work: Workspace) -> None:
    """A human retries or drops dead letters."""
    letters = [work.dead.get(i) for i in event.ids]
    work.outbox.fetch(d.ref for d in letters if d is not None and d.kind in COMMANDS)
    work.messages.fetch(r.message for r in work.outbox.rows.values())
    work.media.fetch(d.ref for d in letters if d is not None and d.kind == "media")
    for letter in letters:
        if letter is not None and letter.state == "open":
            letter.state, letter.handled = ("retried" if event.action == "retry" else "dropped"), work.now
            work.decide(
                row.seq, line.version, letter.person, 0, f"dead letter {letter.id} {letter.state}: {event.agent}"
            )
            _again(letter, event.action == "retry", row.seq, line, work)


def _again(letter: DeadRow, retry: bool, seq: int, line: Line, work: Workspace) -> None:
    if letter.kind == "review":  # a question to a human; answered outside
        return
    if letter.kind == refused.FIELD:
        if retry:
            again.retry(letter, seq, line, work)
        return
    if letter.kind in ("event", "unrouted"):
        if retry:
            work.requeue(letter.ref)
        return
    if letter.kind == "plugin":
        if retry:
            plugin_work.revive(work, letter.ref)
        else:
            plugin_work.drop(work, letter.ref, letter.cause)
        return
    if letter.kind == "media":
        file = work.media.get(letter.ref)
        if retry and file is not None:
            media.again(file, work)
        return
    command = work.outbox.get(letter.ref)
    if command is None or command.open:
        return
    message = work.messages.get(command.message)
    if command.state == "done":
        if retry and message is not None and command.kind == "send":
            _say_again(letter, command, message, seq, work)
        return
    work.woken.add(command.target)
    if retry:
        if command.state == "dropped":
            _follow(command, work)
        command.wait(work.now)  # attempts go on: they are part of each outcome's key, which counts once for ever
        if message is not None and command.kind == "send":
            message.status, message.reason = "queued", ""
    else:
        command.end("dropped", "dropped by a human")
        if message is not None and command.kind == "send":
            message.status, message.reason = "dropped", "dropped by a human"


def _follow(command: OutboxRow, work: Workspace) -> None:
    """The parts that were dropped together with this one go again behind it."""
    whole, _, part = command.key.rpartition(".")
    if command.kind != "send" or not part.isdigit():
        return
    later = [f"{whole}.{n}" for n in range(int(part) + 1, int(part) + PARTS)]
    rows = [row for row in work.outbox.fetch_by("key", later) if row.state == "dropped"]
    work.messages.fetch(row.message for row in rows)
    for row in rows:
        row.wait(work.now)
        message = work.messages.get(row.message)
        if message is not None:
            message.status, message.reason = "queued", ""


def _say_again(letter: DeadRow, command: OutboxRow, message: MessageRow, seq: int, work: Workspace) -> None:
    """The platform took it and then reported that it failed: what goes out now is another message."""
    fresh = replace(message, id=work.messages.next_id(), provider_id="", at=work.now, received=work.now)
    fresh.status, fresh.status_at, fresh.reason, fresh.event = "queued", work.now, "", seq
    people.add_outbox(
        work,
        kind="send",
        target=command.target,
        lane=command.lane,
        message=work.messages.add(fresh).id,
        conversation=command.conversation,
        event=seq,
        rule="retry",
        slot=f"{letter.id}.0",
        cls=command.cls,
        body=command.body,
    )


def plugin(event: PluginAnswered, row: Claimed, line: Line, work: Workspace) -> None:
    """A plugin answered, or failed for good."""
    if not event.ok:
        work.bury("plugin", event.event, f"plugin {event.plugin}: {event.reason}")
        plugin_work.fail(work, event.plugin, event.event)
        return
    meant = classified.answered(event, line, work)
    plugin_work.finish(work, event.plugin, event.event)
    if meant:
        return
    notes = [str(answer.get("note", "")) or json.dumps(dict(answer)) for answer in event.commands[:NOTES_KEPT]]
    if (more := len(event.commands) - NOTES_KEPT) > 0:
        notes.append(f"and {more} more")
    for note in notes:
        work.decide(event.event, line.version, 0, 0, f"plugin {event.plugin}: {note[:1000]}")
