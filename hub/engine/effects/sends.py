"""Messages on their way out, and messages on their way into the CRM."""

from __future__ import annotations

import json

from hub.contracts.channel import Channel
from hub.engine.effects.asking import expect
from hub.engine.effects.people import add_beside, add_outbox
from hub.engine.effects.sessions import join_session
from hub.engine.line import Line
from hub.model.commands import Send
from hub.model.content import PLAIN, Content
from hub.sending import pieces, shown
from hub.store.rows import ConversationRow, MessageRow, PersonRow
from hub.store.workspace import Workspace


def queue_send(
    command: Send,
    seq: int,
    talk: ConversationRow,
    person: PersonRow,
    channel: Channel,  # type: ignore[type-arg]
    work: Workspace,
) -> list[MessageRow]:
    """The command becomes as many messages as the channel needs, in order, each with its own outbox row.

    The rows of one command share all of their key but the number after its last point; the first one quotes.
    """
    able = channel.capabilities
    queued = []
    says: dict[str, object] = {
        key: value for key, value in (("purpose", command.purpose), ("topic", command.topic)) if value
    }
    first: dict[str, object] = {} if command.instead is PLAIN else {"instead": command.instead.dump()}
    if command.above:
        first["above"] = len(command.above)
    said = "\n\n".join(part for part in (command.above, command.text) if part)
    for part, (text, content) in enumerate(pieces(said, command.content, able.text_max, able.caption_max)):
        talk.last_at = at = max(work.now, talk.last_at + 1)
        message = work.messages.add(
            MessageRow(
                work.messages.next_id(),
                talk.id,
                person.id,
                "out",
                "agent" if command.cls == "human" else "bot",
                command.agent,
                content.form,
                text or shown(content),
                "",
                "" if part else command.reply_to,
                at,
                work.now,
                "queued",
                work.now,
                "",
                seq,
                "" if content is PLAIN else json.dumps(content.dump(), ensure_ascii=False),
            )
        )
        join_session(message, talk, work)
        add_outbox(
            work,
            kind="send",
            target=talk.inbox,
            lane=person.id,
            message=message.id,
            conversation=talk.id,
            event=seq,
            rule=command.rule,
            slot=f"{command.slot}.{part}",
            cls=command.cls,
            body=json.dumps(says | (first if part == 0 else {}), ensure_ascii=False) if says or first else "",
        )
        queued.append(message)
    if command.expects and queued:
        expect(talk, queued[0].id, command.expects, work.now)
    return queued


def outgoing_content(message: MessageRow) -> Content:
    """What a message holds beside its text, from its row."""
    return Content.load(json.loads(message.content)) if message.content else PLAIN


def log_message(message: MessageRow, line: Line, work: Workspace) -> None:
    """The message is to stand in every CRM, once; it waits for the person's link where there is none yet."""
    for crm in line.config.crms:
        slot = f"m{message.id}"
        event, person = message.event, message.person
        add_beside(work, kind="log", crm=crm, person=person, message=message, event=event, rule="log", slot=slot)
