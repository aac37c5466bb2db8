"""The lease of sends, in the writer's thread: the send gate decides, and what leaves is on disk as started before."""

from __future__ import annotations

from hashlib import blake2b
from typing import NamedTuple

from hub.engine.line import Line
from hub.model.messages import Outgoing
from hub.sending import SendState, may_send
from hub.store import Store
from hub.store.rows import ConversationRow, MessageRow, OutboxRow, PersonRow
from hub.store.workspace import Needs, Workspace

REMEMBERED = 20
"""How many automatic answers a conversation remembers for the loop breaker."""


class Leased(NamedTuple):
    """A send that is on disk as started."""

    outbox: int
    attempts: int
    created: int
    message: Outgoing


def lease_sends(store: Store, line: Line, inbox: str, now: int, limit: int) -> tuple[list[Leased], int]:
    """The next sends of an inbox that the gate lets through, one per lane; dropped ones are ended with a reason.

    Returns them and the number of rows looked at.
    """
    config = line.config.inboxes[inbox]
    channel = line.config.connections[config.connection].channel
    leased: list[Leased] = []
    with store.transaction():
        work = store.workspace(now)
        rows = work.take_heads(inbox, limit)
        work.load(Needs(around=True))
        for row in rows:
            message, person = work.messages.get(row.message), work.people.get(row.lane)
            talk = work.conversations.get(row.conversation)
            if message is None or person is None or talk is None:
                row.end("dead", "its message is gone")
                continue
            said = blake2b(message.text.encode("utf-8", "replace"), digest_size=6).hexdigest()
            verdict = may_send(_state(row, person, talk, said, channel.capabilities.window, line), now)
            if verdict.action == "send":
                row.state, row.started = "started", now
                row.attempts += 1
                if row.cls != "human" and row.attempts == 1 and _opens(row):
                    talk.said = " ".join([*talk.said.split()[-REMEMBERED:], f"{row.event}:{said}:{row.id}"])
                leased.append(
                    Leased(row.id, row.attempts, row.created, _outgoing(row, message, talk, config.account, line))
                )
            else:
                _drop(row, message, verdict.reason, line, work)
        work.save()
    return leased, len(rows)


def _state(row: OutboxRow, person: PersonRow, talk: ConversationRow, said: str, window: int, line: Line) -> SendState:
    before = [entry.split(":") for entry in talk.said.split()] if _opens(row) else []
    answers = [entry for entry in before if entry[0] == str(row.event) and entry[2] != str(row.id)]
    return SendState(
        cls=row.cls,  # type: ignore[arg-type]
        opted_out=bool(person.opted_out),
        window=window,
        last_inbound=talk.last_in,
        paused_until=talk.paused_until,
        replies_since_inbound=len(answers),
        max_replies=line.config.hub.replies_per_inbound,
        repeats=any(entry[1] == said for entry in answers),
        created=row.created,
    )


def _opens(row: OutboxRow) -> bool:
    """Whether it is the first part of what is said: a long text in three parts is one answer."""
    return row.key.endswith(".0")


def _outgoing(row: OutboxRow, message: MessageRow, talk: ConversationRow, account: str, line: Line) -> Outgoing:
    return Outgoing(account, talk.address, message.text, line.callback(row.id), message.reply_to)


def _drop(row: OutboxRow, message: MessageRow, reason: str, line: Line, work: Workspace) -> None:
    row.end("dropped", reason)
    message.status, message.status_at, message.reason = "dropped", work.now, reason
    if row.cls == "human":  # somebody thinks it was said
        work.bury("send", row.id, f"not sent: {reason}", row.lane)
    work.decide(row.event, line.version, row.lane, row.conversation, f"not sent: {reason}")
