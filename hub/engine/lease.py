"""The lease of sends, in the writer's thread: the send gate decides, and what leaves is on disk as started before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from hub.engine.effects.answers import ended
from hub.engine.effects.asking import forget
from hub.engine.effects.control import take_over
from hub.engine.effects.fallback import fall_back
from hub.engine.effects.sends import outgoing_content
from hub.engine.line import Line
from hub.engine.send_state import SendStates, opens
from hub.model.content import Content
from hub.model.messages import Outgoing
from hub.sending import PairRate, may_send
from hub.store import Store, trail
from hub.store.rows import ConversationRow, MessageRow, OutboxRow
from hub.store.workspace import Workspace

NO_LIMIT = PairRate(0, 0.0)


class Leased(NamedTuple):
    """A send that is on disk as started. `answers` is the platform's id of the message to mark as read, "" = none."""

    outbox: int
    attempts: int
    created: int
    message: Outgoing
    answers: str = ""


def lease_sends(
    store: Store,
    line: Line,
    inbox: str,
    now: int,
    limit: int,
    pair: PairRate = NO_LIMIT,
    woke: Callable[[set[str]], None] = lambda targets: None,
) -> tuple[list[Leased], int]:
    """The next sends of an inbox that the gate lets through, one per lane; dropped ones are ended with a reason.

    Returns them and the number of rows looked at. `woke` is told who else has new work now: what was dropped may have
    to be told elsewhere.
    """
    lease = store.beside(lambda: _lease(store, line, inbox, now, limit, pair))
    for talk in lease.talks:
        pair.spend(talk, now)
    for name in lease.dropped:
        line.dropped[name] = line.dropped.get(name, 0) + 1
    woke(lease.woken)
    return lease.sends, lease.looked


@dataclass(slots=True)
class _Lease:
    """What one lease let through, to which conversations, how many rows it looked at, who has new work, and what stood
    against those that were dropped."""

    sends: list[Leased] = field(default_factory=list)
    talks: list[int] = field(default_factory=list)
    looked: int = 0
    woken: set[str] = field(default_factory=set)
    dropped: list[str] = field(default_factory=list)


def _lease(store: Store, line: Line, inbox: str, now: int, limit: int, pair: PairRate) -> _Lease:
    config = line.config.inboxes[inbox]
    lease = _Lease()
    dropped: list[tuple[OutboxRow, str]] = []
    store.assert_duty(f"inbox:{inbox}")
    work = store.workspace(now)
    work.session_gap = int(line.config.hub.session_gap * 60_000)
    rows = work.take_heads(inbox, limit)
    states = SendStates(line, inbox, work, pair)
    states.load(rows)
    last = _last_heard(rows, work) if config.mark_read else {}
    waits: dict[str, OutboxRow] = {}
    for row in rows:
        message, person = work.messages.get(row.message), work.people.get(row.lane)
        talk = work.conversations.get(row.conversation)
        if message is None or person is None or talk is None:
            row.end("dead", "its message is gone")
            continue
        content = outgoing_content(message)
        state = states.of(row, message, person, talk, content)
        verdict = may_send(state, now)
        if verdict.action == "send":
            answers = last.get(row.id, "") if row.attempts == 0 else ""
            states.begin(row, message, person, talk)
            row.state, row.started = "started", now
            row.attempts += 1
            lease.talks.append(talk.id)
            message_out = _outgoing(row, message, talk, content, config.account, line)
            answers = answers if not state.replies_since_inbound else ""
            lease.sends.append(Leased(row.id, row.attempts, row.created, message_out, answers))
        elif verdict.action == "wait":
            row.wait(verdict.due, verdict.reason)
            if row.cls == "outreach":
                waits[_whole(row)] = row
        else:
            reason = verdict.reason
            if verdict.action == "template":
                reason = f"{reason[:-1]}; {fall_back(row, message, talk, person, line, work)}."
            lease.dropped.append(verdict.limit)
            _drop(row, message, reason, line, work)
            forget(talk, message.id)
            dropped.append((row, reason))
            if verdict.action == "hand_over":
                take_over(row, person, talk, reason, line, work)
    _wait_together(waits, inbox, work)
    _drop_rest(dropped, inbox, work)
    work.save()
    if rows:
        busy = {str(row.conversation): ready for row in rows if (ready := pair.ready(row.conversation, now)) > now}
        spans = trail.runs(row.id for row in rows)
        trail.note(store.db, trail.LEASE, now, version=line.version, inbox=inbox, rows=spans, busy=busy)
    lease.looked, lease.woken = len(rows), work.woken
    return lease


def _last_heard(rows: Sequence[OutboxRow], work: Workspace) -> dict[int, str]:
    """outbox id -> the platform's id of the message that this row begins to answer: of a human's answer the person's
    last one, since he has read them all."""
    asked = {row.id: _asked(row) for row in rows}
    work.messages.fetch(asked.values())
    found = {row: message.provider_id for row, number in asked.items() if (message := work.messages.get(number))}
    human = {row.id: row.conversation for row in rows if row.cls == "human" and opens(row)}
    heard = work.last_heard(set(human.values())) if human else {}
    return found | {row: heard[talk] for row, talk in human.items() if talk in heard}


def _asked(row: OutboxRow) -> int:
    """The inbound message whose answer this row begins, 0 = none: the slot of a reply is message.slot.part."""
    parts = row.key.rpartition(":")[2].split(".")
    return int(parts[0]) if row.cls == "reply" and len(parts) == 3 and parts[2] == "0" and parts[0].isdigit() else 0


def _outgoing(
    row: OutboxRow, message: MessageRow, talk: ConversationRow, content: Content, account: str, line: Line
) -> Outgoing:
    text = "" if content.template is not None else message.text
    return Outgoing(account, talk.address, text, line.callback(row.id), message.reply_to, content)


def _drop(row: OutboxRow, message: MessageRow, reason: str, line: Line, work: Workspace) -> None:
    _end(row, message, reason, work)
    ended(row, message, line, work)
    if row.cls == "human":  # somebody thinks it was said
        work.bury("send", row.id, f"not sent: {reason}", row.lane)
    work.decide(row.event, line.version, row.lane, row.conversation, f"not sent: {reason}")


def _end(row: OutboxRow, message: MessageRow, reason: str, work: Workspace) -> None:
    row.end("dropped", reason)
    message.status, message.status_at, message.reason = "dropped", work.now, reason


def _drop_rest(dropped: list[tuple[OutboxRow, str]], inbox: str, work: Workspace) -> None:
    """What belongs to a dropped part and follows it would make no sense alone."""
    reasons = {_whole(row): reason for row, reason in dropped}
    rest = [row for row in work.queued_sends(inbox, {row.lane for row, _ in dropped}) if _whole(row) in reasons]
    work.messages.fetch(row.message for row in rest)
    for row in rest:
        message = work.messages.get(row.message)
        if message is not None:
            _end(row, message, reasons[_whole(row)], work)


def _wait_together(waits: dict[str, OutboxRow], inbox: str, work: Workspace) -> None:
    """Others may overtake an unasked message that waits for its hour, but not the rest of itself."""
    for row in work.queued_sends(inbox, {first.lane for first in waits.values()}) if waits else ():
        first = waits.get(_whole(row))
        if first is not None and row is not first:
            row.wait(first.due, first.reason)


def _whole(row: OutboxRow) -> str:
    return row.key.rpartition(".")[0]
