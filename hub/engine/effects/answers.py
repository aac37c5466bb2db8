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
SAID = ("accepted", "sent", "delivered", "read")


def ended(command: OutboxRow, message: MessageRow, line: Line, work: Workspace) -> None:
    """A send ended in some way: where it was an agent's reply from a CRM, the CRM is told. Cheap for any other.

    Call it when the command and the message carry their new states.
    """
    if command.rule != RULE or message.status in ON_ITS_WAY:
        return
    number = int(command.key.split(":")[-1].partition(".")[0])
    work.answers.fetch([number])
    kept = work.answers.get(number)
    work.messages.fetch([kept.message] if kept else ())
    last = work.messages.get(kept.message) if kept else None
    if kept is None or last is None or last.event != message.event:  # of an earlier reply on the same record
        return
    if message.status in SAID:
        if message.id == kept.message and kept.outcome != "sent":
            tell(kept, "sent", "", command.lane, command.event, line, work)
    elif kept.outcome != "failed":  # also after a "sent": some platforms refuse late
        tell(kept, "failed", message.reason or command.reason, command.lane, command.event, line, work)


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
