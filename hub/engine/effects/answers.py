"""What became of replies that agents wrote in the CRM: it is written back there, once for each outcome."""

from __future__ import annotations

import json

from hub.contracts.crm import WritesObjects
from hub.engine.effects import people
from hub.engine.line import Line
from hub.store.rows import AnswerRow, MessageRow, OutboxRow
from hub.store.workspace import Workspace

RULE = "answer"
"""The rule of sends that an agent wrote in a CRM, and of what is written back about them."""
ON_ITS_WAY = ("queued",)
WITHDRAWN = "the agent changed the text before it left"
SAID = ("accepted", "sent", "delivered", "read")


def ended(command: OutboxRow, message: MessageRow, line: Line, work: Workspace) -> None:
    """A send ended in some way: where it was an agent's reply from a CRM, the CRM is told. Cheap for any other.

    Call it when the command and the message carry their new states.
    """
    if command.rule != RULE or command.cls != "human" or message.status in ON_ITS_WAY:
        return
    number = int(command.key.split(":")[-1].partition(".")[0])
    work.answers.fetch([number])
    kept = work.answers.get(number)
    sends = parts(kept, work) if kept is not None else []
    if kept is None or command not in sends:  # of an earlier reply on the same record
        return
    found = [part for part in (work.messages.get(send.message) for send in sends) if part is not None]
    lost = next((part for part in found if part.status not in (*SAID, *ON_ITS_WAY)), None)
    if lost is not None:
        if kept.outcome != "failed":  # also after a "sent": some platforms refuse late
            tell(kept, "failed", lost.reason or command.reason, command.lane, command.event, line, work)
    elif kept.outcome != "sent" and all(part.status in SAID for part in found):
        tell(kept, "sent", "", command.lane, command.event, line, work)


def parts(kept: AnswerRow, work: Workspace) -> list[OutboxRow]:
    """The sends that a reply became, in order, with their messages: a long one is several."""
    work.outbox.fetch_by("message", [kept.message] if kept.message else (), "AND message>0 AND kind='send'")
    rows = work.outbox.rows.values()
    last = next((row for row in rows if kept.message and (row.message, row.kind) == (kept.message, "send")), None)
    if last is None:
        return []
    whole, _, number = last.key.rpartition(".")
    keys = [f"{whole}.{n}" for n in range(int(number) + 1)]
    work.outbox.fetch_by("key", keys)
    found = [row for row in work.outbox.rows.values() if row.key in keys]
    work.messages.fetch(row.message for row in found)
    return sorted(found, key=lambda row: row.id)


def withdraw(kept: AnswerRow, work: Workspace) -> None:
    """The agent wrote another text: the last one is not said any more, unless it began to leave."""
    sends = parts(kept, work)
    if any(send.state != "waiting" or send.attempts for send in sends):
        return
    for send in sends:
        send.end("dropped", WITHDRAWN)
        if (message := work.messages.get(send.message)) is not None:
            message.status, message.status_at, message.reason = "dropped", work.now, WITHDRAWN


def about(command: OutboxRow) -> int:
    """The reply whose outcome a command writes back, 0 = it is about something else. Rules may bear any name."""
    return int(json.loads(command.body).get("answer", 0)) if command.kind == "object" and command.body else 0


def tell(kept: AnswerRow, outcome: str, why: str, lane: int, seq: int, line: Line, work: Workspace) -> None:
    """Write the outcome into the record that the reply stood on."""
    kept.outcome = outcome
    if not isinstance(line.config.crms[kept.crm].adapter, WritesObjects):
        work.decide(seq, line.version, lane, 0, f"{kept.crm} cannot be told that the reply {outcome}")
        return
    people.add_outbox(
        work,
        kind="object",
        target=kept.crm,
        lane=lane,
        event=seq,
        rule=RULE,
        slot=f"{kept.id}.{outcome}.{work.outbox.next_id()}",
        body=json.dumps({"answer": kept.id, "status": outcome, "result": why}, ensure_ascii=False),
    )


def told(number: int, status: str, work: Workspace) -> None:
    """The outcome stands in the CRM: from now on the record may ask for something new."""
    kept = work.answers.get(number)
    if kept is not None and kept.outcome == status:
        kept.state, kept.told = "told", work.now
